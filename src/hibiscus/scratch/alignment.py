"""Distances between two series in pure Python: DTW, the discrete Fréchet distance and common subsequences.

A series is a list of steps, a step a list of variables. A subsequence is compared symbol by symbol.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

__all__ = ["dtw", "frechet", "lcss", "longest_common_subsequence"]

Series = Sequence[Sequence[float]]


def dtw(a: Series, b: Series, band: int | None = None, cost: str = "absolute") -> float:
    """The least sum of absolute differences over monotone matchings, or the root of that of squared ones.

    With a band, only steps i and j with |i - j| <= band are matched.
    """
    power = 1 if cost == "absolute" else 2
    best: dict[tuple[int, int], float] = {}
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            if band is None or abs(i - j) <= band:
                before = [best.get(cell, math.inf) for cell in ((i - 1, j), (i, j - 1), (i - 1, j - 1))]
                difference = sum(abs(u - v) ** power for u, v in zip(x, y, strict=True))
                best[i, j] = difference + (min(before) if i or j else 0.0)
    total = best[len(a) - 1, len(b) - 1]
    return total if power == 1 else math.sqrt(total)


def frechet(a: Series, b: Series) -> float:
    """The least possible largest Euclidean distance between the matched steps of monotone matchings."""
    best: dict[tuple[int, int], float] = {}
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            before = [best.get(cell, math.inf) for cell in ((i - 1, j), (i, j - 1), (i - 1, j - 1))]
            best[i, j] = max(math.dist(x, y), min(before) if i or j else 0.0)
    return best[len(a) - 1, len(b) - 1]


def lcss(a: Series, b: Series, epsilon: float, window: int | None = None) -> int:
    """The length of the longest common subsequence: steps match where no variable differs by more than that.

    With a window, only steps i and j with |i - j| <= window match.
    """
    best: dict[tuple[int, int], int] = {}
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            near = all(abs(u - v) <= epsilon for u, v in zip(x, y, strict=True))
            if near and (window is None or abs(i - j) <= window):
                best[i, j] = best.get((i - 1, j - 1), 0) + 1
            else:
                best[i, j] = max(best.get((i - 1, j), 0), best.get((i, j - 1), 0))
    return best[len(a) - 1, len(b) - 1]


def longest_common_subsequence(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Hashable]:
    """The longest sequence of equal elements in both; the one whose matches come last where several are."""
    best: dict[tuple[int, int], list[Hashable]] = {}
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            if x == y:
                best[i, j] = [*best.get((i - 1, j - 1), []), x]
            else:
                best[i, j] = max(best.get((i - 1, j), []), best.get((i, j - 1), []), key=len)
    return best.get((len(a) - 1, len(b) - 1), [])
