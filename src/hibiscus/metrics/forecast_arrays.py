"""Forecasts and targets as arrays: their checks, and means over the origins of each series."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.errors import DataError

__all__ = ["checked_forecast", "finite_mean", "finite_sd", "group_means", "members", "ratio"]

Array = NDArray[np.float64]


def checked_forecast(
    forecast: ArrayLike, target: ArrayLike, observed: ArrayLike | None, series: ArrayLike | None
) -> tuple[Array, Array, NDArray[np.int64]]:
    """The forecast, the target with NaN where it does not count, and the series of each origin.

    Shapes: forecast, target and observed (origins, horizon, variables), series (origins,).

    Raises:
        DataError: the shapes differ, no target is observed, or a value is not finite where one is.
    """
    f, t = (np.asarray(values, dtype=np.float64) for values in (forecast, target))
    counts = np.isfinite(t) if observed is None else np.asarray(observed, dtype=bool)
    groups = np.zeros(len(f) if f.ndim else 0, np.int64) if series is None else np.asarray(series)
    if f.ndim != 3 or f.shape != t.shape or counts.shape != t.shape or groups.shape != f.shape[:1]:
        raise DataError(
            f"forecasts {f.shape}, targets {t.shape}, observed {counts.shape}, series {groups.shape}",
            "(origins, horizon, variables) for all but the series, which are (origins,)",
            "pass one forecast for each target",
        )
    if not counts.any():
        raise DataError("no observed targets", "at least one", "choose a part with observed values")
    if not np.isfinite(f[counts]).all() or not np.isfinite(t[counts]).all():
        raise DataError(
            f"{(~np.isfinite(f[counts])).sum()} forecasts and {(~np.isfinite(t[counts])).sum()} targets not "
            "finite",
            "finite numbers wherever a target is observed",
            "mark missing targets in `observed`; lower the learning rate if the forecasts are not finite",
        )
    return f, np.where(counts, t, np.nan), groups.astype(np.int64)


def finite_mean(values: Array) -> Array:
    """The mean over the first axes of the values that are not NaN, for each of the last; NaN for none."""
    flat = values.reshape(-1, values.shape[-1])
    count = np.isfinite(flat).sum(0)
    return np.where(count > 0, np.nansum(flat, 0) / np.maximum(count, 1), np.nan)


def finite_sd(values: Array) -> Array:
    """The standard deviation over the first axes, as `finite_mean`: NaN where there is no value."""
    return np.sqrt(finite_mean((values - finite_mean(values)) ** 2))


def members(groups: NDArray[np.int64], count: int) -> list[NDArray[np.int64]]:
    """The positions of each of the groups 0 to count - 1 in ascending order, from one sort.

    Shapes: groups (n,).
    """
    order = np.argsort(groups, kind="stable")
    bounds = np.searchsorted(groups[order], np.arange(count + 1))
    return [order[start:end] for start, end in pairwise(bounds.tolist())]


def group_means(values: Array, groups: NDArray[np.int64], count: int | None = None) -> Array:
    """Means of (origins, horizon, variables) over the origins of each series, `(series, variables)`.

    Args:
        values: NaN where a value does not count.
        groups: the number of the series of each origin.
        count: the number of series; by default as many as have origins.
    """
    total = int(groups.max()) + 1 if count is None else count
    return np.stack([finite_mean(values[chosen]) for chosen in members(groups, total)])


def ratio(value: Array, scale: Array) -> Array:
    """`value / scale`, NaN where the scale is 0 or unknown."""
    usable = np.isfinite(scale) & (scale > 0)
    return np.where(usable, value / np.where(usable, scale, 1), np.nan)
