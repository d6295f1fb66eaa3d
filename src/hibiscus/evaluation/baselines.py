"""Baselines: results of simple methods on the same data, which a useful network has to beat.

Baselines that ignore the features return metrics; the others return predictions for the test part. Features
may be `LazyRows`: they are read in chunks, so that memory does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.data.lazy_rows import VALUES_AT_ONCE, LazyRows, Rows, as_rows, chunks
from hibiscus.errors import DataError
from hibiscus.metrics.classification import classification_metrics
from hibiscus.metrics.regression import regression_metrics

__all__ = [
    "Predictor",
    "checked_features",
    "checked_labels",
    "finite_chunks",
    "label_frequencies",
    "majority_class",
    "mean_value",
    "nearest_mean",
    "of_all_classes",
    "predict_in_chunks",
    "principal_components",
    "random_guess",
]

Array = NDArray[np.float64]
Predictor = Callable[[np.ndarray], Array]  # maps float32 features (rows, features) to predictions

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


def nearest_mean(
    train_x: ArrayLike | LazyRows, train_y: ArrayLike, test_x: ArrayLike | LazyRows, classes: int
) -> Array:
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
    count, means = np.bincount(y, minlength=classes), _class_means(x, y, classes)
    squares = sum(float(((few - means[labels]) ** 2).sum()) for few, labels in _first_rows(x, y))
    variance = max(squares / (min(len(y), ROWS) * x.shape[1]), 1e-12)
    norms = (means**2).sum(1)

    def log_probabilities(products: Array, scale: float) -> Array:  # (rows, classes); |x|**2 cancels
        score = (products - norms) / (2 * scale * variance)
        score = np.where(count > 0, score, -np.inf)
        score -= score.max(1, keepdims=True)
        return score - np.log(np.exp(score).sum(1, keepdims=True))

    products = np.concatenate([2 * few @ means.T for few, _ in _first_rows(x, y)])
    true = np.arange(len(products)), y[:ROWS]
    scale = max(
        (2.0**k for k in range(16)), key=lambda scale: log_probabilities(products, scale)[true].mean()
    )
    return predict_in_chunks(
        test, lambda chunk: np.exp(log_probabilities(2 * chunk @ means.T, scale)), (classes,)
    )


def _first_rows(x: Rows, y: NDArray[np.int64]) -> Iterator[tuple[np.ndarray, NDArray[np.int64]]]:
    """The features and labels of the first items, in chunks."""
    first = LazyRows(x.__getitem__, np.arange(min(len(y), ROWS)))
    return ((chunk, y[place]) for place, chunk in chunks(first))


def _class_means(x: Rows, y: NDArray[np.int64], classes: int) -> Array:
    """The mean of each class, zeros for a class without items."""
    means = np.zeros((classes, x.shape[1]))
    for place, chunk in finite_chunks(x):
        for label in np.unique(y[place]):
            means[label] += chunk[y[place] == label].sum(0, dtype=np.float64)
    return means / np.maximum(np.bincount(y, minlength=classes), 1)[:, None]


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


def checked_features(
    train_x: ArrayLike | LazyRows, test_x: ArrayLike | LazyRows, train_y: NDArray
) -> tuple[Rows, Rows]:
    """Both parts as float32 (rows, features); raises DataError if they do not match."""
    train, test = as_rows(train_x), as_rows(test_x)
    matching = len(train.shape) == len(test.shape) == 2 and train.shape[1] == test.shape[1]
    if not matching or not len(train) == len(train_y) > 0 or train.shape[1] == 0:
        raise DataError(
            f"train_x {train.shape}, train_y {train_y.shape}, test_x {test.shape}",
            "(M, features), (M, ...) and (N, features), with at least one training item",
            "flatten images first: x.reshape(len(x), -1)",
        )
    return train, test


def finite_chunks(rows: Rows) -> Iterator[tuple[slice, np.ndarray]]:
    """As `chunks`; raises DataError if a value is not finite."""
    for place, chunk in chunks(rows):
        if not np.isfinite(chunk).all():
            expected, fix = "finite numbers", "impute or drop missing values first"
            raise DataError("features that are not finite", expected, fix)
        yield place, chunk


def predict_in_chunks(
    rows: Rows, predict: Callable[[np.ndarray], np.ndarray], shape: tuple[int, ...] = ()
) -> Array:
    """The predictions `(rows, *shape)` for features that are read in chunks; DataError if not finite."""
    predicted = np.zeros((len(rows), *shape))
    for place, chunk in finite_chunks(rows):
        step = max(1, VALUES_AT_ONCE // max(1, *shape)) if shape else len(chunk)
        for start in range(0, len(chunk), step):  # of many classes, fewer rows at a time
            some = chunk[start : start + step]
            predicted[place.start + start : place.start + start + len(some)] = predict(some)
    return predicted


def of_all_classes(
    train_y: NDArray[np.int64], classes: int, fit: Callable[[NDArray[np.int64], int], Predictor]
) -> Predictor:
    """A classifier that knows only the classes of its training labels: maps features to `(rows, classes)`.

    Args:
        train_y: labels in 0 .. classes - 1.
        classes: number of classes; those that `train_y` lacks get probability 0.
        fit: returns a classifier from labels in 0 .. present - 1; not called for a single class.
    """
    present, number = np.unique(train_y, return_inverse=True)
    inner = fit(number.astype(np.int64), len(present)) if len(present) > 1 else None

    def predict(x: np.ndarray) -> Array:
        probabilities = np.zeros((len(x), classes))
        probabilities[:, present] = 1 if inner is None else inner(x)
        return probabilities

    return predict


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
