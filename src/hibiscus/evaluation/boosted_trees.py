"""Gradient-boosted trees, the baseline for tables: scikit-learn's, with its defaults and bounded work."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.data.lazy_rows import LazyRows
from hibiscus.evaluation.baselines import (
    Predictor,
    checked_features,
    checked_labels,
    finite_chunks,
    of_all_classes,
    predict_in_chunks,
)
from hibiscus.progress import step

__all__ = ["ROUNDS", "affordable_rows", "boosted_classifier", "boosted_regression"]

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
    seed: int = 0,
) -> Array:
    r"""Probabilities of gradient-boosted trees: 100 rounds, learning rate 0.1, at most 31 leaves.

    Args:
        train_x: features.
        train_y: labels in 0 .. classes - 1; absent classes get probability 0.
        test_x: features for which to predict.
        classes: number of classes.
        seed: random seed of the rows, where they are limited.

    Shapes:
        train_x (M, features), train_y (M,), test_x (N, features); returns (N, classes), rows that sum to one.

    Raises:
        DataError: when the arrays do not match.
    """
    y = checked_labels(train_y, classes)
    train, test = checked_features(train_x, test_x, y)

    def fit(number: NDArray[np.int64], present: int) -> Predictor:
        from sklearn.ensemble import HistGradientBoostingClassifier  # a second to import

        rows = _rows(len(y), train.shape[1], present if present > 2 else 1, seed)
        model = HistGradientBoostingClassifier(max_iter=ROUNDS, early_stopping=False, random_state=seed)  # type: ignore[arg-type]
        with step(f"fitting boosted trees on {len(rows):,} rows"):
            model.fit(_finite(train[rows]), number[rows])

        def predict(x: np.ndarray) -> Array:
            probabilities = np.zeros((len(x), present))
            probabilities[:, np.asarray(model.classes_)] = model.predict_proba(x)  # the rows may lack a class
            return probabilities

        return predict

    return predict_in_chunks(test, of_all_classes(y, classes, fit), (classes,))


@step("fitting boosted trees")
def boosted_regression(
    train_x: ArrayLike | LazyRows, train_y: ArrayLike, test_x: ArrayLike | LazyRows, seed: int = 0
) -> Array:
    r"""Predictions of gradient-boosted trees on the squared error, as `boosted_classifier`, for each column.

    Shapes:
        train_x (M, features), train_y (M, columns), test_x (N, features); returns (N, columns).

    Raises:
        DataError: when the arrays do not match.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor  # a second to import

    y = np.asarray(train_y, dtype=np.float64)
    train, test = checked_features(train_x, test_x, y)
    rows = _rows(len(y), train.shape[1], y.shape[1], seed)
    models, x = [], _finite(train[rows])
    with step(f"fitting boosted trees on {len(rows):,} rows", y.shape[1]) as progress:
        for column in y[rows].T:
            model = HistGradientBoostingRegressor(max_iter=ROUNDS, early_stopping=False, random_state=seed)  # type: ignore[arg-type]
            models.append(model.fit(x, column))
            progress.advance()
    return predict_in_chunks(
        test, lambda chunk: np.stack([model.predict(chunk) for model in models], axis=1), y.shape[1:]
    )


def _finite(x: np.ndarray) -> np.ndarray:
    """The features; raises DataError if a value is not finite."""
    for _ in finite_chunks(x):
        pass
    return x


def _rows(count: int, features: int, outputs: int, seed: int) -> NDArray[np.int64]:
    """Random rows, as many as are affordable, in their order."""
    kept = affordable_rows(count, features, outputs)
    return np.sort(np.random.default_rng(seed).permutation(count)[:kept])
