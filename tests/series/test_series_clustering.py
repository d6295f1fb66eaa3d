"""Series of known groups are found again by every distance that suits them."""

import itertools

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import silhouette_score

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.series_clustering import cluster_distances, cluster_series, series_distances, silhouette


def bumps(seed=0, equal=False):
    """Six series with one bump up or down, at different times and of different lengths."""
    rng = np.random.default_rng(seed)
    result = []
    for sign in (1, -1):
        for _ in range(3):
            steps, center = (30 if equal else rng.integers(28, 33)), rng.integers(12, 18)
            t = np.arange(steps)
            result.append(sign * np.exp(-((t - center) ** 2) / 8) + rng.normal(size=steps) * 0.02)
    return result


GROUPS = [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("method", ["average", "complete", "single", "k-medoids"])
@pytest.mark.parametrize(
    "options", [{}, {"band": 8}, {"measure": "frechet"}, {"measure": "lcss", "epsilon": 0.1}]
)
def test_groups_are_found_in_series_of_unequal_length(method, options):
    result = cluster_series(bumps(), 2, method=method, **options)
    assert result.labels.tolist() == GROUPS
    assert result.silhouette > 0.5
    assert result.labels[result.medoids].tolist() == [0, 1]


def test_pearson_ignores_the_level():
    t = np.arange(20.0)
    series = [np.sin(t), 5 + np.sin(t) * 3, np.cos(t), 7 + np.cos(t)]
    assert cluster_series(series, 2, measure="pearson").labels.tolist() == [0, 0, 1, 1]


def test_silhouette_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(30, 2))
    distances = cdist(points, points)
    labels = np.array([0] * 14 + [1] * 15 + [2])
    expected = silhouette_score(distances, labels, metric="precomputed")
    assert silhouette(distances, labels) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_k_medoids_is_close_to_the_best_of_all_choices(seed):
    points = np.random.default_rng(seed).normal(size=(12, 2))
    distances = cdist(points, points)
    result = cluster_distances(distances, 3, method="k-medoids")
    reached = distances[:, result.medoids].min(1).sum()
    best = min(distances[:, list(c)].min(1).sum() for c in itertools.combinations(range(12), 3))
    assert reached <= best * 1.05


def test_extreme_numbers_of_clusters():
    distances = series_distances(bumps(equal=True), "euclidean")
    for method in ("average", "k-medoids"):
        assert cluster_distances(distances, 6, method=method).labels.tolist() == [0, 1, 2, 3, 4, 5]
        assert cluster_distances(distances, 1, method=method).labels.tolist() == [0] * 6


def test_what_is_refused():
    with pytest.raises(ConfigError, match="variances around means"):
        cluster_series(bumps(), 2, method="ward")
    with pytest.raises(ConfigError, match="measure='cosine'"):
        cluster_series(bumps(), 2, measure="cosine")
    with pytest.raises(DataError, match="measure=dtw"):
        cluster_series([[1, 2], [1, 2, 3]], 2, measure="euclidean")
    with pytest.raises(DataError, match="symmetric"):
        cluster_distances([[0, 1], [2, 0]], 2)
    with pytest.raises(ConfigError, match="at most 2"):
        cluster_distances([[0, 1], [1, 0]], 3)
    with pytest.raises(DataError, match="1 and 2 variables"):
        cluster_series([[1, 2], [[1, 2]]], 1)
