"""Near-duplicate images across parts: re-encoded, resized or slightly cropped copies of the same image.

The descriptor of an image is that of the perceptual hash pHash before its bits are cut to signs: the low
frequencies of the cosine transform of a gray thumbnail, scaled to length 1. The nearest neighbors of each
image are found in a k-d tree of the lowest frequencies, so the time is far from quadratic. A neighbor is then
compared in color, over windows of both images that undo a crop, and counts as a near duplicate if it is

- close: the distance of the two thumbnails, each centered and scaled to length 1, is at most MAX_DISTANCE;
- much closer than other images: at most MAX_RATIO times the distance to the tenth nearest image. Simple
  images, such as handwritten ones, resemble many others without being copies.

Images of a single color, and those with sides of less than 16 pixels, are never reported. Copies that were
rotated or mirrored, or whose colors were changed much, are not found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from hibiscus.data.lazy_rows import LazyRows, Rows, chunks
from hibiscus.progress import step

__all__ = ["NearDuplicate", "count_by_parts", "near_duplicates"]

SIDE, FREQUENCIES, LOWEST = 32, 8, 14  # of a thumbnail; of a descriptor; of those that are searched
NEIGHBORS = 10  # among which the copies of an image are sought
FAR = 1.0  # distance in the lowest frequencies beyond which an image is of no interest
MAX_LOW_DISTANCE, MAX_LOW_RATIO = 0.45, 0.75  # of pairs that are compared further
MAX_DISTANCE, MAX_RATIO = 0.25, 0.33
MIN_SIDE = 16  # pixels; of smaller images too many look alike
MIN_CROPPED_SIDE = 32  # of smaller ones, a crop is closer to many other images
MAX_COMPARED = 1000  # pairs compared over windows: about ten seconds
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
WINDOWS = (
    (0.0, 1.0),
    *(
        (place * (1 - size), place * (1 - size) + size)
        for size in (0.95, 0.9, 0.85)
        for place in (0, 0.25, 0.5, 0.75, 1)
    ),
)  # where a crop begins and ends along one axis, as fractions

Array = NDArray[np.float32]


@dataclass(frozen=True)
class NearDuplicate:
    """Two images of different parts that look like copies of each other.

    Args:
        first: the index of one image in the dataset.
        second: the index of the other.
        parts: the names of their parts.
        distance: of their thumbnails, from 0 for equal to `MAX_DISTANCE`.
    """

    first: int
    second: int
    parts: tuple[str, str]
    distance: float


def near_duplicates(
    images: Rows, parts: Mapping[str, np.ndarray], keys: np.ndarray | None = None
) -> list[NearDuplicate]:
    """Near duplicates across parts, closest first.

    Args:
        images: uint8 `(items, height, width, channels)`.
        parts: the indices of each part.
        keys: digests of the items; exact duplicates are then left out.
    """
    names = sorted((name for name in parts if len(parts[name])), key=lambda name: -len(parts[name]))
    if len(names) < 2 or min(images.shape[1:3]) < MIN_SIDE:
        return []
    items = np.concatenate([np.asarray(parts[name], np.int64) for name in names])
    part = np.repeat(np.arange(len(names)), [len(parts[name]) for name in names])
    with step("looking for near-duplicate images"):
        pairs = []
        for first, second, tenth in _candidates(_descriptors(images, items), part):
            a, b = int(items[first]), int(items[second])
            if keys is not None and keys[a] == keys[b]:
                continue
            one, other = images[np.array([a])][0], images[np.array([b])][0]
            limit = MAX_DISTANCE
            if tenth >= 0:
                limit = min(limit, MAX_RATIO * _distance(one, images[items[tenth : tenth + 1]][0]))
            distance = _distance_of_crops(one, other, limit)
            if distance <= limit:
                pairs.append(NearDuplicate(b, a, (names[part[second]], names[part[first]]), distance))
    return sorted(pairs, key=lambda pair: (pair.distance, pair.first, pair.second))


def count_by_parts(pairs: list[NearDuplicate]) -> dict[str, int]:
    """The number of pairs between two parts, as `{"train and test": 3}`."""
    counts: dict[str, int] = {}
    for pair in pairs:
        name = " and ".join(pair.parts)
        counts[name] = counts.get(name, 0) + 1
    return counts


def _candidates(descriptors: Array, part: np.ndarray) -> list[tuple[int, int, int]]:
    """Pairs of rows in different parts that are close in the lowest frequencies, closest first.

    Each comes with the tenth nearest row, or -1 if that is far away. Part 0, the largest, is only searched.
    """
    from scipy.spatial import KDTree  # a third of a second to import

    known, queries = (np.flatnonzero((part >= least) & descriptors.any(1)) for least in (0, 1))
    if not len(queries):
        return []
    # The nearest is the image itself; what is absent or too far has an infinite distance.
    # Translated by 2, no value is 0: after values of 0, SciPy splits at the next number, which is denormal,
    # and recurses without end where these are flushed to zero, as in a process that trains.
    points = descriptors.astype(np.float64) + 2
    tree = KDTree(points[known])
    found = tree.query(points[queries], NEIGHBORS + 1, distance_upper_bound=FAR)
    distance, neighbor = (np.asarray(values) for values in found)
    farthest = np.minimum(distance[:, -1], FAR)
    tenth = np.append(known, -1)[neighbor[:, -1]]
    close = distance <= np.minimum(MAX_LOW_DISTANCE, MAX_LOW_RATIO * farthest)[:, None]
    pairs: dict[tuple[int, int], tuple[float, int]] = {}
    for row, column in zip(*np.nonzero(close), strict=True):
        query, other = int(queries[row]), int(known[neighbor[row, column]])
        if part[query] != part[other]:
            pair = (query, other) if part[query] > part[other] else (other, query)
            pairs.setdefault(pair, (float(distance[row, column] / farthest[row]), int(tenth[row])))
    nearest = sorted(pairs, key=lambda pair: (pairs[pair][0], pair))[:MAX_COMPARED]
    return [(*pair, pairs[pair][1]) for pair in nearest]


def _descriptors(images: Rows, items: np.ndarray) -> Array:
    """The lowest frequencies of each image, `(items, LOWEST)`; zeros for an image of a single color."""
    from scipy.fft import dctn

    order = np.add.outer(np.arange(FREQUENCIES), np.arange(FREQUENCIES)).reshape(-1)
    lowest = np.argsort(order, kind="stable")[1:]  # without the mean
    result = np.zeros((len(items), LOWEST), np.float32)
    for place, chunk in chunks(LazyRows(images.__getitem__, items)):
        down, across = _windows(chunk.shape[1])[0], _windows(chunk.shape[2])[0]
        gray = chunk @ LUMA if chunk.shape[3] == 3 else chunk[..., 0].astype(np.float32)
        frequencies = np.asarray(dctn(down @ gray @ across.T, axes=(1, 2), norm="ortho"))
        values = frequencies[:, :FREQUENCIES, :FREQUENCIES].reshape(len(chunk), -1)[:, lowest]
        length = np.linalg.norm(values, axis=1, keepdims=True)
        result[place] = np.where(length > 1, values / np.maximum(length, 1), 0)[:, :LOWEST]
    return result


def _distance(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """The distance of the thumbnails of two images uint8 (height, width, channels)."""
    one, other = (_scaled(_crops(image, _windows(image.shape[0])[:1], _windows(image.shape[1])[:1]))
                  for image in (first, second))  # fmt: skip
    return _chord((one * other).sum())


def _distance_of_crops(first: NDArray[np.uint8], second: NDArray[np.uint8], enough: float) -> float:
    """As `_distance`; if that is not `enough`, the smallest over crops of either image."""
    best = _distance(first, second)
    if best <= enough or min(first.shape[:2]) < MIN_CROPPED_SIDE:
        return best
    for cropped, other in ((first, second), (second, first)):
        height, width = cropped.shape[:2]
        crops = _scaled(_crops(cropped, _windows(height), _windows(width)))
        target = _scaled(_crops(other, _windows(other.shape[0])[:1], _windows(other.shape[1])[:1]))
        best = min(best, _chord((crops * target).sum((-3, -2, -1)).max()))
    return best


def _chord(cosine: float) -> float:
    return float(np.sqrt(max(0.0, 2 - 2 * float(cosine))))


def _crops(image: NDArray[np.uint8], down: Array, across: Array) -> Array:
    """Thumbnails of crops of an image, `(windows down, windows across, SIDE, SIDE, channels)`."""
    pixels = np.moveaxis(image.astype(np.float32), 2, 0)  # channels, height, width
    rows = np.einsum("iph,chw->icpw", down, pixels, optimize=True)
    return np.einsum("icpw,jqw->ijpqc", rows, across, optimize=True)


def _scaled(thumbnails: Array) -> Array:
    """Thumbnails centered and scaled to length 1; zeros where there is a single color."""
    centered = thumbnails - thumbnails.mean((-3, -2, -1), keepdims=True)
    length = np.sqrt((centered**2).sum((-3, -2, -1), keepdims=True))
    return np.where(length > 1, centered / np.maximum(length, 1), 0)


@cache
def _windows(size: int) -> Array:
    """Area averaging of `size` pixels to SIDE, for each window: `(windows, SIDE, size)`."""
    matrices = []
    for start, stop in WINDOWS:
        edges = size * (start + (stop - start) * np.arange(SIDE + 1) / SIDE)
        low, high = edges[:-1, None], edges[1:, None]
        pixel = np.arange(size)[None]
        overlap = np.clip(np.minimum(high, pixel + 1) - np.maximum(low, pixel), 0, None)
        matrices.append(overlap / (high - low))
    return np.array(matrices, np.float32)
