r"""Dropout, several times as fast as PyTorch's on a CPU.

    y = x m / (1 - p),    m = 0 with probability p, else 1, for each value; y = x outside training

PyTorch generates one random number per value, which takes longer than some of the neighboring layers. Here
one 64-bit number provides 16 bits for each of four values, so p is rounded to a multiple of 1/65,536; the
division uses the rounded value.

Reference: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 2014.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Dropout", "dropout"]

STEPS = 2**16  # values of 16 bits
LOWEST = -STEPS // 2  # the lowest of them as signed integers


def dropout(x: Tensor, p: float, training: bool = True) -> Tensor:
    """Sets values to 0 with probability `p` and scales the others, so that the mean is preserved.

    Args:
        x: a floating-point tensor of any shape.
        p: probability, from 0 to 1.
        training: whether to apply dropout; otherwise `x` itself is returned.

    Returns:
        A new tensor of the shape, dtype and memory layout of `x`.
    """
    if not training or not p:
        return x
    if x.device.type != "cpu" or torch.compiler.is_compiling():  # both generate many numbers at a time
        return functional.dropout(x, p)
    kept = round((1 - p) * STEPS)
    numbers = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
    mask = (numbers.view(torch.int16)[: x.numel()] < LOWEST + kept).to(x.dtype).mul_(STEPS / max(1, kept))
    like = torch.empty_like(x)  # for its strides: products of different memory layouts are slow
    return x * mask.as_strided(like.shape, like.stride())


class Dropout(nn.Dropout):
    """`dropout` as a layer, for floating-point tensors of any shape."""

    def forward(self, input: Tensor) -> Tensor:
        """A tensor of the same shape, with values set to 0 during training."""
        return dropout(input, self.p, self.training)
