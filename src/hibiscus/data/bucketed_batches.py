"""A source of batches of texts of like length, so that little of a batch is padding."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from hibiscus.data.sources import ShuffledBatches
from hibiscus.tokens import PADDING

__all__ = ["BucketedBatches"]

BUCKET = 50  # batches whose items are sorted by length


class BucketedBatches(ShuffledBatches):
    """Shuffled batches, each of items of like length.

    The items are shuffled, and sorted by length within buckets of 50 batches; then the order of the batches
    is shuffled. The items that do not fill a batch come last. The order depends only on (seed, epoch).

    Args:
        arguments: those of `ShuffledBatches`, with the token numbers of texts among the fields.
        lengths: the names of the fields by whose lengths items are sorted, the first one first.
    """

    def __init__(self, *arguments: Any, lengths: tuple[str, ...] = ("text",)):
        super().__init__(*arguments)
        self.lengths = [(self.fields[name] != PADDING).sum(1) for name in lengths]

    def _new_order(self, generator: torch.Generator) -> Tensor:
        order = super()._new_order(generator)
        size = self.batch_size * BUCKET
        key = sum(lengths * 10_000**place for place, lengths in enumerate(reversed(self.lengths)))
        assert isinstance(key, Tensor)
        buckets = [bucket[key[bucket].argsort(stable=True)] for bucket in order.split(size)]
        order = torch.cat(buckets)
        full = len(order) // self.batch_size
        batches = order[: full * self.batch_size].view(full, self.batch_size)
        batches = batches[torch.randperm(full, generator=generator)]
        return torch.cat([batches.flatten(), order[full * self.batch_size :]])
