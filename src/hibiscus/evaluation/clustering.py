"""Evaluation of clusterings: mutual information, agreement with labels, and the contents of the clusters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hibiscus.data.lazy_rows import LazyRows, Rows
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.items import Gallery, Matrix, ReportItem, Table
from hibiscus.losses import invariant_information
from hibiscus.metrics.clustering import cluster_table, clustering_metrics, match_clusters
from hibiscus.training.method import Evaluation

__all__ = [
    "ClusteringOptions",
    "evaluate_clusters",
    "fit_match",
    "fixed_augmentation",
    "head_metrics",
    "validation_owner",
]

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


def head_metrics(
    first: Tensor,
    second: Tensor,
    head: int,
    data: PreparedData,
    part: str,
    validation: Tensor | None = None,
) -> dict[str, float]:
    """`mutual_information` between images and augmented copies, in nats; with labels also accuracy and NMI.

    Args:
        first: probabilities of all heads for the images, `(heads, items, clusters)`.
        second: the same for the augmented images.
        head: the number of the head.
        data: prepared data, with or without labels.
        part: the name of the part.
        validation: the probabilities of all heads for the validation part, on which the class of each cluster
            is then fitted; by default it is fitted on the part itself.
    """
    metrics = {"mutual_information": -invariant_information(first[head], second[head]).item()}
    if "label" in data.arrays:
        match = None if validation is None else fit_match(validation[head].argmax(1).numpy(), data)
        metrics |= clustering_metrics(first[head].argmax(1).numpy(), data.values("label", part), match)
    return metrics


def validation_owner(data: PreparedData, part: str) -> PreparedData | None:
    """The data with the validation part on which classes of clusters are fitted; None to fit on `part`."""
    owner = data.training or data
    fits = part not in ("val", "train") and "label" in owner.arrays and len(owner.parts.get("val", ())) > 0
    return owner if fits else None


def fit_match(cluster: np.ndarray, data: PreparedData) -> dict[int, int]:
    """The class of each cluster, fitted on the validation part."""
    return match_clusters(cluster_table(cluster, (data.training or data).values("label", "val")))


def evaluate_clusters(
    first: Tensor,
    second: Tensor,
    head: int,
    data: PreparedData,
    part: str,
    options: ClusteringOptions,
    validation: Tensor | None = None,
) -> Evaluation:
    """Metrics, baselines and report items of a clustering; for the arguments see `head_metrics`."""
    metrics = [head_metrics(first, second, number, data, part, validation) for number in range(len(first))]
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
        match = None if validation is None else fit_match(validation[head].argmax(1).numpy(), data)
        report_items.insert(0, _by_class(first[head].argmax(1).numpy(), data, part, first.shape[2], match))
    views = Views(first, second, validation).map(lambda values: values[head : head + 1])
    return Evaluation(metrics[head], _baselines(views, data, part, options), report_items)


class Views(NamedTuple):
    """Probabilities `(heads, items, clusters)` of a part, its augmented copies, and the validation part."""

    first: Tensor
    second: Tensor
    validation: Tensor | None = None

    def map(self, change: Callable[[Tensor], Tensor]) -> Views:
        """The views after a change of each."""
        validation = None if self.validation is None else change(self.validation)
        return Views(change(self.first), change(self.second), validation)


def _baselines(
    views: Views, data: PreparedData, part: str, options: ClusteringOptions
) -> dict[str, dict[str, float]]:
    """A single cluster, the run's clusters shuffled among the items, and k-means on pixels.

    All are evaluated in the same way as the run.

    Args:
        views: of the selected head.
        data: with the part.
        part: its name.
        options: of the method.
    """
    generator, num_clusters = torch.Generator().manual_seed(options.seed), views.first.shape[2]
    one = torch.eye(num_clusters)[:1]
    rows = {
        "one cluster": views.map(lambda values: one.expand(1, values.shape[1], -1)),
        "shuffled clusters": views.map(
            lambda values: values[:, torch.randperm(values.shape[1], generator=generator)]
        ),
        "k-means on pixels": _kmeans(data, part, num_clusters, options, views.validation is not None),
    }
    return {name: head_metrics(*row[:2], 0, data, part, row.validation) for name, row in rows.items()}


def _kmeans(
    data: PreparedData, part: str, num_clusters: int, options: ClusteringOptions, validated: bool
) -> Views:
    """The clusters of k-means on the pixels of the training part, as probabilities 0 and 1."""
    from sklearn.cluster import KMeans

    owner = data.training or data
    rows = data.subsample("train", KMEANS_ITEMS)
    train = np.concatenate(list(_pixels(LazyRows(owner.rows("image", "train").__getitem__, rows))))
    count = min(num_clusters, len(np.unique(train, axis=0)))
    kmeans = KMeans(count, n_init=3, random_state=options.seed).fit(train)  # pyright: ignore[reportArgumentType]

    def assign(images: Rows, augment: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        predicted = [kmeans.predict(pixels) for pixels in _pixels(images, augment)]
        clusters = torch.from_numpy(np.concatenate(predicted)).long()
        return functional.one_hot(clusters, num_clusters).float()[None]

    images = data.rows("image", part)
    validation = assign(owner.rows("image", "val")) if validated else None
    return Views(assign(images), assign(images, fixed_augmentation(options)), validation)


def _pixels(images: Rows, augment: Callable[[Tensor], Tensor] | None = None) -> Iterator[np.ndarray]:
    """Downsamples uint8 images to sides of at most 28 pixels; yields float32 rows in [0, 1]."""
    for start in range(0, len(images), 1000):
        x = (
            torch.from_numpy(np.ascontiguousarray(images[start : start + 1000])).permute(0, 3, 1, 2).float()
            / 255
        )
        x = x if augment is None else augment(x)
        size = (min(KMEANS_SIZE, x.shape[2]), min(KMEANS_SIZE, x.shape[3]))
        yield functional.adaptive_avg_pool2d(x, size).flatten(1).numpy()


def _by_class(
    cluster: np.ndarray, data: PreparedData, part: str, num_clusters: int, match: dict[int, int] | None
) -> Matrix:
    names = list(data.preparation["label"].names)
    table = cluster_table(cluster, data.values("label", part), num_clusters, len(names))
    fitted = "validation" if match is not None else "same"
    match = match_clusters(table) if match is None else match
    order = sorted(range(len(table)), key=lambda row: (match.get(row, len(names)), row))
    rows = [f"cluster {row} ({names[match[row]]})" if row in match else f"cluster {row}" for row in order]
    note = (
        "Number of items of each class in each cluster. In parentheses: the class assigned to the cluster, "
        f"fitted on the {fitted} part."
    )
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
