"""The kernel distance between two sets of features, which does not assume that they are Gaussian."""

from __future__ import annotations

import numpy as np

from hibiscus.errors import DataError

__all__ = ["kernel_distance"]

BLOCK = 1000  # items at a time, for memory


def kernel_distance(first: np.ndarray, second: np.ndarray) -> float:
    r"""The squared maximum mean discrepancy of two sets of features with a polynomial kernel, unbiased.

        distance = mean k(x, x') + mean k(y, y') - 2 mean k(x, y),    k(x, y) = (x . y / features + 1)**3

    The first two means are over pairs of distinct items, so the expected value does not depend on the number
    of items, and is 0 for two sets from the same distribution. It is called KID if the features are those of
    a particular Inception network, and is then often reported as a mean over subsets; here all pairs are used
    once.

    Args:
        first: features of one set of items.
        second: features of the other.

    Shapes:
        first (items, features), second (other items, features); returns a number.

    Raises:
        DataError: fewer than two items, or different numbers of features.

    Reference: Binkowski, Sutherland, Arbel, Gretton, "Demystifying MMD GANs", 2018, arXiv 1801.01401.
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
    return _among(first) + _among(second) - 2 * _total(first, second) / (len(first) * len(second))


def _among(items: np.ndarray) -> float:
    """The mean of the kernel over all pairs of two different items."""
    itself = ((np.square(items).sum(1) / items.shape[1] + 1) ** 3).sum()
    return (_total(items, items) - itself) / (len(items) * (len(items) - 1))


def _total(first: np.ndarray, second: np.ndarray) -> float:
    """The sum of the kernel over all pairs."""
    blocks = (first[start : start + BLOCK] for start in range(0, len(first), BLOCK))
    return float(sum(((block @ second.T / first.shape[1] + 1) ** 3).sum() for block in blocks))
