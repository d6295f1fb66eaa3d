"""k-fold cross-validation: which epoch is best, how far the folds spread, and the refit on all training data."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import numpy as np

from hibiscus._config import build_options
from hibiscus._run import Run
from hibiscus._session import Session, fit_preparation, groups_of
from hibiscus.data.split import folds as make_folds
from hibiscus.errors import ConfigError
from hibiscus.methods.registry import get_method
from hibiscus.metrics.curves import mean_curve
from hibiscus.training.method import Decides
from hibiscus.training.run import RunFolder

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
    histories = []
    kind = "stratified" if "label" in get_method(session.method_name).needs else "hash"
    groups = groups_of(session.dataset, session.options)
    for number, held_out in enumerate(make_folds(session.dataset, pool, folds, kind, groups), start=1):
        parts = {"train": np.setdiff1d(pool, held_out), "val": held_out}
        fold = _fold(session, parts, session.folder.path / f"fold-{number}", argv)
        _tell(session, f"fold {number} of {folds}")
        with fold.folder.locked():
            if fold.folder.read("run.json")["status"] != "done":
                fold.train()
        histories.append(Run(fold.folder.path, str(session.device), session.dataset).history)
    summary = _summary(histories, get_method(session.method_name).decides)
    _tell(session, f"refit on all training data for {summary['best_epoch']} epochs")
    test = {"test": session.parts["test"]} if "test" in session.parts else {}
    refit = _sub_session(session, {"train": pool, **test}, session.folder.path, summary["best_epoch"], argv, validate=False)
    with refit.folder.locked():
        refit.folder.write("crossval.json", {"folds": folds, **summary})
        refit.train()
        run = Run(refit.folder.path, str(session.device), session.dataset)
        if test:
            run.evaluate()
        run.report()


def _summary(histories: list[list[dict]], decides: Decides) -> dict:
    """The mean curves, their best epoch, and the folds' scores at that one epoch (not at each fold's own best)."""
    validation = [[line[f"val/{decides.name}"] for line in history] for history in histories]
    training = [[line.get(f"train/{decides.name}", np.nan) for line in history] for history in histories]
    mean = np.asarray(mean_curve(validation))
    best_epoch = int(mean.argmax() if decides.higher_is_better else mean.argmin()) + 1
    scores = [curve[min(best_epoch, len(curve)) - 1] for curve in validation]
    curve = {"train": [None if value != value else value for value in _mean(training)], "val": mean.tolist()}
    spread = {"mean": float(np.mean(scores)), "sd": float(np.std(scores, ddof=1))}
    return {"decides": dataclasses.asdict(decides), "best_epoch": best_epoch, "scores": scores, **spread, "curve": curve}


def _mean(curves: list[list[float]]) -> list[float]:
    longest = max(map(len, curves))
    return [float(np.mean([curve[i] for curve in curves if i < len(curve)])) for i in range(longest)]


def _tell(session: Session, text: str) -> None:
    if not session.quiet:
        print(text, file=sys.stderr, flush=True)  # noqa: T201


def _fold(session: Session, parts: dict[str, np.ndarray], path: Path, argv: list[str]) -> Session:
    """One fold: begun anew, or taken up where an interrupted cross-validation left it.

    Raises:
        ConfigError: the folder holds folds of other options.
    """
    if not (path / "run.json").exists():
        return _sub_session(session, parts, path, session.config.epochs, argv)
    fold = Session.reopened(path, session.dataset, str(session.device), session.quiet)
    config = get_method(fold.method_name).resolve(session.config, fold.preparation)
    if fold.config != config or any(list(fold.parts.get(name, ())) != list(items) for name, items in parts.items()):
        raise ConfigError(f"{path}: a fold trained with other options or data", "the same options, to go on", "another --out FOLDER")
    return fold


def _sub_session(
    session: Session, parts: dict[str, np.ndarray], path: Path, epochs: int, argv: list[str], validate: bool = True
) -> Session:
    kind = get_method(session.method_name)
    preparation = fit_preparation(session.dataset, parts["train"], kind.needs, session.options)
    config = kind.resolve(build_options(kind.Config, {**session.config.model_dump(), "epochs": epochs}), preparation)
    sub = dataclasses.replace(
        session, config=config, parts=parts, preparation=preparation, folder=RunFolder(path), validate=validate, callbacks={}
    )
    sub.write_folder(argv)
    return sub
