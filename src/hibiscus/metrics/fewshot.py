"""Few-shot accuracy: episodes drawn from embeddings that were computed once, answered by the nearest prototype."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.errors import DataError

__all__ = ["FewShot", "few_shot", "nearest_prototype"]

NORMAL_95 = 1.96  # standard errors on either side of a mean that hold the truth in 95 of 100 cases


@dataclass(frozen=True)
class FewShot:
    """Accuracy over episodes.

    Args:
        accuracy: mean over episodes.
        interval: half the width of its 95 % interval; the episodes are those of one set of classes and one network.
        by_class: share of right answers for the queries of each class, not a number for one that was never drawn.
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
    embedding: ArrayLike,
    label: ArrayLike,
    way: int,
    shot: int,
    *,
    queries: int = 5,
    episodes: int = 600,
    distance: str = "euclidean",
    seed: int = 0,
) -> FewShot:
    r"""Accuracy of the nearest prototype over random episodes, with its 95 % interval.

        prototype[c] = mean of `shot` embeddings of class c;    accuracy = mean over episodes of share right
        interval = 1.96 standard deviation over episodes / sqrt(episodes)

    Args:
        embedding: of every item; any features.
        label: class numbers.
        way: classes in an episode.
        shot: support items of each class.
        queries: query items of each class at most; fewer where a class has fewer left.
        episodes: how many.
        distance: `euclidean` or `cosine`.
        seed: of the draw; the same episodes for the same labels, so that rivals answer the same questions.

    Shapes:
        embedding (N, dims), label (N,).

    Raises:
        DataError: fewer than `way` classes with more than `shot` items.
    """
    values, numbers = np.asarray(embedding, np.float32), np.asarray(label)
    members = {int(number): np.flatnonzero(numbers == number) for number in np.unique(numbers)}
    usable = [number for number, places in members.items() if len(places) > shot]
    if len(usable) < max(way, 2):
        found = f"{len(members)} classes, {len(usable)} of them with more than {shot} items"
        raise DataError(found, f"{max(way, 2)} such classes for {way}-way {shot}-shot", f"eval_way={max(2, len(usable))}, or more classes")
    asked = min(queries, min(len(members[number]) for number in usable) - shot)
    generator = np.random.default_rng(seed)
    shares, right, drawn = np.empty(episodes), np.zeros(numbers.max() + 1), np.zeros(numbers.max() + 1)
    for episode in range(episodes):
        classes = generator.choice(usable, way, replace=False)
        chosen = np.stack([generator.choice(members[int(number)], shot + asked, replace=False) for number in classes])
        prototypes = values[chosen[:, :shot]].mean(1)  # (way, dims)
        answer = nearest_prototype(values[chosen[:, shot:]].reshape(way * asked, -1), prototypes, distance).reshape(way, asked)
        hits = (answer == np.arange(way)[:, None]).mean(1)  # (way,)
        shares[episode] = hits.mean()
        np.add.at(right, classes, hits)
        np.add.at(drawn, classes, 1)
    spread = float(shares.std(ddof=1)) if episodes > 1 else 0.0
    with np.errstate(invalid="ignore"):
        return FewShot(float(shares.mean()), NORMAL_95 * spread / np.sqrt(episodes), right / drawn)
