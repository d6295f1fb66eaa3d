"""What the report shows of clusters: their information, how well they fit known classes, and what lies in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.items import Gallery, Matrix, ReportItem, Table
from hibiscus.losses import invariant_information
from hibiscus.metrics.clustering import cluster_table, clustering_metrics, match_clusters
from hibiscus.training.method import Evaluation

__all__ = ["changes", "evaluate_clusters", "measures"]

KMEANS_ITEMS = 5000  # of the training part, for k-means
SIDE = 28  # to which images are shrunk for k-means
GALLERY = 60  # images in the gallery


def changes(config: Any) -> Callable[[Tensor], Tensor]:
    """The random changes of the training, the same each time."""
    generator, augment = torch.Generator().manual_seed(config.seed), config.build_augment()
    return lambda images: augment(images, generator)


def measures(first: Tensor, second: Tensor, head: int, data: PreparedData, part: str) -> dict[str, float]:
    """`mutual_information` in nats of the answers to images and changed images; with labels, accuracy and nmi as well.

    Args:
        first: probabilities of all main heads `(heads, items, clusters)`.
        second: those of the changed images.
        head: the one that answers.
        data: with the labels, where there are some.
        part: which.
    """
    found = {"mutual_information": -invariant_information(first[head], second[head]).item()}
    if "label" in data.arrays:
        found |= clustering_metrics(first[head].argmax(1).numpy(), data.values("label", part))
    return found


def evaluate_clusters(first: Tensor, second: Tensor, head: int, data: PreparedData, part: str, config: Any) -> Evaluation:
    """Metrics, baselines and report items of the clusters on a part; arguments as `measures`, and the method's options."""
    labelled = "label" in data.arrays
    heads = [measures(first, second, number, data, part) for number in range(len(first))]
    names = list(heads[0])
    order = np.argsort([-each["mutual_information"] for each in heads], kind="stable")
    report_items: list[ReportItem] = [
        _most_certain(first[head].numpy(), data, part),
        Table(
            "By head",
            ["head", *(name.replace("_", " ") for name in names), "answers"],
            [[f"{number + 1}", *(heads[number][name] for name in names), "yes" if number == head else ""] for number in order],
            "The head that answers had the lowest loss in training; labels took no part in the choice.",
        ),
    ]
    if labelled:
        report_items.insert(0, _by_class(first[head].argmax(1).numpy(), data, part, config.num_clusters))
    return Evaluation(heads[head], _rivals(data, part, config, labelled), report_items)


def _rivals(data: PreparedData, part: str, config: Any, labelled: bool) -> dict[str, dict[str, float]]:
    """K-means on pixels and everything in one cluster, measured as the network is."""
    from sklearn.cluster import KMeans

    owner = data.training or data
    rows = data.subsample("train", KMEANS_ITEMS)
    train = _pixels(owner.arrays["image"][owner.parts["train"][rows]])
    count = min(config.num_clusters, len(np.unique(train, axis=0)))
    found = KMeans(count, n_init=3, random_state=config.seed).fit(train)  # pyright: ignore[reportArgumentType]
    images = data.values("image", part)
    answers = [torch.from_numpy(found.predict(_pixels(images, change))).long() for change in (None, changes(config))]
    first, second = (functional.one_hot(answer, config.num_clusters).float()[None] for answer in answers)
    one = torch.eye(config.num_clusters)[:1].expand(1, len(images), -1)
    return {"one cluster": measures(one, one, 0, data, part), "k-means on pixels": measures(first, second, 0, data, part)}


def _pixels(images: np.ndarray, change: Callable[[Tensor], Tensor] | None = None) -> np.ndarray:
    """uint8 `(items, height, width, channels)` as rows of float32 in [0, 1], shrunk where they are large."""
    rows = []
    for start in range(0, len(images), 1000):
        x = torch.from_numpy(np.ascontiguousarray(images[start : start + 1000])).permute(0, 3, 1, 2).float() / 255
        x = x if change is None else change(x)
        size = (min(SIDE, x.shape[2]), min(SIDE, x.shape[3]))
        rows.append(functional.adaptive_avg_pool2d(x, size).flatten(1).numpy())
    return np.concatenate(rows)


def _by_class(cluster: np.ndarray, data: PreparedData, part: str, clusters: int) -> Matrix:
    names = list(data.preparation["label"].names)
    table = cluster_table(cluster, data.values("label", part), clusters, len(names))
    match = match_clusters(table)
    order = sorted(range(len(table)), key=lambda row: (match.get(row, len(names)), row))
    rows = [f"cluster {row} ({names[match[row]]})" if row in match else f"cluster {row}" for row in order]
    note = "Items of each class in each cluster. In brackets: the class that the Hungarian method gives the cluster, to measure accuracy."
    return Matrix("Clusters and classes", rows, names, table[order], note)


def _most_certain(probabilities: np.ndarray, data: PreparedData, part: str) -> Gallery:
    """The images of each cluster that the network is most certain of."""
    each = max(1, GALLERY // probabilities.shape[1])
    cluster = probabilities.argmax(1)
    places, captions = [], []
    for number in range(probabilities.shape[1])[:GALLERY]:
        own = np.flatnonzero(cluster == number)
        best = own[np.argsort(-probabilities[own, number], kind="stable")][:each]
        places += best.tolist()
        captions += [f"cluster {number} ({probabilities[place, number]:.1%})" for place in best]
    images = data.arrays["image"][data.parts[part][np.array(places, np.int64)]]
    note = f"{probabilities.shape[1]} clusters. How they came about: no label was shown in training."
    return Gallery("Most certain of each cluster", list(images), captions, note)
