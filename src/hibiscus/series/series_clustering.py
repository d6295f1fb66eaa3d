"""Clustering of series by a distance that forgives shifts, or by any matrix of distances.

    average, complete, single   hierarchical linkage (SciPy)
    k-medoids                   series that represent their cluster, exchanged until no exchange helps (PAM)

Ward's linkage and k-means need means of series and squared Euclidean distances. The mean of series that are
shifted against each other has a shape that none of them has, and Ward's formula is wrong for other distances.

Sources: Kaufman & Rousseeuw 1990 (PAM, silhouette).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.checked_arrays import check_count, to_series
from hibiscus.series.distances import dtw_matrix, frechet_distance, pearson_distance
from hibiscus.series.subsequences import lcss_distance

__all__ = ["SeriesClustering", "cluster_distances", "cluster_series", "series_distances", "silhouette"]

LINKAGES = ("average", "complete", "single")
METHODS = (*LINKAGES, "k-medoids")
MEASURES = ("dtw", "euclidean", "frechet", "lcss", "pearson")


@dataclass(frozen=True)
class SeriesClustering:
    """Clusters of series.

    Args:
        labels: cluster (n,) of each series, from 0, in the order in which they first occur.
        medoids: for each cluster the index of the series with the smallest sum of distances to the others.
        silhouette: mean silhouette, in [-1, 1]: near 1 for separate clusters, 0 for none; compare it for
            several numbers of clusters.
        distances: the distances (n, n).
    """

    labels: np.ndarray
    medoids: np.ndarray
    silhouette: float
    distances: np.ndarray


def cluster_series(
    series: Sequence[ArrayLike],
    clusters: int,
    *,
    measure: str = "dtw",
    method: str = "average",
    **options: Any,
) -> SeriesClustering:
    """Clusters of series by their shape. Standardize each series first unless level and scale matter.

    Args:
        series: n series (steps,) or (steps, variables); unequal lengths for dtw, frechet and lcss.
        clusters: number of clusters.
        measure: `dtw`, `euclidean`, `frechet`, `lcss` or `pearson`.
        method: `average`, `complete`, `single` or `k-medoids`.
        options: options of the measure, such as `band` of dtw or `epsilon` of lcss.

    Raises:
        ConfigError: when an option is unknown, or the method is `ward`, which holds for no such distance.
    """
    _check_method(method)
    return cluster_distances(series_distances(series, measure, **options), clusters, method=method)


def series_distances(series: Sequence[ArrayLike], measure: str = "dtw", **options: Any) -> np.ndarray:
    """The distances (n, n) of all pairs; arguments as in `cluster_series`."""
    if measure not in MEASURES:
        raise ConfigError(f"measure={measure!r}", ", ".join(MEASURES))
    arrays = [to_series(one, f"series {index}") for index, one in enumerate(series)]
    if measure == "dtw":
        lengths = [len(one) for one in arrays]
        padded = np.zeros((len(arrays), max(lengths), max(one.shape[1] for one in arrays)))
        for row, one in zip(padded, arrays, strict=True):
            if one.shape[1] != row.shape[1]:
                raise DataError(
                    f"series of {one.shape[1]} and {row.shape[1]} variables", "the same variables"
                )
            row[: len(one)] = one
        return dtw_matrix(padded, padded, lengths_a=lengths, lengths_b=lengths, **options)
    functions = {
        "euclidean": _euclidean,
        "frechet": frechet_distance,
        "lcss": lcss_distance,
        "pearson": pearson_distance,
    }
    result = np.zeros((len(arrays), len(arrays)))
    for i, j in combinations(range(len(arrays)), 2):
        result[i, j] = result[j, i] = functions[measure](arrays[i], arrays[j], **options)
    return result


def cluster_distances(distances: ArrayLike, clusters: int, *, method: str = "average") -> SeriesClustering:
    """Clusters from a symmetric matrix of distances (n, n); arguments as in `cluster_series`."""
    _check_method(method)
    matrix = to_series(distances, "the distances")
    if matrix.shape[0] != matrix.shape[1] or not np.allclose(matrix, matrix.T) or np.diag(matrix).any():
        raise DataError(
            f"distances of the shape {matrix.shape}", "a symmetric matrix (n, n) with zeros on its diagonal"
        )
    check_count(clusters, "clusters", 1, len(matrix))
    if method == "k-medoids":
        labels = matrix[:, _medoids(matrix, clusters)].argmin(1)
    elif len(matrix) == 1:
        labels = np.zeros(1, dtype=np.int64)
    else:
        from scipy.cluster.hierarchy import fcluster, linkage
        from scipy.spatial.distance import squareform

        tree = linkage(squareform((matrix + matrix.T) / 2, checks=False), method=method)
        labels = fcluster(tree, clusters, criterion="maxclust")
    labels = _in_order(labels)
    members = [np.flatnonzero(labels == cluster) for cluster in range(labels.max() + 1)]
    medoids = np.array([rows[matrix[np.ix_(rows, rows)].sum(1).argmin()] for rows in members])
    return SeriesClustering(labels, medoids, silhouette(matrix, labels), matrix)


def silhouette(distances: np.ndarray, labels: np.ndarray) -> float:
    """The mean of (b - a) / max(a, b): a to the other members, b to the members of the nearest other cluster.

    Items that are alone in their cluster count 0; 0 for a single cluster.
    """
    groups = np.unique(labels)
    if len(groups) < 2:
        return 0.0
    member = labels[:, None] == groups
    sizes = member.sum(0)
    sums = distances @ member
    own = (sums * member).sum(1) / np.maximum(1, (sizes * member).sum(1) - 1)
    other = np.where(member, np.inf, sums / sizes).min(1)
    largest = np.maximum(own, other)
    values = np.divide(other - own, largest, out=np.zeros_like(own), where=largest > 0)
    values[(member * sizes).sum(1) == 1] = 0
    return float(values.mean())


def _check_method(method: str) -> None:
    """Raises a ConfigError for an unknown method, with the reason for Ward's."""
    if method == "ward":
        raise ConfigError(
            "method='ward'",
            ", ".join(METHODS),
            "method=average: Ward's linkage computes variances around means, which only squared Euclidean "
            "distances have",
        )
    if method not in METHODS:
        raise ConfigError(f"method={method!r}", ", ".join(METHODS))


