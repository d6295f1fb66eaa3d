"""Gradients that lie in memory as their maps do.

A network of images keeps its maps channels-last. Where it flattens them, averages them or takes every second position, PyTorch's
gradient comes back channels-first, and the layer before, which then meets two layouts at once, takes up to thirty times as long. The
layers here give the same numbers, and hand the gradient on in the layout of the map.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["AveragePool", "Flatten", "same_layout"]


class _SameLayout(torch.autograd.Function):
    """The identity; see `same_layout`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0].contiguous(memory_format=torch.channels_last)


def same_layout(x: Tensor) -> Tensor:
    """Maps as they are, `(batch, channels, height, width)`; where they lie channels-last, so will their gradient."""
    last = x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()
    return _SameLayout.apply(x) if last and x.requires_grad else x  # pyright: ignore[reportReturnType]


class Flatten(nn.Flatten):
    """`(batch, ...)` to `(batch, values)`, channels first whatever the layout."""

    def forward(self, input: Tensor) -> Tensor:
        """Values of each item in one row."""
        return super().forward(same_layout(input))


class AveragePool(nn.AdaptiveAvgPool2d):
    """The mean over places, `(batch, channels, height, width)` to `(batch, channels, *output_size)`."""

    def forward(self, input: Tensor) -> Tensor:
        """Means over equal shares of the map."""
        return super().forward(same_layout(input))
