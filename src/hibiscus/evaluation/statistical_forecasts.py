"""ARIMA and SARIMA forecasts with statsmodels: orders by the Akaike criterion on the steps for fitting, then
the Kalman filter over the whole series, whose state at each origin gives the forecasts of a fixed model.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from hibiscus.errors import DataError
from hibiscus.evaluation.arima_orders import FittedArima, search_orders
from hibiscus.evaluation.forecast_task import ForecastTask, OneSeries, by_variable
from hibiscus.evaluation.residual_tests import residual_tests

__all__ = ["LONGEST_SEASON", "StatisticalForecast", "arima_forecast", "filter_forecasts"]

Array = NDArray[np.float64]

STEPS, SEASONS = 1000, 20  # the last steps, or seasons, on which the orders are searched
SEASONAL_STEPS = 400  # at least, of models with a season
SEASONAL_FITS = 24  # models with a season that are tried
LONGEST_SEASON = 24  # steps; the state of the filter has two seasons, and its cost grows with the cube


@dataclass
class StatisticalForecast:
    """Forecasts (origins, horizon, variables), and the models in words.

    Args:
        values: the forecasts.
        models: of each variable of each series, with what its residuals say.
    """

    values: Array
    models: list[str] = field(default_factory=list)


def arima_forecast(task: ForecastTask, seasonal: bool = False) -> StatisticalForecast:
    """ARIMA, or with `seasonal` SARIMA, of each variable of each series by itself.

    Raises:
        MissingExtraError: statsmodels is not installed.
        DataError: the season is longer than `LONGEST_SEASON`, or there is none.
    """
    if seasonal and not 1 < task.season <= LONGEST_SEASON:
        received = f"a season of {task.season} steps"
        raise DataError(received, f"2 to {LONGEST_SEASON} steps", "compare with other baselines")
    models: list[str] = []

    def forecast(one: OneSeries) -> Array:
        season = one.season if seasonal else 1
        latest = one.latest(max(SEASONAL_STEPS, SEASONS * season) if seasonal else STEPS)
        fitted = latest.x[: latest.fitted]
        mean, sd = fitted.mean(), fitted.std() or 1.0
        scaled = replace(latest, x=(latest.x - mean) / sd)
        fits = SEASONAL_FITS if seasonal else None
        model = search_orders(scaled.x[: latest.fitted], season, fits=fits)
        values, residuals = filter_forecasts(scaled, model, season)
        models.append(_words(model, season, residuals))
        return mean + sd * values

    return StatisticalForecast(by_variable(task, forecast), models)


def filter_forecasts(one: OneSeries, model: FittedArima, season: int) -> tuple[Array, Array]:
    """Forecasts of a fitted model (origins, horizon), and its one-step errors on the steps for fitting.

    Args:
        one: the series, with `x` (steps,).
        model: the orders and coefficients.
        season: steps in a season; 1 without one.
    """
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    order = model.order
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about starting values, which are not used
        sarimax = SARIMAX(
            one.x,
            order=(order.p, order.d, order.q),
            seasonal_order=(order.P, order.D, order.Q, season if order.P or order.D or order.Q else 0),
            trend="c" if order.constant else None,
        )
    constant = model.mean * (1 - sum(model.ar)) * (1 - sum(model.seasonal_ar))
    coefficients = [*model.ar, *model.ma, *model.seasonal_ar, *model.seasonal_ma, model.variance]
    sarimax.update(np.array([constant, *coefficients] if order.constant else coefficients))
    kalman = sarimax.ssm
    keep = {"memory_no_predicted_cov": True, "memory_no_filtered": True, "memory_no_smoothing": True}
    kalman.set_conserve_memory(**keep)  # the covariances of all steps take steps * states**2 numbers
    result = kalman.filter()
    state = result.predicted_state[:, one.origins]
    transition, design = result.transition[..., -1], result.design[..., -1]
    state_intercept = result.state_intercept[:, -1:]
    forecasts = np.empty((len(one.origins), one.horizon))
    for step in range(one.horizon):
        forecasts[:, step] = (design @ state)[0] + result.obs_intercept[0, -1]
        state = transition @ state + state_intercept
    start = order.d + order.D * season  # the state of the differences is unknown before
    return forecasts, result.forecasts_error[0, start : one.fitted]


def _words(model: FittedArima, season: int, residuals: Array) -> str:
    """The model, and what its residuals say."""
    name = model.order.words(season)
    if len(residuals) < 8 or np.ptp(residuals) == 0:
        return name
    used = model.order.coefficients - model.order.constant
    return f"{name}; {residual_tests(residuals, used, season).words()}"