def _euclidean(a: np.ndarray, b: np.ndarray) -> float:
    """The Euclidean distance of series of equal length."""
    if a.shape != b.shape:
        raise DataError(
            f"series of the shapes {a.shape} and {b.shape}", "equal shapes", "measure=dtw compares others"
        )
    return float(np.linalg.norm(a - b))


def _medoids(distances: np.ndarray, clusters: int) -> np.ndarray:
    """PAM: medoids chosen one after the other, then the best exchange as long as one lowers the total."""
    chosen: list[int] = []
    nearest = np.full(len(distances), np.inf)
    for _ in range(clusters):
        total = np.minimum(nearest[:, None], distances).sum(0)
        total[chosen] = np.inf
        chosen.append(int(total.argmin()))
        nearest = np.minimum(nearest, distances[:, chosen[-1]])
    best = nearest.sum()
    while True:
        candidates = []
        for position in range(clusters):
            kept = chosen[:position] + chosen[position + 1 :]
            rest = distances[:, kept].min(1) if kept else np.full(len(distances), np.inf)
            totals = np.minimum(rest[:, None], distances).sum(0)
            candidates.append((float(totals.min()), position, int(totals.argmin())))
        total, position, new = min(candidates)
        if total >= best * (1 - 1e-12):
            return np.array(chosen)
        best, chosen[position] = total, new


def _in_order(labels: np.ndarray) -> np.ndarray:
    """The labels numbered from 0 in the order in which they first occur."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]
