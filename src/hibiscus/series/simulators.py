"""Series with known truth: ARMA, ARIMA, SARIMA, VAR, random walk and white noise.

    phi(B) Phi(B^m) (1 - B)^d (1 - B^m)^D x[t] = constant + theta(B) Theta(B^m) e[t]

with phi(B) = 1 - ar[0] B - ..., theta(B) = 1 + ma[0] B + ..., B x[t] = x[t-1] and normal e[t]. White noise is
stationary. A random walk is not: its variance grows in proportion to t. What has to be stationary is checked,
and the first values are thrown away until the start is forgotten.

Source: Box & Jenkins, Time Series Analysis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import ConfigError
from hibiscus.series.checked_arrays import check_count

__all__ = [
    "Simulation",
    "simulate_arma",
    "simulate_random_walk",
    "simulate_sarima",
    "simulate_var",
    "simulate_white_noise",
]

FORGOTTEN = 1e-8  # weight of the start in the first value that is returned
MIN_BURN_IN = 100


@dataclass(frozen=True)
class Simulation:
    """A simulated series and what it was made of.

    Args:
        series: values (steps,) or (steps, variables).
        truth: what an analysis should find, by name: coefficients, positions, components (steps,).
    """

    series: np.ndarray
    truth: dict[str, Any] = field(default_factory=dict)


def simulate_white_noise(steps: int, *, scale: float = 1.0, mean: float = 0.0, seed: int) -> Simulation:
    """Independent normal values with constant mean and variance: stationary, and not to be forecast."""
    check_count(steps, "steps")
    noise = _noise(steps, scale, seed)
    return Simulation(mean + noise, {"mean": mean, "variance": scale**2, "stationary": True})


def simulate_random_walk(
    steps: int, *, start: float = 0.0, slope: float = 0.0, scale: float = 1.0, seed: int
) -> Simulation:
    """The cumulative sum of white noise, not stationary; its first difference is independent.

    Args:
        steps: number of values.
        start: value before the first step.
        slope: mean of each step (the drift).
        scale: standard deviation of each step.
        seed: seed of the random numbers.

    Returns:
        The series (steps,); in `truth` the variance (steps,) of each value over all seeds: scale^2 (t + 1).
    """
    check_count(steps, "steps")
    walk = start + np.cumsum(slope + _noise(steps, scale, seed))
    variance = scale**2 * np.arange(1, steps + 1)
    return Simulation(walk, {"slope": slope, "variance": variance, "stationary": False})


def simulate_arma(
    steps: int,
    ar: Sequence[float] = (),
    ma: Sequence[float] = (),
    *,
    mean: float = 0.0,
    scale: float = 1.0,
    seed: int,
) -> Simulation:
    """An ARMA process: x[t] - mean = sum_i ar[i] (x[t-1-i] - mean) + e[t] + sum_j ma[j] e[t-1-j].

    Args:
        steps: number of values.
        ar: autoregressive coefficients, of lag 1 first.
        ma: moving-average coefficients, of lag 1 first.
        mean: mean of the process.
        scale: standard deviation of e.
        seed: seed of the random numbers.

    Raises:
        ConfigError: when `ar` is not stationary or `ma` is not invertible.
    """
    result = simulate_sarima(steps, ar, ma, scale=scale, seed=seed)
    return Simulation(mean + result.series, {**result.truth, "mean": mean, "stationary": True})


def simulate_sarima(
    steps: int,
    ar: Sequence[float] = (),
    ma: Sequence[float] = (),
    *,
    difference: int = 0,
    season: int = 0,
    seasonal_ar: Sequence[float] = (),
    seasonal_ma: Sequence[float] = (),
    seasonal_difference: int = 0,
    constant: float = 0.0,
    scale: float = 1.0,
    seed: int,
) -> Simulation:
    """A seasonal ARIMA process (p, d, q)(P, D, Q)m: ARMA factors, and sums where it is differenced.

    Args:
        steps: number of values.
        ar: coefficients of the p autoregressive terms, of lag 1 first.
        ma: coefficients of the q moving-average terms.
        difference: d, the number of first differences that make it stationary.
        season: m, the number of steps of a season; 0 without one.
        seasonal_ar: coefficients of the P seasonal autoregressive terms, of lag m first.
        seasonal_ma: coefficients of the Q seasonal moving-average terms.
        seasonal_difference: D, the number of differences at lag m.
        constant: constant of the equation: with d = 1, the slope of the series where there are no ar terms.
        scale: standard deviation of e.
        seed: seed of the random numbers.

    Returns:
        The series (steps,), which starts at zero where it is summed; `truth` holds the coefficients and
        `order` (p, d, q) and `seasonal_order` (P, D, Q, m).

    Raises:
        ConfigError: when an autoregressive factor is not stationary, a moving-average factor is not
            invertible, or there are seasonal terms without a season.
    """
    from scipy.signal import lfilter

    check_count(steps, "steps")
    for name, value in (("difference", difference), ("seasonal_difference", seasonal_difference)):
        check_count(value, name, 0)
    if season < 2 and (len(seasonal_ar) or len(seasonal_ma) or seasonal_difference):
        raise ConfigError(f"season={season} with seasonal terms", "a season of at least 2 steps")
    factors = [(ar, -1.0, 1, "ar"), (seasonal_ar, -1.0, season, "seasonal_ar")]
    factors += [(ma, 1.0, 1, "ma"), (seasonal_ma, 1.0, season, "seasonal_ma")]
    denominator, seasonal_denominator, numerator, seasonal_numerator = (_factor(*f) for f in factors)
    denominator = np.convolve(denominator, seasonal_denominator)
    burn_in = _burn_in(denominator)
    noise = np.random.default_rng(seed).normal(size=steps + burn_in) * scale
    moving = np.convolve(noise, np.convolve(numerator, seasonal_numerator))[: len(noise)]
    series = np.asarray(lfilter([1.0], denominator, constant + moving))[burn_in:]
    for _ in range(difference):
        series = np.cumsum(series)
    for _ in range(seasonal_difference):
        series = np.asarray(lfilter([1.0], [1.0, *[0.0] * (season - 1), -1.0], series))
    return Simulation(
        series,
        {
            "order": (len(ar), difference, len(ma)),
            "seasonal_order": (len(seasonal_ar), seasonal_difference, len(seasonal_ma), season),
            **{name: tuple(map(float, values)) for values, _, _, name in factors},
            "constant": constant,
            "variance_of_noise": scale**2,
            "stationary": not difference and not seasonal_difference,
        },
    )


def simulate_var(
    steps: int, coefficients: ArrayLike, *, covariance: ArrayLike | None = None, seed: int
) -> Simulation:
    """A vector autoregression: x[t] = sum_i A[i] x[t-1-i] + e[t].

    Args:
        steps: number of values.
        coefficients: A (lags, variables, variables); A[i, a, b] is the influence of variable b on a at lag
            i + 1.
        covariance: that of e (variables, variables); the identity if None.
        seed: seed of the random numbers.

    Returns:
        The series (steps, variables); in `truth` the coefficients, and as `causes` the pairs (b, a) of
        different variables where the past of b influences a directly.

    Raises:
        ConfigError: when the process is not stationary, or a shape is wrong.
    """
    check_count(steps, "steps")
    matrices = np.asarray(coefficients, dtype=np.float64)
    if matrices.ndim != 3 or matrices.shape[1] != matrices.shape[2]:
        raise ConfigError(f"coefficients of the shape {matrices.shape}", "(lags, variables, variables)")
    lags, variables = matrices.shape[:2]
    companion = np.eye(lags * variables, k=-variables)
    companion[:variables] = np.concatenate(list(matrices), axis=1)
    root = float(np.abs(np.linalg.eigvals(companion)).max())
    burn_in = _steps_to_forget(root, "coefficients", "stationary")
    spread = np.eye(variables) if covariance is None else np.asarray(covariance, dtype=np.float64)
    noise = np.random.default_rng(seed).normal(size=(steps + burn_in, variables))
    noise = noise @ np.linalg.cholesky(spread).T
    series = np.zeros((steps + burn_in + lags, variables))
    for t in range(lags, len(series)):
        past = series[t - lags : t][::-1]
        series[t] = np.einsum("iab,ib->a", matrices, past) + noise[t - lags]
    causes = {(int(b), int(a)) for a, b in np.argwhere(np.any(matrices != 0, axis=0)) if a != b}
    truth = {"coefficients": matrices, "covariance": spread, "causes": causes, "stationary": True}
    return Simulation(series[burn_in + lags :], truth)


def _noise(steps: int, scale: float, seed: int) -> np.ndarray:
    """Independent normal values of mean 0."""
    return np.random.default_rng(seed).normal(size=steps) * scale


def _factor(coefficients: Sequence[float], sign: float, season: int, name: str) -> np.ndarray:
    """The polynomial 1 + sign * (c[0] B^season + c[1] B^(2 season) ...); refuses one with a unit root."""
    polynomial = np.zeros(1 + max(1, season) * len(coefficients))
    polynomial[0] = 1.0
    if len(coefficients):
        polynomial[season::season] = sign * np.asarray(coefficients, dtype=np.float64)
    _steps_to_forget(_largest_root(polynomial), name, "stationary" if sign < 0 else "invertible")
    return polynomial


def _largest_root(polynomial: np.ndarray) -> float:
    """The largest absolute value of the inverse roots of 1 + c[1] B + c[2] B^2 ..."""
    roots = np.roots(polynomial)
    return float(np.abs(roots).max()) if len(roots) else 0.0


def _burn_in(denominator: np.ndarray) -> int:
    """The number of steps after which the start is forgotten."""
    return _steps_to_forget(_largest_root(denominator), "ar", "stationary")


def _steps_to_forget(root: float, name: str, quality: str) -> int:
    """The number of steps after which root^steps is negligible; refuses a root of 1 or more."""
    if root >= 1 - 1e-6:
        raise ConfigError(
            f"{name} with an inverse root of size {root:.4g}",
            f"inverse roots below 1: the process is not {quality}",
            "smaller coefficients, or difference= for a unit root",
        )
    return MIN_BURN_IN + (math.ceil(math.log(FORGOTTEN) / math.log(root)) if root > 0 else 0)
