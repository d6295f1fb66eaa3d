r"""A series as trend, season and residual.

    additive         x_t = T_t + S_t + R_t          a season of constant size
    multiplicative   x_t = T_t S_t R_t              a season that grows with the level

The classical trend is the centered moving average over a season; an even season m is averaged by 2 x m, with
half weights at both ends, so that the first and last m / 2 steps have no trend. The season is the mean of
what remains at each position of the season. STL fits both by local regression (LOESS), and reaches the ends.

    F_T = max(0, 1 - Var(R) / Var(T + R))      F_S = max(0, 1 - Var(R) / Var(S + R))      strengths in [0, 1]

All of these look into the future of each step: they describe a series, and are no inputs of a forecast.

Reference: Cleveland et al., "STL: a seasonal-trend decomposition procedure based on Loess", 1990; Hyndman,
Athanasopoulos, "Forecasting: Principles and Practice", 3rd edition, 2021, sections 3.3 to 3.6 and 4.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.moving_statistics import n_by_m_average
from hibiscus.series.series_values import call_quietly, from_extra, one_variable

__all__ = ["Decomposition", "decompose", "stl"]


@dataclass(frozen=True)
class Decomposition:
    """The components of a series; NaN where the classical trend is not defined.

    Shapes: each float64 (steps,).
    """

    trend: np.ndarray
    seasonal: np.ndarray
    residual: np.ndarray
    model: str = "additive"

    @property
    def trend_strength(self) -> float:
        """Hyndman's strength of the trend, from 0 to 1; of the logarithms if the model is multiplicative."""
        return self._strength(self.trend)

    @property
    def seasonal_strength(self) -> float:
        """Hyndman's strength of the season, from 0 to 1; of the logarithms if the model is multiplicative."""
        return self._strength(self.seasonal)

    def _strength(self, component: np.ndarray) -> float:
        rest, component = self.residual, np.asarray(component)
        if self.model == "multiplicative":
            rest, component = np.log(rest), np.log(component)
        known = np.isfinite(rest) & np.isfinite(component)
        total = np.var((component + rest)[known]) if known.any() else 0.0
        return float(max(0.0, 1 - np.var(rest[known]) / total)) if total > 0 else 0.0


def decompose(
    values: Any, season: int, model: Literal["additive", "multiplicative"] = "additive"
) -> Decomposition:
    """The classical decomposition.

    Args:
        values: the series, at least two seasons long; positive for `multiplicative`.
        season: steps of a season, at least 2.
        model: `additive` or `multiplicative`.

    Shapes: values (steps,); each component float64 (steps,).

    Raises:
        DataError: fewer than two seasons, or values that are not positive for `multiplicative`.
    """
    series = _two_seasons(values, season)
    if model == "multiplicative" and series.min() <= 0:
        received = f"a multiplicative decomposition of values down to {series.min():g}"
        raise DataError(received, "positive values", "model='additive'")
    trend = n_by_m_average(series, 2 - season % 2, season)
    rest = series / trend if model == "multiplicative" else series - trend
    means = np.array([np.nanmean(rest[phase::season]) for phase in range(season)])
    means = means / means.mean() if model == "multiplicative" else means - means.mean()
    seasonal = np.resize(means, len(series))
    return Decomposition(
        trend, seasonal, rest / seasonal if model == "multiplicative" else rest - seasonal, model
    )


def stl(values: Any, season: int, robust: bool = False) -> Decomposition:
    """The additive decomposition by LOESS, whose season may change slowly.

    Args:
        values: the series, at least two seasons long.
        season: steps of a season, at least 2.
        robust: whether outliers get less weight; slower.

    Shapes: values (steps,); each component float64 (steps,).

    Raises:
        DataError: fewer than two seasons.
        MissingExtraError: statsmodels is not installed.
    """
    series = _two_seasons(values, season)
    stl_class = from_extra("statsmodels.tsa.seasonal", "STL").STL
    fitted, _ = call_quietly(lambda: stl_class(series, period=season, robust=robust).fit())
    return Decomposition(np.asarray(fitted.trend), np.asarray(fitted.seasonal), np.asarray(fitted.resid))


def _two_seasons(values: Any, season: int) -> np.ndarray:
    if season < 2:
        raise ConfigError(f"season={season}", "at least 2 steps", "season=12 for months")
    series = one_variable(values)
    if len(series) < 2 * season:
        received = f"a series of {len(series):,} steps and season={season}"
        raise DataError(
            received, f"two seasons, {2 * season:,} steps", "a shorter season, or a longer series"
        )
    return series
