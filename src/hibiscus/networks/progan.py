r"""The networks of progressive growing: they start with small images, and each growth doubles the image size.

A new block fades in: with `alpha` from 0 to 1 the image of the generator is `(1 - alpha) upsample(old) +
alpha new`, and the input of the critic is blended in the same way. Weights are initialized from N(0, 1) and
scaled by sqrt(2 / fan_in) in the forward pass (equalized learning rate), the generator normalizes the feature
vector of each pixel, and the critic receives the standard deviation over the batch as a feature.

Reference: Karras, Aila, Laine, Lehtinen, "Progressive Growing of GANs for Improved Quality, Stability, and
Variation", 2017, arXiv 1710.10196.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from hibiscus.networks.memory_format import Flatten
from hibiscus.sharding import gather_rows, local_rows

__all__ = [
    "EqualConv",
    "EqualLinear",
    "GrowingCritic",
    "GrowingGenerator",
    "crop_center",
    "minibatch_deviation",
    "pad_to_square",
    "pixel_norm",
    "spectrally_normalize",
    "stage_sizes",
    "upsample",
]


def stage_sizes(first: int, height: int, width: int) -> list[int]:
    """The image sizes of the stages, up to the smallest power of two that covers the height and width."""
    last = 2 ** (max(height, width) - 1).bit_length()
    first = min(first, last)
    return [first * 2**doubling for doubling in range((last // first).bit_length())]


def pad_to_square(image: Tensor, side: int) -> Tensor:
    """Images in the center of a square `(batch, channels, side, side)`, padded by repeating their border."""
    height, width = image.shape[2:]
    top, left = (side - height) // 2, (side - width) // 2
    return functional.pad(image, (left, side - width - left, top, side - height - top), mode="replicate")


def crop_center(square: Tensor, height: int, width: int) -> Tensor:
    """The inverse of `pad_to_square`: the central `(batch, channels, height, width)`."""
    top, left = (square.shape[2] - height) // 2, (square.shape[3] - width) // 2
    return square[..., top : top + height, left : left + width]


def upsample(image: Tensor, side: int) -> Tensor:
    """Images at a larger size, by nearest-neighbor interpolation."""
    return functional.interpolate(image, size=(side, side), mode="nearest")


def pixel_norm(x: Tensor) -> Tensor:
    r"""Normalizes the feature vector of each pixel: `x / sqrt(mean over channels of x**2 + 1e-8)`."""
    return x * (x.float().square().mean(1, keepdim=True) + 1e-8).rsqrt().to(x.dtype)


def minibatch_deviation(x: Tensor, group: int = 4) -> Tensor:
    r"""Appends a feature map with the standard deviation within groups of items, averaged over all values.

    It allows a critic to detect a lack of variety in a batch.

    Shapes:
        (batch, channels, height, width) to (batch, channels + 1, height, width); a batch that is not
        divisible into groups is a single one.
    """
    batch, _, height, width = x.shape
    items = gather_rows(x.float())
    size = group if len(items) % group == 0 else len(items)
    groups = items.reshape(-1, size, *x.shape[1:])
    deviation = (groups.var(1, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))
    deviation = local_rows(deviation.repeat_interleave(size)).to(x.dtype)
    return torch.cat([x, deviation.view(batch, 1, 1, 1).expand(-1, 1, height, width)], 1)


class _Equal(nn.Module):
    """A layer with weights from N(0, 1) that are scaled in the forward pass (equalized learning rate)."""

    def __init__(self, shape: tuple[int, ...], gain: float):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(shape))
        self.bias = nn.Parameter(torch.zeros(shape[0]))
        self.scale = gain / math.sqrt(math.prod(shape[1:]))


class EqualConv(_Equal):
    """A convolution with an odd kernel size and an equalized learning rate; it preserves the image size."""

    def __init__(self, inputs: int, outputs: int, kernel: int, gain: float = math.sqrt(2)):
        super().__init__((outputs, inputs, kernel, kernel), gain)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, height, width) to (batch, outputs, height, width)."""
        return functional.conv2d(x, self.weight * self.scale, self.bias, padding=self.weight.shape[-1] // 2)


class EqualLinear(_Equal):
    """A linear layer with an equalized learning rate."""

    def __init__(self, inputs: int, outputs: int, gain: float = math.sqrt(2)):
        super().__init__((outputs, inputs), gain)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs) to (batch, outputs)."""
        return functional.linear(x, self.weight * self.scale, self.bias)


def spectrally_normalize(network: nn.Module) -> None:
    """Divides the weights of equalized layers by their largest singular value; this replaces the scale.

    Layers that are normalized already stay as they are.
    """
    for layer in list(network.modules()):
        if isinstance(layer, _Equal) and not hasattr(layer, "parametrizations"):
            spectral_norm(layer)
            layer.scale = 1.0


class _Growing(nn.Module):
    """Shared by generator and critic: the filters at each size, and the weight of the newest block."""

    alpha: Tensor

    def __init__(self, channels: int, side: int, width: int, max_width: int):
        super().__init__()
        self.channels, self.side, self.first, self.filters, self.max_width = (
            channels,
            side,
            side,
            width,
            max_width,
        )
        self.register_buffer("alpha", torch.ones(()))

    def width_at(self, side: int) -> int:
        """Filters at an image size: `width` at the first, halved at each doubling, at least 16."""
        return min(self.max_width, max(16, self.filters * self.first // side))


class GrowingGenerator(_Growing):
    """Maps noise to images in about [-1, 1], whose size doubles with each `grow`.

    Args:
        latent_dim: dimension of the noise.
        channels: of an image.
        side: size of the first images, in pixels.
        width: filters at that size; halved at each doubling, at least 16.
        max_width: upper limit of the number of filters.

    Shapes:
        (batch, latent_dim) to (batch, channels, side, side).
    """

    def __init__(self, latent_dim: int, channels: int, side: int, width: int = 128, max_width: int = 512):
        super().__init__(channels, side, width, max_width)
        filters = self.width_at(side)
        self.stem = EqualLinear(latent_dim, filters * side * side, gain=math.sqrt(2) / 4)
        self.first_block = EqualConv(filters, filters, 3)
        self.blocks = nn.ModuleList()
        self.to_image = nn.ModuleList([EqualConv(filters, channels, 1, gain=1)])

    def grow(self) -> None:
        """Adds a block for images of twice the size."""
        before, after = self.width_at(self.side), self.width_at(2 * self.side)
        self.blocks.append(nn.ModuleList([EqualConv(before, after, 3), EqualConv(after, after, 3)]))
        self.to_image.append(EqualConv(after, self.channels, 1, gain=1))
        self.side *= 2

    def forward(self, z: Tensor) -> Tensor:
        """Images of the current size."""
        x = self.stem(pixel_norm(z)).view(len(z), -1, self.first, self.first)
        x = pixel_norm(functional.leaky_relu(x, 0.2))
        x = pixel_norm(functional.leaky_relu(self.first_block(x), 0.2))
        before = x
        for block in self.blocks.children():
            before, x = x, functional.interpolate(x, scale_factor=2)
            for layer in block.children():
                x = pixel_norm(functional.leaky_relu(layer(x), 0.2))
        image = self.to_image[-1](x)
        if len(self.blocks):
            old = functional.interpolate(self.to_image[-2](before), scale_factor=2)
            image = torch.lerp(old.float(), image.float(), self.alpha)
        return image


class GrowingCritic(_Growing):
    """Maps images of the current size to one score each; grows at its input.

    Args:
        channels: of an image.
        side: size of the first images, in pixels.
        width: filters at that size.
        max_width: upper limit of the number of filters.

    Shapes:
        (batch, channels, side, side) to (batch, 1).
    """

    def __init__(self, channels: int, side: int, width: int = 128, max_width: int = 512):
        super().__init__(channels, side, width, max_width)
        filters = self.width_at(side)
        self.from_image = nn.ModuleList([EqualConv(channels, filters, 1)])
        self.blocks = nn.ModuleList()
        self.last_block = EqualConv(filters + 1, filters, 3)
        self.head = nn.Sequential(
            Flatten(),
            EqualLinear(filters * side * side, filters),
            nn.LeakyReLU(0.2),
            EqualLinear(filters, 1, gain=1),
        )

    def grow(self) -> None:
        """Adds a block for images of twice the size."""
        before, after = self.width_at(self.side), self.width_at(2 * self.side)
        self.blocks.append(nn.ModuleList([EqualConv(after, after, 3), EqualConv(after, before, 3)]))
        self.from_image.append(EqualConv(self.channels, after, 1))
        self.side *= 2

    def forward(self, image: Tensor) -> Tensor:
        """A score for each image."""
        x = functional.leaky_relu(self.from_image[-1](image), 0.2)
        blocks = [list(block.children()) for block in self.blocks]
        for index in range(len(blocks) - 1, -1, -1):
            for layer in blocks[index]:
                x = functional.leaky_relu(layer(x), 0.2)
            x = functional.avg_pool2d(x, 2)
            if index == len(blocks) - 1:
                old = functional.leaky_relu(self.from_image[-2](functional.avg_pool2d(image, 2)), 0.2)
                x = torch.lerp(old.float(), x.float(), self.alpha)
        return self.head(functional.leaky_relu(self.last_block(minibatch_deviation(x)), 0.2))
