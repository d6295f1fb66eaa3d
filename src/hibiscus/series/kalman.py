"""The Kalman filter and smoother of linear state-space models: local level, local linear trend, any matrices.

    x[t] = Z s[t] + e[t],       e ~ N(0, H)
    s[t+1] = T s[t] + u[t],     u ~ N(0, Q)

The filter is causal: its state after a step uses the values up to this step. The smoother looks ahead: its
state of a step uses the whole series, so that its values must not become inputs of a forecast. Missing values
are left out of the updates. `hibiscus.scratch.state_space` holds the plain twin of the filter.

Source: Durbin & Koopman, Time Series Analysis by State Space Methods.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import DataError
from hibiscus.series.checked_arrays import check_count, to_series

__all__ = ["FilteredStates", "SmoothedStates", "StateSpace", "kalman_filter", "kalman_smoother"]


@dataclass(frozen=True)
class StateSpace:
    """A linear Gaussian state-space model with n states and V variables.

    Args:
        transition: T (n, n).
        observation: Z (V, n).
        state_noise: Q (n, n), a covariance.
        observation_noise: H (V, V), a covariance.
        initial_mean: mean (n,) of the state of the first step, before its value is seen.
        initial_covariance: its covariance (n, n); large numbers where nothing is known.
        unknown_states: number of states of which nothing is known at first: the likelihood of as many first
            steps only places them and is not counted.

    Raises:
        DataError: when the shapes do not match.
    """

    transition: np.ndarray
    observation: np.ndarray
    state_noise: np.ndarray
    observation_noise: np.ndarray
    initial_mean: np.ndarray
    initial_covariance: np.ndarray
    unknown_states: int = 0

    def __post_init__(self):
        states, variables = np.shape(self.transition)[0], np.shape(self.observation)[0]
        expected = {
            "transition": (states, states),
            "observation": (variables, states),
            "state_noise": (states, states),
            "observation_noise": (variables, variables),
            "initial_mean": (states,),
            "initial_covariance": (states, states),
        }
        for name, shape in expected.items():
            array = np.asarray(getattr(self, name), dtype=np.float64)
            if array.shape != shape:
                raise DataError(f"{name} of the shape {array.shape}", f"{shape}")
            object.__setattr__(self, name, array)


@dataclass(frozen=True)
class FilteredStates:
    """What the filter knows after each step.

    Args:
        means: mean (steps, n) of the state given the values up to the step.
        covariances: its covariance (steps, n, n).
        predicted_means: mean (steps, n) of the state given the values before the step.
        predicted_covariances: its covariance (steps, n, n).
        residuals: value minus one-step forecast (steps, V); NaN where the value is missing.
        log_likelihood: of the series, without the first `unknown_states` steps.
        model: the model.
    """

    means: np.ndarray
    covariances: np.ndarray
    predicted_means: np.ndarray
    predicted_covariances: np.ndarray
    residuals: np.ndarray
    log_likelihood: float
    model: StateSpace

    def forecast(self, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """Means (horizon, V) and covariances (horizon, V, V) of the values after the end of the series."""
        check_count(horizon, "horizon")
        model, mean, covariance = self.model, self.means[-1], self.covariances[-1]
        means, covariances = [], []
        for _ in range(horizon):
            mean = model.transition @ mean
            covariance = model.transition @ covariance @ model.transition.T + model.state_noise
            means.append(model.observation @ mean)
            covariances.append(model.observation @ covariance @ model.observation.T + model.observation_noise)
        return np.array(means), np.array(covariances)


@dataclass(frozen=True)
class SmoothedStates:
    """What the whole series says about each step: it looks ahead.

    Args:
        means: mean (steps, n) of the state given all values.
        covariances: its covariance (steps, n, n).
    """

    means: np.ndarray
    covariances: np.ndarray


def kalman_filter(values: ArrayLike, model: StateSpace) -> FilteredStates:
    """The states of a series step by step, causal.

    Args:
        values: a series (steps,) or (steps, V); NaN where a value is missing.
        model: the model.

    Raises:
        DataError: when the number of variables is not that of the model.
    """
    x = to_series(values, missing=True)
    if x.shape[1] != len(model.observation):
        raise DataError(f"a series of {x.shape[1]} variables", f"{len(model.observation)}, as in the model")
    steps, states = len(x), len(model.transition)
    means, predicted = np.empty((steps, states)), np.empty((steps, states))
    covariances, predicted_covariances = (np.empty((steps, states, states)) for _ in range(2))
    residuals, total = np.full(x.shape, np.nan), 0.0
    observed = np.isfinite(x)
    mean, covariance = model.initial_mean, model.initial_covariance
    for t in range(steps):
        predicted[t], predicted_covariances[t] = mean, covariance
        rows = observed[t]
        if rows.any():
            residual = x[t, rows] - model.observation[rows] @ mean
            noise = model.observation_noise[np.ix_(rows, rows)]
            mean, covariance, density = _update(mean, covariance, residual, model.observation[rows], noise)
            residuals[t, rows] = residual
            total += density if t >= model.unknown_states else 0.0
        means[t], covariances[t] = mean, covariance
        mean = model.transition @ mean
        covariance = model.transition @ covariance @ model.transition.T + model.state_noise
    return FilteredStates(means, covariances, predicted, predicted_covariances, residuals, total, model)


def kalman_smoother(values: ArrayLike, model: StateSpace) -> SmoothedStates:
    """The states of a series given all of it (Rauch-Tung-Striebel): for looking back, not for forecasts.

    Arguments and errors as in `kalman_filter`.
    """
    filtered = kalman_filter(values, model)
    means, covariances = filtered.means.copy(), filtered.covariances.copy()
    for t in range(len(means) - 2, -1, -1):
        ahead = filtered.predicted_covariances[t + 1]
        gain = np.linalg.lstsq(ahead, model.transition @ filtered.covariances[t], rcond=None)[0].T
        means[t] += gain @ (means[t + 1] - filtered.predicted_means[t + 1])
        covariances[t] += gain @ (covariances[t + 1] - ahead) @ gain.T
    return SmoothedStates(means, covariances)


def _update(
    mean: np.ndarray, covariance: np.ndarray, residual: np.ndarray, observation: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """The state after a value, and the log density of its residual.

    The covariance in Joseph's form, which stays symmetric and positive in spite of rounding.
    """
    if len(residual) == 1:
        return _scalar_update(mean, covariance, float(residual[0]), observation[0], float(noise[0, 0]))
    spread = observation @ covariance @ observation.T + noise
    gain = np.linalg.solve(spread, observation @ covariance).T
    rest = np.eye(len(mean)) - gain @ observation
    sign, determinant = np.linalg.slogdet(spread)
    distance = residual @ np.linalg.solve(spread, residual)
    density = -0.5 * (len(residual) * np.log(2 * np.pi) + determinant + distance) if sign > 0 else -np.inf
    return mean + gain @ residual, rest @ covariance @ rest.T + gain @ noise @ gain.T, float(density)


def _scalar_update(
    mean: np.ndarray, covariance: np.ndarray, residual: float, observation: np.ndarray, noise: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """The update by one variable, which needs no linear algebra and is several times as fast."""
    shared = covariance @ observation
    spread = float(observation @ shared) + noise
    gain = shared / spread
    rest = np.eye(len(mean)) - np.outer(gain, observation)
    density = -0.5 * (math.log(2 * math.pi * spread) + residual * residual / spread)
    return mean + gain * residual, rest @ covariance @ rest.T + noise * np.outer(gain, gain), density
