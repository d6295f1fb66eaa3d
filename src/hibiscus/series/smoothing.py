"""Exponential smoothing: simple, Holt and Holt-Winters with given parameters, and weighted moving averages.

    simple         l[t] = a x[t] + (1 - a) l[t-1]
    Holt           l[t] = a x[t] + (1 - a) (l[t-1] + d b[t-1]),    b[t] = b (l[t] - l[t-1]) + (1 - b) d b[t-1]
    Holt-Winters   l[t] = a (x[t] - s[t-m]) + (1 - a) (l[t-1] + d b[t-1]),    b[t] as above,
                   s[t] = g (x[t] - l[t-1] - d b[t-1]) + (1 - g) s[t-m]

with a = alpha, b = beta, g = gamma, d = damping and one season length m. Multiplicative seasons divide where
additive ones subtract. The filters are causal: what they give for a step depends on no later step, except
that the initial state, where it is not passed, is taken from the first step (simple), the first two steps
(Holt) or the first two seasons (Holt-Winters). Fitting the parameters is the business of the caller.

Source: Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, chapter 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.checked_arrays import check_between, check_count, to_series, to_vector

__all__ = ["Smoothed", "ewm_mean", "holt", "holt_winters", "simple_smoothing"]

SEASONAL = ("additive", "multiplicative")


@dataclass(frozen=True)
class Smoothed:
    """The filtered components of a series, and the forecasts from its end.

    Args:
        level: level (steps,) after each step.
        trend: trend (steps,) after each step, in units per step; None without one.
        seasonal: seasonal component (steps,) after each step; None without one.
        fitted: one-step forecasts (steps,): that of a step uses the steps before it.
        season: number of steps of a season; 0 without one.
        multiplicative: whether the seasonal component is a factor.
        damping: the factor by which the trend shrinks with each step.
    """

    level: np.ndarray
    trend: np.ndarray | None
    seasonal: np.ndarray | None
    fitted: np.ndarray
    season: int = 0
    multiplicative: bool = False
    damping: float = 1.0

    def forecast(self, horizon: int) -> np.ndarray:
        """The forecasts (horizon,) of the steps after the last one."""
        check_count(horizon, "horizon")
        values = np.full(horizon, self.level[-1])
        if self.trend is not None:
            values += np.cumsum(self.damping ** np.arange(1, horizon + 1)) * self.trend[-1]
        if self.seasonal is None:
            return values
        seasonal = np.resize(self.seasonal[-self.season :], horizon)
        return values * seasonal if self.multiplicative else values + seasonal


def simple_smoothing(values: ArrayLike, alpha: float, *, level: float | None = None) -> Smoothed:
    """Simple exponential smoothing: alpha 0 keeps the initial level, alpha 1 repeats the last value.

    Args:
        values: a series (steps,).
        alpha: weight of the newest value, in [0, 1].
        level: level before the first step; the first value if None.
    """
    from scipy.signal import lfilter

    x = to_vector(values)
    check_between(alpha, "alpha", 0, 1)
    start = x[0] if level is None else float(level)
    levels = lfilter([alpha], [1, alpha - 1], x, zi=[(1 - alpha) * start])[0]
    return Smoothed(levels, None, None, np.concatenate([[start], levels[:-1]]))


def holt(
    values: ArrayLike,
    alpha: float,
    beta: float,
    *,
    damping: float = 1.0,
    level: float | None = None,
    trend: float | None = None,
) -> Smoothed:
    """Double exponential smoothing: a level and a trend.

    Args:
        values: a series (steps,) of at least two steps, unless `level` and `trend` are passed.
        alpha: weight of the newest value in the level, in [0, 1].
        beta: weight of the newest slope in the trend, in [0, 1].
        damping: factor of the trend with each step, in [0, 1]; 1 is the undamped trend.
        level: level before the first step; a line through the first two steps if None.
        trend: trend before the first step; the first difference if None.
    """
    x = to_vector(values)
    check_weights(alpha=alpha, beta=beta, damping=damping)
    if len(x) < 2 and (level is None or trend is None):
        raise DataError("the series has 1 step", "at least 2, from which the trend starts")
    slope = x[1] - x[0] if trend is None else float(trend)
    base = x[0] - slope if level is None else float(level)
    levels, trends, fitted = [], [], []
    for value in x.tolist():
        expected = base + damping * slope
        new = alpha * value + (1 - alpha) * expected
        slope = beta * (new - base) + (1 - beta) * damping * slope
        base = new
        levels.append(base)
        trends.append(slope)
        fitted.append(expected)
    return Smoothed(np.array(levels), np.array(trends), None, np.array(fitted), damping=damping)


def holt_winters(
    values: ArrayLike,
    alpha: float,
    beta: float,
    gamma: float,
    season: int,
    *,
    seasonal: str = "additive",
    damping: float = 1.0,
    level: float | None = None,
    trend: float | None = None,
    seasons: Sequence[float] | None = None,
) -> Smoothed:
    """Triple exponential smoothing: level, trend and a seasonal component of one season length.

    Args:
        values: a series (steps,) of at least two seasons, unless the initial state is passed.
        alpha: weight of the newest value in the level, in [0, 1].
        beta: weight of the newest slope in the trend, in [0, 1].
        gamma: weight of the newest deviation in the seasonal component, in [0, 1].
        season: number of steps of a season, at least 2.
        seasonal: `additive`, or `multiplicative` for positive series whose swing grows with their level.
        damping: factor of the trend with each step, in [0, 1].
        level: level before the first step; if None, from the mean of the first season and the trend.
        trend: trend before the first step; if None, from the means of the first two seasons.
        seasons: seasonal component (season,) of the first season; if None, its deviations from the trend.
    """
    x = to_vector(values)
    check_weights(alpha=alpha, beta=beta, gamma=gamma, damping=damping)
    check_count(season, "season", 2)
    if seasonal not in SEASONAL:
        raise ConfigError(f"seasonal={seasonal!r}", " or ".join(SEASONAL))
    product = seasonal == "multiplicative"
    if product and x.min() <= 0:
        raise DataError(
            f"the series falls to {x.min():g}", "positive values for multiplicative seasons", "use additive"
        )
    base, slope, cycle = _initial(x, season, product, level, trend, seasons)
    levels, trends, fitted = [], [], []
    for step, value in enumerate(x.tolist()):
        expected, part = base + damping * slope, cycle[step]
        new = alpha * (value / part if product else value - part) + (1 - alpha) * expected
        deviation = value / expected if product else value - expected
        cycle.append(gamma * deviation + (1 - gamma) * part)
        slope = beta * (new - base) + (1 - beta) * damping * slope
        base = new
        levels.append(base)
        trends.append(slope)
        fitted.append(expected * part if product else expected + part)
    return Smoothed(
        np.array(levels),
        np.array(trends),
        np.array(cycle[season:]),
        np.array(fitted),
        season,
        product,
        damping,
    )


def ewm_mean(values: ArrayLike, alpha: float, *, adjust: bool = True) -> np.ndarray:
    """Exponentially weighted mean of each variable up to each step, causal.

    Args:
        values: a series (steps,) or (steps, variables).
        alpha: weight of the newest value, in (0, 1]; a span of n steps is alpha = 2 / (n + 1), a half-life of
            h steps alpha = 1 - 0.5 ** (1 / h).
        adjust: divide by the sum of the weights, so that the first steps are means of few values; otherwise
            simple exponential smoothing.

    Returns:
        An array of the shape of `values`.
    """
    from scipy.signal import lfilter

    x = to_series(values)
    check_between(alpha, "alpha", 0, 1)
    if alpha == 0:
        raise ConfigError("alpha=0", "a number above 0: otherwise no value has a weight")
    first = x[:1] * (1 - alpha)
    if adjust:
        total = np.asarray(lfilter([1], [1, alpha - 1], np.ones(len(x))))
        smooth = np.asarray(lfilter([1], [1, alpha - 1], x, axis=0)) / total[:, None]
    else:
        smooth = lfilter([alpha], [1, alpha - 1], x, axis=0, zi=first)[0]
    return smooth.reshape(np.shape(values))


def check_weights(**weights: float) -> None:
    """Raises a ConfigError for a weight outside of [0, 1]."""
    for name, weight in weights.items():
        check_between(weight, name, 0, 1)


def _initial(
    x: np.ndarray,
    season: int,
    product: bool,
    level: float | None,
    trend: float | None,
    seasons: Sequence[float] | None,
) -> tuple[float, float, list[float]]:
    """Level, trend and seasonal component before the first step, exact for a line with a fixed season."""
    if (level is None or trend is None or seasons is None) and len(x) < 2 * season:
        raise DataError(
            f"the series has {len(x)} steps",
            f"at least {2 * season}: two seasons, from which the state starts",
        )
    mean = x[:season].mean()
    slope = (x[season : 2 * season].mean() - mean) / season if trend is None else float(trend)
    base = mean - slope * (season + 1) / 2 if level is None else float(level)
    if seasons is not None:
        if len(seasons) != season:
            raise ConfigError(f"{len(seasons)} values of seasons", f"{season}, one for each step of a season")
        return base, slope, [float(value) for value in seasons]
    line = base + slope * np.arange(1, season + 1)
    return base, slope, (x[:season] / line if product else x[:season] - line).tolist()
