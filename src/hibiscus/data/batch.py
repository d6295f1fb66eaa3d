"""A batch: the fields of some items by name; and a source: what gives the training loop its batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor

__all__ = ["Batch", "Source"]


class Batch(dict):
    """The fields of a batch by name: `batch["image"]` or `batch.image`.

    `share` is set where several processes divide a batch: `(first item, items in all, processes)` for this process's slice.
    """

    share: tuple[int, int, int] | None = None
    __getattr__ = dict.__getitem__

    @property
    def size(self) -> int:
        """How many items the batch holds."""
        return len(next(iter(self.values())))

    @property
    def total(self) -> int:
        """How many items the whole batch holds, of which this process may have a share."""
        return self.size if self.share is None else self.share[1]

    @property
    def weight(self) -> float:
        """What a mean over its items counts for in a mean of equal terms over the processes; 1 where all have as many."""
        return 1.0 if self.share is None else self.size * self.share[2] / self.share[1]

    def normal(self, *shape: int) -> Tensor:
        """Standard normal numbers `(size, *shape)`: the same for each item, however many processes divide the batch."""
        return self._draw(torch.randn, shape)

    def uniform(self, *shape: int) -> Tensor:
        """Numbers from [0, 1), `(size, *shape)`: the same for each item, however many processes divide the batch."""
        return self._draw(torch.rand, shape)

    def _draw(self, draw: Callable[..., Tensor], shape: tuple[int, ...]) -> Tensor:
        first, total, _ = self.share or (0, self.size, 1)
        return draw(total, *shape, device=next(iter(self.values())).device)[first : first + self.size]


class Source(Protocol):
    """Gives the loop its batches and has a position that can be saved: same seed and position, same batches."""

    batches_per_epoch: int

    def next(self) -> Batch:
        """The next batch; never ends."""
        ...

    def position(self) -> dict[str, Any]:
        """Where the source stands: plain JSON values, and tensors where it keeps what it has seen (a replay memory)."""
        ...

    def restore(self, position: dict[str, Any]) -> None:
        """Goes back to a saved position."""
        ...
