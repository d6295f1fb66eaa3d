"""The Fréchet distance between two sets of features."""

from __future__ import annotations

import numpy as np

from hibiscus.errors import DataError

__all__ = ["frechet_distance"]

WIDE = 256  # features from which matrices of items, if there are fewer, save a noticeable time


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    r"""The Fréchet distance between two sets of features, each modeled as a Gaussian.

        distance = |m1 - m2|**2 + trace(S1 + S2 - 2 (S1 S2)**(1/2)),    m: means, S: covariances

    It is called FID if the features are those of a particular Inception network; with other features, values
    are not comparable to published ones. It is biased upwards for few items, so compare only values over
    equal numbers of items.

    Args:
        first: features of one set of items.
        second: features of the other.

    Shapes:
        first (items, features), second (other items, features); returns a number in [0, inf).

    Raises:
        DataError: fewer than two items, or different numbers of features.

    Reference: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule", 2017, arXiv 1706.08500.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if (
        first.ndim != 2
        or second.ndim != 2
        or first.shape[1] != second.shape[1]
        or min(len(first), len(second)) < 2
    ):
        raise DataError(
            f"features of shapes {first.shape} and {second.shape}",
            "two matrices (items, features) of two items or more",
            "",
        )
    mean = first.mean(0) - second.mean(0)
    if first.shape[1] >= WIDE and max(len(first), len(second)) < first.shape[1]:
        variances, cross = _of_few_items(first, second)
    else:
        variances, cross = _of_covariances(first, second)
    return float(max(0.0, mean @ mean + variances - 2 * cross))


def _of_covariances(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """trace(S1 + S2) and trace((S1 S2)^(1/2)), from the covariances."""
    first_covariance, second_covariance = (
        np.cov(first, rowvar=False).reshape(first.shape[1], -1),
        np.cov(second, rowvar=False).reshape(first.shape[1], -1),
    )
    # (S1 S2)^(1/2) has the trace of (S1^(1/2) S2 S1^(1/2))^(1/2), which is symmetric and so has real roots.
    values, vectors = np.linalg.eigh(first_covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second_covariance @ root), 0)).sum()
    return np.trace(first_covariance) + np.trace(second_covariance), cross


def _of_few_items(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """The same from the centered items `A` and `B`: with `S1 = A'A` and `S2 = B'B`, the eigenvalues of
    `S1 S2` other than 0 are the squared singular values of the small matrix `A B'`.
    """
    a, b = ((items - items.mean(0)) / np.sqrt(len(items) - 1) for items in (first, second))
    return float(np.square(a).sum() + np.square(b).sum()), float(
        np.linalg.svd(a @ b.T, compute_uv=False).sum()
    )
