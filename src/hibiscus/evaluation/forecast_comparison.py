"""All baselines of a forecast: which apply to the data, and what each of them is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hibiscus.errors import DataError, MissingExtraError
from hibiscus.evaluation.autoregression import ar_forecast, var_forecast
from hibiscus.evaluation.boosted_forecasts import boosted_forecast
from hibiscus.evaluation.forecast_baselines import (
    drift,
    moving_average,
    naive,
    naive_average,
    seasonal_naive,
)
from hibiscus.evaluation.forecast_task import ForecastTask
from hibiscus.evaluation.smoothing_baselines import (
    holt_forecast,
    holt_winters_forecast,
    smoothing_forecast,
    theta_forecast,
)
from hibiscus.evaluation.statistical_forecasts import LONGEST_SEASON, arima_forecast
from hibiscus.progress import step

__all__ = ["BaselineForecast", "baseline_forecasts"]

Array = NDArray[np.float64]

FITTED = 40  # variables of all series for which a model each is fitted
SEARCHED = 12  # variables of all series for which the orders of ARIMA are searched


@dataclass(frozen=True)
class BaselineForecast:
    """A baseline: its forecasts (origins, horizon, variables), or None and why it does not apply.

    Args:
        name: of the baseline.
        model: what it is, in words.
        values: the forecasts.
    """

    name: str
    model: str
    values: Array | None


def baseline_forecasts(task: ForecastTask) -> Iterator[BaselineForecast]:
    """Every baseline in turn, so that the forecasts of only one are in memory.

    Args:
        task: the series and origins.
    """
    for name, model, forecast in _simple(task):
        yield BaselineForecast(name, model, forecast(task))
    models = len(task.series) * task.variables
    for name, model, forecast, limit in _fitted(task):
        if models > limit:
            yield BaselineForecast(name, f"left out: {models:,} series, more than {limit}", None)
            continue
        with step(f"fitting the baseline {name}"):
            yield _tried(name, model, lambda forecast=forecast: forecast(task))
    yield from _arima(task, models)


def _simple(task: ForecastTask) -> Iterator[tuple[str, str, Callable[[ForecastTask], Array]]]:
    m = task.season
    yield "naive", "the last value", naive
    if m > 1:
        yield "seasonal naive", f"the last season of {m} steps", seasonal_naive
    yield "naive average", "the mean of all values before the origin", naive_average
    window = f"the last {m} values" if m > 1 else "the last values, as many as fit best before the origins"
    yield "moving average", f"the mean of {window}", moving_average
    yield "drift", "a line through the first and the last value", drift


def _fitted(task: ForecastTask) -> Iterator[tuple[str, str, Callable[[ForecastTask], Array], int]]:
    m = task.season
    yield "simple smoothing", "exponential smoothing of the level", smoothing_forecast, FITTED
    yield "Holt", "exponential smoothing of level and trend", holt_forecast, FITTED
    if m > 1 and min(task.fitted) >= 2 * m:
        switch = any((x <= 0).any() for x in task.series)
        for kind in ("additive", "multiplicative"):
            more = ", additive after a value that is not positive" if kind != "additive" and switch else ""
            yield (
                f"Holt-Winters, {kind}",
                f"exponential smoothing of level, trend and {kind} seasons of {m} steps{more}",
                lambda task, kind=kind: holt_winters_forecast(task, kind),
                FITTED,
            )
    yield "Theta", "smoothing with half the linear trend, seasonally adjusted", theta_forecast, FITTED
    yield "AR", "autoregression by least squares, order by AIC", ar_forecast, FITTED
    if task.variables > 1:
        yield "VAR", "vector autoregression by least squares, order by AIC", var_forecast, FITTED
    yield "boosted trees", "gradient boosting on lags, applied step by step", boosted_forecast, FITTED


def _arima(task: ForecastTask, models: int) -> Iterator[BaselineForecast]:
    """ARIMA and SARIMA, with the orders that were chosen."""
    seasonal_of = {"ARIMA": False} | ({"SARIMA": True} if 1 < task.season <= LONGEST_SEASON else {})
    for name, seasonal in seasonal_of.items():
        if models > SEARCHED:
            yield BaselineForecast(name, f"left out: {models:,} series, more than {SEARCHED}", None)
            continue
        words: list[str] = []

        def forecast(seasonal: bool = seasonal, words: list[str] = words) -> Array:
            found = arima_forecast(task, seasonal)
            words += found.models
            return found.values

        with step(f"fitting the baseline {name}"):
            result = _tried(name, "", forecast)
        if result.values is not None:
            more = f"; and {len(words) - 3} more" if len(words) > 3 else ""
            result = BaselineForecast(name, " / ".join(words[:3]) + more, result.values)
        yield result


def _tried(name: str, model: str, forecast: Callable[[], Array]) -> BaselineForecast:
    """The forecasts, or why there are none: a baseline that fails does not stop the evaluation."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            values = forecast()
    except MissingExtraError as error:
        return BaselineForecast(name, f"left out: {error.received}; {error.fix}", None)
    except DataError as error:
        return BaselineForecast(name, f"left out: {error.received}", None)
    except ZeroDivisionError:
        return BaselineForecast(name, "left out: the level falls to 0", None)
    if not np.isfinite(values).all():
        return BaselineForecast(name, "left out: its forecasts diverge", None)
    return BaselineForecast(name, model, values)
