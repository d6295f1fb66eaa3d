r"""How strongly the steps of a series depend on those before them.

    r_h = sum_t (x_t - mean) (x_{t+h} - mean) / sum_t (x_t - mean)^2            autocorrelation at lag h
    phi_hh = (r_h - sum_j phi_{h-1,j} r_{h-j}) / (1 - sum_j phi_{h-1,j} r_j)     partial autocorrelation
    Q_h = n (n + 2) sum_{k <= h} r_k^2 / (n - k)                                 Ljung-Box

Of white noise, 95 % of the correlations lie within 1.96 / sqrt(n). The partial autocorrelations cut off after
the order of an AR process, the autocorrelations after that of an MA process.

Reference: Box, Jenkins, Reinsel, Ljung, "Time Series Analysis", 5th edition, 2015, sections 2.1, 3.2 and 8.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hibiscus.series.series_values import one_variable

__all__ = ["LjungBox", "autocorrelation", "correlation_bound", "ljung_box", "partial_autocorrelation"]


def correlation_bound(steps: int) -> float:
    """The bound 1.96 / sqrt(n) within which 95 % of the correlations of white noise lie."""
    return 1.96 / np.sqrt(steps)


def autocorrelation(values: Any, lags: int | None = None) -> np.ndarray:
    """The autocorrelation at the lags 0 to `lags`; 0 at every lag but 0 for a constant.

    Args:
        values: the series, without missing values.
        lags: the largest lag; by default min(10 log10(n), n - 1).

    Shapes: values (steps,); returns float64 (lags + 1,).
    """
    series = one_variable(values)
    lags = _lags(len(series), lags)
    centered = series - series.mean()
    size = 1 << (2 * len(series) - 1).bit_length()  # padded with zeros, so that the end does not wrap round
    spectrum = np.abs(np.fft.rfft(centered, size)) ** 2
    covariance = np.fft.irfft(spectrum, size)[: lags + 1]
    if not np.any(np.abs(centered) > 1e-12 * np.abs(series).max()):
        return np.eye(1, lags + 1)[0]
    return covariance / covariance[0]


def partial_autocorrelation(values: Any, lags: int | None = None) -> np.ndarray:
    """The partial autocorrelation at the lags 0 to `lags`, by the Durbin-Levinson recursion.

    These are the Yule-Walker estimates from autocorrelations that are divided by n at every lag.

    Args:
        values: the series, without missing values.
        lags: the largest lag; by default min(10 log10(n), n / 2 - 1).

    Shapes: values (steps,); returns float64 (lags + 1,).
    """
    series = one_variable(values, 4)
    default = min(int(10 * np.log10(len(series))), len(series) // 2 - 1)
    r = autocorrelation(series, default if lags is None else lags)
    partial = np.ones(len(r))
    phi = np.zeros(0)
    for lag in range(1, len(r)):
        rest = 1 - phi @ r[1:lag]
        last = (r[lag] - phi @ r[lag - 1 : 0 : -1]) / rest if rest > 1e-12 else 0.0
        phi = np.append(phi - last * phi[::-1], last)
        partial[lag] = last
    return partial


@dataclass(frozen=True)
class LjungBox:
    """Whether all autocorrelations up to a lag may be 0: the statistic, and the p-value of it."""

    lags: int
    statistic: float
    p_value: float


def ljung_box(values: Any, lags: int | None = None, fitted: int = 0) -> LjungBox:
    """The Ljung-Box test for autocorrelation in a series, or in the residuals of a model.

    Args:
        values: the series.
        lags: how many autocorrelations are tested together; by default min(10, n / 5), at least 1.
        fitted: the number of AR and MA coefficients of the model whose residuals these are.
    """
    from scipy.stats import chi2

    series = one_variable(values, 3)
    n = len(series)
    lags = max(1, min(10, n // 5)) if lags is None else _lags(n, lags)
    r = autocorrelation(series, lags)[1:]
    statistic = float(n * (n + 2) * np.sum(r**2 / (n - np.arange(1, lags + 1))))
    freedom = lags - fitted
    p_value = float(chi2.sf(statistic, freedom)) if freedom > 0 else float("nan")
    return LjungBox(lags, statistic, p_value)


def _lags(steps: int, lags: int | None) -> int:
    default = int(10 * np.log10(steps))
    return max(1, min(default if lags is None else lags, steps - 1))
