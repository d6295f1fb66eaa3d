"""k-fold cross-validation: which epoch is best, how far the folds spread, and the refit on all training data."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np

from hibiscus._run import Run
from hibiscus._session import Session, fit_preparation
from hibiscus.data.split import folds as make_folds
from hibiscus.errors import ConfigError
from hibiscus.methods.registry import get_method
from hibiscus.metrics.curves import mean_curve
from hibiscus.training.run import RunFolder

__all__ = ["cross_validate"]


def cross_validate(session: Session, folds: int, argv: list[str]) -> None:
    """Trains K fresh models, takes the best epoch of their mean validation curve, and trains once more on everything.

    The test part stays untouched until the refit model is evaluated on it once.

    Args:
        session: method, options, data and folder; its training and validation parts are pooled and divided anew.
        folds: how many, at least 2.
        argv: the command line, for the record.

    Raises:
        ConfigError: fewer than two folds.
    """
    if folds < 2:
        raise ConfigError(f"folds={folds}", "at least 2", "folds=5")
    decides = get_method(session.method_name).decides
    pool = np.sort(np.concatenate([session.parts["train"], session.parts["val"]]))
    test = {"test": session.parts["test"]} if "test" in session.parts else {}
    divided = make_folds(session.dataset, pool, folds)
    curves: list[list[float]] = []
    training: list[list[float]] = []
    scores = []
    for number, held_out in enumerate(divided, start=1):
        parts = {"train": np.setdiff1d(pool, held_out), "val": held_out}
        fold = _sub_session(session, parts, session.folder.path / f"fold-{number}", session.config.epochs, argv)
        if not session.quiet:
            print(f"fold {number} of {folds}", file=sys.stderr, flush=True)  # noqa: T201
        with fold.folder.locked():
            fold.train()
        history = Run(fold.folder.path, str(session.device), session.dataset).history
        curves.append([line[f"val/{decides.name}"] for line in history])
        training.append([line.get(f"train/{decides.name}", np.nan) for line in history])
        scores.append(max(curves[-1]) if decides.higher_is_better else min(curves[-1]))
    mean = np.asarray(mean_curve(curves))
    best_epoch = int(mean.argmax() if decides.higher_is_better else mean.argmin()) + 1
    at_best = [curve[min(best_epoch, len(curve)) - 1] for curve in curves]
    if not session.quiet:
        print(f"refit on all training data for {best_epoch} epochs", file=sys.stderr, flush=True)  # noqa: T201
    parts = {"train": pool, **test}
    refit = _sub_session(session, parts, session.folder.path, best_epoch, argv, validate=False)
    with refit.folder.locked():
        refit.folder.write(
            "crossval.json",
            {
                "folds": folds,
                "decides": dataclasses.asdict(decides),
                "best_epoch": best_epoch,
                "scores": at_best,
                "mean": float(np.mean(at_best)),
                "sd": float(np.std(at_best, ddof=1)),
                "best_of_each_fold": scores,
                "curve": {"train": np.asarray(mean_curve(training)).tolist(), "val": mean.tolist()},
            },
        )
        refit.train()
        run = Run(refit.folder.path, str(session.device), session.dataset)
        if test:
            run.evaluate()
        run.report()


def _sub_session(session: Session, parts: dict[str, np.ndarray], path, epochs: int, argv: list[str], validate: bool = True) -> Session:
    needs = get_method(session.method_name).needs
    preparation = fit_preparation(session.dataset, parts["train"], needs, session.options)
    config = session.config.model_copy(update={"epochs": epochs})
    sub = dataclasses.replace(
        session, config=config, parts=parts, preparation=preparation, folder=RunFolder(path), validate=validate, callbacks={}
    )
    sub.write_folder(argv)
    return sub
