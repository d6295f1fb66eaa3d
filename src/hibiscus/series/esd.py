r"""Outliers by the generalized extreme Studentized deviate test, also on what a season leaves.

    R_i = max |x - center| / spread       of the values that are left after i - 1 were removed
    lambda_i = (n - i) t / sqrt((n - i - 1 + t^2) (n - i + 1)),    t = t_{n-i-1}(1 - alpha / (2 (n - i + 1)))

There are as many outliers as the largest i with R_i > lambda_i, also where some R before it are smaller: two
outliers of equal size hide each other. The center and the spread are the mean and the standard deviation, for
which the test is exact on normal values, or the median and the MAD, which outliers do not move.

S-H-ESD tests what remains after the season and the median are subtracted. Both look at the whole series, also
at what comes after each step: they describe a series that is complete, and raise no alarms while it grows.

Reference: Rosner, "Percentage Points for a Generalized ESD Many-Outlier Procedure", Technometrics 25, 1983;
Hochenbaum, Vallis, Kejariwal, "Automatic Anomaly Detection in the Cloud Via Statistical Learning", 2017,
arXiv 1704.07706.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import ConfigError, DataError, MissingExtraError, nearest
from hibiscus.series.checked_arrays import check_between, check_count, to_vector

__all__ = ["ESDTest", "generalized_esd", "seasonal_hybrid_esd", "seasonal_residual"]

MAD_TO_STD = 1.4826  # the MAD of normal values times this is their standard deviation
FEWEST = 3  # values that are left at the end of the test


@dataclass(frozen=True)
class ESDTest:
    """The result of the test.

    Attributes:
        outliers: steps of the outliers, the most extreme first, int64 (count,).
        statistics: R_i, float64 (tested,).
        critical_values: lambda_i, float64 (tested,).
    """

    outliers: np.ndarray
    statistics: np.ndarray
    critical_values: np.ndarray


def generalized_esd(
    values: ArrayLike, max_outliers: int, alpha: float = 0.05, robust: bool = False
) -> ESDTest:
    """The generalized ESD test for up to `max_outliers` outliers.

    Args:
        values: without missing ones; the order does not matter.
        max_outliers: the largest number of outliers to test for.
        alpha: the probability of an outlier in normal values that have none.
        robust: whether the median and the MAD take the place of mean and standard deviation.

    Shapes: values (steps,).

    Raises:
        DataError: too few values for that many outliers.
    """
    series = to_vector(values, "the values")
    check_count(max_outliers, "max_outliers")
    check_between(alpha, "alpha", 0, 1, open_ends=True)
    count = len(series)
    if count < max_outliers + FEWEST:
        received = f"{count} values and max_outliers={max_outliers}"
        fix = f"max_outliers={count - FEWEST}" if count > FEWEST else "pass more values"
        raise DataError(received, f"at least {FEWEST} values more than outliers", fix)
    order = np.argsort(series, kind="stable")
    removed, statistics = _remove_extremes(series[order], max_outliers, robust)
    critical = _critical_values(count, len(statistics), alpha)
    above = np.flatnonzero(statistics > critical)
    outliers = order[removed[: above[-1] + 1 if len(above) else 0]]
    return ESDTest(outliers.astype(np.int64), statistics, critical)


def seasonal_hybrid_esd(
    values: ArrayLike,
    season: int,
    max_fraction: float = 0.02,
    alpha: float = 0.05,
    residual: Literal["median", "stl"] = "median",
) -> ESDTest:
    """S-H-ESD: the robust test on what remains after the season and the median; looks at the whole series.

    Args:
        values: without missing ones, at least two seasons.
        season: steps of a season.
        max_fraction: the largest fraction of outliers to test for.
        alpha: as in `generalized_esd`.
        residual: how the season is found, see `seasonal_residual`.

    Shapes: values (steps,).

    Raises:
        DataError: fewer than two seasons.
        MissingExtraError: `stl` without statsmodels.
    """
    check_between(max_fraction, "max_fraction", 0, 0.5, open_ends=True)
    rest = seasonal_residual(values, season, residual)
    return generalized_esd(rest, max(1, int(max_fraction * len(rest))), alpha, robust=True)


def seasonal_residual(
    values: ArrayLike, season: int, method: Literal["median", "stl"] = "median"
) -> np.ndarray:
    """The series without its season and its median; looks at the whole series.

    Args:
        values: without missing ones, at least two seasons.
        season: steps of a season.
        method: `median`: the season is the median at each of its positions. `stl`: the same in all
            seasons, by robust local regression; the trend stays, as in the paper.

    Shapes: values (steps,); returns float64 (steps,).

    Raises:
        ConfigError: another method.
        DataError: fewer than two seasons.
        MissingExtraError: `stl` without statsmodels.
    """
    series = to_vector(values)
    check_count(season, "season")
    if method not in ("median", "stl"):
        raise ConfigError(
            f"residual={method!r}", "one of: median, stl", nearest(str(method), ("median", "stl"))
        )
    if len(series) < 2 * season:
        received = f"{len(series):,} steps and season={season}"
        raise DataError(received, f"at least two seasons, {2 * season:,} steps", "a shorter season")
    if method == "stl":
        seasonal = _robust_stl_season(series, season)
    else:
        centered = series - np.median(series)
        phases = [np.median(centered[phase::season]) for phase in range(season)]
        seasonal = np.resize(phases, len(series))
    return series - seasonal - np.median(series)


def _robust_stl_season(series: np.ndarray, season: int) -> np.ndarray:
    try:
        from statsmodels.tsa.seasonal import STL
    except ImportError:
        received = "residual='stl': statsmodels is not installed"
        raise MissingExtraError(received, "the extra series", "pip install 'hibiscus[series]'") from None
    periodic = 10 * len(series) // season * 2 + 1  # odd, and so long that all seasons are equal
    return np.asarray(STL(series, season, seasonal=periodic, seasonal_deg=0, robust=True).fit().seasonal)


def _remove_extremes(ascending: np.ndarray, times: int, robust: bool) -> tuple[np.ndarray, np.ndarray]:
    """The positions of the values that are removed one after the other, and the statistic of each.

    The value furthest from any center is the first or the last of those that are left, so they stay a slice
    of the sorted values. The test ends where their spread is zero.
    """
    low, high = 0, len(ascending)
    removed, statistics = [], []
    for _ in range(times):
        left = ascending[low:high]
        if robust:
            center = np.median(left)
            spread = MAD_TO_STD * np.median(np.abs(left - center))
        else:
            center, spread = left.mean(), left.std(ddof=1)
        below, above = center - left[0], left[-1] - center
        if spread <= 0:
            break
        statistics.append(max(below, above) / spread)
        removed.append(low if below > above else high - 1)
        low, high = (low + 1, high) if below > above else (low, high - 1)
    return np.array(removed, np.int64), np.array(statistics)


def _critical_values(count: int, tested: int, alpha: float) -> np.ndarray:
    from scipy.stats import t as student_t

    i = np.arange(1, tested + 1)
    t = student_t.ppf(1 - alpha / (2 * (count - i + 1)), count - i - 1)
    return (count - i) * t / np.sqrt((count - i - 1 + t**2) * (count - i + 1))
