"""What the simplest methods reach on the same data; a network has to beat them to have learnt anything.

Each learns from the training part only. Those that look at no features answer with metrics, the others with predictions
for the test part, to be scored like any method's.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.errors import DataError
from hibiscus.metrics.classification import classification_metrics
from hibiscus.metrics.regression import regression_metrics

__all__ = ["linear_classifier", "linear_regression", "majority_class", "mean_value", "nearest_mean", "principal_components", "random_guess"]

Array = NDArray[np.float64]

ROWS, COLUMNS, ROUNDS = 10_000, 3_072, 200  # a baseline must not take longer than what it is the baseline of
PENALTY = 0.01  # of the mean loss per unit of squared weight: 91 % on MNIST and 36 % on CIFAR-10 from 10,000 rows
LIMIT = 10.0  # standard deviations beyond which a feature is cut off


def majority_class(train_labels: ArrayLike, test_labels: ArrayLike, classes: int) -> dict[str, float]:
    r"""The metrics of always answering with the most frequent training class.

        probabilities = count(train_labels) / len(train_labels)      for every test item

    The answers carry the training shares of all classes, so nll is that of the best answer that looks at nothing.

    Shapes:
        train_labels (M,), test_labels (N,), integers in 0 .. classes - 1; returns name to value, as `classification_metrics`.

    Raises:
        DataError: when there are no labels, or one is out of range.
    """
    train, test = _labels(train_labels, classes), _labels(test_labels, classes)
    shares = np.bincount(train, minlength=classes) / len(train)
    return classification_metrics(np.tile(shares, (len(test), 1)), test)


def random_guess(test_labels: ArrayLike, classes: int) -> dict[str, float]:
    r"""The metrics to expect of drawing every answer evenly from the classes while claiming 1 / classes for each.

        accuracy = balanced_accuracy = 1 / classes,      top5_error = 1 - 5 / classes,      nll = log(classes),
        brier = 1 - 1 / classes,      ece = 0,      roc_auc = 1 / 2,
        macro_f1 = mean(2 * share / (1 + classes * share)),      share = count(test_labels) / N

    These are expectations (macro_f1 for many items), so nothing is drawn.

    Shapes:
        test_labels (N,), integers in 0 .. classes - 1; returns name to value, as `classification_metrics`.

    Raises:
        DataError: when there are no labels, or one is out of range.
    """
    test = _labels(test_labels, classes)
    share = np.bincount(test, minlength=classes) / len(test)
    metrics = {"accuracy": 1 / classes}
    if classes > 5:
        metrics["top5_error"] = 1 - 5 / classes
    metrics |= {
        "balanced_accuracy": 1 / classes,
        "macro_f1": float((2 * share / (1 + classes * share)).mean()),
        "nll": float(np.log(classes)),
        "ece": 0.0,
        "brier": 1 - 1 / classes,
    }
    if classes == 2 and 0 < test.sum() < len(test):
        metrics["roc_auc"] = 0.5
    return metrics


def linear_classifier(train_x: ArrayLike, train_y: ArrayLike, test_x: ArrayLike, classes: int, seed: int = 0) -> Array:
    r"""Probabilities from a linear layer and a softmax on standardised features (scikit-learn's logistic regression).

        minimise  mean(cross_entropy(x @ weights + bias, train_y)) + PENALTY / 2 * sum(weights**2),      x standardised

    To stay quick, at most ROWS random rows, COLUMNS columns (wider rows are averaged over neighbours) and ROUNDS rounds of
    L-BFGS are used, converged or not.

    Args:
        train_x: features, already flat.
        train_y: labels in 0 .. classes - 1; a class that is not among them gets probability 0.
        test_x: features to answer for.
        classes: number of classes.
        seed: of the choice of rows.

    Shapes:
        train_x (M, features), train_y (M,), test_x (N, features); returns (N, classes), rows that sum to one.

    Raises:
        DataError: when the arrays do not fit together.
    """
    y = _labels(train_y, classes)
    rows = _some_rows(len(y), seed)
    x, test, y = *_standardized(train_x, test_x, y, rows), y[rows]
    seen = np.unique(y)
    probabilities = np.zeros((len(test), classes))
    if len(seen) == 1:
        probabilities[:, seen] = 1
        return probabilities
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression  # a second to import

    model = LogisticRegression(C=1 / (PENALTY * len(y)), max_iter=ROUNDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, y)
    answers = model.predict_proba(test).astype(np.float64)
    probabilities[:, seen] = answers / answers.sum(1, keepdims=True)
    return probabilities


def nearest_mean(train_x: ArrayLike, train_y: ArrayLike, test_x: ArrayLike, classes: int) -> Array:
    r"""Probabilities from the distance to each class's mean: the simplest classifier that looks at the features.

        probabilities = softmax(-distance**2 / (2 * variance)),      distance = |x - mean of class|

    One round normal distribution per class, all of one variance and equally frequent. The variance is that around the
    training means times the power of two (up to 2**15) with the lowest training nll: neighbouring pixels repeat each
    other, and taken as independent they would make every answer far too sure. Features are taken as they are, so
    scale a table first. A class without training items gets 0.

    Shapes:
        train_x (M, features), train_y (M,), test_x (N, features); returns (N, classes), rows that sum to one.

    Raises:
        DataError: when the arrays do not fit together.
    """
    y = _labels(train_y, classes)
    x, test = _features(train_x, test_x, y)
    count = np.bincount(y, minlength=classes)
    means = np.zeros((classes, x.shape[1]))
    for label in np.flatnonzero(count):
        means[label] = x[y == label].mean(0, dtype=np.float64)
    some = slice(None, ROWS)
    variance = max(float(np.mean((x[some] - means[y[some]]) ** 2)), 1e-12)

    def log_answers(rows: NDArray, scale: float) -> Array:  # (rows, classes); what all classes share of distance**2 cancels
        score = (2 * rows @ means.T - (means**2).sum(1)) / (2 * scale * variance)
        score = np.where(count > 0, score, -np.inf)
        score -= score.max(1, keepdims=True)
        return score - np.log(np.exp(score).sum(1, keepdims=True))

    own = np.arange(len(y[some])), y[some]
    scale = max((2.0**k for k in range(16)), key=lambda scale: log_answers(x[some], scale)[own].mean())
    return np.exp(log_answers(test, scale))


def mean_value(train_y: ArrayLike, test_y: ArrayLike) -> dict[str, float]:
    r"""The metrics of always answering with the mean of the training targets.

        prediction = mean(train_y)      for every test item

    Shapes:
        train_y (M,) or (M, columns), test_y (N,) or (N, columns); returns name to value, as `regression_metrics`.

    Raises:
        DataError: when the shapes do not fit, or a value is not finite.
    """
    train, test = np.asarray(train_y, dtype=np.float64), np.asarray(test_y, dtype=np.float64)
    if train.size == 0 or train.shape[1:] != test.shape[1:]:
        raise DataError(f"train_y {train.shape}, test_y {test.shape}", "the same columns", "pass the targets of both parts")
    return regression_metrics(np.broadcast_to(train.mean(0), test.shape), test)


def linear_regression(train_x: ArrayLike, train_y: ArrayLike, test_x: ArrayLike, seed: int = 0) -> Array:
    r"""Predictions of a linear layer on standardised features, by least squares with a slight penalty (ridge).

        minimise  sum((x @ weights + mean(train_y) - train_y)**2) + sum(weights**2),      x standardised

    Rows and columns are limited as in `linear_classifier`; the penalty of 1 only matters with few rows or twin columns.

    Shapes:
        train_x (M, features), train_y (M,) or (M, columns), test_x (N, features); returns (N,) or (N, columns).

    Raises:
        DataError: when the arrays do not fit together.
    """
    y = np.asarray(train_y, dtype=np.float64)
    rows = _some_rows(len(y), seed)
    x, test = (values.astype(np.float64) for values in _standardized(train_x, test_x, y, rows))
    level = y[rows].mean(0)
    weights = np.linalg.solve(x.T @ x + np.eye(x.shape[1]), x.T @ (y[rows] - level))
    return test @ weights + level


def principal_components(train_x: ArrayLike, count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    r"""The mean of the training items, and the directions in which they spread most: the best linear code of `count` numbers.

        code = (x - mean) @ axes.T,    back = code @ axes + mean,    axes @ axes.T = identity

    The directions are found by a randomised method (scikit-learn's PCA, always from the same seed).

    Args:
        train_x: features, already flat.
        count: how many directions, at most as many as there are items and features.

    Shapes:
        train_x (M, features); returns mean (features,) and axes (count, features), float32.

    Raises:
        DataError: another number of axes, or more directions than items or features.

    Reference: Halko, Martinsson, Tropp, "Finding Structure with Randomness", 2009, arXiv 0909.4061.
    """
    train = np.asarray(train_x, dtype=np.float32)
    if train.ndim != 2 or not 1 <= count <= min(train.shape):
        raise DataError(f"{count} directions of features {train.shape}", "(M, features), 1 to min(M, features) directions", "ask for fewer")
    from sklearn.decomposition import PCA

    fitted = PCA(count, svd_solver="randomized", random_state=0).fit(train)
    return np.asarray(fitted.mean_, np.float32), np.asarray(fitted.components_, np.float32)


def _some_rows(count: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).permutation(count)[:ROWS]


def _standardized(train_x: ArrayLike, test_x: ArrayLike, train_y: NDArray, rows: NDArray) -> tuple[NDArray, NDArray]:
    """The chosen training rows and all test rows, narrowed, with mean 0 and deviation 1 over the former; float32."""
    train, test = _features(train_x, test_x, train_y)
    train, test = _narrowed(train[rows]), _narrowed(test)
    mean, deviation = train.mean(0, dtype=np.float64), train.std(0, dtype=np.float64)
    deviation = np.where(np.ptp(train, axis=0) > 0, np.maximum(deviation, 1e-12), 1)
    # A pixel that hardly ever lights up in training would outshout all others in the test part: hence the limit.
    train, test = (np.clip((part - mean) / deviation, -LIMIT, LIMIT).astype(np.float32) for part in (train, test))
    return train, test


def _narrowed(x: NDArray) -> NDArray:
    """Rows averaged over runs of neighbouring columns until there are at most COLUMNS of them."""
    run = -(-x.shape[1] // COLUMNS)
    if run == 1:
        return x
    starts = np.arange(0, x.shape[1], run)
    return np.add.reduceat(x, starts, axis=1) / np.diff(np.append(starts, x.shape[1]))


def _features(train_x: ArrayLike, test_x: ArrayLike, train_y: NDArray) -> tuple[NDArray, NDArray]:
    train, test = np.asarray(train_x, dtype=np.float32), np.asarray(test_x, dtype=np.float32)
    fits = train.ndim == test.ndim == 2 and train.shape[1] == test.shape[1] and len(train) == len(train_y) > 0
    if not fits or train.shape[1] == 0:
        raise DataError(
            f"train_x {train.shape}, train_y {train_y.shape}, test_x {test.shape}",
            "(M, features), (M, ...) and (N, features), with one training item or more",
            "flatten images first: x.reshape(len(x), -1)",
        )
    if not (np.isfinite(train).all() and np.isfinite(test).all()):
        raise DataError("features that are not finite", "finite numbers", "fill or drop the missing values first")
    return train, test


def _labels(labels: ArrayLike, classes: int) -> NDArray[np.int64]:
    y = np.asarray(labels)
    if y.ndim != 1 or len(y) == 0 or classes < 2 or not np.issubdtype(y.dtype, np.integer) or y.min() < 0 or y.max() >= classes:
        raise DataError(
            f"labels of shape {y.shape}, type {y.dtype}, for {classes} classes",
            "one integer per item, from 0 to classes - 1, and two classes or more",
            "number the classes from 0",
        )
    return y.astype(np.int64)
