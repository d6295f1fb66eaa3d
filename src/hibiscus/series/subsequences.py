"""What two series have in common in the same order: the longest common subsequence, exact or tolerant.

    L[i, j] = L[i-1, j-1] + 1              if step i of a matches step j of b
              max(L[i-1, j], L[i, j-1])    otherwise

Steps without a match cost nothing, so that outliers and different lengths matter little. The plain twins are
in `hibiscus.scratch.alignment`. Source: Vlachos, Kollios & Gunopulos 2002.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import DataError
from hibiscus.series.checked_arrays import check_between, check_count, to_series

__all__ = ["lcss_distance", "lcss_length", "longest_common_subsequence"]


def lcss_length(a: ArrayLike, b: ArrayLike, epsilon: float, window: int | None = None) -> int:
    """The largest number of steps of `a` that match steps of `b` in the same order.

    Args:
        a: a series (steps,) or (steps, variables).
        b: another one; its number of steps may differ.
        epsilon: steps match where no variable differs by more.
        window: only steps i and j with |i - j| <= window match; all if None.

    Raises:
        DataError: when values are missing or the numbers of variables differ.
    """
    first, second = to_series(a, "a"), to_series(b, "b")
    check_between(epsilon, "epsilon", 0, np.inf)
    check_count(window, "window", 0)
    if first.shape[1] != second.shape[1]:
        raise DataError(
            f"series of {first.shape[1]} and {second.shape[1]} variables", "the same variables in both"
        )
    matches = np.all(np.abs(first[:, None] - second[None]) <= epsilon, axis=-1)
    if window is not None:
        matches &= np.abs(np.arange(len(first))[:, None] - np.arange(len(second))) <= window
    return int(_table(matches)[-1, -1])


def lcss_distance(a: ArrayLike, b: ArrayLike, epsilon: float, window: int | None = None) -> float:
    """1 - lcss_length / length of the shorter series: 0 where it is contained in the other, 1 at worst."""
    return 1 - lcss_length(a, b, epsilon, window) / min(len(to_series(a)), len(to_series(b)))


def longest_common_subsequence(a: ArrayLike, b: ArrayLike) -> list[tuple[int, int]]:
    """The matches (i, j) of a longest sequence of equal elements, in the order of time.

    Args:
        a: numbers, strings or other values (steps,) that are compared for equality.
        b: others; their number may differ.

    Raises:
        DataError: when there are several values for a step.
    """
    first, second = np.asarray(a), np.asarray(b)
    if first.ndim != 1 or second.ndim != 1:
        raise DataError(f"arrays of the shapes {first.shape} and {second.shape}", "one value for each step")
    if not len(first) or not len(second):
        return []
    matches = np.equal(first[:, None], second[None])
    table = _table(matches)
    i, j, pairs = len(first), len(second), []
    while i and j:
        if matches[i - 1, j - 1]:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif table[i - 1, j] >= table[i, j - 1]:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]


def _table(matches: np.ndarray) -> np.ndarray:
    """L (steps of a + 1, steps of b + 1), row by row: the running maximum takes the cells to the left in."""
    table = np.zeros((matches.shape[0] + 1, matches.shape[1] + 1), dtype=np.int64)
    for i, row in enumerate(matches):
        candidates = np.maximum(table[i, 1:], (table[i, :-1] + 1) * row)
        np.maximum.accumulate(candidates, out=table[i + 1, 1:])
    return table
