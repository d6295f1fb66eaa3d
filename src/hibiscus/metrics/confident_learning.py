r"""Confident learning: which labels contradict probabilities that were predicted out of sample.

With the threshold of a class, the mean probability that its own items get,

    t_j = mean of p(j | x) over the items labeled j,

an item is confidently of class j if p(j | x) >= t_j; if that holds for several classes, of the most probable
of them. The confident joint counts the items labeled i that are confidently of class j. Those off its
diagonal are suspected label errors, ranked by their normalized margin p(label | x) - max over other classes.

The probabilities must come from a model that was not trained on the items, since a network that has seen a
wrong label can reproduce it.

Reference: Northcutt, Jiang, Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", 2021,
    arXiv 1911.00068.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.errors import DataError

__all__ = ["confident_classes", "confident_joint", "normalized_margins", "suspected_label_errors"]


def confident_classes(probabilities: ArrayLike, labels: ArrayLike) -> NDArray[np.int64]:
    """The class of which each item confidently is, `(items,)`; -1 if of none.

    Args:
        probabilities: out of sample, `(items, classes)`.
        labels: class numbers as given, `(items,)`.

    Raises:
        DataError: the arrays do not match, or a label is no class.
    """
    p, y = _checked(probabilities, labels)
    count = np.bincount(y, minlength=p.shape[1])
    own = np.bincount(y, p[np.arange(len(y)), y], p.shape[1])
    thresholds = np.where(count > 0, own / np.maximum(count, 1), np.inf)  # a class without items has none
    confident = np.where(p >= thresholds - 1e-12, p, -1.0)
    return np.where(confident.max(1) >= 0, confident.argmax(1), -1)


def confident_joint(probabilities: ArrayLike, labels: ArrayLike) -> NDArray[np.int64]:
    """The number of items with each label (row) that are confidently of each class (column).

    Shapes:
        probabilities (items, classes), labels (items,); returns (classes, classes).

    Raises:
        DataError: the arrays do not match, or a label is no class.
    """
    p, y = _checked(probabilities, labels)
    found = confident_classes(p, y)
    joint = np.zeros((p.shape[1], p.shape[1]), np.int64)
    np.add.at(joint, (y[found >= 0], found[found >= 0]), 1)
    return joint


def normalized_margins(probabilities: ArrayLike, labels: ArrayLike) -> NDArray[np.float64]:
    """The probability of the label minus the largest of the other classes, in [-1, 1], `(items,)`.

    Raises:
        DataError: the arrays do not match, or a label is no class.
    """
    p, y = _checked(probabilities, labels)
    items = np.arange(len(y))
    others = p.copy()
    others[items, y] = -np.inf
    return p[items, y] - others.max(1)


def suspected_label_errors(probabilities: ArrayLike, labels: ArrayLike) -> NDArray[np.int64]:
    """The items that are confidently of another class than their label, the smallest margin first.

    Shapes:
        probabilities (items, classes), labels (items,); returns positions (suspected,).

    Raises:
        DataError: the arrays do not match, or a label is no class.
    """
    p, y = _checked(probabilities, labels)
    found = confident_classes(p, y)
    margins = normalized_margins(p, y)
    suspected = np.flatnonzero((found >= 0) & (found != y) & (margins < 0))
    return suspected[np.argsort(margins[suspected], kind="stable")]


def _checked(probabilities: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    p, y = np.asarray(probabilities, np.float64), np.asarray(labels)
    matching = p.ndim == 2 and p.shape[1] > 1 and y.shape == (len(p),)
    if not matching or (len(y) and (y.min() < 0 or y.max() >= p.shape[1])):
        raise DataError(
            f"probabilities {p.shape} and labels {y.shape}",
            "probabilities (items, classes) and a class number below `classes` for each item",
            "use the probabilities of the items that the labels belong to",
        )
    return p, y.astype(np.int64)
