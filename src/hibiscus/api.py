"""The public doors: open, train, resume, load, crossval, sweep. The command line calls the same."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.open import open_data
from hibiscus.data.preparation import Preparation
from hibiscus.errors import ConfigError, InterruptedRunError, RunError
from hibiscus.methods.registry import get_method, list_methods
from hibiscus.report.compare import compare_runs
from hibiscus.runs.cross_validation import cross_validate
from hibiscus.runs.folder import RunFolder, find_run, make_run_folder
from hibiscus.runs.options import build_options, split_options
from hibiscus.runs.prepare import fit_preparation, prepare_parts
from hibiscus.runs.run import Run
from hibiscus.runs.session import Session
from hibiscus.runs.sweep import figures_of, folder_name, settings_of, sweep_folder
from hibiscus.training.checkpoint import load_checkpoint, save_checkpoint
from hibiscus.training.device import choose_device, tune_process
from hibiscus.training.distributed import broadcast, init_distributed, is_main_process, main_process_first

__all__ = ["Dataset", "Run", "crossval", "list_methods", "load", "open_data", "panoptic", "resume", "sweep", "train"]

Data = Dataset | str | os.PathLike[str]
FIXED = ("net", "net_options", "ema_decay", "optimizer", "batch_size", "seed")  # what a run that is extended may not change


def start_session(
    method: str, data: Data, options: dict[str, Any], out: str | os.PathLike[str] | None, device: str, quiet: bool
) -> Session:
    """Opens and divides the data, learns the preparation, and makes an empty run folder."""
    kind = get_method(method)
    data_options, method_options = split_options(kind.Config, options)
    config = build_options(kind.Config, method_options)
    chosen = build_options(DataConfig, data_options)
    where = choose_device(device)
    tune_process()
    progress = None if quiet else _show_decoding
    dataset = data if isinstance(data, Dataset) else open_data(data, progress=progress, **chosen.opening())
    parts = prepare_parts(dataset, chosen, kind)
    preparation = fit_preparation(dataset, parts["train"], kind, chosen)
    config = kind.resolve(config, preparation, len(parts["train"]))
    session = Session(method, config, dataset, chosen, parts, preparation, RunFolder(Path()), where, quiet)
    session.build_method()  # what the network or an option gets wrong is told before a folder is made
    if is_main_process():
        session.folder = make_run_folder(method, dataset.name, out)
    return session


def _show_decoding(done: int, total: int) -> None:
    if total > 2000 and sys.stderr.isatty():
        print(f"\r\033[K  images decoded: {done:,} of {total:,}", end="\n" if done == total else "", file=sys.stderr, flush=True)  # noqa: T201


def train(
    method: str,
    data: Data,
    *,
    out: str | os.PathLike[str] | None = None,
    device: str = "auto",
    quiet: bool = False,
    evaluate: bool = True,
    argv: list[str] | None = None,
    **options: Any,
) -> Run:
    """Trains a method on data and leaves a run folder.

    Args:
        method: its name, see `list_methods`.
        data: a path, a bundled name, or an opened Dataset.
        out: the run folder; by default the next `runs/METHOD-DATA-NNN`.
        device: `auto`, `cpu`, `cuda`.
        quiet: nothing on the screen.
        evaluate: measure the test part once at the end, and write the report.
        argv: the command line, for the run's record.
        **options: options of the method and of its data (`net="resnet20"`, `epochs=30`, `target="income"`), and
            `extend`, a finished run to be extended.

    Raises:
        HibiscusError: in three parts: what was received, what was expected, how to fix it.
    """
    previous = options.pop("extend", None)
    device = init_distributed(device)
    quiet = quiet or not is_main_process()
    with main_process_first():
        if previous is not None:
            session = _extended(method, data, previous, options, out, device, quiet)
        else:
            session = start_session(method, data, options, out, device, quiet)
    session.folder = RunFolder(Path(broadcast(str(session.folder.path))))
    with session.folder.locked() if is_main_process() else contextlib.nullcontext():
        session.write_folder(argv or [])
        session.train()
        return _finish(session, evaluate and is_main_process())


def _extended(method: str, data: Data, previous: Any, options: dict[str, Any], out: Any, device: str, quiet: bool) -> Session:
    """A session that goes on where another run ended, with its preparation, parts and log, in a folder of its own."""
    place = find_run(previous)
    old = Session.reopened(place, data if isinstance(data, Dataset) else None, device, quiet)
    if not isinstance(data, Dataset) and not _same_place(str(data), old.dataset.path):
        raise ConfigError(
            f"{data} together with extend={previous}",
            f"the data of that run, {old.dataset.path}",
            "name the same data, or leave out extend=",
        )
    if old.method_name != method:
        raise ConfigError(f"extend={previous}: a run of {old.method_name}", f"a run of {method}", "train the same method")
    last = old.folder.checkpoints / "last.safetensors"
    if not last.is_file():
        raise RunError(f"{old.folder.path}: it has no checkpoint to go on from", "a run that has saved once", "train anew")
    data_options, method_options = split_options(type(old.config), options)
    changed = {name: value for name, value in data_options.items() if name not in ("target", "test_data", "target_domain")}
    if changed:
        raise ConfigError(
            f"{', '.join(changed)} together with extend=", "the data exactly as in the run that is extended", "leave them out"
        )
    config = build_options(type(old.config), {**old.config.model_dump(), **method_options})
    other = [name for name in FIXED if getattr(config, name, None) != getattr(old.config, name, None)]
    if other:
        was = ", ".join(f"{name}={getattr(old.config, name)}" for name in other)
        raise ConfigError(f"{', '.join(other)} together with extend=", f"as in the run that is extended: {was}", "leave them out")
    tensors, state = load_checkpoint(last)
    done = math.ceil(old.config.epochs * state["stage_round"] / max(1, state["stage_rounds"]))  # of the stage that it stands in
    if config.epochs <= done:
        raise ConfigError(
            f"epochs={config.epochs} with extend={previous}, which has done {done}", f"more than {done}", f"epochs={2 * done}"
        )
    if not is_main_process():
        return Session(method, config, old.dataset, old.options, old.parts, old.preparation, RunFolder(Path()), old.device, quiet)
    folder = make_run_folder(method, old.dataset.name, out)
    state["stop_reason"] = ""
    for name in ("plateau", "early_stopping_patience"):  # why the run ended is no reason for the longer one to end
        state["callbacks"].pop(name, None)
    with old.folder.locked():
        for name in ("log.jsonl", "checkpoints/best.safetensors"):
            if (old.folder.path / name).exists():
                shutil.copy2(old.folder.path / name, folder.path / name)
    save_checkpoint(folder.checkpoints / "last.safetensors", tensors, state)
    return Session(method, config, old.dataset, old.options, old.parts, old.preparation, folder, old.device, quiet)


def _same_place(one: str, other: str) -> bool:
    return one == other or Path(one).expanduser().resolve() == Path(other).expanduser().resolve()


def _finish(session: Session, evaluate: bool) -> Run:
    run = Run(session.folder.path, str(session.device), session.dataset)
    if evaluate:
        run.evaluate()
        run.report()
    return run


def resume(
    run: str | os.PathLike[str], *, data: Dataset | None = None, device: str = "auto", quiet: bool = False, evaluate: bool = True
) -> Run:
    """Goes on with a run that was stopped, as if it never had been.

    Args:
        run: the run folder, or `runs/latest`.
        data: the data, where they were given as a Dataset.
        device: where to compute.
        quiet: nothing on the screen.
        evaluate: measure the test part once at the end, and write the report.

    Raises:
        RunError: it is finished, in use, damaged, or its data have changed.
    """
    device = init_distributed(device)
    with main_process_first():
        session = Session.reopened(find_run(run), data, device, quiet or not is_main_process())
    done = broadcast(session.folder.read("run.json")["status"]) == "done"
    with session.folder.locked() if is_main_process() else contextlib.nullcontext():
        if done:
            if evaluate and not (session.folder.path / "report.html").exists():
                return _finish(session, evaluate)
            raise RunError(
                f"{session.folder.path}: this run is finished",
                "a run that was stopped",
                f"to train it for longer: hibiscus train {session.method_name} {session.dataset.path} "
                f"epochs={2 * session.config.epochs} extend={session.folder.path}",
            )
        session.train()
        return _finish(session, evaluate and is_main_process())


def load(run: str | os.PathLike[str], *, device: str = "auto", data: Dataset | None = None) -> Run:
    """Opens a run folder: the same Run that `train` returned, any time later, on any machine."""
    return Run(run, device, data)


def panoptic(things: Any, stuff: Any, images: Any, *, score: float | None = None, device: str = "auto") -> dict[str, Any]:
    """What a detector and a segmenter say of the same images, merged into panoptic maps.

    Args:
        things: the folder of a run that finds boxes.
        stuff: that of a run that gives pixels classes; classes are brought together by their names.
        images: images, a folder of them, or data with true boxes and masks, of which the test part is taken and measured.
        score: from which a box counts; the things run's `score_threshold` by default.
        device: as for `load`.

    Returns:
        `id`, `maps` (a `PanopticMap` each), `classes`, `size`, `skipped`; with truth `metrics` (`pq`, `sq`, `rq` ...) and `by_class`.
    """
    from hibiscus.runs.panoptic import panoptic_maps

    return panoptic_maps(load(things, device=device), load(stuff, device=device), images, score)


def crossval(
    method: str,
    data: Data,
    *,
    folds: int = 5,
    out: str | os.PathLike[str] | None = None,
    device: str = "auto",
    quiet: bool = False,
    argv: list[str] | None = None,
    **options: Any,
) -> Run:
    """k-fold cross-validation: K fresh models, the best epoch of their mean curve, and a refit on all training data.

    Args:
        method: its name.
        data: a path, a bundled name, or an opened Dataset.
        folds: how many.
        out: the folder; by default the next `runs/crossval-METHOD-DATA-NNN`.
        device: where to compute.
        quiet: nothing on the screen.
        argv: the command line, for the record.
        **options: as for `train`.

    Returns:
        The refit run; `crossval.json` in its folder holds the folds' scores, their mean and spread.
    """
    kind = get_method(method)
    data_options, method_options = split_options(kind.Config, options)
    config, chosen = build_options(kind.Config, method_options), build_options(DataConfig, data_options)
    dataset = data if isinstance(data, Dataset) else open_data(data, **chosen.opening())
    parts = prepare_parts(dataset, chosen, kind)
    where = choose_device(device)
    root = make_run_folder(f"crossval-{method}", dataset.name, out, may_go_on=True)
    session = Session(method, config, dataset, chosen, parts, Preparation({}), root, where, quiet)
    cross_validate(session, folds, argv or [])
    return Run(root.path, device, dataset)


def sweep(
    method: str,
    data: Data,
    *,
    out: str | os.PathLike[str] | None = None,
    device: str = "auto",
    quiet: bool = False,
    argv: list[str] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """One training for each combination of several values of options, each in a folder of its own, and all side by side.

    Interrupted, it goes on when the same command is given with the same `out`.

    Args:
        method: its name.
        data: a path, a bundled name, or an opened Dataset.
        out: the folder; by default the next `runs/sweep-METHOD-DATA-NNN`.
        device: where to compute.
        quiet: nothing on the screen.
        argv: the command line, for the record.
        **options: as for `train`; an option of the method with several values, as a list or between commas, is swept.

    Returns:
        `folder`, `compare` (a page), and `settings`: for each, seeds taken together, `setting`, `runs` and `figures`.
    """
    settings = settings_of(get_method(method).Config, options)
    name, path = (data.name, data.path) if isinstance(data, Dataset) else (Path(data).name, os.fspath(data))
    asked = {"method": method, "data": path, "options": json.loads(json.dumps(options, default=str))}
    root = sweep_folder(method, name, out, asked)
    runs = []
    for number, setting in enumerate(settings, 1):
        place, told = root / folder_name(number, setting), ", ".join(f"{key}={value}" for key, value in setting.items())
        if not quiet:
            print(f"training {number} of {len(settings)}: {told}", file=sys.stderr, flush=True)  # noqa: T201
        try:
            if not (place / "run.json").exists():
                train(method, data, out=place, device=device, quiet=quiet, argv=argv, **{**options, **setting})
            elif Run(place).info["status"] != "done":
                resume(place, data=data if isinstance(data, Dataset) else None, device=device, quiet=quiet)
        except InterruptedRunError as error:
            error.fix = f"the same command again with --out {root}"
            raise
        runs.append(Run(place, device, data if isinstance(data, Dataset) else None))
    found = {"settings": figures_of(runs, settings), "folder": str(root)}
    RunFolder(root).write("sweep.json", {"format": 1, **asked, **found})
    return {**found, "compare": str(compare_runs([run.path for run in runs], root / "compare.html"))}
