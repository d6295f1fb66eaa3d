"""Few-shot accuracy: episodes sampled from precomputed embeddings, classified by the nearest prototype."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.errors import DataError

__all__ = ["FewShot", "few_shot", "nearest_prototype"]

NORMAL_95 = 1.96  # half the width of a 95 % confidence interval, in standard errors


@dataclass(frozen=True)
class FewShot:
    """Accuracy over episodes.

    Args:
        accuracy: mean over episodes.
        interval: half the width of its 95 % confidence interval, over episodes of one set of classes and one
            network.
        by_class: accuracy on the queries of each class, NaN for a class that was never sampled.
    """

    accuracy: float
    interval: float
    by_class: NDArray[np.float64]


def nearest_prototype(query: NDArray, prototypes: NDArray, distance: str = "euclidean") -> NDArray[np.int64]:
    """The nearest prototype of each query.

    Shapes:
        query (..., queries, dims), prototypes (..., classes, dims); returns (..., queries).
    """
    if distance == "cosine":
        prototypes = prototypes / np.maximum(np.linalg.norm(prototypes, axis=-1, keepdims=True), 1e-12)
        return (query @ np.swapaxes(prototypes, -1, -2)).argmax(-1)
    return (2 * query @ np.swapaxes(prototypes, -1, -2) - (prototypes**2).sum(-1)[..., None, :]).argmax(-1)


def few_shot(
    embedding: Any,
    label: ArrayLike,
    way: int,
    shot: int,
    *,
    queries: int = 5,
    episodes: int = 600,
    distance: str = "euclidean",
    seed: int = 0,
) -> FewShot:
    r"""Accuracy of the nearest prototype over random episodes, with its 95 % confidence interval.

        prototype[c] = mean of `shot` embeddings of class c
        accuracy = mean over episodes of the fraction of correct predictions
        interval = 1.96 standard deviation over episodes / sqrt(episodes)

    Args:
        embedding: embedding or other features of every item; an array, or what is indexed as one.
        label: class numbers.
        way: classes in an episode.
        shot: support examples of each class.
        queries: query examples of each class; fewer where a class does not have as many.
        episodes: number of episodes.
        distance: `euclidean` or `cosine`.
        seed: random seed; the same labels give the same episodes, so that baselines are evaluated on the same
            tasks.

    Shapes:
        embedding (N, dims), label (N,).

    Raises:
        DataError: fewer than `way` classes with more than `shot` items.
    """
    values = embedding if hasattr(embedding, "shape") else np.asarray(embedding)
    numbers = np.asarray(label)
    members = {int(number): np.flatnonzero(numbers == number) for number in np.unique(numbers)}
    usable = [number for number, items in members.items() if len(items) > shot]
    if len(usable) < max(way, 2):
        received = f"{len(members)} classes, {len(usable)} of them with more than {shot} items"
        raise DataError(
            received,
            f"{max(way, 2)} such classes for {way}-way {shot}-shot",
            f"eval_way={max(2, len(usable))}, or more classes",
        )
    num_queries = min(queries, min(len(members[number]) for number in usable) - shot)
    generator = np.random.default_rng(seed)
    accuracies, correct, sampled = (
        np.empty(episodes),
        np.zeros(numbers.max() + 1),
        np.zeros(numbers.max() + 1),
    )
    for episode in range(episodes):
        classes = generator.choice(usable, way, replace=False)
        items = np.stack(
            [generator.choice(members[int(number)], shot + num_queries, replace=False) for number in classes]
        )
        chosen = np.asarray(values[items], np.float32)  # (way, shot + queries, dims)
        prototypes = chosen[:, :shot].mean(1)  # (way, dims)
        query = chosen[:, shot:].reshape(way * num_queries, -1)
        predicted = nearest_prototype(query, prototypes, distance).reshape(way, num_queries)
        hits = (predicted == np.arange(way)[:, None]).mean(1)  # (way,)
        accuracies[episode] = hits.mean()
        np.add.at(correct, classes, hits)
        np.add.at(sampled, classes, 1)
    deviation = float(accuracies.std(ddof=1)) if episodes > 1 else 0.0
    with np.errstate(invalid="ignore"):
        return FewShot(float(accuracies.mean()), NORMAL_95 * deviation / np.sqrt(episodes), correct / sampled)
