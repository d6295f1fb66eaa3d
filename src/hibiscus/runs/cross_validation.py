"""k-fold cross-validation: the score of each fold, the best epoch, and the refit on all training data.

The items of a fold that choose its epoch would give it too good a score. Each fold is therefore scored at the
best epoch of the others' mean curve; the refit takes the best epoch of the mean curve of all.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.damage import damaged, reading
from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.series.series_split import rolling_parts
from hibiscus.data.split import folds as make_folds
from hibiscus.data.split import keep_every_class
from hibiscus.errors import ConfigError, InterruptedRunError, TrainingError
from hibiscus.methods.registry import get_method
from hibiscus.metrics.learning_curves import mean_curve
from hibiscus.progress import show_line
from hibiscus.run_format import FORMAT
from hibiscus.runs.destination import check_run_folder
from hibiscus.runs.folder import RunFolder, discarded_without_runs, make_run_folder
from hibiscus.runs.option_words import resolve_aliases
from hibiscus.runs.options import check_options
from hibiscus.runs.prepare import groups_of, prepare_parts
from hibiscus.runs.recorded_loop import training_failed
from hibiscus.runs.run import Run
from hibiscus.runs.session import Session
from hibiscus.runs.threads import recorded_threads
from hibiscus.runs.training_data import Data, Parts, open_for_method
from hibiscus.training.checkpoint import load_checkpoint
from hibiscus.training.denormals import flushed_denormals
from hibiscus.training.device import choose_device
from hibiscus.training.method import Method, SelectionMetric
from hibiscus.typed_values import Count, typed_value

__all__ = ["cross_validate"]


@dataclass(frozen=True)
class _Plan:
    """Settings shared by all training runs of a cross-validation."""

    method: str
    dataset: Dataset
    options: Mapping[str, Any]
    folder: RunFolder
    device: str
    quiet: bool
    argv: list[str]
    trust: bool

    @property
    def kind(self) -> type[Method]:
        return get_method(self.method)

    def show(self, text: str) -> None:
        if not self.quiet:
            show_line(text)

    def run(self, path: Path) -> Run:
        return Run(path, self.device, self.dataset, trust=True)  # trained here, or checked when resumed


@flushed_denormals()
def cross_validate(
    method: str,
    data: Data,
    options: Mapping[str, Any],
    *,
    folds: int,
    out: str | os.PathLike[str] | None,
    device: str,
    quiet: bool,
    argv: list[str],
    trust: bool = False,
) -> Run:
    """Trains K models, finds the best epoch of their mean curve, and trains once more on all training data.

    If it was interrupted, it continues when called again with the same `out`. A fold whose training fails is
    recorded in `crossval.json` and passed over. The test part is used only once, to evaluate the refitted
    model.

    Args:
        method: the name of the method.
        data: a path, a bundled name, or a Dataset; its training and validation parts are pooled and divided
            into folds.
        options: options of the method and of the data.
        folds: the number of folds, at least 2.
        out: the folder; by default the next in `runs/`.
        device: where to compute.
        quiet: print nothing.
        argv: the command line, for the record.
        trust: load code that runs in an existing folder name, whoever wrote them.

    Raises:
        ConfigError: fewer than two folds, an option that needs a validation part, or a folder of runs with
            other options or data.
        TrainingError: the training of all folds but one failed.
    """
    if folds < 2:
        raise ConfigError(f"folds={folds}", "at least 2", "folds=5")
    kind, options = get_method(method), resolve_aliases(options)
    config, data_config = check_options(kind.Config, options, method)
    if chosen := config.chosen_on_validation():
        received = f"{chosen}: the last of the models is trained on all data, without a validation part"
        raise ConfigError(received, "an option that needs no validation part", "hibiscus train instead")
    if data_config.split == "time" and "series" not in kind.needs:
        raise ConfigError("split=time", "folds by content or group", "hibiscus train with split=time")
    check_run_folder(out, may_exist=True)
    dataset, data_config = open_for_method(data, data_config, kind, config)
    if data_config.image_size is not None:  # given, or the default of the method
        options = {**options, "image_size": data_config.image_size}
    parts = prepare_parts(dataset, data_config, kind)
    pool = np.sort(np.concatenate([parts["train"], parts["val"]]))
    options = {**options, **kind.choose_once(config, dataset, len(pool))}
    device = str(choose_device(device))
    folder = make_run_folder(f"crossval-{method}", dataset.name, out, may_exist=True)
    plan = _Plan(method, dataset, options, folder, device, quiet, argv, trust)
    test = {"test": parts["test"]} if "test" in parts else {}
    try:
        with discarded_without_runs(folder):
            trained, failed = _train_folds(plan, list(_folds(plan, data_config, pool, folds)))
            metric = SelectionMetric(**plan.run(trained[0].path).info["selection_metric"])
            histories = [_history(plan, fold, f"val/{metric.name}") for fold in trained]
            summary = {"folds": folds, **_summary(histories, metric)}
            summary |= {"failed": failed, "reduce_lr_after": _reductions(trained)}
            return _refit(plan, {"train": pool, **test}, summary)
    except InterruptedRunError as error:
        error.fix = f"the same command again with --out {folder.path}"
        raise


def _folds(plan: _Plan, data_config: DataConfig, pool: np.ndarray, count: int) -> Iterator[Parts]:
    """The parts of each fold, by rolling origin for series; no class is held out as a whole."""
    if "series" in plan.kind.needs:
        yield from rolling_parts(plan.dataset, data_config, pool, count)
        return
    has_labels = "label" in plan.kind.needs
    groups = groups_of(plan.dataset, data_config, plan.kind.parts_hold_other_classes)
    for held_out in make_folds(plan.dataset, pool, count, "stratified" if has_labels else "hash", groups):
        parts = {"train": np.setdiff1d(pool, held_out), "val": held_out}
        if has_labels and groups is None:
            parts = {**parts, "train": keep_every_class(plan.dataset, parts)["train"]}
            parts["val"] = np.setdiff1d(parts["val"], parts["train"])
        yield parts


def _train_folds(plan: _Plan, folds: list[Parts]) -> tuple[list[RunFolder], dict[str, str]]:
    """The folders of the folds, trained or resumed if they are not finished, and why others failed, by name.

    Raises:
        TrainingError: fewer than two folds are left.
    """
    trained, failed = [], {}
    for number, parts in enumerate(folds, 1):
        plan.show(f"fold {number} of {len(folds)}")
        fold = _start_or_resume(plan, parts, plan.folder.path / f"fold-{number}")
        with _in_use(fold):
            info = fold.folder.read("run.json")
            try:
                if training_failed(info):
                    raise TrainingError(info["error"])
                if info["status"] != "done":
                    fold.train()
                trained.append(fold.folder)
            except TrainingError as error:
                failed[fold.folder.path.name] = error.received
                plan.show(f"fold {number} failed: {error.received}")
    if len(trained) < 2:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in failed.items())
        raise TrainingError(reasons, "two folds or more that can be trained", "a smaller learning rate")
    return trained, failed


def _history(plan: _Plan, fold: RunFolder, metric: str) -> list[dict[str, Any]]:
    """The line of the log for each epoch of a fold.

    Raises:
        RunError: there is none, or one without the metric.
    """
    history = plan.run(fold.path).history
    if not history or any(line.get(metric) is None for line in history):
        raise damaged(fold.log, f"an epoch without {metric}")
    return history


def _reductions(folds: Sequence[RunFolder]) -> list[int]:
    """The epochs after which the learning rate was reduced: the medians over most of the folds."""
    epochs = []
    for fold in folds:
        path = fold.checkpoints / "last.safetensors"
        with reading(path):
            plateau = load_checkpoint(path)[1]["callbacks"].get("plateau", {})
            epochs.append(typed_value(list[Count], plateau.get("reductions", [])))
    columns = itertools.zip_longest(*epochs)
    reached = [[epoch for epoch in column if epoch is not None] for column in columns]
    return [round(float(np.median(column))) for column in reached if 2 * len(column) > len(folds)]


def _refit(plan: _Plan, parts: Parts, summary: dict[str, Any]) -> Run:
    """The run trained on all training data up to the best epoch, evaluated once.

    It has no validation part, so its learning rate is reduced after the same epochs as in the folds.
    """
    plan.show(f"refit on all training data up to epoch {summary['best_epoch']}")
    refit = _start_or_resume(plan, parts, plan.folder.path, stop_after_epochs=summary["best_epoch"])
    refit.reduce_lr_after = summary["reduce_lr_after"]
    with _in_use(refit):
        refit.folder.write("crossval.json", {"format": FORMAT, **summary})
        if refit.folder.read("run.json")["status"] != "done":
            refit.train()
        run = plan.run(refit.folder.path)
        if "test" in parts:
            run.evaluate()
        run.report()
    return run


@contextlib.contextmanager
def _in_use(session: Session) -> Iterator[None]:
    """Locks a run, which may be resumed, and computes with its number of threads."""
    own_threads = recorded_threads(session.folder, session.device)
    with session.discarded_if_untrained(), session.folder.locked(), own_threads:
        yield


def _start_or_resume(plan: _Plan, parts: Parts, path: Path, stop_after_epochs: int = 0) -> Session:
    """One training run of the cross-validation, new or resumed.

    Raises:
        ConfigError: the folder contains a run with other options or data.
    """
    options = {**plan.options, "stop_after_epochs": stop_after_epochs}
    if not (path / "run.json").exists():
        session = Session.new(
            plan.method, plan.dataset, options, out=path, device=plan.device, quiet=plan.quiet, parts=parts
        )
        with session.folder.locked():
            session.write_folder(plan.argv)
        return session
    session = Session.resume(path, data=plan.dataset, device=plan.device, quiet=plan.quiet, trust=plan.trust)
    config, _ = check_options(plan.kind.Config, options, plan.method)
    config = plan.kind.resolve(config, session.preparation, len(parts["train"]))
    same_parts = all(list(session.parts.get(name, ())) == list(items) for name, items in parts.items())
    if session.config.model_dump(mode="json") != config.model_dump(mode="json") or not same_parts:
        raise ConfigError(
            f"{path}: trained with other options or data",
            "the same options, to continue",
            "another --out FOLDER",
        )
    return session


def _summary(histories: list[list[dict]], selection_metric: SelectionMetric) -> dict[str, Any]:
    """The mean curves, their best epoch, and the score of each fold at the best epoch of the others."""
    validation = [[line[f"val/{selection_metric.name}"] for line in history] for history in histories]
    training = [
        [line.get(f"train/{selection_metric.name}", np.nan) for line in history] for history in histories
    ]
    best_epoch, mean = _best_epoch(validation, selection_metric)
    others = [[*validation[:fold], *validation[fold + 1 :]] for fold in range(len(validation))]
    epochs = [_best_epoch(curves, selection_metric)[0] for curves in others]
    scores = [curve[min(epoch, len(curve)) - 1] for curve, epoch in zip(validation, epochs, strict=True)]
    return {
        "selection_metric": dataclasses.asdict(selection_metric),
        "best_epoch": best_epoch,
        "scores": scores,
        "score_epochs": epochs,
        "mean": float(np.mean(scores)),
        "sd": float(np.std(scores, ddof=1)),
        "curve": {
            "train": [None if value != value else value for value in _mean(training)],
            "val": mean.tolist(),
        },
    }


def _best_epoch(curves: list[list[float]], selection_metric: SelectionMetric) -> tuple[int, np.ndarray]:
    """The best epoch of the mean curve, and that curve, of the epochs that every fold has reached."""
    mean = np.asarray(mean_curve(curves, at_least=len(curves)))
    return int(mean.argmax() if selection_metric.higher_is_better else mean.argmin()) + 1, mean


def _mean(curves: list[list[float]]) -> list[float]:
    longest = max(map(len, curves))
    columns = [[curve[i] for curve in curves if i < len(curve)] for i in range(longest)]
    return [float(np.asarray(column, float).mean()) for column in columns]  # None becomes NaN
