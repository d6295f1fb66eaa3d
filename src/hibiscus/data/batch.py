"""Batches, which hold the fields of some items, and sources, which supply the training loop with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor

__all__ = ["Batch", "Source"]


class Batch(dict):
    """The fields of a batch by name: `batch["image"]` or `batch.image`.

    `share` is set where several processes divide a batch. For the slice of this process it holds the position
    of the first item, the size of the whole batch, and the number of processes.
    """

    share: tuple[int, int, int] | None = None
    __getattr__ = dict.__getitem__

    @property
    def size(self) -> int:
        """The number of items in this batch."""
        return len(next(iter(self.values())))

    @property
    def total(self) -> int:
        """The number of items in the whole batch, of which this process may hold only a slice."""
        return self.size if self.share is None else self.share[1]

    @property
    def weight(self) -> float:
        """The weight of a mean over these items in an average over processes; 1 for slices of equal size."""
        return 1.0 if self.share is None else self.size * self.share[2] / self.share[1]

    def normal(self, *shape: int) -> Tensor:
        """Standard normal numbers `(size, *shape)`, which do not depend on how processes divide the batch."""
        return self._draw(torch.randn, shape)

    def uniform(self, *shape: int) -> Tensor:
        """Numbers from [0, 1), `(size, *shape)`, which do not depend on how processes divide the batch."""
        return self._draw(torch.rand, shape)

    def _draw(self, draw: Callable[..., Tensor], shape: tuple[int, ...]) -> Tensor:
        first, total, _ = self.share or (0, self.size, 1)
        return draw(total, *shape, device=next(iter(self.values())).device)[first : first + self.size]


class Source(Protocol):
    """Supplies batches; the seed and a position that can be saved determine all further batches."""

    batches_per_epoch: int

    def next(self) -> Batch:
        """The next batch; never ends."""
        ...

    def position(self) -> dict[str, Any]:
        """The position as plain JSON values, with tensors if past data is stored (replay buffer)."""
        ...

    def restore(self, position: dict[str, Any]) -> None:
        """Return to a saved position."""
        ...
