"""Maps of embeddings in two dimensions, and the training images that are nearest to an item.

`principal_components` is linear: distances on the map are at most those of the embeddings, and it says how
much of the variance it shows. `neighbor_map` is t-SNE, which keeps neighbors together; sizes of groups and
distances between them mean little.

Reference: van der Maaten, Hinton, "Visualizing Data using t-SNE", JMLR 9, 2008.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.evaluation.items import Scatter
from hibiscus.progress import step

__all__ = ["embedding_maps", "nearest_rows", "neighbor_map", "perplexity_for", "principal_components"]

MAX_TSNE_ITEMS, MIN_TSNE_ITEMS = 2000, 30  # for fewer, the two principal components say as much
PERPLEXITY, TSNE_ITERATIONS = 30.0, 500
TSNE_INPUTS = 50  # principal components on which the distances of t-SNE are computed
ROWS_AT_ONCE = 2**22  # distances computed at a time

Array = NDArray[np.float32]


def principal_components(embeddings: ArrayLike, count: int = 2) -> tuple[Array, NDArray[np.float64]]:
    """The first principal components of each item, and the fraction of the variance of each component.

    The sign of a component is such that its largest value is positive, so that equal data gives equal maps.
    Components beyond the rank of the data are zero.

    Shapes:
        embeddings (items, dimensions); returns (items, count) and (count,).
    """
    x = np.asarray(embeddings, np.float64)
    x = x - x.mean(0)
    values, vectors = np.linalg.eigh(x.T @ x if x.shape[1] <= len(x) else x @ x.T)
    order = np.argsort(values)[::-1][:count]
    kept = np.maximum(values[order], 0)
    projected = x @ vectors[:, order] if x.shape[1] <= len(x) else vectors[:, order] * np.sqrt(kept)
    projected = np.pad(projected, ((0, 0), (0, count - len(order))))
    largest = projected[np.abs(projected).argmax(0), np.arange(count)]
    total = float((x**2).sum())
    fractions = np.pad(kept, (0, count - len(order))) / total if total > 0 else np.zeros(count)
    return (projected * np.where(largest < 0, -1, 1)).astype(np.float32), fractions


def perplexity_for(items: int) -> float:
    """The perplexity of `neighbor_map`: 30, or fewer for few items, as it must be below their number."""
    return min(PERPLEXITY, (items - 1) / 3)


def neighbor_map(embeddings: ArrayLike, seed: int = 0) -> Array:
    """The t-SNE of each item, `(items, 2)`, from the principal components, with `perplexity_for(items)`.

    Args:
        embeddings: `(items, dimensions)`, at least four items.
        seed: random seed.
    """
    from sklearn.manifold import TSNE  # a second to import

    x = np.asarray(embeddings, np.float64)
    inputs = principal_components(x, min(TSNE_INPUTS, *x.shape))[0]
    inputs = inputs / max(float(inputs.std()), 1e-12)
    model = TSNE(perplexity=perplexity_for(len(x)), max_iter=TSNE_ITERATIONS, init="pca", random_state=seed)
    return model.fit_transform(inputs).astype(np.float32)


def embedding_maps(
    embeddings: ArrayLike,
    groups: Sequence[str],
    marked: Sequence[bool] | np.ndarray = (),
    what: str = "items",
    marks: str = "wrong predictions",
    seed: int = 0,
) -> list[Scatter]:
    """The map by principal components and, for 30 to 2,000 items, by t-SNE, as report items.

    Args:
        embeddings: `(items, dimensions)`; not finite values are refused by scikit-learn.
        groups: the class of each item, which gives its color.
        marked: which items get a cross; none by default.
        what: the items, for the note, such as "items of the test part".
        marks: what a cross means.
        seed: random seed of t-SNE.
    """
    x = np.asarray(embeddings, np.float32)
    crosses = f" Crosses: {marks}." if np.any(marked) else ""
    points, fractions = principal_components(x)
    shown = f"together {fractions.sum():.0%} of the variance of {x.shape[1]:,} dimensions"
    maps = [
        Scatter(
            "Embeddings: principal components",
            f"first component ({fractions[0]:.0%} of the variance)",
            f"second component ({fractions[1]:.0%})",
            points[:, 0],
            points[:, 1],
            note=f"{len(x):,} {what}, {shown}.{crosses}",
            groups=groups,
            marked=marked,
        )
    ]
    if MIN_TSNE_ITEMS <= len(x) <= MAX_TSNE_ITEMS and np.isfinite(x).all() and fractions[0] > 0:
        with step("computing the map of embeddings (t-SNE)"):
            points = neighbor_map(x, seed)
        settings = f"t-SNE with perplexity {perplexity_for(len(x)):.0f} and seed {seed}"
        note = (
            f"{len(x):,} {what}, {settings}. Neighbors stay together; distances between groups mean little."
            f"{crosses}"
        )
        maps.append(
            Scatter("Embeddings: t-SNE", "", "", points[:, 0], points[:, 1], False, note, groups, marked)
        )
    return maps


def nearest_rows(queries: ArrayLike, known: ArrayLike, count: int) -> tuple[NDArray[np.int64], Array]:
    """The nearest known rows of each query by cosine similarity, nearest first, and the similarities.

    Shapes:
        queries (Q, dimensions), known (K, dimensions); returns two of (Q, min(count, K)).
    """
    one, other = _unit(queries), _unit(known)
    count = min(count, len(other))
    rows = np.zeros((len(one), count), np.int64)
    similarity = np.zeros((len(one), count), np.float32)
    size = max(1, ROWS_AT_ONCE // max(1, len(other)))
    for start in range(0, len(one), size):
        place = slice(start, start + size)
        cosines = one[place] @ other.T
        rows[place] = np.argsort(-cosines, axis=1, kind="stable")[:, :count]
        similarity[place] = np.take_along_axis(cosines, rows[place], axis=1)
    return rows, similarity


def _unit(values: ArrayLike) -> Array:
    x = np.asarray(values, np.float32)
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
