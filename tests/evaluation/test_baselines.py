"""Baselines against scikit-learn's dummies and models, and at the edges."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.neighbors import NearestCentroid

from hibiscus.errors import DataError
from hibiscus.evaluation.baselines import (
    label_frequencies,
    majority_class,
    mean_value,
    nearest_mean,
    principal_components,
    random_guess,
)
from hibiscus.metrics.classification import classification_metrics
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


def test_random_guess_is_what_drawing_gives_on_average():
    rng = np.random.default_rng(0)
    train, test = rng.choice(4, 50_000, p=[0.6, 0.3, 0.1, 0]), rng.choice(4, 50_000, p=[0.2, 0.5, 0.2, 0.1])
    drawn = np.eye(4)[rng.permutation(train)]
    expected = classification_metrics(drawn, test)
    guess = random_guess(train, test, 4)
    assert guess["accuracy"] == pytest.approx(0.6 * 0.2 + 0.3 * 0.5 + 0.1 * 0.2, abs=0.01)
    assert guess == pytest.approx({name: expected[name] for name in guess}, abs=0.01)


def test_frequencies_of_labels():
    rows = label_frequencies(np.array([[1, 0], [1, 1], [0, 0], [1, 0]]), 2)
    np.testing.assert_array_equal(rows, [[0.75, 0.25]] * 2)


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


@pytest.mark.parametrize(
    "call",
    [
        lambda: majority_class([], [0], 2),
        lambda: majority_class([0, 2], [0], 2),
        lambda: random_guess([0, 1], [0.5], 2),
        lambda: nearest_mean(np.zeros((3, 2)), [0, 1], np.zeros((3, 2)), 2),
        lambda: nearest_mean(np.full((2, 2), np.nan), [0, 1], np.zeros((3, 2)), 2),
        lambda: mean_value(np.zeros((3, 2)), np.zeros(3)),
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
