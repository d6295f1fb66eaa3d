"""Batches, which hold the fields of some items, and sources, which supply the training loop with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor

from hibiscus.sharding import Shard, global_rows, local_rows

__all__ = ["Augmentation", "Batch", "Source"]


class Batch(dict):
    """The fields of a batch by name: `batch["image"]` or `batch.image`.

    `shard` is set if several processes divide the batch, of which this one then holds only some items.
    """

    shard: Shard | None = None
    __getattr__ = dict.__getitem__

    @property
    def size(self) -> int:
        """The number of items in this batch."""
        return len(next(iter(self.values())))

    @property
    def total(self) -> int:
        """The number of items in the whole batch, of which this process may hold only a shard."""
        return self.size if self.shard is None else self.shard.total

    def normal(self, *shape: int) -> Tensor:
        """Standard normal numbers `(size, *shape)`, which do not depend on how processes divide the batch."""
        return self._draw(torch.randn, shape)

    def uniform(self, *shape: int) -> Tensor:
        """Numbers from [0, 1), `(size, *shape)`, which do not depend on how processes divide the batch."""
        return self._draw(torch.rand, shape)

    def _draw(self, draw: Callable[..., Tensor], shape: tuple[int, ...]) -> Tensor:
        device = next(iter(self.values())).device
        return local_rows(draw(global_rows(self.size), *shape, device=device))


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


class Augmentation(Protocol):
    """Changes images at random; called with a batch of them, a generator, and their masks or boxes if any."""

    __call__: Callable[..., Any]

    @property
    def active(self) -> bool:
        """Whether it changes anything."""
        ...
