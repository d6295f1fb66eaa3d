r"""Dropout, several times as fast as PyTorch's on a CPU.

    y = x m / (1 - p),    m = 0 with probability p, else 1, for each value; y = x outside training

PyTorch generates one random number per value, which takes longer than some of the neighboring layers. Here
one 64-bit number provides 16 bits for each of four values, so p is rounded to a multiple of 1/65,536 (to none
at all below 1/131,072); the division uses the rounded value.

Reference: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 2014.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.sharding import global_rows, local_rows

__all__ = ["Dropout", "Dropout2d", "dropout", "dropout_mask"]

STEPS = 2**16  # values of 16 bits
LOWEST = -STEPS // 2  # the lowest of them as signed integers


def dropout(x: Tensor, p: float, training: bool = True) -> Tensor:
    """Sets values to 0 with probability `p` and scales the others, so that the mean is preserved.

    Args:
        x: a floating-point tensor `(items, ...)`.
        p: probability, from 0 to 1.
        training: whether to apply dropout; otherwise `x` itself is returned.

    Returns:
        A new tensor of the shape, dtype and memory layout of `x`.
    """
    if not training or not p:
        return x
    rows = global_rows(len(x))  # of the whole batch, of which this process may hold a shard
    if x.device.type != "cpu" or torch.compiler.is_compiling():  # both generate many numbers at a time
        return functional.dropout(x, p) if rows == len(x) else x * dropout_mask(x, x.shape[1:], p)
    kept = round((1 - p) * STEPS)
    if kept == STEPS:
        return x
    values = x[:1].numel() * rows
    numbers = torch.empty(-(-values // 4), dtype=torch.int64).random_(-(2**63), None)
    numbers = numbers.view(torch.int16)[:values]
    if rows != len(x):
        numbers = local_rows(numbers.view(rows, -1)).flatten()
    mask = (numbers < LOWEST + kept).to(x.dtype).mul_(STEPS / max(1, kept))
    like = torch.empty_like(x)  # for its strides: products of different memory layouts are slow
    return x * mask.as_strided(like.shape, like.stride())


def dropout_mask(x: Tensor, shape: Sequence[int], p: float, axis: int = 0) -> Tensor:
    """Random factors 0 and 1 / (1 - p) for the rows of `x`.

    Args:
        x: with one row per item along its first axis; its device and dtype are those of the factors.
        shape: of the result without the axis of the rows, such as `(channels, 1, 1)`.
        p: probability of 0, from 0 to 1.
        axis: of the rows in the result.
    """
    shape = [*shape[:axis], global_rows(len(x)), *shape[axis:]]
    return local_rows(functional.dropout(x.new_ones(shape), p), axis)


class Dropout(nn.Dropout):
    """`dropout` as a layer, for floating-point tensors of any shape."""

    def forward(self, input: Tensor) -> Tensor:
        """A tensor of the same shape, with values set to 0 during training."""
        return dropout(input, self.p, self.training)


class Dropout2d(nn.Dropout2d):
    """Dropout of whole feature maps `(batch, channels, height, width)`."""

    def forward(self, input: Tensor) -> Tensor:
        """A tensor of the same shape, with maps set to 0 during training."""
        return input * dropout_mask(input, (input.shape[1], 1, 1), self.p) if self.training else input
