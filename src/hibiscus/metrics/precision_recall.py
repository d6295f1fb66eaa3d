"""Precision, recall, density, coverage, diversity and novelty of generated items, from their features."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hibiscus.errors import DataError

__all__ = ["diversity", "manifold_metrics", "novelty"]

BLOCK = 1000  # items at a time, for memory


def manifold_metrics(
    real: np.ndarray, fake: np.ndarray, nearest: int = 3, nearest_dense: int = 5
) -> dict[str, float]:
    r"""Four metrics from balls around each item that reach to its k-th nearest neighbor in its own set.

        precision = fraction of generated items in the ball of any real one   (are they realistic?)
        recall    = fraction of real items in the ball of any generated one   (is everything real generated?)
        density   = mean number of real balls around a generated item, / k    (robust to real outliers)
        coverage  = fraction of real balls that hold a generated item         (robust to generated outliers)

    For two sets of the same distribution the density is 1 on average, the coverage is near 1 - 2**-k, and
    precision and recall depend on the dimension of the features: high in few, lower in many. So compare each
        metric with its value for two sets of real items.

    Args:
        real: features of real items.
        fake: features of generated items.
        nearest: k for precision and recall (Kynkäänniemi et al.); reduced if there are too few items.
        nearest_dense: k for density and coverage (Naeem et al.); reduced likewise.

    Shapes:
        real (items, features), fake (other items, features); returns four numbers by name, all in [0, 1] but
        `density`, in [0, inf).

    Raises:
        DataError: fewer than two items, or different numbers of features.

    Reference: Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models",
    2019, arXiv 1904.06991; Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models",
    2020, arXiv 2002.09797.
    """
    real, fake = _checked(real, fake, min_items=2)
    near, dense = min(nearest, len(real) - 1), min(nearest_dense, len(real) - 1)
    real_near, real_dense = _radii(real, near, dense)
    fake_near = _radii(fake, min(nearest, len(fake) - 1))[0]
    inside, balls, start = 0, 0, 0
    recalled, covered = np.zeros(len(real), bool), np.zeros(len(real), bool)
    for distance in _distances(fake, real):
        radius, start = fake_near[start : start + len(distance)], start + len(distance)
        within = distance <= real_dense
        inside += (distance <= real_near).any(1).sum()
        balls += within.sum()
        covered |= within.any(0)
        recalled |= (distance <= radius[:, None]).any(0)
    return {
        "precision": float(inside / len(fake)),
        "recall": float(recalled.mean()),
        "density": float(balls / (dense * len(fake))),
        "coverage": float(covered.mean()),
    }


def diversity(real: np.ndarray, fake: np.ndarray) -> float:
    """The root mean squared distance of two generated items, relative to that of two real items.

    1 means as varied as real items, 0 that all are equal.

    Args:
        real: features of real items.
        fake: features of generated items.

    Shapes:
        real (items, features), fake (other items, features); returns a number in [0, inf), NaN where all real
        items are equal.

    Raises:
        DataError: fewer than two items, or different numbers of features.
    """
    real, fake = _checked(real, fake, min_items=2)
    # The mean squared distance of two items is twice the sum of the variances.
    spread = real.var(0, ddof=1).sum()
    return float(np.sqrt(fake.var(0, ddof=1).sum() / spread)) if spread > 0 else float("nan")


def novelty(real: np.ndarray, fake: np.ndarray, train: np.ndarray) -> float:
    """The median distance of generated items to the nearest training item, relative to new real items.

    1 means as novel as new real items, 0 that at least half of them are copies.

    Args:
        real: features of real items outside the training part.
        fake: features of generated items.
        train: features of the training items.

    Shapes:
        real (items, features), fake (other items, features), train (more items, features); returns a number
        in [0, inf), NaN where the median real item is also in the training part.

    Raises:
        DataError: no items, or different numbers of features.
    """
    real, _ = _checked(real, train, min_items=1)
    fake, train = _checked(fake, train, min_items=1)
    medians = [np.median(np.sqrt(_nearest(items, train))) for items in (fake, real)]
    return float(medians[0] / medians[1]) if medians[1] > 0 else float("nan")


def _nearest(items: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The squared distance of each item to the nearest of others."""
    return np.concatenate([distance.min(1) for distance in _distances(items, others)])


def _checked(first: np.ndarray, second: np.ndarray, min_items: int) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if (
        first.ndim != 2
        or second.ndim != 2
        or first.shape[1] != second.shape[1]
        or min(len(first), len(second)) < min_items
    ):
        received = f"features of shapes {first.shape} and {second.shape}"
        raise DataError(
            received, f"matrices (items, features) of {min_items} item{'s' * (min_items > 1)} or more", ""
        )
    return first, second


def _radii(items: np.ndarray, *nearest: int) -> list[np.ndarray]:
    """For each k, the squared distance of each item to its k-th nearest other."""
    blocks = [
        np.partition(distance, nearest, 1)[:, nearest] for distance in _distances(items, items)
    ]  # the nearest is the item itself
    return list(np.concatenate(blocks).T)


def _distances(first: np.ndarray, second: np.ndarray) -> Iterator[np.ndarray]:
    """Squared distances, a block of rows at a time."""
    from scipy.spatial.distance import cdist

    for start in range(0, len(first), BLOCK):
        yield cdist(first[start : start + BLOCK], second, "sqeuclidean")
