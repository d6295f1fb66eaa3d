r"""Dropout, drawn several times as fast on a CPU as PyTorch's own.

    y = x m / (1 - p),    m = 0 with probability p, else 1, for each value by itself; y = x outside training

PyTorch draws a number for each value, one after another, which takes longer than some of the layers around. Here one number of 64 bits
decides on four values: each has 16 bits of its own, so that p is rounded to a whole number of 65,536ths, and the division is by what
it was rounded to.

Reference: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 2014.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Dropout", "dropout"]

STEPS = 2**16  # values of 16 bits
LOWEST = -STEPS // 2  # the least of them, read with a sign


def dropout(x: Tensor, p: float, training: bool = True) -> Tensor:
    """Sets values to 0 with probability `p`, and makes the others larger, so that the mean stays.

    Args:
        x: floating, of any shape.
        p: from 0 to 1.
        training: else `x` itself is returned.

    Returns:
        A new tensor of the shape, dtype and memory layout of `x`.
    """
    if not training or not p:
        return x
    if x.device.type != "cpu" or torch.compiler.is_compiling():  # both draw many numbers at a time
        return functional.dropout(x, p)
    kept = round((1 - p) * STEPS)
    numbers = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
    mask = (numbers.view(torch.int16)[: x.numel()] < LOWEST + kept).to(x.dtype).mul_(STEPS / max(1, kept))
    like = torch.empty_like(x)  # for its strides: a product of two layouts is slow
    return x * mask.as_strided(like.shape, like.stride())


class Dropout(nn.Dropout):
    """The layer of `dropout`; takes and returns floating tensors of any shape."""

    def forward(self, input: Tensor) -> Tensor:
        """The same shape, with values set to 0 in training."""
        return dropout(input, self.p, self.training)
