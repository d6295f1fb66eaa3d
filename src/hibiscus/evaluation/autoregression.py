"""Autoregressions by least squares, of one variable (AR) or of all together (VAR), with the order by AIC.

    x[t] = c + A_1 x[t - 1] + ... + A_p x[t - p] + e[t]
    AIC  = log det S + 2 p variables**2 / steps,    S: the covariance of e

Source: Lütkepohl, New Introduction to Multiple Time Series Analysis, 2005, chapters 3 and 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hibiscus.evaluation.forecast_task import ForecastTask, OneSeries, by_series, by_variable

__all__ = ["Autoregression", "ar_forecast", "fit_autoregression", "var_forecast"]

Array = NDArray[np.float64]

STEPS = 5000  # the last steps on which the models are fitted
LAGS, ROWS_PER_WEIGHT = 50, 4  # the largest order; steps for each coefficient of an equation


@dataclass(frozen=True)
class Autoregression:
    """A fitted model: the constant (variables,), and the matrices (order, variables, variables) by lag."""

    constant: Array
    matrices: Array

    @property
    def order(self) -> int:
        """The number of lags."""
        return len(self.matrices)

    def forecast(self, past: Array, horizon: int) -> Array:
        """Forecasts (origins, horizon, variables) from (origins, order, variables), the values before."""
        order, variables = self.order, len(self.constant)
        values = np.empty((len(past), order + horizon, variables))
        values[:, :order] = past
        # one product for all lags: the newest lag comes last in the values, so the matrices are reversed
        weights = self.matrices[::-1].transpose(0, 2, 1).reshape(order * variables, variables)
        with np.errstate(over="ignore", invalid="ignore"):  # an explosive model diverges; callers check
            for step in range(horizon):
                lags = values[:, step : step + order].reshape(len(past), order * variables)
                values[:, order + step] = self.constant + lags @ weights
        return values[:, order:]


def ar_forecast(task: ForecastTask) -> Array:
    """An autoregression of each variable by itself; returns (origins, horizon, variables)."""
    return by_variable(task, lambda one: _forecast(one, one.x[:, None])[..., 0])


def var_forecast(task: ForecastTask) -> Array:
    """A vector autoregression of all variables of a series; returns (origins, horizon, variables)."""
    return by_series(task, lambda one: _forecast(one, one.x))


def fit_autoregression(x: Array, max_order: int) -> Autoregression:
    """The autoregression with the lowest AIC, all orders compared on the same steps.

    Args:
        x: the steps for fitting (steps, variables).
        max_order: the largest order.
    """
    mean, sd = x.mean(0), x.std(0)
    sd = np.where(sd > 0, sd, 1.0)
    z, variables = (x - mean) / sd, x.shape[1]
    design, target = _design(z, max_order), z[max_order:]
    gram, cross, rows = design.T @ design, design.T @ target, len(target)

    def aic_of(order: int) -> float:
        size = 1 + order * variables
        weights = _solve(gram[:size, :size], cross[:size])
        covariance = (target - design[:, :size] @ weights).T @ (target - design[:, :size] @ weights) / rows
        log_det = np.linalg.slogdet(covariance + 1e-12 * np.eye(variables))[1]
        return float(log_det) + 2 * order * variables**2 / rows

    order = min(range(max_order + 1), key=aic_of)
    design = _design(z, order)
    weights = _solve(design.T @ design, design.T @ z[order:])
    scaled = weights[1:].reshape(order, variables, variables).transpose(0, 2, 1)  # (lag, to, from)
    matrices = scaled * sd[:, None] / sd
    return Autoregression(mean + sd * weights[0] - matrices.sum(0) @ mean, matrices)


def _forecast(one: OneSeries, x: Array) -> Array:
    fitted = x[max(0, one.fitted - STEPS) : one.fitted]
    variables = x.shape[1]
    longest = min(LAGS, int((len(fitted) / ROWS_PER_WEIGHT - 1) // variables))
    usual = int(10 * np.log10(max(len(fitted), 2))) if variables == 1 else 4
    model = fit_autoregression(fitted, max(0, min(longest, max(usual, one.season + 1))))
    past = x[one.origins[:, None] - np.arange(model.order, 0, -1)]
    return model.forecast(past, one.horizon)


def _design(z: Array, order: int) -> Array:
    """A constant, then the variables at each lag: (steps - order, 1 + order * variables)."""
    lags = [z[order - lag : len(z) - lag] for lag in range(1, order + 1)]
    return np.concatenate([np.ones((len(z) - order, 1)), *lags], 1)


def _solve(gram: Array, cross: Array) -> Array:
    return np.asarray(np.linalg.lstsq(gram, cross, rcond=1e-13)[0], dtype=np.float64)
