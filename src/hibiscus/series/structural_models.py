"""Local level and local linear trend as state-space models, with variances by maximum likelihood.

    local level          x[t] = l[t] + e[t],  l[t+1] = l[t] + u[t]
    local linear trend   x[t] = l[t] + e[t],  l[t+1] = l[t] + b[t] + u[t],  b[t+1] = b[t] + v[t]

The fit uses the whole series that is passed: pass the training part. Source: Harvey 1989.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import DataError
from hibiscus.series.checked_arrays import to_series, to_vector
from hibiscus.series.kalman import StateSpace, kalman_filter

__all__ = ["fit_state_space", "fit_structural", "local_level", "local_linear_trend"]

UNKNOWN = 1e6  # variance of a state of which nothing is known, in units of the noise


def local_level(level_variance: float, noise_variance: float, *, scale: float = 1.0) -> StateSpace:
    """A level that walks at random, seen with noise.

    Args:
        level_variance: variance of u.
        noise_variance: variance of e.
        scale: size of the values: the first level is unknown within about a thousand times this.
    """
    return _structural(np.eye(1), np.ones((1, 1)), [level_variance], noise_variance, scale)


def local_linear_trend(
    level_variance: float, trend_variance: float, noise_variance: float, *, scale: float = 1.0
) -> StateSpace:
    """A level with a slope that both walk at random, seen with noise: the states are level and slope.

    Args:
        level_variance: variance of u.
        trend_variance: variance of v.
        noise_variance: variance of e.
        scale: size of the values, as in `local_level`.
    """
    transition = np.array([[1.0, 1.0], [0.0, 1.0]])
    variances = [level_variance, trend_variance]
    return _structural(transition, np.array([[1.0, 0.0]]), variances, noise_variance, scale)


def fit_structural(values: ArrayLike, *, trend: bool = False) -> StateSpace:
    """The local level, or the local linear trend, with the variances of the largest likelihood.

    Args:
        values: a series (steps,); NaN where a value is missing.
        trend: whether the level has a slope.

    Raises:
        DataError: when the series is constant, or has too few values.
    """
    x = to_vector(values, missing=True)
    known = x[np.isfinite(x)]
    if len(known) < 4 or np.ptp(known) == 0:
        raise DataError(
            f"{len(known)} values between {known.min(initial=0):g} and {known.max(initial=0):g}",
            "at least 4 values that are not all equal: variances are estimated from them",
        )
    scale = float(known.std())
    model = local_linear_trend if trend else local_level

    def build(logs: np.ndarray) -> StateSpace:
        return model(*(scale**2 * np.exp(logs)), scale=scale)

    starts = [[-4.0, -1.0], [-1.0, -4.0]] if not trend else [[-4.0, -8.0, -1.0], [-1.0, -4.0, -4.0]]
    return build(fit_state_space(x, build, starts, bounds=(-20.0, 5.0)))


def fit_state_space(
    values: ArrayLike,
    build: Callable[[np.ndarray], StateSpace],
    starts: Sequence[Sequence[float]],
    *,
    bounds: tuple[float, float] | None = None,
) -> np.ndarray:
    """The parameters of a model with the largest likelihood, by L-BFGS-B from several starts.

    Args:
        values: a series (steps,) or (steps, V); NaN where a value is missing.
        build: the model of given parameters (k,). Pass variances as logarithms, so that they stay positive.
        starts: parameters (k,) from which the search begins; the best end is taken.
        bounds: smallest and largest value of every parameter; none if None.

    Returns:
        The parameters (k,).
    """
    from scipy.optimize import minimize

    x = to_series(values, missing=True)
    limits = None if bounds is None else [bounds] * len(starts[0])

    def loss(parameters: np.ndarray) -> float:
        return -kalman_filter(x, build(parameters)).log_likelihood / len(x)

    ends = [minimize(loss, np.asarray(start), method="L-BFGS-B", bounds=limits) for start in starts]
    return min(ends, key=lambda end: end.fun).x


def _structural(
    transition: np.ndarray,
    observation: np.ndarray,
    variances: Sequence[float],
    noise_variance: float,
    scale: float,
) -> StateSpace:
    """A model whose first state is unknown."""
    states = len(transition)
    return StateSpace(
        transition,
        observation,
        np.diag(np.asarray(variances, dtype=np.float64)),
        np.array([[noise_variance]]),
        np.zeros(states),
        np.eye(states) * UNKNOWN * scale**2,
        unknown_states=states,
    )
