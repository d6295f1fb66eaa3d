"""Distances between series that may be shifted or stretched in time: DTW and the discrete Fréchet distance.

Both match the steps of two series monotonically, the first with the first and the last with the last. DTW
adds the differences of the matched steps; the Fréchet distance is the largest of them, the shortest leash
with which two walkers get along the two curves. The dynamic program runs over anti-diagonals, whose cells do
not depend on each other, for many pairs at once. `hibiscus.scratch.alignment` holds the plain twins.

Sources: Sakoe & Chiba 1978; Eiter & Mannila 1994.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.checked_arrays import check_count, to_series

__all__ = ["dtw_distance", "dtw_matrix", "dtw_path", "frechet_distance", "pearson_distance"]

BLOCK = 1 << 15  # cells of an anti-diagonal processed at a time, so that they stay in the cache
COSTS = ("absolute", "squared")

Combine = Callable[[np.ndarray, np.ndarray], np.ndarray]


def dtw_distance(a: ArrayLike, b: ArrayLike, band: int | None = None, cost: str = "absolute") -> float:
    """Dynamic time warping: the least sum of differences over all monotone matchings of the steps.

        D[i, j] = |a[i] - b[j]| + min(D[i-1, j], D[i, j-1], D[i-1, j-1])

    Args:
        a: a series (steps,) or (steps, variables).
        b: another one; its number of steps may differ.
        band: Sakoe-Chiba band: only steps i and j with |i - j| <= band are matched; all if None.
        cost: `absolute`: the sum of the absolute differences. `squared`: the root of the sum of the squared
            differences, which is the Euclidean distance where the band is 0.

    Raises:
        DataError: when values are missing or the numbers of variables differ.
        ConfigError: when the band is narrower than the difference of the lengths.
    """
    return float(dtw_matrix(to_series(a, "a")[None], to_series(b, "b")[None], band, cost)[0, 0])


def dtw_path(
    a: ArrayLike, b: ArrayLike, band: int | None = None, cost: str = "absolute"
) -> tuple[float, list[tuple[int, int]]]:
    """The distance of `dtw_distance` and a matching that has it, as pairs of steps in the order of time.

    Where several matchings have the same sum, the one that advances in both series at once is preferred.
    """
    first, second = to_series(a, "a")[None], to_series(b, "b")[None]
    rows, columns = first.shape[1], second.shape[1]
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0.0
    for diagonal, low, sums in _diagonals(first, second, _radius(first, second, band), cost, np.add):
        i = np.arange(low, low + sums.shape[-1])
        total[i + 1, diagonal - i + 1] = sums[0, 0]
    path = [(rows - 1, columns - 1)]
    while path[-1] != (0, 0):
        i, j = path[-1]
        before = [(i - 1, j - 1), (i - 1, j), (i, j - 1)]
        path.append(min(before, key=lambda cell: total[cell[0] + 1, cell[1] + 1]))
    distance = float(total[rows, columns])
    return float(np.sqrt(distance)) if cost == "squared" else distance, path[::-1]


def dtw_matrix(
    a: ArrayLike,
    b: ArrayLike,
    band: int | None = None,
    cost: str = "absolute",
    *,
    lengths_a: ArrayLike | None = None,
    lengths_b: ArrayLike | None = None,
) -> np.ndarray:
    """The DTW distances of all pairs of two sets of series; `band` and `cost` as in `dtw_distance`.

    Args:
        a: series (n, steps) or (n, steps, variables).
        b: series (m, steps) or (m, steps, variables); the number of steps may differ from that of `a`.
        band: Sakoe-Chiba band in steps; none if None.
        cost: `absolute` or `squared`.
        lengths_a: number of steps (n,) of each series of `a`; what follows them is padding. All if None.
        lengths_b: the same (m,) for `b`.

    Shapes:
        Returns (n, m). The time is proportional to n * m * steps * min(steps, 2 * band + 1).

    Raises:
        DataError: when values are missing or the numbers of variables differ.
        ConfigError: when the band is narrower than the difference of two lengths, or an option is unknown.
    """
    first, second = to_series(a, "a", dimensions=3), to_series(b, "b", dimensions=3)
    radius = _radius(first, second, band, lengths_a, lengths_b)
    ends = _lengths(lengths_a, first, "a")[:, None] + _lengths(lengths_b, second, "b")[None] - 2
    last = _lengths(lengths_a, first, "a") - 1
    distances = np.empty((len(first), len(second)))
    width = len(second) * min(first.shape[1], second.shape[1])
    rows = max(1, BLOCK // width)
    for start in range(0, len(first), rows):
        block = slice(start, start + rows)
        for diagonal, low, sums in _diagonals(first[block], second, radius, cost, np.add):
            i, j = np.nonzero(ends[block] == diagonal)
            distances[start + i, j] = sums[i, j, last[start + i] - low]
    return np.sqrt(distances) if cost == "squared" else distances


def frechet_distance(a: ArrayLike, b: ArrayLike) -> float:
    """The discrete Fréchet distance: the least possible largest distance between matched steps.

        F[i, j] = max(|a[i] - b[j]|, min(F[i-1, j], F[i, j-1], F[i-1, j-1]))

    Args:
        a: a series (steps,) or (steps, variables); the distance between two steps is Euclidean.
        b: another one; its number of steps may differ.

    Raises:
        DataError: when values are missing or the numbers of variables differ.
    """
    first, second = to_series(a, "a")[None], to_series(b, "b")[None]
    radius = _radius(first, second, None)
    *_, (_, _, largest) = _diagonals(first, second, radius, "squared", np.maximum)
    return float(np.sqrt(largest[0, 0, -1]))


def pearson_distance(a: ArrayLike, b: ArrayLike) -> float:
    """1 - r with the Pearson correlation r of two series of equal length: 0 for equal shapes, 2 for opposite.

    Level and scale do not matter. Several variables are compared as one long series.

    Raises:
        DataError: when the lengths differ, or a series is constant, so that no correlation is defined.
    """
    first, second = to_series(a, "a"), to_series(b, "b")
    if first.shape != second.shape:
        raise DataError(
            f"series of the shapes {first.shape} and {second.shape}",
            "equal shapes: the Pearson correlation compares step by step",
            "use dtw_distance for unequal lengths",
        )
    x, y = first.ravel() - first.mean(), second.ravel() - second.mean()
    for name, values, centered in (("a", first, x), ("b", second, y)):
        if np.ptp(values) == 0 or not centered.any():
            raise DataError(f"{name} is constant", "a series that varies: without variance r is not defined")
    return float(1 - np.clip(x @ y / np.sqrt((x @ x) * (y @ y)), -1, 1))


def _diagonals(
    a: np.ndarray, b: np.ndarray, radius: int, cost: str, combine: Combine
) -> Iterator[tuple[int, int, np.ndarray]]:
    """The anti-diagonals d = i + j of the dynamic program of all pairs: d, the first i, values (n, m, cells).

    A buffer holds cell (i, d - i) at i + 1; infinity stands beside the cells of a diagonal.
    """
    if cost not in COSTS:
        raise ConfigError(f"cost={cost!r}", " or ".join(COSTS))
    rows, columns = a.shape[1], b.shape[1]
    backward = b[:, ::-1]  # so that the matched steps of a diagonal are slices of both
    older, newer, current = (np.full((len(a), len(b), rows + 2), np.inf) for _ in range(3))
    for diagonal in range(rows + columns - 1):
        low = max(0, diagonal - columns + 1, (diagonal - radius + 1) // 2)
        high = min(rows - 1, diagonal, (diagonal + radius) // 2)
        here, before = slice(low + 1, high + 2), slice(low, high + 1)
        offset = columns - 1 - diagonal
        costs = _differences(a[:, low : high + 1], backward[:, offset + low : offset + high + 1], cost)
        if diagonal:
            best = np.minimum(newer[..., here], newer[..., before])
            costs = combine(costs, np.minimum(best, older[..., before], out=best))
        current[..., here] = costs
        current[..., low] = current[..., high + 2] = np.inf
        if high >= low:
            yield diagonal, low, current[..., here]
        older, newer, current = newer, current, older


def _differences(a: np.ndarray, b: np.ndarray, cost: str) -> np.ndarray:
    """The differences (n, m, cells) of steps, summed over the variables."""
    total = np.zeros((len(a), len(b), a.shape[1]))
    for variable in range(a.shape[2]):
        difference = a[:, None, :, variable] - b[None, :, :, variable]
        total += np.abs(difference) if cost == "absolute" else difference * difference
    return total


def _lengths(lengths: ArrayLike | None, series: np.ndarray, name: str) -> np.ndarray:
    """The number of steps of each series; all of them if None."""
    if lengths is None:
        return np.full(len(series), series.shape[1])
    array = np.asarray(lengths)
    if array.shape != (len(series),) or array.min() < 1 or array.max() > series.shape[1]:
        raise DataError(
            f"lengths_{name} of the shape {array.shape}, from {array.min()} to {array.max()}",
            f"{len(series)} lengths between 1 and {series.shape[1]} steps",
        )
    return array.astype(np.int64)


def _radius(
    a: np.ndarray,
    b: np.ndarray,
    band: int | None,
    lengths_a: ArrayLike | None = None,
    lengths_b: ArrayLike | None = None,
) -> int:
    """The band as a number of steps; refuses one that leaves no path."""
    if a.shape[2] != b.shape[2]:
        raise DataError(f"series of {a.shape[2]} and {b.shape[2]} variables", "the same variables in both")
    if band is None:
        return a.shape[1] + b.shape[1]
    check_count(band, "band", 0)
    first, second = _lengths(lengths_a, a, "a"), _lengths(lengths_b, b, "b")
    apart = int(max(first.max() - second.min(), second.max() - first.min()))
    if apart > band:
        raise ConfigError(
            f"band={band} for series whose lengths differ by {apart} steps",
            f"a band of at least {apart}: with a narrower one no matching reaches the end of both",
            f"band={apart} or more, or None",
        )
    return int(band)
