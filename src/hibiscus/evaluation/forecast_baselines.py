"""Simple forecasts that a network has to beat: naive forecasts, averages, the drift.

Each forecasts from every origin with the values before it. Nothing is fitted, except the window of the moving
average without a season, on the steps for fitting.

Source: Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, chapter 5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hibiscus.evaluation.forecast_task import ForecastTask, OneSeries, by_series

__all__ = ["drift", "moving_average", "moving_window", "naive", "naive_average", "seasonal_naive"]

Array = NDArray[np.float64]
WINDOWS = (2, 3, 5, 8, 12, 20, 40, 80)  # of the moving average, where there is no season


def naive(task: ForecastTask) -> Array:
    r"""The last value before the origin, repeated: forecast[h] = x[origin - 1].

    Shapes: here and below, returns (origins, horizon, variables).
    """
    return by_series(task, lambda one: _flat(one, one.x[one.origins - 1]))


def seasonal_naive(task: ForecastTask) -> Array:
    r"""The last season, repeated: forecast[h] = x[origin - season + h mod season].

    An origin with less than a season before it repeats the last value.
    """

    def forecast(one: OneSeries) -> Array:
        season = np.where(one.origins >= one.season, one.season, 1)[:, None]
        return one.x[one.origins[:, None] - season + np.arange(one.horizon) % season]

    return by_series(task, forecast)


def naive_average(task: ForecastTask) -> Array:
    """The mean of all values before the origin."""

    def forecast(one: OneSeries) -> Array:
        return _flat(one, np.cumsum(one.x, 0)[one.origins - 1] / one.origins[:, None])

    return by_series(task, forecast)


def moving_average(task: ForecastTask) -> Array:
    """The mean of the last season before the origin; without a season, see `moving_window`."""

    def forecast(one: OneSeries) -> Array:
        return _flat(one, _window_means(one, one.origins, moving_window(one)))

    return by_series(task, forecast)


def moving_window(one: OneSeries) -> int:
    """The season, or without one the window with the lowest mean absolute error on the steps for fitting."""
    if one.season > 1:
        return one.season
    origins = np.arange(1, one.fitted)
    usable = [window for window in WINDOWS if window <= len(origins) // 2]

    def error(window: int) -> float:
        scale = np.abs(np.diff(one.x[: one.fitted], axis=0)).mean(0)
        difference = np.abs(_window_means(one, origins, window) - one.x[origins])[origins >= max(usable)]
        return float((difference.mean(0) / np.where(scale > 0, scale, 1)).mean())

    return min(usable, key=error) if usable else 1


def drift(task: ForecastTask) -> Array:
    r"""A line through the first value and the last one before the origin.

    forecast[h] = x[origin - 1] + h (x[origin - 1] - x[0]) / (origin - 1)
    """

    def forecast(one: OneSeries) -> Array:
        last = one.x[one.origins - 1]
        slope = (last - one.x[0]) / np.maximum(one.origins - 1, 1)[:, None]
        return last[:, None] + np.arange(1, one.horizon + 1)[:, None] * slope[:, None]

    return by_series(task, forecast)


def _flat(one: OneSeries, values: Array) -> Array:
    """The values (origins, variables) repeated over the horizon."""
    return np.repeat(values[:, None], one.horizon, 1)


def _window_means(one: OneSeries, origins: NDArray[np.int64], window: int) -> Array:
    """The mean of the last `window` values before each origin, or of as many as there are."""
    sums = np.concatenate([np.zeros((1, one.x.shape[1])), np.cumsum(one.x, 0)])
    first = np.maximum(origins - window, 0)
    return (sums[origins] - sums[first]) / (origins - first)[:, None]
