"""What the states of a hidden Markov model emit: independent normal variables, or one of some categories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import DataError
from hibiscus.series.checked_arrays import to_series, to_vector

__all__ = ["EMISSIONS", "CategoricalEmissions", "GaussianEmissions"]

MIN_VARIANCE = 1e-4  # as a fraction of the variance of the data: a state must not collapse onto one value
PRIOR = 1e-9  # counts of a category that a state has never emitted


@dataclass(frozen=True)
class GaussianEmissions:
    """Normal variables that are independent of each other given the state.

    Args:
        means: mean (K, V) of each variable in each state.
        variances: variance (K, V), above 0.
        floor: smallest variance (V,) that `refit` gives.
    """

    means: np.ndarray
    variances: np.ndarray
    floor: np.ndarray | float = 0.0

    def __post_init__(self):
        for name in ("means", "variances"):
            object.__setattr__(self, name, to_series(getattr(self, name), name))
        if self.means.shape != self.variances.shape or self.variances.min() <= 0:
            raise DataError(
                f"means {self.means.shape}, variances {self.variances.shape} from {self.variances.min():g}",
                "equal shapes (states, variables), variances above 0",
            )

    @property
    def states(self) -> int:
        """The number of states."""
        return len(self.means)

    @staticmethod
    def checked(values: ArrayLike) -> np.ndarray:
        """The values as float64 (steps, V)."""
        return to_series(values)

    @classmethod
    def random(cls, x: np.ndarray, states: int, rng: np.random.Generator) -> GaussianEmissions:
        """Means at random steps, far ones more often (k-means++), and the variance of all values."""
        spread = x.var(0)
        floor = np.where(spread > 0, spread * MIN_VARIANCE, 1.0)
        scaled = (x - x.mean(0)) / np.sqrt(np.where(spread > 0, spread, 1.0))
        chosen = [int(rng.integers(len(x)))]
        for _ in range(states - 1):
            distance = ((scaled[:, None] - scaled[chosen]) ** 2).sum(-1).min(1)
            total = distance.sum()
            chosen.append(int(rng.choice(len(x), p=distance / total if total > 0 else None)))
        return cls(x[chosen], np.tile(np.maximum(spread, floor), (states, 1)), floor)

    def log_densities(self, values: ArrayLike) -> np.ndarray:
        """The log density (steps, K) of each step in each state."""
        x = self.checked(values)
        if x.shape[1] != self.means.shape[1]:
            raise DataError(f"a series of {x.shape[1]} variables", f"{self.means.shape[1]}, as in the model")
        squares = (x[:, None] - self.means) ** 2 / self.variances
        return -0.5 * (squares + np.log(2 * np.pi * self.variances)).sum(-1)

    def refit(self, x: np.ndarray, weights: np.ndarray) -> GaussianEmissions:
        """The weighted means and variances; `weights` (steps, K) are the probabilities of the states."""
        total = np.maximum(weights.sum(0), 1e-12)[:, None]
        means = weights.T @ x / total
        squares = np.einsum("tk,tkv->kv", weights, (x[:, None] - means) ** 2)
        return GaussianEmissions(means, np.maximum(squares / total, self.floor), self.floor)

    def order(self) -> np.ndarray:
        """The states by their first mean."""
        return np.argsort(self.means[:, 0], kind="stable")

    def select(self, states: np.ndarray) -> GaussianEmissions:
        """The emissions of some states."""
        return GaussianEmissions(self.means[states], self.variances[states], self.floor)

    def sample(self, states: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Values (steps, V) of given states; (steps,) for one variable."""
        noise = rng.normal(size=(len(states), self.means.shape[1]))
        values = self.means[states] + np.sqrt(self.variances[states]) * noise
        return values[:, 0] if values.shape[1] == 1 else values


@dataclass(frozen=True)
class CategoricalEmissions:
    """One of M categories.

    Args:
        probabilities: probability (K, M) of each category in each state.
    """

    probabilities: np.ndarray

    def __post_init__(self):
        array = to_series(self.probabilities, "the probabilities")
        if (array < 0).any() or not np.allclose(array.sum(1), 1):
            raise DataError(f"probabilities {array.tolist()}", "rows that sum to 1")
        object.__setattr__(self, "probabilities", array)

    @property
    def states(self) -> int:
        """The number of states."""
        return len(self.probabilities)

    @staticmethod
    def checked(values: ArrayLike) -> np.ndarray:
        """The categories as int64 (steps,)."""
        numbers = to_vector(values)
        if (numbers < 0).any() or (numbers != np.round(numbers)).any():
            raise DataError("values that are no categories", "whole numbers from 0", "number the categories")
        return numbers.astype(np.int64)

    @classmethod
    def random(cls, x: np.ndarray, states: int, rng: np.random.Generator) -> CategoricalEmissions:
        """Random probabilities around the frequencies of the categories."""
        frequencies = np.bincount(x) / len(x) + PRIOR
        drawn = frequencies * rng.gamma(1.0, size=(states, len(frequencies)))
        return cls(drawn / drawn.sum(1, keepdims=True))

    def log_densities(self, values: ArrayLike) -> np.ndarray:
        """The log probability (steps, K) of each step in each state."""
        x = self.checked(values)
        if x.max() >= self.probabilities.shape[1]:
            raise DataError(f"category {x.max()}", f"categories below {self.probabilities.shape[1]}")
        with np.errstate(divide="ignore"):
            return np.log(self.probabilities).T[x]

    def refit(self, x: np.ndarray, weights: np.ndarray) -> CategoricalEmissions:
        """The weighted frequencies."""
        counts = np.full(self.probabilities.shape, PRIOR)
        np.add.at(counts.T, x, weights)
        return CategoricalEmissions(counts / counts.sum(1, keepdims=True))

    def order(self) -> np.ndarray:
        """The states as they are."""
        return np.arange(self.states)

    def select(self, states: np.ndarray) -> CategoricalEmissions:
        """The emissions of some states."""
        return CategoricalEmissions(self.probabilities[states])

    def sample(self, states: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Categories (steps,) of given states."""
        cumulative = np.cumsum(self.probabilities, axis=1)[states]
        drawn = (cumulative <= rng.random((len(states), 1))).sum(1)
        return np.minimum(drawn, self.probabilities.shape[1] - 1)


EMISSIONS = {"gaussian": GaussianEmissions, "categorical": CategoricalEmissions}
