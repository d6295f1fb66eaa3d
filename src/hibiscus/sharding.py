r"""The shard of a batch that this process handles, if several processes train together.

Whatever depends on a whole batch is computed by these functions, so that several processes train what one
would:

    random numbers   drawn for the whole batch by every process, of which each keeps its rows
    sums, counts     added over the processes; the gradient is exact
    values           gathered, where an item depends on others

A batch without a shard is whole, and then none of them communicates or costs anything. The gradients of the
processes are combined as `mean over processes of  gradient(loss) size processes / total`, which is that of
the whole batch both for a mean over items and for a function of such sums.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

__all__ = ["Shard", "gather_rows", "global_rows", "local_rows", "shard_of", "sharded", "sum_over_shards"]


@dataclass(frozen=True)
class Shard:
    """The items of a batch that one process handles.

    Args:
        first: the position of its first item in the whole batch.
        size: the number of its items.
        total: the number of items in the whole batch.
        processes: the number of processes that divide the batch.
    """

    first: int
    size: int
    total: int
    processes: int

    @property
    def weight(self) -> float:
        """The weight of a mean over its items in an average over the processes; 1 for equal shards."""
        return self.size * self.processes / self.total


def shard_of(total: int, rank: int, processes: int) -> Shard | None:
    """The shard of a process; None for a batch that is too small to be divided, which every process gets."""
    if not total >= processes > 1:
        return None
    first = rank * total // processes
    return Shard(first, (rank + 1) * total // processes - first, total, processes)


_current: list[Shard | None] = [None]


@contextlib.contextmanager
def sharded(shard: Shard | None) -> Iterator[None]:
    """Within this context, all tensors with one row per item hold the rows of a shard."""
    _current.append(shard)
    try:
        yield
    finally:
        _current.pop()


def global_rows(rows: int) -> int:
    """The rows of the whole batch, of which `rows` are here: those of several sets of its items, in turn."""
    shard = _current[-1]
    return rows if shard is None else rows // shard.size * shard.total


def local_rows(values: Tensor, axis: int = 0) -> Tensor:
    """The rows of this process out of those of the whole batch, along an axis."""
    shard = _current[-1]
    if shard is None:
        return values
    sets = values.unflatten(axis, (-1, shard.total)).narrow(axis + 1, shard.first, shard.size)
    return sets.flatten(axis, axis + 1)


def gather_rows(values: Tensor) -> Tensor:
    """The rows `(rows, ...)` of the whole batch, from those of each process; differentiable."""
    shard = _current[-1]
    if shard is None:
        return values
    sets = values.unflatten(0, (-1, shard.size))
    pad = [0, 0] * (sets.ndim - 2) + [shard.first, shard.total - shard.first - shard.size]
    return _Sum.apply(torch.nn.functional.pad(sets, pad)).flatten(0, 1)  # the shards do not overlap


def sum_over_shards(*values: Tensor) -> tuple[Tensor, ...]:
    """The sum of each tensor over the processes, in one message; differentiable.

    Sums of integers are returned as float32 where they are added, and unchanged for a whole batch.
    """
    if _current[-1] is None:
        return values
    flat = _Sum.apply(torch.cat([value.reshape(-1).float() for value in values]))
    parts = flat.split([value.numel() for value in values])
    return tuple(part.view(value.shape) for part, value in zip(parts, values, strict=True))


class _Sum(torch.autograd.Function):
    """The sum of a tensor over the processes; its gradient is the sum of theirs, and can be derived again."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        values = values.contiguous().clone()
        dist.all_reduce(values)
        return values

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return _Sum.apply(gradients[0])
