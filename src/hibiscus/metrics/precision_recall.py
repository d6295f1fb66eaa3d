"""Whether made items lie where real ones do, whether they are everywhere there, how unlike each other they are, and how new."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hibiscus.errors import DataError

__all__ = ["diversity", "manifold_metrics", "novelty"]

BLOCK = 1000  # items at a time, for memory


def manifold_metrics(real: np.ndarray, made: np.ndarray, nearest: int = 3, nearest_dense: int = 5) -> dict[str, float]:
    r"""Four measures of made items among real ones, by balls about each item that reach to its k-th nearest neighbour of its own kind.

        precision = share of made items in the ball of any real one               (do they look real?)
        recall    = share of real items in the ball of any made one               (is all that is real made?)
        density   = real balls that a made item lies in, mean / k                 (as precision; one outlier's large ball counts little)
        coverage  = share of real balls with a made item within                   (as recall; outliers among the made count nothing)

    Two sets of one kind have a density of 1 on average (it may be more), a coverage near 1 - 2**-k, and precision and recall as high
    as the features let them be: high in few dimensions, less in many. So read each beside that of two sets of real items.

    Args:
        real: features of real items.
        made: features of made items.
        nearest: k for precision and recall (Kynkäänniemi et al.); less where there are not more items than that.
        nearest_dense: k for density and coverage (Naeem et al.); less likewise.

    Shapes:
        real (items, features), made (other items, features); returns four numbers by name, all in [0, 1] but `density`, in [0, inf).

    Raises:
        DataError: fewer than two items, or other features.

    Reference: Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models", 2019, arXiv 1904.06991;
    Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models", 2020, arXiv 2002.09797.
    """
    real, made = _checked(real, made, least=2)
    near, dense = min(nearest, len(real) - 1), min(nearest_dense, len(real) - 1)
    real_near, real_dense = _radii(real, near, dense)
    made_near = _radii(made, min(nearest, len(made) - 1))[0]
    inside, balls, start = 0, 0, 0
    recalled, covered = np.zeros(len(real), bool), np.zeros(len(real), bool)
    for distance in _distances(made, real):
        own, start = made_near[start : start + len(distance)], start + len(distance)
        within = distance <= real_dense
        inside += (distance <= real_near).any(1).sum()
        balls += within.sum()
        covered |= within.any(0)
        recalled |= (distance <= own[:, None]).any(0)
    precision, density = inside / len(made), balls / (dense * len(made))
    return {"precision": float(precision), "recall": float(recalled.mean()), "density": float(density), "coverage": float(covered.mean())}


def diversity(real: np.ndarray, made: np.ndarray) -> float:
    """How unlike each other made items are: the root mean squared distance of two of them, over that of two real items.

    1 is as varied as real items, 0 says that all are the same.

    Args:
        real: features of real items.
        made: features of made items.

    Shapes:
        real (items, features), made (other items, features); returns a number in [0, inf), not a number where all real items are equal.

    Raises:
        DataError: fewer than two items, or other features.
    """
    real, made = _checked(real, made, least=2)
    # The mean squared distance of two items is twice the sum of the variances.
    spread = real.var(0, ddof=1).sum()
    return float(np.sqrt(made.var(0, ddof=1).sum() / spread)) if spread > 0 else float("nan")


def novelty(real: np.ndarray, made: np.ndarray, train: np.ndarray) -> float:
    """How far made items keep from the training items: the median distance to the nearest one, over that of real items never trained on.

    1 is as new as new real items, 0 says that at least half of them are copies.

    Args:
        real: features of real items that training did not show.
        made: features of made items.
        train: features of the training items.

    Shapes:
        real (items, features), made (other items, features), train (more items, features); returns a number in [0, inf), not a number
        where the median real item stands in the training part too.

    Raises:
        DataError: no items, or other features.
    """
    real, _ = _checked(real, train, least=1)
    made, train = _checked(made, train, least=1)
    own, usual = (np.median([np.sqrt(row) for block in _distances(items, train) for row in block.min(1)]) for items in (made, real))
    return float(own / usual) if usual > 0 else float("nan")


def _checked(first: np.ndarray, second: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1] or min(len(first), len(second)) < least:
        found = f"features of shapes {first.shape} and {second.shape}"
        raise DataError(found, f"matrices (items, features) of {least} item{'s' * (least > 1)} or more", "")
    return first, second


def _radii(items: np.ndarray, *nearest: int) -> list[np.ndarray]:
    """For each k, the squared distance of each item to its k-th nearest other."""
    blocks = [np.partition(distance, nearest, 1)[:, nearest] for distance in _distances(items, items)]  # place 0 is the item itself
    return list(np.concatenate(blocks).T)


def _distances(first: np.ndarray, second: np.ndarray) -> Iterator[np.ndarray]:
    """Squared distances, some rows at a time."""
    from scipy.spatial.distance import cdist

    for start in range(0, len(first), BLOCK):
        yield cdist(first[start : start + BLOCK], second, "sqeuclidean")
