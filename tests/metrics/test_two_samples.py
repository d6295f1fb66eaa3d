"""Differences between samples: against SciPy, NumPy, and distributions whose distance is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from hibiscus.errors import DataError
from hibiscus.metrics.two_samples import correlation_error, kolmogorov_smirnov, sliced_wasserstein

RNG = np.random.default_rng(0)


def test_kolmogorov_smirnov_is_that_of_scipy():
    first, second = RNG.normal(size=(80, 3)), RNG.normal([0, 1, 0], [1, 1, 2], size=(50, 3))
    second[:20] = first[:20]  # ties
    expected = [stats.ks_2samp(first[:, i], second[:, i]).statistic for i in range(3)]
    np.testing.assert_allclose(kolmogorov_smirnov(first, second), expected)


def test_in_one_dimension_the_sliced_distance_is_the_wasserstein_distance():
    first, second = RNG.normal(size=(200, 1)), RNG.exponential(size=(200, 1))
    expected = stats.wasserstein_distance(first[:, 0], second[:, 0])
    assert sliced_wasserstein(first, second) == pytest.approx(expected)
    assert sliced_wasserstein(first, second[:150]) == pytest.approx(expected, rel=0.15)


def test_a_shift_of_all_items_moves_each_projection_by_its_component():
    first = RNG.normal(size=(100, 4))
    shift = np.array([3.0, 0, 0, 0])
    directions = RNG.normal(size=(100_000, 4))
    expected = np.abs(directions[:, 0] * 3 / np.linalg.norm(directions, axis=1)).mean()
    assert sliced_wasserstein(first, first + shift) == pytest.approx(expected, rel=0.1)
    assert sliced_wasserstein(first, first) == 0


def test_it_sees_what_means_and_covariances_do_not():
    """Two rings of points, and a normal distribution of the same covariance."""
    angle = RNG.uniform(0, 2 * np.pi, 4000)
    ring = np.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)], 1)
    normal = RNG.normal(size=(4000, 2))
    other = RNG.permutation(ring)[:2000]
    assert sliced_wasserstein(ring[:2000], normal[:2000]) > 4 * sliced_wasserstein(ring[2000:], other)


def test_correlation_error():
    first = RNG.multivariate_normal([0, 0, 0], [[1, 0.8, 0], [0.8, 1, 0], [0, 0, 1]], 500)
    second = RNG.normal(size=(400, 3))
    difference = np.abs(np.corrcoef(first.T) - np.corrcoef(second.T))
    assert correlation_error(first, second) == pytest.approx(difference[np.triu_indices(3, 1)].mean())
    assert correlation_error(first[:, :1], second[:, :1]) == 0
    constant = second.copy()
    constant[:, 2] = 5
    assert np.isfinite(correlation_error(first, constant))


@pytest.mark.parametrize("shapes", [((3, 2), (3, 3)), ((3,), (3,)), ((0, 2), (3, 2))])
def test_shapes_that_do_not_match(shapes):
    with pytest.raises(DataError, match="samples of shapes"):
        sliced_wasserstein(*(np.zeros(shape) for shape in shapes))
