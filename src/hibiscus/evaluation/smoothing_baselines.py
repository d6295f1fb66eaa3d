"""Exponential smoothing and the Theta method, fitted on the steps for fitting and then run over the series.

The parameters minimize the squared one-step errors on the steps for fitting; the state at an origin follows
from the values before it.

Source: Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, chapter 8; Hyndman,
Billah, "Unmasking the Theta method", 2003; Assimakopoulos, Nikolopoulos, "The Theta model", 2000.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from hibiscus.evaluation.forecast_task import ForecastTask, OneSeries, by_variable
from hibiscus.series.smoothing import Smoothed, holt, holt_winters, simple_smoothing

__all__ = ["fit_weights", "holt_forecast", "holt_winters_forecast", "smoothing_forecast", "theta_forecast"]

Array = NDArray[np.float64]
Run = Callable[[Array, Array], Smoothed]  # from a series (steps,) and weights

SEASONS, STEPS = 8, 2000  # the parameters are fitted on as many last seasons, or on as many steps
DIVERGED = 1e30  # the loss of weights with which the filter diverges
SIGNIFICANT = 1.645  # standard errors of the autocorrelation from which a season counts (M3 competition)


def smoothing_forecast(task: ForecastTask) -> Array:
    """Simple exponential smoothing: the level at the origin, repeated.

    Shapes: here and below, returns (origins, horizon, variables).
    """

    def forecast(one: OneSeries) -> Array:
        return _extrapolate(one, *_fitted(one, lambda x, w: simple_smoothing(x, w[0]), 1))

    return by_variable(task, forecast)


def holt_forecast(task: ForecastTask) -> Array:
    """Double exponential smoothing: the level and the trend at the origin."""

    def forecast(one: OneSeries) -> Array:
        if one.fitted < 3:
            return np.repeat(one.x[one.origins - 1][:, None], one.horizon, 1)
        return _extrapolate(one, *_fitted(one, lambda x, w: holt(x, w[0], w[1]), 2))

    return by_variable(task, forecast)


def holt_winters_forecast(task: ForecastTask, seasonal: str) -> Array:
    """Triple exponential smoothing with `additive` or `multiplicative` seasons.

    A series with fewer than two seasons for fitting, and with multiplicative seasons one with values for
    fitting that are not positive, raises a DataError of `holt_winters`. An origin after a later value that is
    not positive has the forecast with additive seasons.
    """

    def forecast(one: OneSeries) -> Array:
        wrong = np.flatnonzero(one.x <= 0)
        if seasonal == "additive" or not len(wrong) or wrong[0] < one.fitted:
            return _holt_winters(one, seasonal)
        before = one.origins <= wrong[0]
        result = np.empty((len(one.origins), one.horizon))
        positive = replace(one, x=one.x[: wrong[0]], origins=one.origins[before])
        result[before] = _holt_winters(positive, seasonal)
        result[~before] = _holt_winters(replace(one, origins=one.origins[~before]), "additive")
        return result

    return by_variable(task, forecast)


def _holt_winters(one: OneSeries, seasonal: str) -> Array:
    def run(x: Array, w: Array) -> Smoothed:
        return holt_winters(x, w[0], w[1], w[2], one.season, seasonal=seasonal)

    return _extrapolate(one, *_fitted(one, run, 3))


def theta_forecast(task: ForecastTask) -> Array:
    r"""The Theta method: simple exponential smoothing with half the slope of the linear trend as drift.

        forecast[h] = level + slope / 2 (h - 1 + (1 - (1 - alpha)**n) / alpha)

    with n values before the origin. A series whose autocorrelation at the season is significant is divided by
    seasonal indices before (values that are all positive), or their differences are subtracted; indices and
    slope are those of the steps for fitting.
    """

    def forecast(one: OneSeries) -> Array:
        index, positive = _seasonal_index(one)
        steps = np.arange(len(one.x))
        plain = one.x / index[steps % one.season] if positive else one.x - index[steps % one.season]
        adjusted = replace(one, x=plain)
        smoothed, alpha = _fitted(adjusted, lambda x, w: simple_smoothing(x, w[0]), 1)
        n, h = one.origins[:, None], np.arange(one.horizon)
        slope = np.polyfit(steps[: one.fitted], plain[: one.fitted], 1)[0] if one.fitted > 1 else 0.0
        a = max(float(alpha[0]), 1e-6)
        line = smoothed.level[one.origins - 1][:, None] + slope / 2 * (h + (1 - (1 - a) ** n) / a)
        part = index[(n + h) % one.season]
        return line * part if positive else line + part

    return by_variable(task, forecast)


def fit_weights(x: Array, run: Run, count: int) -> Array:
    """The weights in [0, 1] with the lowest sum of squared one-step errors.

    Args:
        x: the steps for fitting (steps,).
        run: the filter.
        count: the number of weights.
    """
    scale = float(np.ptp(x)) or 1.0
    skipped = min(2, len(x) - 1)  # the initial state is exact for the first values

    def loss(weights: Array) -> float:
        try:
            error = (run(x, np.clip(weights, 0, 1)).fitted[skipped:] - x[skipped:]) / scale
        except ZeroDivisionError:  # a level of 0, by which multiplicative seasons divide
            return DIVERGED
        return float((error**2).mean()) if np.abs(error).max() < DIVERGED else DIVERGED

    starts = list(product((0.1, 0.5, 0.9), (0.02, 0.2), (0.02, 0.2)))
    starts = list(dict.fromkeys(start[:count] for start in starts))
    first = min(starts, key=lambda start: loss(np.array(start)))
    found = minimize(
        loss, first, method="Nelder-Mead", bounds=[(0, 1)] * count, options={"xatol": 1e-4, "fatol": 1e-10}
    )
    return np.clip(found.x, 0, 1)


def _fitted(one: OneSeries, run: Run, count: int) -> tuple[Smoothed, Array]:
    """The filter over the whole series with fitted weights, and the weights."""
    steps = max(SEASONS * one.season, STEPS)
    weights = fit_weights(one.latest(steps).x[: one.latest(steps).fitted], run, count)
    return run(one.x, weights), weights


def _extrapolate(one: OneSeries, smoothed: Smoothed, _weights: Array) -> Array:
    """The forecasts (origins, horizon) from the components at each origin."""
    last = (one.origins - 1)[:, None]
    h = np.arange(one.horizon)
    values: Array = np.repeat(smoothed.level[last], one.horizon, 1)
    if smoothed.trend is not None:
        values = values + (h + 1) * smoothed.trend[last]
    if smoothed.seasonal is None:
        return values
    part = smoothed.seasonal[last + 1 - one.season + h % one.season]
    return values * part if smoothed.multiplicative else values + part


def _seasonal_index(one: OneSeries) -> tuple[Array, bool]:
    """Seasonal indices (season,) and whether they are factors; neutral ones where no season is seen."""
    x, m = one.x[: one.fitted], one.season
    positive = bool(one.x[: one.fitted].min() > 0)
    if m < 2 or len(x) < 3 * m or not _seasonal(x, m):
        return np.full(m, float(positive)), positive
    weights = np.ones(m) if m % 2 else np.array([0.5, *np.ones(m - 1), 0.5])
    trend = np.convolve(x, weights / m, "valid")
    start = (len(weights) - 1) // 2
    middle = slice(start, start + len(trend))
    part = x[middle] / trend if positive else x[middle] - trend
    phase = np.arange(len(x))[middle] % m
    index = np.array([part[phase == i].mean() for i in range(m)])
    return (index / index.mean() if positive else index - index.mean()), positive


def _seasonal(x: Array, m: int) -> bool:
    """Whether the autocorrelation at the season differs from 0, given those at shorter lags."""
    centered = x - x.mean()
    total = centered @ centered
    if total <= 0:
        return False
    r = np.array([centered[lag:] @ centered[:-lag] / total for lag in range(1, m + 1)])
    return bool(abs(r[-1]) > SIGNIFICANT * np.sqrt((1 + 2 * (r[:-1] ** 2).sum()) / len(x)))
