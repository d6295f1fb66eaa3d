"""Layers whose gradients preserve the memory format of their input.

Image networks keep their maps in the channels-last format. If maps are flattened, averaged or subsampled,
PyTorch returns the gradient in the channels-first format, and the preceding layer, which then has to handle
both formats, takes up to thirty times as long. The layers here compute the same values and return the
gradient in the format of the map.
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
    """The identity on maps `(batch, channels, height, width)`; the gradient of channels-last maps is
    channels-last too.
    """
    last = x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()
    return _SameLayout.apply(x) if last and x.requires_grad else x  # pyright: ignore[reportReturnType]


class Flatten(nn.Flatten):
    """`(batch, ...)` to `(batch, values)`, channels first whatever the memory format."""

    def forward(self, input: Tensor) -> Tensor:
        """The values of each item in one row."""
        return super().forward(same_layout(input))


class AveragePool(nn.AdaptiveAvgPool2d):
    """The mean over positions, `(batch, channels, height, width)` to `(batch, channels, *output_size)`."""

    def forward(self, input: Tensor) -> Tensor:
        """Means over equal regions of the map."""
        return super().forward(same_layout(input))
