"""Metrics of forecasts: errors in the unit of the targets, and relative to those of naive forecasts.

Each metric is computed for every variable of every series, over all origins and steps of the horizon, and
then averaged, so that each variable of each series counts the same. Missing targets are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.errors import DataError
from hibiscus.metrics.forecast_arrays import checked_forecast, finite_mean, group_means, ratio

__all__ = [
    "InSampleErrors",
    "error_by_step",
    "in_sample_errors",
    "mean_metrics",
    "point_metrics",
    "skill",
    "standardized_metrics",
]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class InSampleErrors:
    r"""Errors of naive forecasts within the training part, which make errors of different series comparable.

    Args:
        absolute: mean of |x[t] - x[t - season]|, `(series, variables)`; NaN where there are no two values.
        squared: mean of (x[t] - x[t - season])**2, `(series, variables)`.
        step: mean of |x[t] - x[t - 1]|, `(series, variables)`.
        volume: mean of |x[t]|, the weight of a series among those with the same variable.
    """

    absolute: Array
    squared: Array
    step: Array
    volume: Array


def in_sample_errors(training: Sequence[ArrayLike], season: int = 1) -> InSampleErrors:
    """The errors of naive forecasts within the training part of each series.

    Args:
        training: for each series its training part `(steps, variables)`; NaN where a value is missing.
        season: steps in a season; a series without a whole season counts as without one.

    Raises:
        DataError: the season is not positive, or a part is not two-dimensional.
    """
    parts = [np.asarray(values, dtype=np.float64) for values in training]
    if season < 1 or not parts or any(values.ndim != 2 for values in parts):
        received = f"season {season}, training parts of shapes {[values.shape for values in parts][:5]}"
        raise DataError(received, "a positive season, (steps, variables) for each series", "check both")

    def steps(values: Array, lag: int) -> Array:
        return values[lag:] - values[:-lag]

    seasonal = [steps(values, season if len(values) > season else 1) for values in parts]
    return InSampleErrors(
        np.stack([finite_mean(np.abs(change)) for change in seasonal]),
        np.stack([finite_mean(change**2) for change in seasonal]),
        np.stack([finite_mean(np.abs(steps(values, 1))) for values in parts]),
        np.stack([finite_mean(np.abs(values)) for values in parts]),
    )


def point_metrics(
    forecast: ArrayLike,
    target: ArrayLike,
    observed: ArrayLike | None = None,
    *,
    series: ArrayLike | None = None,
    scale: InSampleErrors | None = None,
) -> dict[str, Array]:
    r"""The metrics of point forecasts for each variable of each series.

        error = forecast - target
        mae   = mean |error|            mse = mean error**2            rmse = sqrt(mse)
        smape = mean 2 |error| / (|forecast| + |target|)               from 0 to 2, that is 0 to 200 %
        mase  = mae / scale.absolute    rmsse = sqrt(mse / scale.squared)

    In smape, a target of 0 that is forecast as 0 counts as 0. mase is that of Hyndman and Koehler, rmsse that
    of the M5 competition, there with a season of 1. They are NaN for a series that is constant in training.

    Args:
        forecast: predicted values.
        target: true values; those that are not observed may be NaN.
        observed: which targets count; all finite ones by default.
        series: the number of the series of each origin; one series by default.
        scale: errors of naive forecasts in training; without them there are no mase and rmsse.

    Shapes:
        forecast, target and observed (origins, horizon, variables), series (origins,); returns name to
        (series, variables), NaN where no target is observed.

    Raises:
        DataError: the shapes differ, no target is observed, or a forecast is not finite.

    Reference: Hyndman, Koehler, "Another look at measures of forecast accuracy", 2006; Makridakis et al.,
    "The M5 competition: Background, organization, and implementation", 2022.
    """
    f, t, groups = checked_forecast(forecast, target, observed, series)
    error, size = f - t, np.abs(f) + np.abs(t)
    relative = np.where(size > 0, 2 * np.abs(error) / np.where(size > 0, size, 1), 0.0 * size)
    count = None if scale is None else len(scale.absolute)
    mse = group_means(error**2, groups, count)
    metrics = {
        "mae": group_means(np.abs(error), groups, count),
        "rmse": np.sqrt(mse),
        "mse": mse,
        "smape": group_means(relative, groups, count),
    }
    if scale is not None:
        metrics["mase"] = ratio(metrics["mae"], scale.absolute)
        metrics["rmsse"] = np.sqrt(ratio(mse, scale.squared))
    return metrics


def standardized_metrics(
    forecast: ArrayLike, target: ArrayLike, observed: ArrayLike | None = None, *, sd: ArrayLike
) -> dict[str, float]:
    """The mean squared and absolute error in units of the standard deviation of the training part.

    Benchmarks such as ETT report these two, as the mean over all origins, steps and variables.

    Shapes: forecast, target and observed (origins, horizon, variables), sd (variables,).

    Raises:
        DataError: the shapes differ, no target is observed, or a standard deviation is not positive.
    """
    scale = np.asarray(sd, dtype=np.float64)
    if not (scale > 0).all():
        raise DataError(f"standard deviations {scale}", "positive numbers", "leave constant variables out")
    f, t, _ = checked_forecast(forecast, target, observed, None)
    error = (f - t) / scale
    return {
        "standardized_mse": float(np.nanmean(error**2)),
        "standardized_mae": float(np.nanmean(np.abs(error))),
    }


def error_by_step(forecast: ArrayLike, target: ArrayLike, observed: ArrayLike | None = None) -> Array:
    """The mean absolute error at each step of the horizon `(horizon,)`, averaged over the variables."""
    f, t, _ = checked_forecast(forecast, target, observed, None)
    each = finite_mean(np.abs(f - t).reshape(len(f), -1)).reshape(f.shape[1:])
    return finite_mean(each.T)


def mean_metrics(metrics: Mapping[str, Array]) -> dict[str, float]:
    """The mean over the variables of all series that have a value; a metric without any is left out."""
    return {name: float(np.nanmean(value)) for name, value in metrics.items() if np.isfinite(value).any()}


def skill(error: float, reference: float) -> float:
    """1 - error / reference: 1 is perfect, 0 no better than the reference; NaN for a reference of 0."""
    return 1 - error / reference if reference > 0 else float("nan")
