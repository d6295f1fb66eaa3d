"""The Python API, which the command line uses as well."""

from __future__ import annotations

import os
from typing import Any

from hibiscus.data.dataset import Dataset
from hibiscus.data.open import open_data
from hibiscus.methods.registry import list_methods
from hibiscus.progress import show_progress
from hibiscus.runs.cross_validation import cross_validate
from hibiscus.runs.lr_finder import find_learning_rate
from hibiscus.runs.panoptic import panoptic_maps
from hibiscus.runs.run import Run
from hibiscus.runs.similarity import embed_sentences, similar
from hibiscus.runs.sweep import sweep_runs
from hibiscus.runs.train import resume_run, train_run
from hibiscus.training.random_state import preserved_generators

__all__ = [
    "Dataset",
    "Run",
    "crossval",
    "embed_sentences",
    "list_methods",
    "load",
    "lr_find",
    "open_data",
    "panoptic",
    "resume",
    "similar",
    "sweep",
    "train",
]

AnyPath = str | os.PathLike[str]


@preserved_generators()
def train(
    method: str,
    data: Dataset | AnyPath,
    *,
    out: AnyPath | None = None,
    device: str = "auto",
    quiet: bool = False,
    evaluate: bool = True,
    argv: list[str] | None = None,
    trust: bool = False,
    **options: Any,
) -> Run:
    """Trains a method on data and writes a run folder.

    Args:
        method: its name, see `list_methods`.
        data: a path, a bundled name, or an opened Dataset.
        out: the run folder; by default the next `runs/METHOD-DATA-NNN`.
        device: `auto`, `cpu`, `cuda`.
        quiet: nothing on the screen.
        evaluate: evaluate the test part at the end, and write the report.
        argv: the command line, for the record.
        trust: with `extend`, load code that this run names, whoever wrote it.
        **options: options of the method and of its data (`net="resnet20"`, `epochs=30`, `target="income"`),
            and `extend`, the folder of a finished run to be extended.

    Raises:
        HibiscusError: in three parts: what was received, what was expected, how to fix it.
    """
    with show_progress(not quiet):
        return train_run(
            method,
            data,
            options,
            out=out,
            device=device,
            quiet=quiet,
            evaluate=evaluate,
            argv=argv,
            trust=trust,
        )


@preserved_generators()
def resume(
    run: AnyPath,
    *,
    data: Dataset | AnyPath | None = None,
    device: str = "auto",
    quiet: bool = False,
    evaluate: bool | None = None,
    trust: bool = False,
) -> Run:
    """Resumes an interrupted run, with the same result as if it had never been interrupted.

    A finished run is returned as it is. On a CPU, training continues with the number of threads with which it
    began, since the result depends on it.

    Args:
        run: the run folder, or `runs/latest`.
        data: the data, if the run was trained on a Dataset in memory, or its new location.
        device: where to compute.
        quiet: nothing on the screen.
        evaluate: evaluate the test part at the end, and write the report; by default as the run was started.
        trust: load code that the run names, whoever wrote it.

    Raises:
        RunError: the run is in use or damaged, names code that is not trusted, or its data has changed.
    """
    with show_progress(not quiet):
        return resume_run(run, data=data, device=device, quiet=quiet, evaluate=evaluate, trust=trust)


@preserved_generators()
def load(
    run: AnyPath, *, device: str = "auto", data: Dataset | AnyPath | None = None, trust: bool = False
) -> Run:
    """Opens a run folder: the same Run that `train` returned, at any time and on any machine.

    Args:
        run: the run folder, or `runs/latest`.
        device: where to compute.
        data: the data, if the run was trained on a Dataset in memory, or its new location.
        trust: load code that the run names (a network from a module, an environment, a TorchScript file),
            whoever wrote it; only for a run whose source you know. Runs that you have trained on this machine
            need none.

    Raises:
        RunError: there is no run, it cannot be read, or it names code that is not trusted.
    """
    return Run(run, device, data, trust)


