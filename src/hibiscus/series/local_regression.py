"""LOWESS: the value of a local line at each step, robust against outliers. It looks ahead.

The line of a step is fitted to its nearest steps with tricube weights, most of which lie on both sides of it:
the curve uses the future of each step but the last. It is for looking at a series, not for inputs of a
forecast; `hibiscus.series.ewm_mean` and `rolling_statistic` are causal.

Source: Cleveland 1979.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import DataError
from hibiscus.series.checked_arrays import check_between, check_count, to_vector

__all__ = ["lowess"]

BLOCK = 1 << 20  # weights computed at a time
TINY = 1e-12


def lowess(
    values: ArrayLike, fraction: float = 2 / 3, iterations: int = 3, *, times: ArrayLike | None = None
) -> np.ndarray:
    """The smooth curve (steps,) of a series.

    Args:
        values: a series (steps,).
        fraction: which fraction of the steps each line is fitted to, in (0, 1].
        iterations: how often residuals lower the weights of outliers; 0 for none.
        times: rising time (steps,) of each step as numbers; 0, 1, 2 ... if None.

    Raises:
        DataError: when the times do not rise.
        ConfigError: when `fraction` leaves fewer than 3 steps, or is out of range.
    """
    y = to_vector(values)
    x = np.arange(len(y), dtype=np.float64) if times is None else to_vector(times, "times")
    check_between(fraction, "fraction", 0, 1)
    check_count(iterations, "iterations", 0)
    count = int(fraction * len(y) + 1e-10)
    if len(x) != len(y) or not (np.diff(x) > 0).all() or count < 3:
        raise DataError(
            f"{len(x)} times for {len(y)} values, of which each line takes {count}",
            "a rising time for each value, and lines through at least 3 values",
            "sort by time, or choose a larger fraction",
        )
    first = _first_neighbors(x, count)
    robust = np.ones(len(y))
    smooth = _lines(x, y, robust, first, count)
    for _ in range(iterations):
        residuals = np.abs(y - smooth)
        limit = 6 * np.median(residuals)
        if limit == 0:
            break
        scaled = residuals / limit
        robust = np.where(scaled < 1, (1 - np.minimum(scaled, 1) ** 2) ** 2, 0.0)
        smooth = _lines(x, y, robust, first, count)
    return smooth


def _first_neighbors(x: np.ndarray, count: int) -> np.ndarray:
    """The first of the `count` nearest steps of each step; the earlier ones where two are equally near."""
    first = np.empty(len(x), dtype=np.int64)
    start = 0
    for i, here in enumerate(x):
        while start + count < len(x) and here > (x[start] + x[start + count]) / 2:
            start += 1
        first[i] = start
    return first


def _lines(x: np.ndarray, y: np.ndarray, robust: np.ndarray, first: np.ndarray, count: int) -> np.ndarray:
    """The values of the weighted lines at their steps; the value itself where fewer than two count."""
    result = np.empty(len(x))
    rows = max(1, BLOCK // count)
    for start in range(0, len(x), rows):
        here = x[start : start + rows, None]
        near = first[start : start + rows, None] + np.arange(count)
        distance = np.abs(x[near] - here)
        scaled = distance / distance.max(1, keepdims=True)
        weights = np.where(scaled < 1, (1 - np.minimum(scaled, 1) ** 3) ** 3, 0.0) * robust[near]
        alone = (weights > TINY).sum(1, keepdims=True) < 2
        weights = np.where(alone, distance == 0, weights)
        weights = weights / weights.sum(1, keepdims=True)
        mean = (weights * x[near]).sum(1, keepdims=True)
        spread = (weights * (x[near] - mean) ** 2).sum(1, keepdims=True)
        lean = (here - mean) / np.maximum(spread, TINY)
        result[start : start + rows] = (weights * (1 + lean * (x[near] - mean)) * y[near]).sum(1)
    return result
