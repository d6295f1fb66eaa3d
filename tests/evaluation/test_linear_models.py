"""Linear baselines against scikit-learn's models, and at the edges."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits
from sklearn.linear_model import LogisticRegression, Ridge

from hibiscus.errors import DataError
from hibiscus.evaluation import linear_models
from hibiscus.evaluation.linear_models import linear_classifier, linear_labels, linear_regression
from hibiscus.metrics.classification import accuracy
from hibiscus.metrics.regression import regression_metrics


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    return x[:1200], y[:1200], x[1200:], y[1200:]


def test_linear_classifier_is_a_good_linear_classifier(digits):
    train_x, train_y, test_x, test_y = digits
    p = linear_classifier(train_x, train_y, test_x, 10)
    np.testing.assert_allclose(p.sum(1), 1)
    deviation = np.where(train_x.std(0) > 0, train_x.std(0), 1)
    z = [np.clip((x - train_x.mean(0)) / deviation, -10, 10) for x in (train_x, test_x)]
    peer = LogisticRegression(C=100 / len(train_y), max_iter=2000, tol=1e-8).fit(z[0], train_y)
    np.testing.assert_allclose(p, peer.predict_proba(z[1]), atol=0.02)
    assert accuracy(p, test_y) > 0.9
    np.testing.assert_array_equal(p, linear_classifier(train_x, train_y, test_x, 10))


def test_a_larger_penalty_gives_smaller_weights_as_in_the_peer(digits):
    train_x, train_y, test_x, _ = digits
    p = linear_classifier(train_x, train_y, test_x, 10, penalty=0.1)
    deviation = np.where(train_x.std(0) > 0, train_x.std(0), 1)
    z = [np.clip((x - train_x.mean(0)) / deviation, -10, 10) for x in (train_x, test_x)]
    peer = LogisticRegression(C=10 / len(train_y), max_iter=2000, tol=1e-8).fit(z[0], train_y)
    np.testing.assert_allclose(p, peer.predict_proba(z[1]), atol=0.02)


def test_linear_classifier_with_absent_classes_constant_columns_and_one_class():
    rng = np.random.default_rng(0)
    x = np.hstack([rng.normal(size=(60, 3)), np.full((60, 1), 0.1)])
    y = np.where(x[:, 0] > 0, 4, 2)
    p = linear_classifier(x, y, x, 6)
    assert accuracy(p, y) > 0.9
    assert (p[:, [0, 1, 3, 5]] == 0).all()
    only = linear_classifier(x, np.full(60, 2), x, 6)
    np.testing.assert_array_equal(only, np.eye(6)[np.full(60, 2)])


def test_more_rows_than_the_subset_are_all_used(monkeypatch):
    """The second half of the rows has another label in a region that the subset does not show well."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 3000)
    x = (rng.normal(size=(3000, 20)) + 0.6 * y[:, None] * np.arange(20) / 20).astype(np.float32)
    z = (x - x.mean(0)) / x.std(0)
    monkeypatch.setattr(linear_models, "SUBSET", 300)
    peer = LogisticRegression(C=1 / (0.01 * 300), max_iter=2000, tol=1e-8).fit(z, y)
    np.testing.assert_allclose(linear_classifier(x, y, x, 3), peer.predict_proba(z), atol=0.02)


def test_the_number_of_evaluations_is_limited_by_their_cost(monkeypatch):
    seen = []
    monkeypatch.setattr(linear_models, "_minimize", lambda *arguments: seen.append(arguments[-1]))
    monkeypatch.setattr(linear_models, "SUBSET", 100)
    x, y = np.random.default_rng(0).normal(size=(200, 5)), np.arange(200) % 2
    linear_classifier(x, y, x, 2)
    monkeypatch.setattr(linear_models, "COST", 0)
    linear_classifier(x, y, x, 2)
    linear_classifier(x[:100], y[:100], x, 2)
    assert seen == [80, 200, 80, linear_models.FEWEST, 200]


def test_labels_are_fitted_one_by_one(digits):
    train_x, train_y, test_x, _ = digits
    labels = np.stack([train_y % 2, train_y > 4], 1)
    p = linear_labels(train_x, labels, test_x)
    deviation = np.where(train_x.std(0) > 0, train_x.std(0), 1)
    z = [np.clip((x - train_x.mean(0)) / deviation, -10, 10) for x in (train_x, test_x)]
    for k in range(2):
        peer = LogisticRegression(C=100 / len(train_y), max_iter=2000, tol=1e-8).fit(z[0], labels[:, k])
        np.testing.assert_allclose(p[:, k], peer.predict_proba(z[1])[:, 1], atol=0.02)


def test_linear_regression_is_ridge_on_standardized_features():
    x, y = load_diabetes(return_X_y=True)
    train, test = slice(0, 300), slice(300, None)
    ours = linear_regression(x[train], y[train], x[test])
    z = (x - x[train].mean(0)) / x[train].std(0)
    np.testing.assert_allclose(ours, Ridge(alpha=1).fit(z[train], y[train]).predict(z[test]), rtol=1e-4)
    assert regression_metrics(ours, y[test])["r2"] > 0.4
    both = linear_regression(x[train], np.stack([y, -y], 1)[train], x[test])
    np.testing.assert_allclose(both, np.stack([ours, -ours], 1))


def test_rows_beyond_the_limit_are_drawn_at_random(monkeypatch):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5000, 3))
    y = x @ [1.0, 2.0, 3.0]
    monkeypatch.setattr(linear_models, "RIDGE_COST", 9 * 500)
    np.testing.assert_allclose(linear_regression(x, y, x), y, atol=0.1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: linear_classifier(np.zeros((3, 2)), [0, 1], np.zeros((3, 2)), 2),
        lambda: linear_classifier(np.zeros((3, 2, 2)), [0, 1, 1], np.zeros((3, 2, 2)), 2),
        lambda: linear_regression(np.zeros((3, 2)), np.zeros(2), np.zeros((3, 2))),
        lambda: linear_labels(np.zeros((3, 2)), np.zeros((2, 2)), np.zeros((3, 2))),
    ],
)
def test_errors(call):
    with pytest.raises(DataError) as caught:
        call()
    assert caught.value.fix
