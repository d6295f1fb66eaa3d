"""A source of batches in whose epochs all classes are equally frequent."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.sources import ShuffledBatches

__all__ = ["BalancedBatches"]


class BalancedBatches(ShuffledBatches):
    """Shuffled batches with as many items of each class in an epoch, up to one, as long as one of all items.

    The items of a rare class occur several times, each equally often up to one, and of a frequent class a new
    random selection occurs in each epoch. The order in an epoch depends only on (seed, epoch).

    Args:
        arguments: those of `ShuffledBatches`.
        labels: the class of each of its items, `(items,)`.
    """

    def __init__(self, *arguments: Any, labels: np.ndarray):
        super().__init__(*arguments)
        self.members = [self.items[torch.from_numpy(labels == number)] for number in np.unique(labels)]

    def _new_order(self, generator: torch.Generator) -> Tensor:
        quota, rest = divmod(len(self.items), len(self.members))
        extra = torch.randperm(len(self.members), generator=generator)[:rest].tolist()
        chosen = []
        for number, members in enumerate(self.members):
            count = quota + (number in extra)
            passes = [
                members[torch.randperm(len(members), generator=generator)]
                for _ in range(-(-count // len(members)))
            ]
            chosen += [torch.cat(passes)[:count]] if passes else []
        order = torch.cat(chosen)
        return order[torch.randperm(len(order), generator=generator)]
