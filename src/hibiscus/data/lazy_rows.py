"""Rows that are read when they are indexed, so that a part of the data is never held as a second copy."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["VALUES_AT_ONCE", "LazyRows", "as_rows", "chunks", "joined"]

VALUES_AT_ONCE = 2**22  # values that are read at a time: 16 MB as float32


class LazyRows:
    """Some rows of an array, `(rows, ...)`; indexing along the first axis reads only the chosen ones.

    Args:
        read: maps indices `(k,)` to rows `(k, ...)`.
        items: the index of each row.
    """

    def __init__(self, read: Callable[[NDArray[np.int64]], np.ndarray], items: np.ndarray):
        self.read, self.items = read, np.asarray(items, np.int64)
        example = read(self.items[:1])
        self.shape, self.dtype = (len(self.items), *example.shape[1:]), example.dtype

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[row] for row in range(len(self)))

    def __getitem__(self, rows: Any) -> np.ndarray:
        chosen = np.asarray(self.items[rows])
        values = self.read(chosen.reshape(-1))
        return values.reshape(*chosen.shape, *values.shape[1:])


Rows = np.ndarray | LazyRows


def as_rows(values: ArrayLike | LazyRows, dtype: Any = np.float32) -> Rows:
    """The values if they are read lazily, otherwise an array of the given type."""
    return values if isinstance(values, LazyRows) else np.asarray(values, dtype)


def chunks(rows: Rows, max_values: int = VALUES_AT_ONCE) -> Iterator[tuple[slice, np.ndarray]]:
    """All rows once and in order, in chunks of at most `max_values` values and at least one row.

    Yields:
        Where the chunk lies among the rows, and its values.
    """
    step = max(1, max_values // max(1, math.prod(rows.shape[1:])))
    for start in range(0, len(rows), step):
        place = slice(start, min(start + step, len(rows)))
        yield place, rows[place]


def joined(first: LazyRows, second: LazyRows) -> LazyRows:
    """The rows of both, one after the other; chosen rows must be in ascending order."""

    def read(rows: NDArray[np.int64]) -> np.ndarray:
        split = int(np.searchsorted(rows, len(first)))
        return np.concatenate([first[rows[:split]], second[rows[split:] - len(first)]])

    return LazyRows(read, np.arange(len(first) + len(second)))
