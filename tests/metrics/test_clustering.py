"""Clusters against classes: the Hungarian method against all permutations, nmi against scikit-learn."""

from itertools import permutations

import numpy as np
import pytest

from hibiscus.errors import DataError
from hibiscus.metrics.clustering import (
    cluster_accuracy,
    cluster_table,
    clustering_metrics,
    match_clusters,
    matched_accuracy,
    normalized_mutual_information,
)

RNG = np.random.default_rng(0)


def drawn(clusters=5, classes=5, items=200):
    label = RNG.integers(0, classes, items)
    return np.where(RNG.random(items) < 0.5, (label + 2) % clusters, RNG.integers(0, clusters, items)), label


def test_it_is_the_best_of_all_permutations():
    for _ in range(5):
        cluster, label = drawn()
        best = max((np.array(order)[cluster] == label).mean() for order in permutations(range(5)))
        assert cluster_accuracy(cluster, label) == pytest.approx(best)


def test_names_of_clusters_do_not_count():
    _, label = drawn()
    assert clustering_metrics((label + 3) % 5, label) == {"cluster_accuracy": 1.0, "nmi": pytest.approx(1.0)}


@pytest.mark.parametrize("clusters", [2, 5, 9])
def test_nmi_is_that_of_scikit_learn(clusters):
    from sklearn.metrics import normalized_mutual_info_score

    cluster, label = drawn(clusters)
    assert normalized_mutual_information(cluster, label) == pytest.approx(
        normalized_mutual_info_score(label, cluster), abs=1e-9
    )


def test_more_clusters_than_classes_leave_some_without():
    table = cluster_table([0, 1, 2, 2, 3], [0, 0, 1, 1, 0], clusters=5)
    assert table.shape == (5, 2)
    match = match_clusters(table)
    assert len(match) == 2
    assert match[2] == 1


def test_one_cluster():
    label = np.array([0, 0, 0, 1])
    assert cluster_accuracy(np.zeros(4, int), label) == 0.75
    assert normalized_mutual_information(np.zeros(4, int), label) == 0
    assert normalized_mutual_information(np.zeros(4, int), np.zeros(4, int)) == 1


def test_what_does_not_fit_is_told():
    with pytest.raises(DataError, match="clusters of shape"):
        cluster_table([0, 1], [0])


def test_an_assignment_that_is_given_is_not_fitted_again():
    cluster, label = [0, 0, 1, 1, 2], [1, 1, 0, 1, 0]
    assert matched_accuracy(cluster, label, {0: 1, 1: 0}) == pytest.approx(3 / 5)  # cluster 2 has no class
    assert clustering_metrics(cluster, label, {0: 0, 1: 1})["cluster_accuracy"] == pytest.approx(1 / 5)
    assert clustering_metrics(cluster, label)["cluster_accuracy"] == pytest.approx(3 / 5)
