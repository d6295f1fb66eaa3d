"""Statistics of a window that moves along a series, or of all steps up to now. All of them are causal.

    rolling    of the last `window` steps, every `stride` steps
    expanding  of all steps so far

Only `n_by_m_average` with `centered=True` looks ahead.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.checked_arrays import check_between, check_count, to_series, to_vector

__all__ = ["expanding_statistic", "n_by_m_average", "rolling_ends", "rolling_statistic"]

BLOCK = 1 << 20  # values of windows processed at a time, so that memory does not grow with the window
STATISTICS = ("mean", "variance", "min", "max", "quantile")


def rolling_ends(steps: int, window: int, stride: int = 1) -> np.ndarray:
    """The last step of each window, int64 (windows,): the value of a window is known from this step on.

    Raises:
        ConfigError: when the window is longer than the series.
    """
    check_count(window, "window")
    check_count(stride, "stride")
    if window > steps:
        raise ConfigError(f"window={window} for a series of {steps} steps", f"at most {steps}")
    return np.arange(window - 1, steps, stride)


def rolling_statistic(
    values: ArrayLike, window: int, statistic: str = "mean", *, stride: int = 1, quantile: float = 0.5
) -> np.ndarray:
    """A statistic of the last `window` steps.

    Args:
        values: a series (steps,) or (steps, variables).
        window: number of steps of a window.
        statistic: `mean`, `variance` (divided by window - 1), `min`, `max` or `quantile`.
        stride: steps from one window to the next.
        quantile: which quantile, in [0, 1]; 0.5 is the median.

    Returns:
        An array (windows,) or (windows, variables); the windows end at the steps `rolling_ends`.

    Raises:
        ConfigError: when an option is unknown or out of range.
    """
    x = to_series(values)
    ends = rolling_ends(len(x), window, stride)
    compute = _statistic(statistic, quantile)
    if statistic == "variance":
        check_count(window, "window", 2)
    windows = sliding_window_view(x, window, axis=0)[::stride]  # (windows, variables, window)
    rows = max(1, BLOCK // (window * x.shape[1]))
    result = np.concatenate([compute(windows[start : start + rows]) for start in range(0, len(ends), rows)])
    return result[:, 0] if np.ndim(values) == 1 else result


def expanding_statistic(values: ArrayLike, statistic: str = "mean", *, quantile: float = 0.5) -> np.ndarray:
    """A statistic of all steps up to each step.

    Args:
        values: a series (steps,) or (steps, variables).
        statistic: as in `rolling_statistic`; the variance of the first step alone is NaN.
        quantile: which quantile, in [0, 1].

    Returns:
        An array of the shape of `values`.
    """
    x = to_series(values)
    _statistic(statistic, quantile)
    count = np.arange(1, len(x) + 1)[:, None]
    if statistic == "mean":
        result = np.cumsum(x, axis=0) / count
    elif statistic == "variance":
        result = _expanding_variance(x)
    elif statistic == "quantile":
        result = np.stack([_expanding_quantile(column.tolist(), quantile) for column in x.T], axis=1)
    else:
        result = (np.minimum if statistic == "min" else np.maximum).accumulate(x, axis=0)
    return result.reshape(np.shape(values))


def n_by_m_average(values: ArrayLike, n: int, m: int, *, centered: bool = True) -> np.ndarray:
    """The n x m moving average: means of n values of means of m values, a weighted mean of n + m - 1 steps.

    2 x 12 is the trend of monthly data: the months get equal weights, the first and last half of one.

    Args:
        values: a series (steps,).
        n: length of the second average.
        m: length of the first average, mostly the season.
        centered: the average around each step, which looks ahead; n + m must be even. Otherwise that of the
            last n + m - 1 steps, which is causal.

    Returns:
        (steps,), NaN where the window leaves the series.

    Raises:
        ConfigError: when n + m is odd and the average is to be centered.
    """
    x = to_vector(values)
    check_count(n, "n")
    check_count(m, "m")
    width = n + m - 1
    if centered and width % 2 == 0:
        raise ConfigError(
            f"n={n} and m={m}",
            "an odd n + m - 1: only an odd number of steps has one in the middle",
            f"n={n + 1}, or centered=False",
        )
    if width > len(x):
        raise DataError(f"{len(x)} steps for an average of {width}", f"at least {width} steps")
    weights = np.convolve(np.full(n, 1 / n), np.full(m, 1 / m))
    result = np.full(len(x), np.nan)
    first = width // 2 if centered else width - 1
    result[first : first + len(x) - width + 1] = np.convolve(x, weights, mode="valid")
    return result


def _statistic(name: str, quantile: float) -> Callable[[np.ndarray], np.ndarray]:
    """The function of the last axis."""
    check_between(quantile, "quantile", 0, 1)
    if name not in STATISTICS:
        raise ConfigError(f"statistic={name!r}", ", ".join(STATISTICS))
    functions: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "mean": lambda x: x.mean(-1),
        "variance": lambda x: x.var(-1, ddof=1),
        "min": lambda x: x.min(-1),
        "max": lambda x: x.max(-1),
        "quantile": lambda x: np.quantile(x, quantile, axis=-1),
    }
    return functions[name]


def _expanding_variance(x: np.ndarray) -> np.ndarray:
    """Welford's recursion, which does not lose digits where the mean is large."""
    result, mean, total = np.full(x.shape, np.nan), x[0].copy(), np.zeros(x.shape[1])
    for step in range(1, len(x)):
        difference = x[step] - mean
        mean += difference / (step + 1)
        total += difference * (x[step] - mean)
        result[step] = total / step
    return result


def _expanding_quantile(values: list[float], quantile: float) -> np.ndarray:
    """Linear interpolation between the two nearest of the sorted values so far."""
    ordered: list[float] = []
    result = np.empty(len(values))
    for step, value in enumerate(values):
        bisect.insort(ordered, value)
        position = quantile * step
        low = min(int(position), step)
        high = min(low + 1, step)
        result[step] = ordered[low] + (position - low) * (ordered[high] - ordered[low])
    return result
