"""Metrics of quantile forecasts: pinball losses, and coverage and width of intervals.

Averaged as in `forecasting`: each variable of each series counts the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.errors import DataError
from hibiscus.metrics.forecast_arrays import checked_forecast, group_means, ratio
from hibiscus.metrics.forecasting import InSampleErrors

__all__ = ["interval_metrics", "pinball_loss", "quantile_metrics"]

Array = NDArray[np.float64]


def pinball_loss(
    quantiles: ArrayLike,
    target: ArrayLike,
    levels: Sequence[float],
    observed: ArrayLike | None = None,
    *,
    series: ArrayLike | None = None,
    count: int | None = None,
) -> Array:
    r"""The mean over levels of the pinball loss, for each variable of each series.

        loss(q) = mean max(q (target - forecast), (q - 1) (target - forecast))

    Args:
        quantiles: forecast quantiles, one for each level.
        target: true values.
        levels: between 0 and 1.
        observed: which targets count; all finite ones by default.
        series: the number of the series of each origin; one series by default.
        count: the number of series; by default as many as have origins.

    Shapes: quantiles (origins, horizon, variables, levels), the rest as for `point_metrics`; returns
        (series, variables).
    """
    values, q = _checked_quantiles(quantiles, levels)
    losses = []
    for i, level in enumerate(q):
        f, t, groups = checked_forecast(values[..., i], target, observed, series)
        losses.append(group_means(np.maximum(level * (t - f), (level - 1) * (t - f)), groups, count))
    return np.mean(losses, axis=0)


def quantile_metrics(
    quantiles: ArrayLike,
    target: ArrayLike,
    levels: Sequence[float],
    observed: ArrayLike | None = None,
    *,
    series: ArrayLike | None = None,
    scale: InSampleErrors | None = None,
) -> dict[str, float]:
    r"""The pinball loss, the weighted scaled pinball loss, and coverage and width of central intervals.

        weighted_scaled_pinball = sum(weight * pinball / scale.step)

    Over the variables the weights are equal, and over the series of a variable proportional to their volume
    in training, as those of the M5 competition are to their sales. Each pair of levels q and 1 - q bounds a
    central interval, see `interval_metrics`.

    Args and shapes: as for `pinball_loss`, and `scale` as for `point_metrics`.
    """
    values, q = _checked_quantiles(quantiles, levels)
    count = None if scale is None else len(scale.step)
    loss = pinball_loss(values, target, q, observed, series=series, count=count)
    metrics = {"pinball": float(np.nanmean(loss))}
    if scale is not None:
        scaled = ratio(loss, scale.step)
        weight = np.where(np.isfinite(scaled), scale.volume, 0.0)
        if (total := weight.sum(0)).any():
            means = np.nansum(scaled * weight, 0)[total > 0] / total[total > 0]
            metrics["weighted_scaled_pinball"] = float(means.mean())
    for i, level in enumerate(q):
        match = [j for j, other in enumerate(q) if level < 0.5 and abs(level + other - 1) < 1e-9]
        for j in match:
            lower, upper, name = values[..., i], values[..., j], f"{100 * (1 - 2 * level):.10g}"
            found = interval_metrics(lower, upper, target, observed, series=series)
            metrics |= {f"interval_{key}_{name}": value for key, value in found.items()}
    return metrics


def interval_metrics(
    lower: ArrayLike,
    upper: ArrayLike,
    target: ArrayLike,
    observed: ArrayLike | None = None,
    *,
    series: ArrayLike | None = None,
) -> dict[str, float]:
    """`coverage`, the fraction of targets from `lower` to `upper`, and `width`, their mean distance.

    Shapes: lower and upper as forecast in `point_metrics`.
    """
    low, t, groups = checked_forecast(lower, target, observed, series)
    high = checked_forecast(upper, target, observed, series)[0]
    missing = np.where(np.isnan(t), np.nan, 0.0)
    inside = ((low <= t) & (t <= high)).astype(np.float64) + missing
    return {
        "coverage": float(np.nanmean(group_means(inside, groups))),
        "width": float(np.nanmean(group_means(high - low + missing, groups))),
    }


def _checked_quantiles(quantiles: ArrayLike, levels: Sequence[float]) -> tuple[Array, list[float]]:
    values, q = np.asarray(quantiles, dtype=np.float64), [float(level) for level in levels]
    if values.ndim != 4 or values.shape[-1] != len(q) or not all(0 < level < 1 for level in q):
        raise DataError(
            f"quantiles of shape {values.shape} for levels {q}",
            "(origins, horizon, variables, levels), levels between 0 and 1",
            "pass a forecast for each level",
        )
    return values, q
