"""The k-nearest neighbors baseline, with exact distances and bounded work."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from hibiscus.data.lazy_rows import LazyRows, Rows, as_rows, chunks
from hibiscus.evaluation.baselines import checked_features, checked_labels, finite_chunks
from hibiscus.evaluation.linear_models import standardization
from hibiscus.progress import step

__all__ = ["NEIGHBORS", "affordable_neighbors", "nearest_rows", "neighbor_mean", "neighbor_votes"]

NEIGHBORS = 5  # the default of scikit-learn
COST = 2e11  # multiplications: about ten seconds on two cores
PAIRS = 1e9  # distances
DISTANCES = 2**24  # that are held at a time


def affordable_neighbors(rows: int, features: int, queries: int) -> int:
    """Among how many training rows neighbors are searched for within the limit of work."""
    return min(rows, max(1000, int(min(COST / features, PAIRS) / max(1, queries))))


@step("finding the nearest neighbors")
def nearest_rows(
    train_x: ArrayLike | LazyRows, test_x: ArrayLike | LazyRows, standardize: bool = True, seed: int = 0
) -> NDArray[np.int64]:
    r"""The NEIGHBORS training rows with the smallest Euclidean distance to each item, the nearest first.

    Args:
        train_x: features.
        test_x: features of the items.
        standardize: scale each feature to mean 0 and standard deviation 1 in training; not for pixels, which
            share a unit.
        seed: random seed of the training rows, where they are limited.

    Shapes:
        train_x (M, features), test_x (N, features); returns indices of training rows (N, NEIGHBORS), or (N,
        M) if there are fewer rows.

    Raises:
        DataError: when the arrays do not match, or a value is not finite.
    """
    train, test = checked_features(train_x, test_x, np.empty(len(as_rows(train_x))))
    kept = affordable_neighbors(len(train), train.shape[1], len(test))
    rows = np.sort(np.random.default_rng(seed).permutation(len(train))[:kept])
    scale = standardization(LazyRows(train.__getitem__, rows)) if standardize else None
    x = np.empty((kept, train.shape[1]), np.float32)
    for place, chunk in finite_chunks(LazyRows(train.__getitem__, rows)):
        x[place] = chunk if scale is None else scale(chunk)
    center = x.mean(0, dtype=np.float64).astype(np.float32)
    x -= center  # smaller numbers, of which less is lost when norms and products are subtracted
    return _search(torch.from_numpy(x), test, lambda q: (q if scale is None else scale(q)) - center, rows)


def _search(
    x: torch.Tensor, test: Rows, prepare: Callable[[np.ndarray], np.ndarray], rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The nearest of `x` for each row of `test`, a block of distances at a time."""
    neighbors = min(NEIGHBORS, len(x))
    found, norms = np.empty((len(test), neighbors), np.int64), (x * x).sum(1)
    block = max(1, DISTANCES // len(x))
    with torch.inference_mode(), step("comparing items with the training rows", len(test)) as progress:
        for place, chunk in chunks(test):
            for start in range(0, len(chunk), block):
                some = torch.from_numpy(prepare(chunk[start : start + block]))
                distance = torch.addmm(norms, some, x.T, alpha=-2)  # without |query|**2, equal for all
                nearest = distance.topk(neighbors, dim=1, largest=False).indices
                found[place.start + start : place.start + start + len(some)] = rows[nearest.numpy()]
                progress.advance(len(some))
    return found


def neighbor_votes(neighbors: NDArray[np.int64], train_y: ArrayLike, classes: int) -> NDArray[np.float64]:
    r"""The fraction of the neighbors that are of each class.

        probabilities[n, c] = mean over neighbors m of n of (train_y[m] == c)

    Shapes:
        neighbors (N, k), train_y (M,) integers; returns (N, classes), rows that sum to one.
    """
    labels = checked_labels(train_y, classes)[neighbors]
    items, k = labels.shape
    places = np.arange(items)[:, None] * classes + labels
    return np.bincount(places.ravel(), minlength=items * classes).reshape(items, classes) / k


def neighbor_mean(neighbors: NDArray[np.int64], train_y: ArrayLike) -> NDArray[np.float64]:
    r"""The mean of the targets (or labels, as zeros and ones) of the neighbors.

    Shapes:
        neighbors (N, k), train_y (M,) or (M, columns); returns (N,) or (N, columns).
    """
    y = np.asarray(train_y, dtype=np.float64)
    total = np.zeros((len(neighbors), *y.shape[1:]))
    for column in neighbors.T:  # so that no copy is k times as large
        total += y[column]
    return total / neighbors.shape[1]
