"""Neighbors, votes and means against scikit-learn; the limit of work."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestNeighbors

from hibiscus.data.lazy_rows import LazyRows
from hibiscus.errors import DataError
from hibiscus.evaluation import nearest_neighbors
from hibiscus.evaluation.nearest_neighbors import (
    affordable_neighbors,
    nearest_rows,
    neighbor_mean,
    neighbor_votes,
)

RNG = np.random.default_rng(0)
X = (RNG.normal(size=(300, 4)) * [1, 100, 0.01, 5] + [0, 1e4, 3, -7]).astype(np.float32)
Z = (X - X[:200].mean(0)) / X[:200].std(0)
Y = (Z[:, 0] + Z[:, 2] > 0).astype(int) + (Z[:, 1] > 1)


@pytest.mark.parametrize("block", [2**24, 900])
def test_neighbors_are_those_of_scikit_learn(monkeypatch, block):
    monkeypatch.setattr(nearest_neighbors, "DISTANCES", block)
    found = nearest_rows(X[:200], LazyRows(X.__getitem__, np.arange(200, 300)))
    peer = NearestNeighbors(n_neighbors=5).fit(Z[:200])
    np.testing.assert_array_equal(found, peer.kneighbors(Z[200:], return_distance=False))
    votes = neighbor_votes(found, Y[:200], 4)
    expected = KNeighborsClassifier().fit(Z[:200], Y[:200]).predict_proba(Z[200:])
    np.testing.assert_allclose(votes, np.pad(expected, ((0, 0), (0, 1))))
    for target in (Z[:, 0], Z[:, :2]):
        expected = KNeighborsRegressor().fit(Z[:200], target[:200]).predict(Z[200:])
        np.testing.assert_allclose(neighbor_mean(found, target[:200]), expected, atol=1e-5)


def test_pixels_are_not_scaled():
    found = nearest_rows(X[:200], X[200:], standardize=False)
    peer = NearestNeighbors(n_neighbors=5).fit(X[:200].astype(float))
    same = found == peer.kneighbors(X[200:].astype(float), return_distance=False)
    assert same.mean() > 0.99  # in single precision


def test_fewer_rows_than_neighbors():
    assert nearest_rows(X[:3], X[:2]).shape == (2, 3)
    assert nearest_rows(X[:3], X[:2])[:, 0].tolist() == [0, 1]


def test_the_rows_are_limited_and_drawn_at_random(monkeypatch):
    assert affordable_neighbors(60_000, 784, 10_000) == pytest.approx(25_510)
    assert affordable_neighbors(150, 4, 30) == 150
    assert affordable_neighbors(10**6, 5, 10**6) == 1000
    monkeypatch.setattr(nearest_neighbors, "affordable_neighbors", lambda *_: 50)
    found = nearest_rows(X, X[:100])
    assert len(np.unique(found)) <= 50
    assert found.max() > 200


def test_values_that_are_not_finite():
    with pytest.raises(DataError, match="finite"):
        nearest_rows(np.array([[np.nan], [1.0]]), np.ones((1, 1)))
