"""Agreement of clusters, formed without labels, with known classes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.errors import DataError

__all__ = [
    "cluster_accuracy",
    "cluster_table",
    "clustering_metrics",
    "match_clusters",
    "matched_accuracy",
    "normalized_mutual_information",
]


def cluster_table(
    cluster: ArrayLike, label: ArrayLike, clusters: int = 0, classes: int = 0
) -> NDArray[np.int64]:
    """The number of items of each class in each cluster.

    Args:
        cluster: cluster numbers from 0.
        label: class numbers from 0.
        clusters: minimum number of rows.
        classes: minimum number of columns.

    Shapes:
        cluster, label (N,); returns (clusters, classes).

    Raises:
        DataError: different lengths, or no items.
    """
    rows, columns = np.asarray(cluster), np.asarray(label)
    if rows.shape != columns.shape or rows.ndim != 1 or not len(rows):
        raise DataError(
            f"clusters of shape {rows.shape} and labels of shape {columns.shape}",
            "(items,) for both",
            "pass one cluster and one label for each item",
        )
    table = np.zeros((max(clusters, rows.max() + 1), max(classes, columns.max() + 1)), np.int64)
    np.add.at(table, (rows, columns), 1)
    return table


def match_clusters(table: ArrayLike) -> dict[int, int]:
    r"""The one-to-one assignment of clusters to classes with the most items in agreement (the Hungarian
    method).

        maximize  sum over clusters c of  table[c, match[c]],    no class twice

    Args:
        table: as `cluster_table` gives it; surplus clusters have no class.

    Reference: Kuhn, "The Hungarian method for the assignment problem", 1955.
    """
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(np.asarray(table), maximize=True)
    return {int(row): int(column) for row, column in zip(rows, columns, strict=True)}


def cluster_accuracy(cluster: ArrayLike, label: ArrayLike) -> float:
    """The accuracy after the best one-to-one assignment of clusters to classes; arrays (N,)."""
    table = cluster_table(cluster, label)
    return float(sum(table[pair] for pair in match_clusters(table).items()) / table.sum())


def matched_accuracy(cluster: ArrayLike, label: ArrayLike, match: Mapping[int, int]) -> float:
    """The accuracy of clusters with an assignment to classes that was fitted on other items; arrays (N,).

    Items of a cluster without a class count as wrong.
    """
    classes = np.array([match.get(number, -1) for number in range(int(np.max(cluster)) + 1)])
    return float((classes[np.asarray(cluster)] == np.asarray(label)).mean())


def normalized_mutual_information(cluster: ArrayLike, label: ArrayLike) -> float:
    r"""Normalized mutual information between clusters and classes, from 0 to 1.

        nmi = I(cluster; label) / ((H(cluster) + H(label)) / 2)

    1 where clusters and classes are identical up to their names, 0 where they are independent; 1 for one
    cluster and one class.

    Shapes:
        cluster, label (N,).
    """
    joint = cluster_table(cluster, label) / len(np.asarray(cluster))
    first, second = joint.sum(1), joint.sum(0)
    entropies = [float(-(p[p > 0] * np.log(p[p > 0])).sum()) for p in (first, second, joint.ravel())]
    mean = (entropies[0] + entropies[1]) / 2
    return 1.0 if mean == 0 else max(0.0, (entropies[0] + entropies[1] - entropies[2]) / mean)


def clustering_metrics(
    cluster: ArrayLike, label: ArrayLike, match: Mapping[int, int] | None = None
) -> dict[str, float]:
    """`cluster_accuracy` and `nmi`; arrays (N,). The classes of clusters are fitted unless given."""
    return {
        "cluster_accuracy": cluster_accuracy(cluster, label)
        if match is None
        else matched_accuracy(cluster, label, match),
        "nmi": normalized_mutual_information(cluster, label),
    }
