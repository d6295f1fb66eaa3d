"""Differences between two samples of vectors: sliced Wasserstein, Kolmogorov-Smirnov, correlations."""

from __future__ import annotations

import numpy as np

from hibiscus.errors import DataError

__all__ = ["correlation_error", "kolmogorov_smirnov", "sliced_wasserstein"]

PROJECTIONS, QUANTILES = 128, 512


def _checked(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if (
        first.ndim != 2
        or second.ndim != 2
        or first.shape[1:] != second.shape[1:]
        or not len(first) * len(second)
    ):
        received = f"samples of shapes {first.shape} and {second.shape}"
        raise DataError(received, "two matrices (items, columns) with at least one item", "")
    return first, second


def sliced_wasserstein(first: np.ndarray, second: np.ndarray, seed: int = 0) -> float:
    r"""The Wasserstein-1 distance of projections to random directions, averaged.

        distance = mean over directions u with |u| = 1 of  integral over q of |F_u^-1(q) - G_u^-1(q)|

    F_u and G_u are the distributions of the projections u . x of the two samples. It is 0 only for equal
    distributions, unlike the Fréchet distance, which sees means and covariances alone.

    Args:
        first: one sample.
        second: the other.
        seed: determines the directions.

    Shapes:
        first (items, columns), second (other items, columns); returns a number in [0, inf).

    Reference: Bonneel et al., "Sliced and Radon Wasserstein Barycenters of Measures", 2015.
    """
    first, second = _checked(first, second)
    directions = np.random.default_rng(seed).standard_normal((first.shape[1], PROJECTIONS))
    directions /= np.linalg.norm(directions, axis=0)
    projected = (np.sort(sample @ directions, axis=0) for sample in (first, second))
    if len(first) == len(second):
        one, other = projected
    else:
        levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
        one, other = (np.quantile(sample, levels, axis=0) for sample in projected)
    return float(np.abs(one - other).mean())


def kolmogorov_smirnov(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    r"""The largest difference between the distribution functions of each column.

        distance[c] = max over t of |F_c(t) - G_c(t)|

    Shapes:
        first (items, columns), second (other items, columns); returns (columns,), from 0 to 1.

    Reference: Smirnov, "Table for Estimating the Goodness of Fit of Empirical Distributions", 1948.
    """
    first, second = _checked(first, second)
    result = np.empty(first.shape[1])
    for column in range(first.shape[1]):
        one, other = np.sort(first[:, column]), np.sort(second[:, column])
        at = np.concatenate([one, other])
        below = [np.searchsorted(values, at, side="right") / len(values) for values in (one, other)]
        result[column] = np.abs(below[0] - below[1]).max()
    return result


def correlation_error(first: np.ndarray, second: np.ndarray) -> float:
    r"""The mean absolute difference of the correlations of all pairs of columns; 0 for a single column.

        error = mean over a < b of |corr(first[:, a], first[:, b]) - corr(second[:, a], second[:, b])|

    A constant column has correlation 0 with all others.

    Shapes:
        first (items, columns), second (other items, columns); returns a number from 0 to 2.
    """
    first, second = _checked(first, second)
    if first.shape[1] < 2:
        return 0.0
    pairs = np.triu_indices(first.shape[1], 1)
    return float(np.abs(_correlations(first) - _correlations(second))[pairs].mean())


def _correlations(values: np.ndarray) -> np.ndarray:
    centered = values - values.mean(0)
    norm = np.linalg.norm(centered, axis=0)
    unit = np.divide(centered, norm, out=np.zeros_like(centered), where=norm > 1e-12)
    return unit.T @ unit
