"""k-fold cross-validation: which epoch is best, how far the folds spread, and the refit on all training data."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hibiscus.data.split import folds as make_folds
from hibiscus.data.split import keep_every_class
from hibiscus.errors import ConfigError, InterruptedRunError
from hibiscus.methods.registry import get_method
from hibiscus.metrics.learning_curves import mean_curve
from hibiscus.runs.folder import RunFolder
from hibiscus.runs.options import build_options
from hibiscus.runs.prepare import fit_preparation, groups_of
from hibiscus.runs.run import Run
from hibiscus.runs.session import Session
from hibiscus.training.method import SelectionMetric

__all__ = ["cross_validate"]


def cross_validate(session: Session, folds: int, argv: list[str]) -> None:
    """Trains K fresh models, takes the best epoch of their mean validation curve, and trains once more on everything.

    Interrupted, it goes on when the same command is given with the same `--out`. The test part stays untouched until
    the refit model is evaluated on it once.

    Args:
        session: method, options, data and folder; its training and validation parts are pooled and divided anew.
        folds: how many, at least 2.
        argv: the command line, for the record.

    Raises:
        ConfigError: fewer than two folds.
    """
    if folds < 2:
        raise ConfigError(f"folds={folds}", "at least 2", "folds=5")
    pool = np.sort(np.concatenate([session.parts["train"], session.parts["val"]]))
    try:
        histories = [_train_fold(session, number, folds, parts, argv) for number, parts in enumerate(_folds(session, pool, folds), 1)]
        summary = _summary(histories, get_method(session.method_name).choose_selection_metric(session.config))
        _tell(session, f"refit on all training data up to epoch {summary['best_epoch']}")
        test = {"test": session.parts["test"]} if "test" in session.parts else {}
        refit = _taken_up(session, {"train": pool, **test}, session.folder.path, argv, stop_after_epochs=summary["best_epoch"])
        with refit.folder.locked():
            refit.folder.write("crossval.json", {"folds": folds, **summary})
            if refit.folder.read("run.json")["status"] != "done":
                refit.train()
            run = Run(refit.folder.path, str(session.device), session.dataset)
            if test:
                run.evaluate()
            run.report()
    except InterruptedRunError as error:
        error.fix = f"the same command again with --out {session.folder.path}"
        raise


def _folds(session: Session, pool: np.ndarray, count: int) -> Iterator[dict[str, np.ndarray]]:
    """The parts of each fold; a class so rare that it would be held out whole stays in training too."""
    labelled = "label" in get_method(session.method_name).needs
    groups = groups_of(session.dataset, session.options, get_method(session.method_name).parts_hold_other_classes)
    for held_out in make_folds(session.dataset, pool, count, "stratified" if labelled else "hash", groups):
        parts = {"train": np.setdiff1d(pool, held_out), "val": held_out}
        if labelled and groups is None:
            parts = {**parts, "train": keep_every_class(session.dataset, parts)["train"]}
            parts["val"] = np.setdiff1d(parts["val"], parts["train"])
        yield parts


def _train_fold(session: Session, number: int, count: int, parts: dict[str, np.ndarray], argv: list[str]) -> list[dict]:
    """Trains one fold, or goes on with it, or finds it done; returns its epochs' lines."""
    _tell(session, f"fold {number} of {count}")
    fold = _taken_up(session, parts, session.folder.path / f"fold-{number}", argv)
    with fold.folder.locked():
        if fold.folder.read("run.json")["status"] != "done":
            fold.train()
    return Run(fold.folder.path, str(session.device), session.dataset).history


def _summary(histories: list[list[dict]], selection_metric: SelectionMetric) -> dict:
    """The mean curves, their best epoch, and the folds' scores at that one epoch (not at each fold's own best)."""
    validation = [[line[f"val/{selection_metric.name}"] for line in history] for history in histories]
    training = [[line.get(f"train/{selection_metric.name}", np.nan) for line in history] for history in histories]
    mean = np.asarray(mean_curve(validation, at_least=len(validation)))  # epochs that every fold has reached
    best_epoch = int(mean.argmax() if selection_metric.higher_is_better else mean.argmin()) + 1
    scores = [curve[min(best_epoch, len(curve)) - 1] for curve in validation]
    curve = {"train": [None if value != value else value for value in _mean(training)], "val": mean.tolist()}
    spread = {"mean": float(np.mean(scores)), "sd": float(np.std(scores, ddof=1))}
    return {"selection_metric": dataclasses.asdict(selection_metric), "best_epoch": best_epoch, "scores": scores, **spread, "curve": curve}


def _mean(curves: list[list[float]]) -> list[float]:
    longest = max(map(len, curves))
    return [float(np.mean([curve[i] for curve in curves if i < len(curve)])) for i in range(longest)]


def _tell(session: Session, text: str) -> None:
    if not session.quiet:
        print(text, file=sys.stderr, flush=True)  # noqa: T201


def _taken_up(session: Session, parts: dict[str, np.ndarray], path: Path, argv: list[str], stop_after_epochs: int = 0) -> Session:
    """One training of the cross-validation: begun anew, or taken up where an interrupted one left it.

    Raises:
        ConfigError: the folder holds a training of other options or data.
    """
    kind = get_method(session.method_name)
    if (path / "run.json").exists():
        found = Session.reopened(path, session.dataset, str(session.device), session.quiet)
        config = kind.resolve(
            build_options(kind.Config, {**session.config.model_dump(), "stop_after_epochs": stop_after_epochs}),
            found.preparation,
            len(parts["train"]),
        )
        same_parts = all(list(found.parts.get(name, ())) == list(items) for name, items in parts.items())
        if found.config.model_dump(mode="json") != config.model_dump(mode="json") or not same_parts:
            raise ConfigError(f"{path}: trained with other options or data", "the same options, to go on", "another --out FOLDER")
        return found
    preparation = fit_preparation(session.dataset, parts["train"], kind, session.options)
    config = kind.resolve(
        build_options(kind.Config, {**session.config.model_dump(), "stop_after_epochs": stop_after_epochs}),
        preparation,
        len(parts["train"]),
    )
    folder, validate = RunFolder(path), "val" in parts
    made = dataclasses.replace(session, config=config, parts=parts, preparation=preparation, folder=folder, validate=validate, callbacks={})
    if path != session.folder.path:
        folder.create()
    with folder.locked():
        made.write_folder(argv)
    return made
