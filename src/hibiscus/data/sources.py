"""Sources of training batches, whose saved position determines all further batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.batch import Augmentation, Batch
from hibiscus.data.batches import mix_seed
from hibiscus.sharding import shard_of, sharded

__all__ = ["ShuffledBatches", "UnpairedBatches"]


class ShuffledBatches:
    """Endless shuffled batches, in a new order each epoch; the last batch of an epoch may be smaller.

    The order in epoch `e` depends only on (seed, e), and the augmentation of batch `b` only on (seed, e, b).
    The saved position is therefore two numbers, and a resumed run gets exactly the batches it would have got.

    Args:
        fields: arrays over all items, by name.
        items: the indices of the items that this source draws from.
        batch_size: the number of items in a batch.
        seed: determines the orders and the augmentation.
        build_batch: converts raw tensors to a batch.
        augment: applied to the images; for training data only.
        share: `(this process, processes)`; this process takes its shard of every batch.
    """

    def __init__(
        self,
        fields: Mapping[str, Tensor],
        items: np.ndarray,
        batch_size: int,
        seed: int,
        build_batch: Callable[..., Any],
        augment: Augmentation | None = None,
        share: tuple[int, int] = (0, 1),
    ):
        self.share = share
        self.fields, self.items = dict(fields), torch.from_numpy(np.ascontiguousarray(items, np.int64))
        self.batch_size, self.seed, self.build_batch, self.augment = batch_size, seed, build_batch, augment
        # A last batch of one item would have no batch statistics, so it is merged into the previous batch.
        self.joins = int(batch_size > 1 and len(items) > batch_size and len(items) % batch_size == 1)
        self.batches_per_epoch = max(1, -(-len(items) // batch_size)) - self.joins
        self.epoch, self.index = 0, 0
        self._order: Tensor | None = None

    def next(self) -> Any:
        """The next batch."""
        if self.index == self.batches_per_epoch:
            self.epoch, self.index, self._order = self.epoch + 1, 0, None
        if self._order is None:
            generator = torch.Generator().manual_seed(mix_seed(self.seed, self.epoch))
            self._order = self._new_order(generator)
        is_last = self.index == self.batches_per_epoch - 1
        chosen = self._order[
            self.index * self.batch_size : None if is_last else (self.index + 1) * self.batch_size
        ]
        shard = shard_of(len(chosen), *self.share)
        if shard is not None:
            chosen = chosen[shard.first : shard.first + shard.size]
        raw = {name: values.index_select(0, chosen) for name, values in self.fields.items()}
        augment = self._augment() if self.augment is not None and self.augment.active else None
        self.index += 1
        with sharded(shard):
            batch = self.build_batch(raw, augment)
        batch.shard = shard
        return batch

    def _new_order(self, generator: torch.Generator) -> Tensor:
        """The items of an epoch, in order."""
        return self.items[torch.randperm(len(self.items), generator=generator)]

    def _augment(self) -> Callable[..., Any]:
        generator = torch.Generator().manual_seed(mix_seed(self.seed, self.epoch, self.index, 1))
        augment = self.augment
        assert augment is not None
        return lambda images, *moved: augment(images, generator, *moved)

    def position(self) -> dict[str, Any]:
        """The epoch and the batch within it."""
        return {"epoch": self.epoch, "index": self.index}

    def restore(self, position: dict[str, Any]) -> None:
        """Return to a saved position."""
        self.epoch, self.index, self._order = position["epoch"], position["index"], None


class UnpairedBatches:
    """Endless batches of `a` and `b`, equally many images of each domain, shuffled separately.

    A domain that is used up starts again in a new order. The order of domain `d` in its pass `p` depends only
    on (seed, d, p), so the saved position is one number. An epoch is one pass over the smaller domain.
    Several processes each take a shard of every batch.

    Args:
        images: uint8 `(all items, height, width, channels)`.
        members: the items of each domain, as indices into `images`.
        batch_size: the number of images of each domain in a batch, at most the size of the smaller domain.
        seed: determines the orders and the augmentation.
        normalize: converts raw images, with an optional augmentation, to the input of networks.
        augment: applied to the images.
        share: `(this process, processes)`.
    """

    def __init__(
        self,
        images: Tensor,
        members: list[np.ndarray],
        batch_size: int,
        seed: int,
        normalize: Callable[..., Tensor],
        augment: Augmentation | None = None,
        share: tuple[int, int] = (0, 1),
    ):
        self.images, self.seed, self.normalize = images, seed, normalize
        self.members = [torch.from_numpy(np.ascontiguousarray(items, np.int64)) for items in members]
        self.augment, self.share = augment, share
        smaller = min(map(len, members))
        self.batch_size = min(batch_size, smaller)
        self.batches_per_epoch = -(-smaller // self.batch_size)
        self.index = 0
        self._orders: dict[tuple[int, int], Tensor] = {}

    def next(self) -> Any:
        """The next batch."""
        shard, fields = shard_of(self.batch_size, *self.share), {}
        with sharded(shard):
            for domain, name in enumerate("ab"):
                chosen = self._items(domain, self.index * self.batch_size, self.batch_size)
                if shard is not None:
                    chosen = chosen[shard.first : shard.first + shard.size]
                fields[name] = self.normalize(self.images.index_select(0, chosen), self._change(domain))
        self.index += 1
        batch = Batch(fields)
        batch.shard = shard
        return batch

    def _items(self, domain: int, start: int, count: int) -> Tensor:
        """The items from a position on, over one shuffled pass after another."""
        size, chunks = len(self.members[domain]), []
        while count:
            number, offset = divmod(start, size)
            chunk = self._order(domain, number)[offset : offset + count]
            chunks.append(chunk)
            start, count = start + len(chunk), count - len(chunk)
        return torch.cat(chunks)

    def _order(self, domain: int, number: int) -> Tensor:
        if (domain, number) not in self._orders:
            self._orders = {key: order for key, order in self._orders.items() if key[0] != domain}
            generator = torch.Generator().manual_seed(mix_seed(self.seed, domain, number))
            members = self.members[domain]
            self._orders[domain, number] = members[torch.randperm(len(members), generator=generator)]
        return self._orders[domain, number]

    def _change(self, domain: int) -> Callable[[Tensor], Tensor] | None:
        augment = self.augment
        if augment is None or not augment.active:
            return None
        generator = torch.Generator().manual_seed(mix_seed(self.seed, domain, self.index, 1))
        return lambda images: augment(images, generator)

    def position(self) -> dict[str, Any]:
        """The number of batches supplied so far."""
        return {"index": self.index}

    def restore(self, position: dict[str, Any]) -> None:
        """Return to a saved position."""
        self.index = position["index"]
