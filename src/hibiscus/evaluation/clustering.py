"""Evaluation of clusterings: mutual information, agreement with labels, and the contents of the clusters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.items import Gallery, Matrix, ReportItem, Table
from hibiscus.losses import invariant_information
from hibiscus.metrics.clustering import cluster_table, clustering_metrics, match_clusters
from hibiscus.training.method import Evaluation

__all__ = ["ClusteringOptions", "evaluate_clusters", "fixed_augmentation", "head_metrics"]

KMEANS_ITEMS = 5000  # training items on which k-means is fitted
KMEANS_SIZE = 28  # side to which images are downsampled for k-means
GALLERY_IMAGES = 60


class ClusteringOptions(Protocol):
    """The options of a clustering method that its evaluation needs."""

    @property
    def seed(self) -> int:
        """The random seed."""
        ...

    @property
    def num_clusters(self) -> int | None:
        """The number of clusters; set when the options are resolved."""
        ...

    def build_augment(self) -> Any:
        """The augmentation used in training, a function of images and a generator."""
        ...


def fixed_augmentation(options: ClusteringOptions) -> Callable[[Tensor], Tensor]:
    """The training augmentation with a fixed seed, so that all evaluations see the same augmented images."""
    generator, augment = torch.Generator().manual_seed(options.seed), options.build_augment()
    return lambda images: augment(images, generator)


def head_metrics(first: Tensor, second: Tensor, head: int, data: PreparedData, part: str) -> dict[str, float]:
    """`mutual_information` between images and augmented copies, in nats; with labels also accuracy and NMI.

    Args:
        first: probabilities of all heads for the images, `(heads, items, clusters)`.
        second: the same for the augmented images.
        head: the number of the head.
        data: prepared data, with or without labels.
        part: the name of the part.
    """
    metrics = {"mutual_information": -invariant_information(first[head], second[head]).item()}
    if "label" in data.arrays:
        metrics |= clustering_metrics(first[head].argmax(1).numpy(), data.values("label", part))
    return metrics


def evaluate_clusters(
    first: Tensor, second: Tensor, head: int, data: PreparedData, part: str, options: ClusteringOptions
) -> Evaluation:
    """Metrics, baselines and report items of a clustering; for the arguments see `head_metrics`."""
    metrics = [head_metrics(first, second, number, data, part) for number in range(len(first))]
    names = list(metrics[0])
    order = np.argsort([-head["mutual_information"] for head in metrics], kind="stable")
    rows = [
        [f"{number + 1}", *(metrics[number][name] for name in names), "yes" if number == head else ""]
        for number in order
    ]
    report_items: list[ReportItem] = [
        _confident_examples(first[head].numpy(), data, part),
        Table(
            "Metrics by head",
            ["head", *(name.replace("_", " ") for name in names), "selected"],
            rows,
            "The head with the lowest training loss is selected, without using labels.",
        ),
    ]
    if "label" in data.arrays:
        report_items.insert(0, _by_class(first[head].argmax(1).numpy(), data, part, first.shape[2]))
    return Evaluation(metrics[head], _baselines(data, part, first.shape[2], options), report_items)


def _baselines(
    data: PreparedData, part: str, num_clusters: int, options: ClusteringOptions
) -> dict[str, dict[str, float]]:
    """K-means on pixels, and a single cluster, evaluated in the same way as the network."""
    from sklearn.cluster import KMeans

    owner = data.training or data
    rows = data.subsample("train", KMEANS_ITEMS)
    train = _pixels(owner.arrays["image"][owner.parts["train"][rows]])
    count = min(num_clusters, len(np.unique(train, axis=0)))
    kmeans = KMeans(count, n_init=3, random_state=options.seed).fit(train)  # pyright: ignore[reportArgumentType]
    images = data.values("image", part)
    assignments = [
        torch.from_numpy(kmeans.predict(_pixels(images, augment))).long()
        for augment in (None, fixed_augmentation(options))
    ]
    first, second = (functional.one_hot(clusters, num_clusters).float()[None] for clusters in assignments)
    constant = torch.eye(num_clusters)[:1].expand(1, len(images), -1)
    return {
        "one cluster": head_metrics(constant, constant, 0, data, part),
        "k-means on pixels": head_metrics(first, second, 0, data, part),
    }


def _pixels(images: np.ndarray, augment: Callable[[Tensor], Tensor] | None = None) -> np.ndarray:
    """Downsamples uint8 images to sides of at most 28 pixels; returns float32 rows in [0, 1]."""
    rows = []
    for start in range(0, len(images), 1000):
        x = (
            torch.from_numpy(np.ascontiguousarray(images[start : start + 1000])).permute(0, 3, 1, 2).float()
            / 255
        )
        x = x if augment is None else augment(x)
        size = (min(KMEANS_SIZE, x.shape[2]), min(KMEANS_SIZE, x.shape[3]))
        rows.append(functional.adaptive_avg_pool2d(x, size).flatten(1).numpy())
    return np.concatenate(rows)


def _by_class(cluster: np.ndarray, data: PreparedData, part: str, num_clusters: int) -> Matrix:
    names = list(data.preparation["label"].names)
    table = cluster_table(cluster, data.values("label", part), num_clusters, len(names))
    match = match_clusters(table)
    order = sorted(range(len(table)), key=lambda row: (match.get(row, len(names)), row))
    rows = [f"cluster {row} ({names[match[row]]})" if row in match else f"cluster {row}" for row in order]
    note = "Number of items of each class in each cluster. In parentheses: the class assigned to the cluster."
    return Matrix("Clusters and classes", rows, names, table[order], note)


def _confident_examples(probabilities: np.ndarray, data: PreparedData, part: str) -> Gallery:
    """The images of each cluster with the highest confidence."""
    num_clusters = probabilities.shape[1]
    per_cluster = max(1, GALLERY_IMAGES // num_clusters)
    cluster = probabilities.argmax(1)
    indices, captions = [], []
    for number in range(num_clusters)[:GALLERY_IMAGES]:
        members = np.flatnonzero(cluster == number)
        best = members[np.argsort(-probabilities[members, number], kind="stable")][:per_cluster]
        indices += best.tolist()
        captions += [f"cluster {number} ({probabilities[index, number]:.1%})" for index in best]
    images = data.arrays["image"][data.parts[part][np.array(indices, np.int64)]]
    note = f"{num_clusters} clusters, formed without labels."
    return Gallery("Highest-confidence images of each cluster", list(images), captions, note)
