"""Metrics of regression: typical errors and the fraction of variance explained."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.errors import DataError

__all__ = ["regression_metrics"]


def regression_metrics(prediction: ArrayLike, target: ArrayLike) -> dict[str, float]:
    r"""The usual metrics of regression, computed for each target column and then averaged.

        error     = prediction - target
        mae       = mean(|error|)
        rmse      = sqrt(mean(error**2))
        median_ae = median(|error|)
        r2        = 1 - sum(error**2) / sum((target - mean(target))**2)

    r2 is 0 for a prediction of the mean of the targets, and negative for anything worse. For a constant
    target column, which has no variance to explain, it is 1 where the predictions are exact and 0 otherwise,
    as in scikit-learn. Columns in different units are better evaluated separately.

    Args:
        prediction: predicted numbers.
        target: true numbers.

    Shapes:
        prediction and target (N,), (N, 1) or (N, columns); returns name to value: mae, rmse and median_ae in
        the target's unit, in [0, inf); r2 without a unit, in (-inf, 1].

    Raises:
        DataError: when the shapes differ, there are no items, or a value is not finite.
    """
    error, target = _errors(prediction, target)
    variation = ((target - target.mean(0)) ** 2).sum(0)
    constant = np.ptp(target, axis=0) == 0  # rounding errors would leave some variation
    squares = (error**2).sum(0)
    r2 = np.where(constant, squares == 0, 1 - squares / np.where(constant, 1, variation))
    return {
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt((error**2).mean(0)).mean()),
        "r2": float(r2.mean()),
        "median_ae": float(np.median(np.abs(error), axis=0).mean()),
    }


def _errors(prediction: ArrayLike, target: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Prediction minus target, and the target, (N, columns) each."""
    p, t = (np.asarray(values, dtype=np.float64) for values in (prediction, target))
    shapes = p.shape, t.shape
    p, t = (values[:, None] if values.ndim == 1 else values for values in (p, t))
    if p.shape != t.shape or p.ndim != 2 or p.size == 0:
        raise DataError(
            f"predictions of shape {shapes[0]} and targets of shape {shapes[1]}",
            "the same shape for both, (N,) or (N, columns), with one item or more",
            "check that every item has one prediction per target column",
        )
    if not (np.isfinite(p).all() and np.isfinite(t).all()):
        raise DataError(
            f"{(~np.isfinite(p)).sum()} predictions and {(~np.isfinite(t)).sum()} targets not finite",
            "finite numbers",
            "drop the items without a target; lower the learning rate if the predictions are not finite",
        )
    return p - t, t
