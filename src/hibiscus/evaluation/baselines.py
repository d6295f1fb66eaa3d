"""Baselines: results of simple methods on the same data, which a useful network has to beat.

Baselines that ignore the features return metrics; the others return predictions for the test part.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.errors import DataError
from hibiscus.metrics.classification import classification_metrics
from hibiscus.metrics.regression import regression_metrics

__all__ = [
    "checked_features",
    "checked_labels",
    "label_frequencies",
    "majority_class",
    "mean_value",
    "nearest_mean",
    "of_all_classes",
    "principal_components",
    "random_guess",
]

Array = NDArray[np.float64]

ROWS = 10_000  # from which the variance around the class means is estimated


def majority_class(train_labels: ArrayLike, test_labels: ArrayLike, classes: int) -> dict[str, float]:
    r"""The metrics of always predicting the most frequent training class.

        probabilities = count(train_labels) / len(train_labels)      for every test item

    The predicted probabilities are the class frequencies of the training part, the best possible for the nll
    if the features are ignored.

    Shapes:
        train_labels (M,), test_labels (N,), integers in 0 .. classes - 1; returns name to value, as
        `classification_metrics`.

    Raises:
        DataError: when there are no labels, or a label is out of range.
    """
    train, test = checked_labels(train_labels, classes), checked_labels(test_labels, classes)
    frequencies = np.bincount(train, minlength=classes) / len(train)
    return classification_metrics(np.tile(frequencies, (len(test), 1)), test)


def random_guess(train_labels: ArrayLike, test_labels: ArrayLike, classes: int) -> dict[str, float]:
    r"""The expected metrics of drawing the class of each test item from the class frequencies of the training
    part.

        accuracy          = sum(frequency_train * frequency_test)
        balanced_accuracy = mean of frequency_train                        over classes with test items
        macro_f1          = mean of 2 f_train f_test / (f_train + f_test)  over classes that occur

    The F1 is that of the expected counts, which the expected F1 approaches with many items.

    Shapes:
        train_labels (M,), test_labels (N,), integers in 0 .. classes - 1; returns name to value.

    Raises:
        DataError: when there are no labels, or a label is out of range.
    """
    train, test = checked_labels(train_labels, classes), checked_labels(test_labels, classes)
    drawn = np.bincount(train, minlength=classes) / len(train)
    actual = np.bincount(test, minlength=classes) / len(test)
    occurs = drawn + actual > 0
    return {
        "accuracy": float(drawn @ actual),
        "balanced_accuracy": float(drawn[actual > 0].mean()),
        "macro_f1": float((2 * drawn * actual)[occurs].dot(1 / (drawn + actual)[occurs]) / occurs.sum()),
    }


def label_frequencies(train_labels: ArrayLike, items: int) -> Array:
    r"""For each item the frequency of each label in the training part, the best guess without features.

    Shapes: train_labels (M, labels) of zeros and ones; returns (items, labels).
    """
    return np.tile(np.asarray(train_labels, dtype=np.float64).mean(0), (items, 1))


def nearest_mean(train_x: ArrayLike, train_y: ArrayLike, test_x: ArrayLike, classes: int) -> Array:
    r"""Probabilities from the distance to each class mean, the simplest classifier that uses features.

        probabilities = softmax(-distance**2 / (2 * variance)),      distance = |x - mean of class|

    Each class is modeled by an isotropic normal distribution, all with the same variance and prior. The
    variance is the one around the training means, multiplied by the power of two (up to 2**15) with the
    lowest training nll: neighboring pixels are correlated, so treating them as independent would make the
    predictions overconfident. Features are not scaled, so standardize tables first. Classes without training
    items get probability 0.

    Shapes:
        train_x (M, features), train_y (M,), test_x (N, features); returns (N, classes), rows that sum to one.

    Raises:
        DataError: when the arrays do not match.
    """
    y = checked_labels(train_y, classes)
    x, test = checked_features(train_x, test_x, y)
    count = np.bincount(y, minlength=classes)
    means = np.zeros((classes, x.shape[1]))
    for label in np.flatnonzero(count):
        means[label] = x[y == label].mean(0, dtype=np.float64)
    rows = slice(None, ROWS)
    variance = max(float(np.mean((x[rows] - means[y[rows]]) ** 2)), 1e-12)

    def log_probabilities(x: NDArray, scale: float) -> Array:  # (rows, classes); the term |x|**2 cancels
        score = (2 * x @ means.T - (means**2).sum(1)) / (2 * scale * variance)
        score = np.where(count > 0, score, -np.inf)
        score -= score.max(1, keepdims=True)
        return score - np.log(np.exp(score).sum(1, keepdims=True))

    true = np.arange(len(y[rows])), y[rows]
    scale = max((2.0**k for k in range(16)), key=lambda scale: log_probabilities(x[rows], scale)[true].mean())
    return np.exp(log_probabilities(test, scale))


def mean_value(train_y: ArrayLike, test_y: ArrayLike) -> dict[str, float]:
    r"""The metrics of always predicting the mean of the training targets.

        prediction = mean(train_y)      for every test item

    Shapes:
        train_y (M,) or (M, columns), test_y (N,) or (N, columns); returns name to value, as
        `regression_metrics`.

    Raises:
        DataError: when the shapes do not match, or a value is not finite.
    """
    train, test = np.asarray(train_y, dtype=np.float64), np.asarray(test_y, dtype=np.float64)
    if train.size == 0 or train.shape[1:] != test.shape[1:]:
        raise DataError(
            f"train_y {train.shape}, test_y {test.shape}", "equal columns", "pass the targets of both parts"
        )
    return regression_metrics(np.broadcast_to(train.mean(0), test.shape), test)


def principal_components(train_x: ArrayLike, count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    r"""The mean and first `count` principal components of the training items, the best linear code.

        code = (x - mean) @ axes.T,    reconstruction = code @ axes + mean,    axes @ axes.T = identity

    The components are computed by a randomized algorithm (scikit-learn's PCA, with a fixed seed).

    Args:
        train_x: flattened features.
        count: number of components, at most that of items and of features.

    Shapes:
        train_x (M, features); returns mean (features,) and axes (count, features), float32.

    Raises:
        DataError: features that are not (M, features), or more components than items or features.

    Reference: Halko, Martinsson, Tropp, "Finding Structure with Randomness", 2009, arXiv 0909.4061.
    """
    train = np.asarray(train_x, dtype=np.float32)
    if train.ndim != 2 or not 1 <= count <= min(train.shape):
        received = f"{count} components of features {train.shape}"
        raise DataError(received, "(M, features), 1 to min(M, features) components", "use fewer components")
    from sklearn.decomposition import PCA

    pca = PCA(count, svd_solver="randomized", random_state=0).fit(train)
    return np.asarray(pca.mean_, np.float32), np.asarray(pca.components_, np.float32)


def checked_features(train_x: ArrayLike, test_x: ArrayLike, train_y: NDArray) -> tuple[NDArray, NDArray]:
    """Both parts as float32 (rows, features); raises DataError if they do not match or are not finite."""
    train, test = np.asarray(train_x, dtype=np.float32), np.asarray(test_x, dtype=np.float32)
    matching = (
        train.ndim == test.ndim == 2 and train.shape[1] == test.shape[1] and len(train) == len(train_y) > 0
    )
    if not matching or train.shape[1] == 0:
        raise DataError(
            f"train_x {train.shape}, train_y {train_y.shape}, test_x {test.shape}",
            "(M, features), (M, ...) and (N, features), with at least one training item",
            "flatten images first: x.reshape(len(x), -1)",
        )
    if not (np.isfinite(train).all() and np.isfinite(test).all()):
        raise DataError(
            "features that are not finite", "finite numbers", "impute or drop missing values first"
        )
    return train, test


def of_all_classes(
    train_y: NDArray[np.int64], items: int, classes: int, fit: Callable[[NDArray[np.int64], int], Array]
) -> Array:
    """Probabilities `(items, classes)` of a classifier that knows only the classes of its training labels.

    Args:
        train_y: labels in 0 .. classes - 1.
        items: number of items to predict for.
        classes: number of classes; those that `train_y` lacks get probability 0.
        fit: returns `(items, present)` from labels in 0 .. present - 1; not called for a single class.
    """
    present, number = np.unique(train_y, return_inverse=True)
    probabilities = np.zeros((items, classes))
    probabilities[:, present] = 1 if len(present) == 1 else fit(number.astype(np.int64), len(present))
    return probabilities


def checked_labels(labels: ArrayLike, classes: int) -> NDArray[np.int64]:
    """Labels as int64 (rows,); raises DataError if they are not class numbers."""
    y = np.asarray(labels)
    if (
        y.ndim != 1
        or len(y) == 0
        or classes < 2
        or not np.issubdtype(y.dtype, np.integer)
        or y.min() < 0
        or y.max() >= classes
    ):
        raise DataError(
            f"labels of shape {y.shape}, type {y.dtype}, for {classes} classes",
            "one integer per item, from 0 to classes - 1, and at least two classes",
            "number the classes from 0",
        )
    return y.astype(np.int64)
