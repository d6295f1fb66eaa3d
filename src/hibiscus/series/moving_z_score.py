r"""The moving z-score, the usual alarm on a series while it grows: no step uses anything after it.

z_t = |x_t - mean(x_{t-W}, ..., x_{t-1})| / std(x_{t-W}, ..., x_{t-1})
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import DataError
from hibiscus.series.checked_arrays import check_count, to_vector
from hibiscus.series.moving_statistics import rolling_statistic

__all__ = ["moving_z_score"]

ROUNDING = 1e-12  # relative to the largest value: a smaller deviation is none


def moving_z_score(values: ArrayLike, window: int) -> np.ndarray:
    """The distance of each step from the mean of the steps before it, in their standard deviations.

    Args:
        values: without missing ones.
        window: steps before each step, at least 2; the step itself is not among them.

    Shapes: values (steps,); returns float64 (steps,), NaN for the first `window` steps, infinite where the
    series leaves a constant window.

    Raises:
        DataError: not more steps than the window has.
    """
    series = to_vector(values)
    check_count(window, "window", 2)
    if len(series) <= window:
        received = f"{len(series):,} steps and window={window}"
        raise DataError(received, "more steps than the window has", f"window={max(2, len(series) // 2)}")
    mean = rolling_statistic(series[:-1], window)
    spread = np.sqrt(rolling_statistic(series[:-1], window, "variance"))
    distance = np.abs(series[window:] - mean)
    smallest = ROUNDING * np.abs(series).max()
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = distance / np.where(spread > smallest, spread, 0.0)
    return np.concatenate([np.full(window, np.nan), np.where(distance > smallest, scores, 0.0)])
