"""Baselines: results of simple methods on the same data, which a useful network has to beat.

Baselines that ignore the features return metrics; the others return predictions for the test part.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.errors import DataError
from hibiscus.metrics.classification import classification_metrics
from hibiscus.metrics.regression import regression_metrics

__all__ = [
    "linear_classifier",
    "linear_regression",
    "majority_class",
    "mean_value",
    "nearest_mean",
    "principal_components",
    "random_guess",
]

Array = NDArray[np.float64]

ROWS, COLUMNS, ROUNDS = 10_000, 3_072, 200  # limits that keep baselines faster than the methods
PENALTY = 0.01  # relative to the mean loss; gives 91 % on MNIST and 36 % on CIFAR-10 with 10,000 rows
LIMIT = 10.0  # features are clipped at this many standard deviations


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
    train, test = _labels(train_labels, classes), _labels(test_labels, classes)
    frequencies = np.bincount(train, minlength=classes) / len(train)
    return classification_metrics(np.tile(frequencies, (len(test), 1)), test)


def random_guess(test_labels: ArrayLike, classes: int) -> dict[str, float]:
    r"""The expected metrics of predicting a uniformly random class, with a probability of 1 / classes for
    each class.

        accuracy = balanced_accuracy = 1 / classes,    top5_error = 1 - 5 / classes,    nll = log(classes),
        brier = 1 - 1 / classes,      ece = 0,      roc_auc = 1 / 2,
        macro_f1 = mean(2 * frequency / (1 + classes * frequency)),      frequency = count(test_labels) / N

    Shapes:
        test_labels (N,), integers in 0 .. classes - 1; returns name to value, as `classification_metrics`.

    Raises:
        DataError: when there are no labels, or a label is out of range.
    """
    test = _labels(test_labels, classes)
    frequency = np.bincount(test, minlength=classes) / len(test)
    metrics = {"accuracy": 1 / classes}
    if classes > 5:
        metrics["top5_error"] = 1 - 5 / classes
    metrics |= {
        "balanced_accuracy": 1 / classes,
        "macro_f1": float((2 * frequency / (1 + classes * frequency)).mean()),
        "nll": float(np.log(classes)),
        "ece": 0.0,
        "brier": 1 - 1 / classes,
    }
    if classes == 2 and 0 < test.sum() < len(test):
        metrics["roc_auc"] = 0.5
    return metrics


def linear_classifier(
    train_x: ArrayLike, train_y: ArrayLike, test_x: ArrayLike, classes: int, seed: int = 0
) -> Array:
    r"""Probabilities of a multinomial logistic regression on standardized features (scikit-learn).

        minimize  mean(cross_entropy(x @ weights + bias, train_y)) + PENALTY / 2 * sum(weights**2)

    For speed, it uses at most ROWS random rows, COLUMNS columns (wider rows are averaged over neighboring
    columns) and ROUNDS iterations of L-BFGS, whether converged or not.

    Args:
        train_x: flattened features.
        train_y: labels in 0 .. classes - 1; absent classes get probability 0.
        test_x: features for which to predict.
        classes: number of classes.
        seed: random seed of the selection of rows.

    Shapes:
        train_x (M, features), train_y (M,), test_x (N, features); returns (N, classes), rows that sum to one.

    Raises:
        DataError: when the arrays do not match.
    """
    y = _labels(train_y, classes)
    rows = _random_rows(len(y), seed)
    x, test, y = *_standardized(train_x, test_x, y, rows), y[rows]
    present = np.unique(y)
    probabilities = np.zeros((len(test), classes))
    if len(present) == 1:
        probabilities[:, present] = 1
        return probabilities
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression  # takes a second to import

    model = LogisticRegression(C=1 / (PENALTY * len(y)), max_iter=ROUNDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, y)
    predicted = model.predict_proba(test).astype(np.float64)
    probabilities[:, present] = predicted / predicted.sum(1, keepdims=True)
    return probabilities


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
    y = _labels(train_y, classes)
    x, test = _features(train_x, test_x, y)
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


def linear_regression(train_x: ArrayLike, train_y: ArrayLike, test_x: ArrayLike, seed: int = 0) -> Array:
    r"""Predictions of a ridge regression on standardized features, with a small penalty.

        minimize  sum((x @ weights + mean(train_y) - train_y)**2) + sum(weights**2),  x standardized

    Rows and columns are limited as in `linear_classifier`; the penalty of 1 matters only with few rows or
    collinear columns.

    Shapes:
        train_x (M, features), train_y (M,) or (M, columns), test_x (N, features); returns (N,) or (N,
        columns).

    Raises:
        DataError: when the arrays do not match.
    """
    y = np.asarray(train_y, dtype=np.float64)
    rows = _random_rows(len(y), seed)
    x, test = (values.astype(np.float64) for values in _standardized(train_x, test_x, y, rows))
    intercept = y[rows].mean(0)
    weights = np.linalg.solve(x.T @ x + np.eye(x.shape[1]), x.T @ (y[rows] - intercept))
    return test @ weights + intercept


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


def _random_rows(count: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).permutation(count)[:ROWS]


def _standardized(
    train_x: ArrayLike, test_x: ArrayLike, train_y: NDArray, rows: NDArray
) -> tuple[NDArray, NDArray]:
    """The selected training rows and all test rows, reduced and standardized by training statistics;
    float32.
    """
    train, test = _features(train_x, test_x, train_y)
    train, test = _narrowed(train[rows]), _narrowed(test)
    mean, deviation = train.mean(0, dtype=np.float64), train.std(0, dtype=np.float64)
    deviation = np.where(np.ptp(train, axis=0) > 0, np.maximum(deviation, 1e-12), 1)
    # Clipped, since a pixel that is almost constant in training could otherwise dominate the test items.
    train, test = (
        np.clip((part - mean) / deviation, -LIMIT, LIMIT).astype(np.float32) for part in (train, test)
    )
    return train, test


def _narrowed(x: NDArray) -> NDArray:
    """Averages groups of neighboring columns, so that at most COLUMNS columns remain."""
    group = -(-x.shape[1] // COLUMNS)
    if group == 1:
        return x
    starts = np.arange(0, x.shape[1], group)
    return np.add.reduceat(x, starts, axis=1) / np.diff(np.append(starts, x.shape[1]))


def _features(train_x: ArrayLike, test_x: ArrayLike, train_y: NDArray) -> tuple[NDArray, NDArray]:
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


def _labels(labels: ArrayLike, classes: int) -> NDArray[np.int64]:
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
