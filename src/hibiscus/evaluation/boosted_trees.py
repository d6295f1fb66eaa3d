"""Gradient-boosted trees, the baseline for tables: scikit-learn's, with its defaults and bounded work."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.evaluation.baselines import checked_features, checked_labels, of_all_classes
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
    train_x: ArrayLike, train_y: ArrayLike, test_x: ArrayLike, classes: int, seed: int = 0
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

    def fit(number: NDArray[np.int64], present: int) -> Array:
        from sklearn.ensemble import HistGradientBoostingClassifier  # a second to import

        rows = _rows(len(y), train.shape[1], present if present > 2 else 1, seed)
        model = HistGradientBoostingClassifier(max_iter=ROUNDS, early_stopping=False, random_state=seed)  # type: ignore[arg-type]
        probabilities = np.zeros((len(test), present))
        with step(f"fitting boosted trees on {len(rows):,} rows"):
            model.fit(train[rows], number[rows])
            probabilities[:, np.asarray(model.classes_)] = model.predict_proba(
                test
            )  # the rows may lack a class
        return probabilities

    return of_all_classes(y, len(test), classes, fit)


@step("fitting boosted trees")
def boosted_regression(train_x: ArrayLike, train_y: ArrayLike, test_x: ArrayLike, seed: int = 0) -> Array:
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
    columns = []
    with step(f"fitting boosted trees on {len(rows):,} rows", y.shape[1]) as progress:
        for column in y[rows].T:
            model = HistGradientBoostingRegressor(max_iter=ROUNDS, early_stopping=False, random_state=seed)  # type: ignore[arg-type]
            columns.append(model.fit(train[rows], column).predict(test))
            progress.advance()
    return np.stack(columns, axis=1)


def _rows(count: int, features: int, outputs: int, seed: int) -> NDArray[np.int64]:
    """Random rows, as many as are affordable, in their order."""
    kept = affordable_rows(count, features, outputs)
    return np.sort(np.random.default_rng(seed).permutation(count)[:kept])