@preserved_generators()
def panoptic(
    things: Any,
    stuff: Any,
    images: Any,
    *,
    score: float | None = None,
    metrics_only: bool = False,
    device: str = "auto",
    trust: bool = False,
) -> dict[str, Any]:
    """Merges the predictions of a detection run and a segmentation run into panoptic maps.

    Args:
        things: the folder of the detection run.
        stuff: that of the segmentation run; classes are matched by name.
        images: images or a folder of them; or data with annotated boxes and masks, whose test part is then
            evaluated.
        score: the minimum score of a box; by default the `score_threshold` of the detection run.
        metrics_only: whether only the metrics are needed; images without annotations are then refused.
        device: as for `load`.
        trust: as for `load`, for both runs.

    Returns:
        `id`, `maps` (a `PanopticMap` each), `classes`, `size`, `skipped`; with annotations also `metrics`
        (`pq`, `sq`, `rq` ...), `by_class`, and `truth`: `annotated objects` if the data has the pixels of
        each object, otherwise `merged boxes and masks`, which are merged as the predictions are.
    """
    detection, segmentation = (load(run, device=device, trust=trust) for run in (things, stuff))
    return panoptic_maps(detection, segmentation, images, score, metrics_only)


@preserved_generators()
def crossval(
    method: str,
    data: Dataset | AnyPath,
    *,
    folds: int = 5,
    out: AnyPath | None = None,
    device: str = "auto",
    quiet: bool = False,
    argv: list[str] | None = None,
    trust: bool = False,
    **options: Any,
) -> Run:
    """k-fold cross-validation: K models, the best epoch of their mean, and a refit on all training data.

    Args:
        method: its name.
        data: a path, a bundled name, or an opened Dataset.
        folds: the number of folds.
        out: the folder; by default the next `runs/crossval-METHOD-DATA-NNN`.
        device: where to compute.
        quiet: nothing on the screen.
        argv: the command line, for the record.
        trust: load code that the runs in an existing `out` name, whoever wrote them.
        **options: as for `train`.

    Returns:
        The refitted run; `crossval.json` in its folder holds the scores of the folds, each at the best epoch
        of the other folds, their mean and standard deviation, and which folds failed.
    """
    with show_progress(not quiet):
        return cross_validate(
            method,
            data,
            options,
            folds=folds,
            out=out,
            device=device,
            quiet=quiet,
            argv=argv or [],
            trust=trust,
        )


@preserved_generators()
def sweep(
    method: str,
    data: Dataset | AnyPath,
    *,
    out: AnyPath | None = None,
    device: str = "auto",
    quiet: bool = False,
    argv: list[str] | None = None,
    trust: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """Trains once for each combination of several values of options, and compares the runs.

    If it was interrupted, the same call with the same `out` continues it.

    Args:
        method: its name.
        data: a path, a bundled name, or an opened Dataset.
        out: the folder; by default the next `runs/sweep-METHOD-DATA-NNN`.
        device: where to compute.
        quiet: nothing on the screen.
        argv: the command line, for the record.
        trust: load code that the runs in an existing `out` name, whoever wrote them.
        **options: as for `train`; an option with several values, as a list or between commas, is swept.

    Returns:
        `folder`, `compare` (a page), `settings`: for each setting, over its seeds, `setting`, `runs` and
        `metrics`; `metric`, by which they are ranked on the validation part, and `best`, the best setting;
        `failed`: `setting` and `reason` of each training that failed.
    """
    with show_progress(not quiet):
        return sweep_runs(method, data, options, out=out, device=device, quiet=quiet, argv=argv, trust=trust)


@preserved_generators()
def lr_find(
    method: str,
    data: Dataset | AnyPath,
    *,
    out: AnyPath | None = None,
    device: str = "auto",
    quiet: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """Suggests a learning rate by two short trainings in which it grows from 1e-7 to 10 in 100 steps.

    Args:
        method: its name; a method with one player and fixed targets.
        data: a path, a bundled name, or an opened Dataset.
        out: the folder of `lr-find.png` and `lr-find.json`; by default the next
            `runs/lr-find-METHOD-DATA-NNN`.
        device: where to compute.
        quiet: nothing on the screen.
        **options: as for `train`.

    Returns:
        `suggestion`, the middle of the longest fall of the loss, and `steepest`, where it falls most steeply,
        both None if it hardly falls; `configured`, the learning rate that a training would use; `rates` and
        the smoothed `losses`; `folder` and `plot`.

    Raises:
        ConfigError: the losses of the method do not show the quality of a learning rate.
    """
    with show_progress(not quiet):
        return find_learning_rate(method, data, options, out=out, device=device)
