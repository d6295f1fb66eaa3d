"""Gradient-boosted trees, the baseline for tables: scikit-learn's, with its defaults and bounded work.

They take the columns as they are: missing values as NaN, and categories as codes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.data.lazy_rows import LazyRows, Rows, as_rows, chunks
from hibiscus.errors import DataError
from hibiscus.evaluation.baselines import Predictor, checked_labels, of_all_classes
from hibiscus.progress import step

__all__ = ["ROUNDS", "affordable_rows", "boosted_classifier", "boosted_labels", "boosted_regression"]

Array = NDArray[np.float64]

ROUNDS = 100  # trees for each output
COST = 4e8  # values read by all trees: about ten seconds on two cores


def affordable_rows(rows: int, features: int, outputs: int) -> int:
    """On how many rows the trees are fitted within the limit of work."""
    return min(rows, max(1000, int(COST / (ROUNDS * features * outputs))))


@step("fitting boosted trees")
def boosted_classifier(
    train_x: ArrayLike | LazyRows,
    train_y: ArrayLike,
    test_x: ArrayLike | LazyRows,
    classes: int,
    categorical: ArrayLike | None = None,
    outputs: int = 0,
    seed: int = 0,
) -> Array:
    r"""Probabilities of gradient-boosted trees: 100 rounds, learning rate 0.1, at most 31 leaves.

    Args:
        train_x: features; NaN where a value is missing.
        train_y: labels in 0 .. classes - 1; absent classes get probability 0.
        test_x: features for which to predict.
        classes: number of classes.
        categorical: which features are codes of categories, 0 .. 254, rather than numbers; none by default.
        outputs: for how many outputs trees are fitted, which limits the rows; by default as for the classes.
        seed: random seed of the rows, where they are limited.

    Shapes:
        train_x (M, features), train_y (M,), test_x (N, features), categorical (features,); returns (N,
        classes), rows that sum to one.

    Raises:
        DataError: when the arrays do not match, or a feature is infinite.
    """
    y = checked_labels(train_y, classes)
    train, test, codes = _checked(train_x, test_x, y, categorical)

    def fit(number: NDArray[np.int64], present: int) -> Predictor:
        from sklearn.ensemble import HistGradientBoostingClassifier  # a second to import

        rows = _rows(len(y), train.shape[1], outputs or (present if present > 2 else 1), seed)
        model = HistGradientBoostingClassifier(**_options(codes, seed))
        with step(f"fitting boosted trees on {len(rows):,} rows"):
            model.fit(_not_infinite(train[rows]), number[rows])

        def predict(x: np.ndarray) -> Array:
            probabilities = np.zeros((len(x), present))
            probabilities[:, np.asarray(model.classes_)] = model.predict_proba(x)  # the rows may lack a class
            return probabilities

        return predict

    return _predict(test, of_all_classes(y, classes, fit), (classes,))


def boosted_labels(
    train_x: ArrayLike | LazyRows,
    train_y: ArrayLike,
    test_x: ArrayLike | LazyRows,
    categorical: ArrayLike | None = None,
    seed: int = 0,
) -> Array:
    r"""Probabilities of several labels, each from trees of its own, as `boosted_classifier`.

    Shapes:
        train_x (M, features), train_y (M, labels) of zeros and ones, test_x (N, features), categorical
        (features,); returns (N, labels), each in [0, 1].

    Raises:
        DataError: when the arrays do not match, or a feature is infinite.
    """
    y = np.asarray(train_y).astype(np.int64)
    columns = [
        boosted_classifier(train_x, label, test_x, 2, categorical, y.shape[1], seed)[:, 1] for label in y.T
    ]
    return np.stack(columns, axis=1)


@step("fitting boosted trees")
def boosted_regression(
    train_x: ArrayLike | LazyRows,
    train_y: ArrayLike,
    test_x: ArrayLike | LazyRows,
    categorical: ArrayLike | None = None,
    seed: int = 0,
) -> Array:
    r"""Predictions of gradient-boosted trees on the squared error, as `boosted_classifier`, for each column.

    Shapes:
        train_x (M, features), train_y (M, columns), test_x (N, features), categorical (features,); returns
        (N, columns).

    Raises:
        DataError: when the arrays do not match, or a feature is infinite.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor  # a second to import

    y = np.asarray(train_y, dtype=np.float64)
    train, test, codes = _checked(train_x, test_x, y, categorical)
    rows = _rows(len(y), train.shape[1], y.shape[1], seed)
    models, x = [], _not_infinite(train[rows])
    with step(f"fitting boosted trees on {len(rows):,} rows", y.shape[1]) as progress:
        for column in y[rows].T:
            model = HistGradientBoostingRegressor(**_options(codes, seed))
            models.append(model.fit(x, column))
            progress.advance()
    return _predict(test, lambda chunk: np.stack([m.predict(chunk) for m in models], axis=1), y.shape[1:])


def _checked(
    train_x: ArrayLike | LazyRows, test_x: ArrayLike | LazyRows, y: NDArray, categorical: ArrayLike | None
) -> tuple[Rows, Rows, NDArray[np.bool_]]:
    """Both parts as float64 (rows, features), and which features are categories."""
    train, test = as_rows(train_x, np.float64), as_rows(test_x, np.float64)
    codes = np.zeros(train.shape[-1:], bool) if categorical is None else np.asarray(categorical, bool)
    matching = len(train.shape) == len(test.shape) == 2 and train.shape[1:] == test.shape[1:] == codes.shape
    if not matching or not len(train) == len(y) > 0 or train.shape[1] == 0:
        raise DataError(
            f"train_x {train.shape}, train_y {y.shape}, test_x {test.shape}, categorical {codes.shape}",
            "(M, features), (M, ...), (N, features) and (features,), with at least one training item",
            "pass both parts with the same columns",
        )
    return train, test, codes


def _options(codes: NDArray[np.bool_], seed: int) -> dict[str, Any]:
    return {
        "max_iter": ROUNDS,
        "early_stopping": False,
        "random_state": seed,
        "categorical_features": codes,
    }


def _not_infinite(x: np.ndarray) -> np.ndarray:
    """The features; raises DataError if a value is infinite."""
    if np.isinf(x).any():
        raise DataError(
            "infinite features", "numbers, or NaN where a value is missing", "replace them by NaN"
        )
    return x


def _predict(rows: Rows, predict: Predictor, shape: tuple[int, ...]) -> Array:
    """The predictions (rows, *shape), a chunk at a time."""
    predicted = np.zeros((len(rows), *shape))
    for place, chunk in chunks(rows):
        predicted[place] = predict(_not_infinite(chunk))
    return predicted


def _rows(count: int, features: int, outputs: int, seed: int) -> NDArray[np.int64]:
    """Random rows, as many as are affordable, in their order."""
    kept = affordable_rows(count, features, outputs)
    return np.sort(np.random.default_rng(seed).permutation(count)[:kept])
