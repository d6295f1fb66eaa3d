r"""Whether, and where, the level of a series changes.

    OLS-CUSUM   W(t) = sum_{i<=t} e_i / (s sqrt(n))              against the sup of a Brownian bridge
    OLS-MOSUM   W(t) = sum_{t<i<=t+h} e_i / (s sqrt(n))          a moving window of h steps
    CUSUM       sum of recursive residuals / s                    against the lines of Brown, Durbin and Evans
    PELT        min over change points of sum of squares around each mean + penalty for each change

e are the residuals from the mean. s is the standard deviation, or the root of the long-run variance
(Newey-West) if the steps depend on each other; without it, autocorrelation alone is taken for changes. A
moving window also finds a change that is undone later.

Reference: Brown, Durbin, Evans, "Techniques for testing the constancy of regression relationships over time",
1975; Ploberger, Kraemer, "The CUSUM test with OLS residuals", 1992; Chu, Hornik, Kuan, "MOSUM tests for
parameter constancy", 1995; Killick, Fearnhead, Eckley, "Optimal detection of changepoints with a linear
computational cost", 2012.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hibiscus.series.series_values import from_extra, one_variable

__all__ = ["LevelTest", "change_points", "cusum", "long_run_variance", "ols_cusum", "ols_mosum"]

CUSUM_CRITICAL = {"1%": 1.143, "5%": 0.948, "10%": 0.850}  # Brown, Durbin, Evans, 1975
BRIDGE_CRITICAL = {"1%": 1.628, "5%": 1.358, "10%": 1.224}  # the Kolmogorov distribution
MOSUM_WINDOWS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)  # fractions of the steps
MOSUM_CRITICAL = {  # quantiles of 20,000 simulated Brownian bridges of 2,000 steps
    "1%": (0.895, 1.187, 1.378, 1.515, 1.680, 1.768, 1.756),
    "5%": (0.801, 1.045, 1.202, 1.313, 1.445, 1.494, 1.492),
    "10%": (0.757, 0.978, 1.119, 1.212, 1.324, 1.362, 1.358),
}
STEPS_AT_MOST = 4_000  # of PELT; a longer series is averaged over blocks of steps


@dataclass(frozen=True)
class LevelTest:
    """A test for a constant level.

    Args:
        process: the fluctuation process, float64, one value for each step (or window).
        boundary: the largest magnitude at 5 % at each of these steps, float64.
        statistic: the largest ratio of the process to the boundary's shape.
        critical_values: of the statistic at `1%`, `5%` and `10%`.
        step: where the process is farthest out: the first step after the change.
    """

    process: np.ndarray
    boundary: np.ndarray
    statistic: float
    critical_values: dict[str, float]
    step: int

    @property
    def rejects(self) -> bool:
        """Whether the level changes, at 5 %."""
        return self.statistic > self.critical_values["5%"]


def long_run_variance(values: Any, bandwidth: int | None = None) -> float:
    """The variance of the mean times n, autocorrelation included (Newey, West, 1987; Bartlett weights).

    Args:
        values: the series.
        bandwidth: the lags taken; by default 4 (n / 100)^(2 / 9), or 1.3 sqrt(n) where the autocorrelation at
            lag 1 is above 0.5.
    """
    series = one_variable(values)
    centered, n = series - series.mean(), len(series)
    variance = centered @ centered / n
    if bandwidth is None:
        strong = n > 3 and variance > 0 and centered[1:] @ centered[:-1] / n > 0.5 * variance
        bandwidth = int(1.3 * np.sqrt(n)) if strong else int(4 * (n / 100) ** (2 / 9))
    lags = np.arange(1, min(bandwidth, n - 1) + 1)
    covariances = np.array([centered[lag:] @ centered[:-lag] / n for lag in lags])
    return (
        float(max(variance + 2 * ((1 - lags / (len(lags) + 1)) @ covariances), 0.0))
        if len(lags)
        else float(variance)
    )


def cusum(values: Any) -> LevelTest:
    """The CUSUM test of recursive residuals, each the error of the mean of all steps before it, standardized.

    Shapes: values (steps,); process and boundary (steps,), 0 at the first step.
    """
    series = one_variable(values, 4)
    n = len(series)
    before = np.arange(1, n)
    means = np.cumsum(series)[:-1] / before
    residuals = (series[1:] - means) / np.sqrt(1 + 1 / before)
    spread = residuals.std(ddof=1)
    process = np.concatenate([[0.0], np.cumsum(residuals) / spread if spread > 0 else np.zeros(n - 1)])
    shape = np.sqrt(n - 1) * (1 + 2 * np.arange(n) / (n - 1))
    ratios = np.abs(process) / shape
    step = int(np.argmax(ratios))
    return LevelTest(process, CUSUM_CRITICAL["5%"] * shape, float(ratios[step]), CUSUM_CRITICAL, step)


def ols_cusum(values: Any, dependent: bool = False) -> LevelTest:
    """The CUSUM test of the residuals from the mean.

    Args:
        values: the series.
        dependent: whether neighboring steps depend on each other, so that the long-run variance is used.

    Shapes: values (steps,); process and boundary (steps,).
    """
    process = _bridge(values, dependent)[1:]
    index = int(np.argmax(np.abs(process)))
    boundary = np.full(len(process), BRIDGE_CRITICAL["5%"])
    return LevelTest(
        process, boundary, float(np.abs(process[index])), BRIDGE_CRITICAL, min(index + 1, len(process) - 1)
    )


def ols_mosum(values: Any, window: float = 0.15, dependent: bool = False) -> LevelTest:
    """The MOSUM test: the OLS-CUSUM process over a moving window.

    Args:
        values: the series.
        window: its length as a fraction of the series, from 0.05 to 0.5.
        dependent: as for `ols_cusum`.

    Shapes: values (steps,); process and boundary (steps - window + 1,).
    """
    bridge = _bridge(values, dependent)
    fraction = min(max(window, MOSUM_WINDOWS[0]), MOSUM_WINDOWS[-1])
    length = max(1, int(fraction * (len(bridge) - 1)))
    process = bridge[length:] - bridge[:-length]
    critical = {
        level: float(np.interp(fraction, MOSUM_WINDOWS, row)) for level, row in MOSUM_CRITICAL.items()
    }
    index = int(np.argmax(np.abs(process)))
    boundary = np.full(len(process), critical["5%"])
    return LevelTest(process, boundary, float(np.abs(process[index])), critical, index)


def change_points(values: Any, penalty: float | None = None, min_steps: int | None = None) -> np.ndarray:
    """The steps at which a new level begins, by PELT; to the nearest block beyond 4,000 steps.

    Args:
        values: the series.
        penalty: for each change, in squared units of the series; by default 3 ln(n) times the long-run
            variance of what remains around a running median: autocorrelation is not taken for changes.
        min_steps: the shortest stretch with a level of its own; by default n / 20, at least 2.

    Shapes: values (steps,); returns int64 (changes,).

    Raises:
        MissingExtraError: ruptures is not installed.
    """
    ruptures = from_extra("ruptures", "PELT")
    series = one_variable(values, 1)
    block = -(-len(series) // STEPS_AT_MOST)
    whole = len(series) // block
    means = series[: whole * block].reshape(whole, block).mean(1)
    shortest = max(2, whole // 20 if min_steps is None else -(-min_steps // block))
    if whole < 2 * shortest or np.ptp(means) <= 1e-12 * np.abs(means).max():
        return np.zeros(0, np.int64)
    spread = long_run_variance(means - _running_median(means, 2 * shortest + 1))
    cost = float(3 * np.log(whole) * spread) if penalty is None else penalty / block
    search = ruptures.KernelCPD(kernel="linear", min_size=shortest).fit(means[:, None])
    ends = search.predict(pen=max(cost, 1e-12))
    return np.asarray(ends[:-1], np.int64) * block


def _running_median(series: np.ndarray, window: int) -> np.ndarray:
    from scipy.ndimage import median_filter

    return median_filter(series, size=min(window, len(series)), mode="nearest")


def _bridge(values: Any, dependent: bool) -> np.ndarray:
    """The cumulative sum of the residuals from the mean, from 0 to 0, scaled to a Brownian bridge."""
    series = one_variable(values, 4)
    residuals = series - series.mean()
    variance = long_run_variance(series) if dependent else residuals @ residuals / (len(series) - 1)
    sums = np.concatenate([[0.0], np.cumsum(residuals)])
    return sums / np.sqrt(variance * len(series)) if variance > 0 else np.zeros(len(sums))
