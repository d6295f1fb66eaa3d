"""Keeps the few outputs that a report shows, while a whole part passes by in batches."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

__all__ = ["ShownOutputs"]


class ShownOutputs:
    """The outputs of given items, and of the items with the largest errors.

    Args:
        typical: positions of items whose outputs are kept.
        count: how many of the largest errors are kept; of equal ones the first.
    """

    def __init__(self, typical: Iterable[int], count: int):
        self.typical, self.count = {int(row) for row in typical}, count
        self.outputs: dict[int, np.ndarray] = {}
        self._errors: list[tuple[float, int]] = []
        self._items = 0

    def add(self, outputs: np.ndarray, errors: np.ndarray) -> None:
        """Takes the next batch of outputs `(items, ...)` with their errors `(items,)`."""
        rows = np.arange(self._items, self._items + len(outputs))
        self._items += len(outputs)
        found = zip((-errors).tolist(), rows.tolist(), strict=True)
        self._errors = sorted([*self._errors, *found])[: self.count]
        kept = self.typical | set(self.largest.tolist())
        self.outputs |= {row: outputs[row - rows[0]].copy() for row in kept & set(rows.tolist())}
        self.outputs = {row: output for row, output in self.outputs.items() if row in kept}

    @property
    def largest(self) -> np.ndarray:
        """The positions of the items with the largest errors, largest first."""
        return np.array([row for _, row in self._errors], np.int64)

    def of(self, rows: Iterable[int]) -> list[np.ndarray]:
        """The outputs of some of the items that were kept."""
        return [self.outputs[int(row)] for row in rows]
