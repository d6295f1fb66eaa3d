"""A compact set of features of windows: level, spread, shape, change, memory and frequency.

Each feature of a window uses only its own steps, and is known from its last step on: no look-ahead. For
hundreds of features take tsfresh or tsfel; the page on time series names their licenses.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from hibiscus.errors import DataError
from hibiscus.series.checked_arrays import to_series, to_vector
from hibiscus.series.moving_statistics import rolling_ends

__all__ = ["FEATURES", "rolling_features", "series_features"]

BLOCK = 1 << 18  # values of windows processed at a time
MIN_STEPS = 4  # for which every feature is defined


def rolling_features(values: ArrayLike, window: int, stride: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The features of the last `window` steps, every `stride` steps.

    Args:
        values: a series (steps,).
        window: number of steps of a window, at least 4.
        stride: steps from one window to the next.

    Returns:
        The features (windows, len(FEATURES)) in the order of FEATURES, and the last step (windows,) of each
        window.

    Raises:
        ConfigError: when the window is longer than the series.
        DataError: when it is shorter than 4 steps.
    """
    x = to_vector(values)
    ends = rolling_ends(len(x), window, stride)
    return series_features(sliding_window_view(x, window)[::stride]), ends


def series_features(items: ArrayLike) -> np.ndarray:
    """The features (n, len(FEATURES)) of n series of equal length (n, steps), at least 4 steps."""
    x = to_series(items, "the items")
    if x.shape[1] < MIN_STEPS:
        raise DataError(f"windows of {x.shape[1]} steps", f"at least {MIN_STEPS}")
    rows = max(1, BLOCK // x.shape[1])
    blocks = [np.ascontiguousarray(x[start : start + rows]) for start in range(0, len(x), rows)]
    return np.concatenate(
        [np.stack([feature(block) for feature in FEATURES.values()], axis=1) for block in blocks]
    )


def _centered(x: np.ndarray) -> np.ndarray:
    return x - x.mean(1, keepdims=True)


def _moment(x: np.ndarray, order: int) -> np.ndarray:
    """The mean of the standardized values to a power; 0 for constant windows."""
    return _ratio((_centered(x) ** order).mean(1), x.std(1) ** order)


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A / b, and 0 where b is 0 within rounding."""
    return np.divide(a, b, out=np.zeros_like(a), where=np.abs(b) > 1e-12)


def _slope(x: np.ndarray) -> np.ndarray:
    """The slope of the least-squares line, in units per step."""
    t = np.arange(x.shape[1]) - (x.shape[1] - 1) / 2
    return x @ t / (t @ t)


def _autocorrelation(x: np.ndarray, lag: int) -> np.ndarray:
    centered = _centered(x)
    return _ratio((centered[:, lag:] * centered[:, :-lag]).sum(1), (centered**2).sum(1))


def _crossings(x: np.ndarray) -> np.ndarray:
    """The fraction of steps at which the window crosses its mean."""
    above = _centered(x) > 0
    return (above[:, 1:] != above[:, :-1]).mean(1)


def _longest_run(x: np.ndarray) -> np.ndarray:
    """The longest run of steps above the mean, as a fraction of the window."""
    run, longest = np.zeros(len(x)), np.zeros(len(x))
    for column in (_centered(x) > 0).T:
        run = (run + 1) * column
        longest = np.maximum(longest, run)
    return longest / x.shape[1]


def _power(x: np.ndarray) -> np.ndarray:
    """The power of each frequency from 1 / window on, as fractions of their sum."""
    power = np.abs(np.fft.rfft(_centered(x), axis=1))[:, 1:] ** 2
    return _ratio(power, np.broadcast_to(power.sum(1, keepdims=True), power.shape))


def _spectral_entropy(x: np.ndarray) -> np.ndarray:
    """The entropy of the power over the frequencies, in [0, 1]: 0 for one sine, 1 for white noise."""
    power = _power(x)
    logs = np.log(np.where(power > 0, power, 1.0))
    return -(power * logs).sum(1) / np.log(power.shape[1])


FEATURES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "mean": lambda x: x.mean(1),
    "standard_deviation": lambda x: x.std(1),
    "minimum": lambda x: x.min(1),
    "lower_quartile": lambda x: np.quantile(x, 0.25, axis=1),
    "median": lambda x: np.median(x, axis=1),
    "upper_quartile": lambda x: np.quantile(x, 0.75, axis=1),
    "maximum": lambda x: x.max(1),
    "skewness": lambda x: _moment(x, 3),
    "kurtosis": lambda x: _moment(x, 4),
    "last_value": lambda x: x[:, -1],
    "slope": _slope,
    "mean_change": lambda x: (x[:, -1] - x[:, 0]) / (x.shape[1] - 1),
    "mean_absolute_change": lambda x: np.abs(np.diff(x, axis=1)).mean(1),
    "mean_absolute_curvature": lambda x: np.abs(np.diff(x, 2, axis=1)).mean(1),
    "autocorrelation_1": lambda x: _autocorrelation(x, 1),
    "autocorrelation_2": lambda x: _autocorrelation(x, 2),
    "mean_crossings": _crossings,
    "longest_run_above_mean": _longest_run,
    "position_of_maximum": lambda x: x.argmax(1) / (x.shape[1] - 1),
    "position_of_minimum": lambda x: x.argmin(1) / (x.shape[1] - 1),
    "dominant_frequency": lambda x: (_power(x).argmax(1) + 1) / x.shape[1],
    "spectral_entropy": _spectral_entropy,
}
