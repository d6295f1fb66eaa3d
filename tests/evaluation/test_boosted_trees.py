"""Boosted trees against scikit-learn's, and the limit of their work."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from hibiscus.errors import DataError
from hibiscus.evaluation import boosted_trees
from hibiscus.evaluation.boosted_trees import (
    affordable_rows,
    boosted_classifier,
    boosted_labels,
    boosted_regression,
)

X = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
Y = ((X[:, 0] > 0) ^ (X[:, 1] > 0)).astype(np.int64)  # no linear model finds it


def test_classes_that_no_linear_model_separates():
    p = boosted_classifier(X[:150], 2 * Y[:150], X[150:], 4)
    peer = HistGradientBoostingClassifier(max_iter=100, early_stopping=False, random_state=0).fit(
        X[:150], Y[:150]
    )
    np.testing.assert_allclose(p[:, [0, 2]], peer.predict_proba(X[150:]))
    assert (p[:, [1, 3]] == 0).all()
    assert (p.argmax(1) == 2 * Y[150:]).mean() > 0.8
    np.testing.assert_array_equal(
        boosted_classifier(X, np.ones(200, int), X, 2), np.eye(2)[np.ones(200, int)]
    )


def test_columns_of_targets():
    targets = np.stack([X[:, 0] ** 2, X[:, 1]], 1).astype(np.float64)
    predicted = boosted_regression(X[:150], targets[:150], X[150:])
    for k in range(2):
        peer = HistGradientBoostingRegressor(max_iter=100, early_stopping=False, random_state=0)
        np.testing.assert_allclose(predicted[:, k], peer.fit(X[:150], targets[:150, k]).predict(X[150:]))


@pytest.mark.parametrize(
    ("rows", "features", "outputs", "expected"),
    [(500, 10, 1, 500), (100_000, 100, 1, 40_000), (100_000, 1000, 10, 1000), (10**6, 10**5, 10, 1000)],
)
def test_rows_within_the_limit_of_work(rows, features, outputs, expected):
    assert affordable_rows(rows, features, outputs) == expected


def test_fewer_rows_are_drawn_at_random(monkeypatch):
    monkeypatch.setattr(boosted_trees, "affordable_rows", lambda *_: 100)
    order = np.argsort(Y)
    p = boosted_classifier(X[order], Y[order], X, 2)
    assert (p.argmax(1) == Y).mean() > 0.7


def test_categories_and_missing_values_are_those_of_scikit_learn():
    rng = np.random.default_rng(2)
    codes, number = rng.integers(0, 30, 400).astype(float), rng.normal(size=400)
    codes[rng.uniform(size=400) < 0.1] = number[rng.uniform(size=400) < 0.2] = np.nan
    x = np.stack([codes, number], 1)
    y = ((np.nan_to_num(codes) % 3 == 0) ^ np.isnan(number)).astype(np.int64)
    p = boosted_classifier(x[:300], y[:300], x[300:], 2, [True, False])
    peer = HistGradientBoostingClassifier(
        early_stopping=False, random_state=0, categorical_features=[True, False]
    ).fit(x[:300], y[:300])
    np.testing.assert_allclose(p, peer.predict_proba(x[300:]))


def test_labels_are_classified_one_by_one():
    labels = np.stack([Y, 1 - Y], 1)
    p = boosted_labels(X[:150], labels[:150], X[150:])
    np.testing.assert_allclose(p[:, 0], boosted_classifier(X[:150], Y[:150], X[150:], 2)[:, 1])
    assert p.shape == (50, 2)


def test_infinite_features_and_shapes_that_differ():
    with pytest.raises(DataError, match="infinite"):
        boosted_classifier(np.array([[np.inf], [1.0]]), [0, 1], np.ones((1, 1)), 2)
    with pytest.raises(DataError, match="same columns"):
        boosted_regression(X[:, :2], X[:, :1], X)
