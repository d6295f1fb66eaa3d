r"""The networks of progressive growing: they begin with small images, and each growth doubles the side.

A new block fades in: with `alpha` from 0 to 1 the generator's image is `(1 - alpha) enlarge(old) + alpha new`, and the critic
sees its input the same way. Weights are drawn from N(0, 1) and scaled by sqrt(2 / fan_in) when they are used (equalised learning
rate), the generator's maps are brought to length 1 in each pixel, and the critic is told how much the batch varies.

Reference: Karras, Aila, Laine, Lehtinen, "Progressive Growing of GANs for Improved Quality, Stability, and Variation", 2017,
arXiv 1710.10196.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from hibiscus.networks.memory_format import Flatten

__all__ = [
    "EqualConv",
    "EqualLinear",
    "GrowingCritic",
    "GrowingGenerator",
    "cut_back",
    "doubled_sides",
    "enlarge",
    "frame",
    "minibatch_deviation",
    "normalize",
    "pixel_norm",
]


def doubled_sides(first: int, height: int, width: int) -> list[int]:
    """The sides of growing images: from the first to the power of two that holds images of a height and width."""
    last = 2 ** (max(height, width) - 1).bit_length()
    first = min(first, last)
    return [first * 2**doubling for doubling in range((last // first).bit_length())]


def frame(image: Tensor, side: int) -> Tensor:
    """Images in the middle of a square `(batch, channels, side, side)`, framed by their own border."""
    height, width = image.shape[2:]
    top, left = (side - height) // 2, (side - width) // 2
    return functional.pad(image, (left, side - width - left, top, side - height - top), mode="replicate")


def cut_back(square: Tensor, height: int, width: int) -> Tensor:
    """What `frame` was given: the middle `(batch, channels, height, width)`."""
    top, left = (square.shape[2] - height) // 2, (square.shape[3] - width) // 2
    return square[..., top : top + height, left : left + width]


def enlarge(image: Tensor, side: int) -> Tensor:
    """Images at a larger side, every pixel repeated."""
    return functional.interpolate(image, size=(side, side), mode="nearest")


def pixel_norm(x: Tensor) -> Tensor:
    r"""Brings each pixel's values to mean square 1: `x / sqrt(mean over channels of x**2 + 1e-8)`."""
    return x * (x.float().square().mean(1, keepdim=True) + 1e-8).rsqrt().to(x.dtype)


def minibatch_deviation(x: Tensor, group: int = 4) -> Tensor:
    r"""Appends one map: the standard deviation within groups of items, averaged over all values; it shows a batch without variety.

    Shapes:
        (batch, channels, height, width) to (batch, channels + 1, height, width); a batch that does not divide is one group.
    """
    batch, _, height, width = x.shape
    size = group if batch % group == 0 else batch
    groups = x.float().reshape(-1, size, *x.shape[1:])
    deviation = (groups.var(1, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))
    return torch.cat([x, deviation.repeat_interleave(size).to(x.dtype).view(batch, 1, 1, 1).expand(-1, 1, height, width)], 1)


class _Equal(nn.Module):
    """A layer whose weights are drawn from N(0, 1) and scaled when they are used, so that all learn at one rate."""

    def __init__(self, shape: tuple[int, ...], gain: float):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(shape))
        self.bias = nn.Parameter(torch.zeros(shape[0]))
        self.scale = gain / math.sqrt(math.prod(shape[1:]))


class EqualConv(_Equal):
    """A convolution of odd `kernel` that keeps the side, with an equalised learning rate."""

    def __init__(self, inputs: int, outputs: int, kernel: int, gain: float = math.sqrt(2)):
        super().__init__((outputs, inputs, kernel, kernel), gain)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, height, width) to (batch, outputs, height, width)."""
        return functional.conv2d(x, self.weight * self.scale, self.bias, padding=self.weight.shape[-1] // 2)


class EqualLinear(_Equal):
    """A linear layer with an equalised learning rate."""

    def __init__(self, inputs: int, outputs: int, gain: float = math.sqrt(2)):
        super().__init__((outputs, inputs), gain)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs) to (batch, outputs)."""
        return functional.linear(x, self.weight * self.scale, self.bias)


def normalize(network: nn.Module) -> None:
    """Divides the weights of each equalised layer by their largest singular value; nothing is left to equalise, so no scale is used.

    Layers that are so already stay as they are.
    """
    for layer in list(network.modules()):
        if isinstance(layer, _Equal) and not hasattr(layer, "parametrizations"):
            spectral_norm(layer)
            layer.scale = 1.0


class _Growing(nn.Module):
    """What both sides share: the number of filters at each side, and how far the newest block has faded in."""

    alpha: Tensor

    def __init__(self, channels: int, side: int, width: int, most: int):
        super().__init__()
        self.channels, self.side, self.first, self.filters, self.most = channels, side, side, width, most
        self.register_buffer("alpha", torch.ones(()))

    def width_at(self, side: int) -> int:
        """Filters at a side: as asked at the first, halved at each doubling, and not below 16."""
        return min(self.most, max(16, self.filters * self.first // side))


class GrowingGenerator(_Growing):
    """From noise to images in about [-1, 1] whose side doubles with each `grow`.

    Args:
        latent: numbers of noise for each image.
        channels: of an image.
        side: of the first images, in pixels.
        width: filters at that side; halved at each doubling, at least 16.

    Shapes:
        (batch, latent) to (batch, channels, side, side).
    """

    def __init__(self, latent: int, channels: int, side: int, width: int = 128, most: int = 512):
        super().__init__(channels, side, width, most)
        filters = self.width_at(side)
        self.stem = EqualLinear(latent, filters * side * side, gain=math.sqrt(2) / 4)
        self.first_block = EqualConv(filters, filters, 3)
        self.blocks = nn.ModuleList()
        self.to_image = nn.ModuleList([EqualConv(filters, channels, 1, gain=1)])

    def grow(self) -> None:
        """Adds a block for images of twice the side."""
        before, after = self.width_at(self.side), self.width_at(2 * self.side)
        self.blocks.append(nn.ModuleList([EqualConv(before, after, 3), EqualConv(after, after, 3)]))
        self.to_image.append(EqualConv(after, self.channels, 1, gain=1))
        self.side *= 2

    def forward(self, z: Tensor) -> Tensor:
        """Images of the present side."""
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
    """From images of the present side to one value each; grows at the side of its input.

    Args:
        channels: of an image.
        side: of the first images, in pixels.
        width: filters at that side.

    Shapes:
        (batch, channels, side, side) to (batch, 1).
    """

    def __init__(self, channels: int, side: int, width: int = 128, most: int = 512):
        super().__init__(channels, side, width, most)
        filters = self.width_at(side)
        self.from_image = nn.ModuleList([EqualConv(channels, filters, 1)])
        self.blocks = nn.ModuleList()
        self.last_block = EqualConv(filters + 1, filters, 3)
        self.head = nn.Sequential(
            Flatten(), EqualLinear(filters * side * side, filters), nn.LeakyReLU(0.2), EqualLinear(filters, 1, gain=1)
        )

    def grow(self) -> None:
        """Adds a block for images of twice the side."""
        before, after = self.width_at(self.side), self.width_at(2 * self.side)
        self.blocks.append(nn.ModuleList([EqualConv(after, after, 3), EqualConv(after, before, 3)]))
        self.from_image.append(EqualConv(self.channels, after, 1))
        self.side *= 2

    def forward(self, image: Tensor) -> Tensor:
        """One value for each image."""
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
