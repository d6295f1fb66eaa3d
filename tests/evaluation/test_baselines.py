"""Baselines against scikit-learn's dummies and models, and at the edges."""

import time

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import NearestCentroid

from hibiscus.errors import DataError
from hibiscus.evaluation.baselines import (
    linear_classifier,
    linear_regression,
    majority_class,
    mean_value,
    nearest_mean,
    principal_components,
    random_guess,
)
from hibiscus.metrics.classification import accuracy, classification_metrics
from hibiscus.metrics.regression import regression_metrics


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    return x[:1200], y[:1200], x[1200:], y[1200:]


def test_majority_class_is_scikit_learns_prior(digits):
    _, _, _, test = digits
    train = np.array([3] * 50 + [1] * 20 + list(range(10)))
    prior = DummyClassifier(strategy="prior").fit(np.zeros((len(train), 1)), train)
    expected = classification_metrics(prior.predict_proba(np.zeros((len(test), 1))), test)
    assert majority_class(train, test, 10) == pytest.approx(expected)
    assert expected["accuracy"] == pytest.approx(np.mean(test == 3))


@pytest.mark.parametrize("classes", [2, 4, 12])
def test_random_guess_is_what_drawing_gives_on_average(classes):
    rng = np.random.default_rng(0)
    labels = np.minimum(rng.geometric(0.4, 40_000) - 1, classes - 1)
    ranking = rng.random((40_000, classes)).argsort(1).argsort(1)
    drawn = 1 / classes + 1e-9 * (ranking - (classes - 1) / 2)  # even up to a random order
    expected = classification_metrics(drawn, labels)
    assert random_guess(labels, classes) == pytest.approx(expected, abs=0.015)
    assert random_guess(labels, classes).keys() == expected.keys()


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


def test_linear_classifier_with_absent_classes_constant_columns_and_one_class():
    rng = np.random.default_rng(0)
    x = np.hstack([rng.normal(size=(60, 3)), np.full((60, 1), 0.1)])
    y = np.where(x[:, 0] > 0, 4, 2)
    p = linear_classifier(x, y, x, 6)
    assert accuracy(p, y) > 0.9
    assert (p[:, [0, 1, 3, 5]] == 0).all()
    only = linear_classifier(x, np.full(60, 2), x, 6)
    np.testing.assert_array_equal(only, np.eye(6)[np.full(60, 2)])


def test_wide_images_and_many_rows_stay_quick():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 12_000)
    x = (rng.normal(size=(12_000, 40)) + y[:, None]).astype(np.float32)
    assert accuracy(linear_classifier(x, y, x, 3, seed=1), y) > 0.9
    wide = np.repeat(x[:300], 200, axis=1)  # 8,000 columns
    start = time.perf_counter()
    assert accuracy(linear_classifier(wide, y[:300], wide, 3), y[:300]) > 0.9
    assert time.perf_counter() - start < 15


def test_unconverged_is_no_warning(monkeypatch, digits):
    monkeypatch.setattr("hibiscus.evaluation.baselines.ROUNDS", 2)
    assert linear_classifier(*digits[:3], 10).shape == (597, 10)


@pytest.mark.filterwarnings(
    "ignore:self.within_class_std_dev_"
)  # scikit-learn, of a pixel that is always dark
def test_nearest_mean_is_scikit_learns(digits):
    train_x, train_y, test_x, test_y = digits
    p = nearest_mean(train_x, train_y, test_x, 11)
    np.testing.assert_allclose(p.sum(1), 1)
    assert (p.argmax(1) == NearestCentroid().fit(train_x, train_y).predict(test_x)).mean() > 0.999
    assert (p[:, 10] == 0).all()
    assert classification_metrics(p, test_y)["nll"] < 0.7  # and not far too sure


def test_nearest_mean_is_its_formula():
    x, y = np.array([[0.0], [2.0], [10.0], [12.0]]), np.array([0, 0, 1, 1])
    distance = np.array([[4.0], [6.5]]) - np.array([[1.0, 11.0]])
    p = nearest_mean(x, y, np.array([[4.0], [6.5]]), 2)
    weights = np.exp(
        -(distance**2) / (2 * 1.0)
    )  # variance 1, which needs no widening: the classes are far apart
    np.testing.assert_allclose(p, weights / weights.sum(1, keepdims=True), rtol=1e-6)


def test_mean_value():
    train, test = np.array([[1.0, 2.0], [3.0, 6.0]]), np.array([[2.0, 4.0], [0.0, 4.0]])
    assert mean_value(train, test) == regression_metrics([[2, 4], [2, 4]], test)
    assert mean_value(test[:, 0], test[:, 0])["r2"] == 0


def test_linear_regression_is_ridge_on_standardized_features():
    x, y = load_diabetes(return_X_y=True)
    train, test = slice(0, 300), slice(300, None)
    ours = linear_regression(x[train], y[train], x[test])
    z = (x - x[train].mean(0)) / x[train].std(0)
    np.testing.assert_allclose(ours, Ridge(alpha=1).fit(z[train], y[train]).predict(z[test]), rtol=1e-4)
    assert regression_metrics(ours, y[test])["r2"] > 0.4
    both = linear_regression(x[train], np.stack([y, -y], 1)[train], x[test])
    np.testing.assert_allclose(both, np.stack([ours, -ours], 1))


@pytest.mark.parametrize(
    "call",
    [
        lambda: majority_class([], [0], 2),
        lambda: majority_class([0, 2], [0], 2),
        lambda: random_guess([0.5], 2),
        lambda: linear_classifier(np.zeros((3, 2)), [0, 1], np.zeros((3, 2)), 2),
        lambda: linear_classifier(np.zeros((3, 2, 2)), [0, 1, 1], np.zeros((3, 2, 2)), 2),
        lambda: nearest_mean(np.full((2, 2), np.nan), [0, 1], np.zeros((3, 2)), 2),
        lambda: mean_value(np.zeros((3, 2)), np.zeros(3)),
        lambda: linear_regression(np.zeros((3, 2)), np.zeros(2), np.zeros((3, 2))),
    ],
)
def test_errors(call):
    with pytest.raises(DataError) as caught:
        call()
    assert caught.value.fix


def test_principal_components_are_those_of_the_singular_values(digits):
    train, _, test, _ = digits
    mean, axes = principal_components(train, 10)
    np.testing.assert_allclose(mean, train.mean(0), atol=1e-4)
    np.testing.assert_allclose(axes @ axes.T, np.eye(10), atol=1e-4)
    exact = np.linalg.svd(train - train.mean(0), full_matrices=False)[2][:10]
    error = lambda some: ((test - mean - (test - mean) @ some.T @ some) ** 2).mean()  # noqa: E731
    assert error(axes) == pytest.approx(error(exact), rel=0.01)
    with pytest.raises(DataError, match="components"):
        principal_components(train, 65)
