r"""How two series move together, at lags of one against the other.

    r_xy(h) = sum_t (x_t - mean x) (y_{t+h} - mean y) / (n sd_x sd_y)       h > 0: x comes before y

Two independent series that both have a trend, or both wander, correlate strongly: a spurious correlation. It
vanishes between their differences. Even between stationary series the bound 1.96 / sqrt(n) holds only if one
of them is white noise; `prewhiten` takes the AR part of x out of both.

Reference: Box, Jenkins, Reinsel, Ljung, "Time Series Analysis", 5th edition, 2015, section 12.1; Granger,
Newbold, "Spurious regressions in econometrics", 1974.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hibiscus.errors import DataError
from hibiscus.series.autocorrelation import autocorrelation, correlation_bound
from hibiscus.series.series_values import one_variable

__all__ = [
    "CorrelationCheck",
    "CrossCorrelation",
    "check_correlation",
    "cross_correlation",
    "prewhiten",
]


@dataclass(frozen=True)
class CrossCorrelation:
    """Correlations at lags from -L to L.

    Args:
        lags: int64 (2 L + 1,); at a positive lag the first series comes before the second.
        values: float64 (2 L + 1,).
        bound: 1.96 / sqrt(n).
    """

    lags: np.ndarray
    values: np.ndarray
    bound: float

    @property
    def strongest(self) -> tuple[int, float]:
        """The lag of the largest correlation by magnitude, and its value."""
        index = int(np.argmax(np.abs(self.values)))
        return int(self.lags[index]), float(self.values[index])


def cross_correlation(first: Any, second: Any, lags: int | None = None) -> CrossCorrelation:
    """The correlation of two series at lags from -`lags` to `lags`; 0 if one of them is constant.

    Args:
        first: x.
        second: y, as long as x.
        lags: the largest lag; by default min(10 log10(n), n - 1).

    Shapes: first (steps,), second (steps,).

    Raises:
        DataError: series of different lengths, or values that are not finite.
    """
    x, y = _both(first, second)
    n = len(x)
    most = min(int(10 * np.log10(n)) if lags is None else lags, n - 1)
    scale = n * x.std() * y.std()
    steps = np.arange(-most, most + 1)
    if scale <= 1e-12 * n * max(1.0, np.abs(x).max() * np.abs(y).max()):
        return CrossCorrelation(steps, np.zeros(len(steps)), correlation_bound(n))
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.conj(np.fft.rfft(x - x.mean(), size)) * np.fft.rfft(y - y.mean(), size)
    products = np.fft.irfft(spectrum, size)[steps]
    return CrossCorrelation(steps, products / scale, correlation_bound(n))


def prewhiten(first: Any, second: Any, order: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Both series filtered by the AR model of the first, so that its autocorrelation does not show in theirs.

    Args:
        first: x, whose AR coefficients are the Yule-Walker estimates.
        second: y.
        order: of the AR model; by default the one with the least AIC up to min(10 log10(n), n / 4).

    Shapes: first (steps,), second (steps,); returns two float64 (steps - order,).
    """
    from scipy.linalg import solve_toeplitz

    x, y = _both(first, second)
    most = max(0, min(int(10 * np.log10(len(x))), len(x) // 4)) if order is None else order
    if np.ptp(x) == 0:
        return x - x.mean(), y - y.mean()
    r = autocorrelation(x, max(1, most))
    fits: dict[int, tuple[np.ndarray, float]] = {0: (np.zeros(0), 1.0)}
    for p in range(1, most + 1) if order is None else range(most, most + 1):
        phi = np.asarray(solve_toeplitz(r[:p], r[1 : p + 1]) if p else np.zeros(0), np.float64)
        fits[p] = (phi, max(float(1 - phi @ r[1 : p + 1]), 1e-12))
    p = most if order is not None else min(fits, key=lambda k: len(x) * np.log(fits[k][1]) + 2 * k)
    weights = np.append(1.0, -fits[p][0])
    return np.convolve(x - x.mean(), weights, "valid"), np.convolve(y - y.mean(), weights, "valid")


@dataclass(frozen=True)
class CorrelationCheck:
    """Whether the correlation of two series may be spurious.

    Args:
        levels: the correlation of the series.
        differences: that of their first differences.
        lagged: the strongest correlation of the differences at a lag, with that lag.
        bound: of the correlations of the differences.
    """

    levels: float
    differences: float
    lagged: tuple[int, float]
    bound: float

    @property
    def spurious(self) -> bool:
        """Whether the levels correlate by at least 0.3 in magnitude and the differences at no lag."""
        return abs(self.levels) >= 0.3 and abs(self.lagged[1]) <= 1.5 * self.bound


def check_correlation(first: Any, second: Any, lags: int = 3) -> CorrelationCheck:
    """The correlation of two series beside that of their differences, also at lags of up to `lags` steps.

    Shapes: first (steps,), second (steps,).
    """
    x, y = _both(first, second, 4)
    of_levels = cross_correlation(x, y, 0)
    of_differences = cross_correlation(np.diff(x), np.diff(y), lags)
    middle = len(of_differences.values) // 2
    return CorrelationCheck(
        float(of_levels.values[0]),
        float(of_differences.values[middle]),
        of_differences.strongest,
        of_differences.bound,
    )


def _both(first: Any, second: Any, minimum: int = 2) -> tuple[np.ndarray, np.ndarray]:
    x, y = one_variable(first, minimum), one_variable(second, minimum)
    if len(x) != len(y):
        raise DataError(f"series of {len(x):,} and {len(y):,} steps", "the same steps of both", "align them")
    return x, y
