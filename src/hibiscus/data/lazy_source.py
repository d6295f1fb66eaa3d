"""A source that is built when it is first used."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from hibiscus.data.batch import Batch, Source

__all__ = ["LazySource"]


class LazySource:
    """Builds its source when the first batch, or the position, is needed.

    A resumed run builds every stage up to its own one; a source whose data takes long to compute should cost
    nothing if its stage has ended.

    Args:
        build: returns the source.
    """

    def __init__(self, build: Callable[[], Source]):
        self._build = build

    @cached_property
    def source(self) -> Source:
        """The source itself."""
        return self._build()

    @property
    def batches_per_epoch(self) -> int:
        """The number of batches in one pass."""
        return self.source.batches_per_epoch

    def next(self) -> Batch:
        """The next batch."""
        return self.source.next()

    def position(self) -> dict[str, Any]:
        """The position of the source."""
        return self.source.position()

    def restore(self, position: dict[str, Any]) -> None:
        """Return to a saved position."""
        self.source.restore(position)
