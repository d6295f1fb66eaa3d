r"""Generators from images to images of the same size: a U-Net, and the residual network of Zhu et al.

Instance norm brings each map of each image to mean 0 and deviation 1 over its pixels, so the contrast of one image does not
depend on what else is in the batch. The U-Net's decoder sees every map of the encoder beside its own, so places are kept; the
residual network carries all through one narrow map and changes shapes more freely. Both halve the side while it stays at least 4,
at most as often as told, and take images of any size: sides that do not divide are made one larger and cut off.

Reference: Ronneberger, Fischer, Brox, "U-Net", 2015, arXiv 1505.04597; Johnson, Alahi, Li, "Perceptual Losses for Real-Time Style
Transfer", 2016, arXiv 1603.08155; Ulyanov, Vedaldi, Lempitsky, "Instance Normalization", 2016, arXiv 1607.08022.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.networks.layers import initialize

__all__ = ["Alignment", "InstanceNorm", "ResNetGenerator", "UNetGenerator", "residual_blocks", "times_halved"]

SMALLEST_SIDE = 4
UNET_HALVINGS, RESNET_HALVINGS = 3, 2


def times_halved(shape: tuple[int, int, int], most: int) -> int:
    """How often an image of (channels, height, width) is halved: until the shorter side would be below 4, `most` times at most."""
    count, side = 0, min(shape[1:])
    while count < most and -(-side // 2) >= SMALLEST_SIDE:
        side, count = -(-side // 2), count + 1
    return count


def residual_blocks(shape: tuple[int, int, int]) -> int:
    """Nine residual blocks for images of 256 pixels and more, six for smaller ones (Zhu et al.)."""
    return 9 if max(shape[1:]) >= 256 else 6


class InstanceNorm(nn.GroupNorm):
    """Each map of each image brought to mean 0 and deviation 1, then scaled and shifted as learned.

    It is a group norm of one map each, on maps that lie whole in memory: five to ten times as fast on a processor as `InstanceNorm2d`.

    Args:
        filters: how many maps.
    """

    def __init__(self, filters: int):
        super().__init__(filters, filters)

    def forward(self, input: Tensor) -> Tensor:
        """The maps `(batch, filters, height, width)`, normalised."""
        y = super().forward(input.contiguous())
        return y.contiguous(memory_format=torch.channels_last) if input.is_contiguous(memory_format=torch.channels_last) else y


def _finished(x: Tensor, change: Tensor, residual: bool) -> Tensor:
    """Values in [-1, 1] from what a network says of the image x."""
    return torch.tanh(2 * x + change.float() if residual else change)


class Alignment(nn.Module):
    """Moves and scales all images of a domain alike: what varies then lies where it varies in the other domain's.

        y(p) = x(centre_x + (p - centre_y) spread_x / spread_y),    p from -1 to 1 along either side

    centre and spread are the mean and deviation of places, each weighted by the variance over images there. Convolutions would have
    to carry each pixel to another place, which they learn late, after they have learned to cut off what lies where the other domain has
    nothing. What comes from outside the image has the mean colour of the other domain's rim. Domains of photos that fill
    the frame have the same centres and spreads, and stay as they are.

    Args:
        channels: of the images.

    Shapes:
        (batch, channels, height, width) to the same, float32.
    """

    scale: Tensor
    shift: Tensor
    outside: Tensor

    def __init__(self, channels: int):
        super().__init__()
        self.register_buffer("scale", torch.ones(2))  # down, across
        self.register_buffer("shift", torch.zeros(2))
        self.register_buffer("outside", torch.zeros(1, channels, 1, 1))

    @torch.no_grad()
    def fit(self, own: Tensor, other: Tensor) -> None:
        """Measures the images of the own and the other domain, each (items, channels, height, width)."""
        (centre, spread), (new_centre, new_spread) = _places(own), _places(other)
        self.scale.copy_(spread / new_spread)
        self.shift.copy_(centre - new_centre * self.scale)
        rim = torch.cat([other[..., 0, :], other[..., -1, :], other[..., 0], other[..., -1]], 2)
        self.outside.copy_(rim.mean((0, 2)).view(1, -1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """The images, moved and scaled."""
        theta = torch.cat([torch.diag(self.scale.flip(0)), self.shift.flip(0)[:, None]], 1)  # here places are (across, down)
        grid = functional.affine_grid(theta.expand(len(x), 2, 3), list(x.shape), align_corners=False)
        return functional.grid_sample(x.float() - self.outside, grid, align_corners=False) + self.outside


def _places(images: Tensor) -> tuple[Tensor, Tensor]:
    """Centre and spread, each (down, across), of where images vary."""
    weight = images.var(0, unbiased=False).sum(0)
    weight = (weight + 1e-6) / (weight + 1e-6).sum()  # images that are all alike vary everywhere the same
    centres, spreads = [], []
    for side in (0, 1):
        share, count = weight.sum(1 - side), weight.shape[side]
        place = (2 * torch.arange(count, device=weight.device) + 1) / count - 1
        centres.append((share * place).sum())
        spreads.append((share * (place - centres[-1]).square()).sum().sqrt().clamp(min=1 / count))
    return torch.stack(centres), torch.stack(spreads)


class UNetGenerator(nn.Module):
    """Encoder layers of instance norm, leaky ReLU, strided convolution; decoder layers of instance norm, ReLU, transposed convolution.

    After each decoder layer the encoder's map of that size is put beside its own. The first layer is a convolution alone, as a norm
    of the image itself would take its brightness away. A convolution that only norms follow has no bias: they would take it away.

    Args:
        shape: (channels, height, width) of an image.
        width: filters of the first layer; doubled where the side halves.
        kernel_size: of all convolutions, in pixels, odd.
        residual: answer `tanh(2 x + F(x))`, which begins near the image x itself, and not `tanh(F(x))`.

    Shapes:
        (batch, channels, height, width) in [-1, 1] to the same.
    """

    def __init__(self, shape: tuple[int, int, int], width: int = 32, kernel_size: int = 3, residual: bool = True):
        super().__init__()
        self.residual = residual
        channels, steps, pad = shape[0], times_halved(shape, UNET_HALVINGS), kernel_size // 2
        self.stem = nn.Conv2d(channels, width, kernel_size, padding=pad)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for step in range(steps):
            filters = width * 2**step
            layers = [InstanceNorm(filters), nn.LeakyReLU(0.2), nn.Conv2d(filters, 2 * filters, kernel_size, 2, pad, bias=False)]
            self.down.append(nn.Sequential(*layers))
            # The innermost map comes alone, all others with the encoder's beside them.
            below = 2 * filters if step == steps - 1 else 4 * filters
            layers = [InstanceNorm(below), nn.ReLU(), nn.ConvTranspose2d(below, filters, kernel_size, 2, pad, 1, bias=step == 0)]
            self.up.insert(0, nn.Sequential(*layers))
        self.last = nn.Conv2d(2 * width if steps else width, channels, kernel_size, padding=pad)
        initialize(self, "normal")

    def forward(self, x: Tensor) -> Tensor:
        """The translated images."""
        maps = [self.stem(x)]
        for layer in self.down:
            maps.append(layer(maps[-1]))
        y = maps.pop()
        for layer in self.up:
            beside = maps.pop()
            y = torch.cat([layer(y)[..., : beside.shape[2], : beside.shape[3]], beside], 1)
        return _finished(x, self.last(y), self.residual)


class _Residual(nn.Module):
    """`x + F(x)`, F two convolutions, each with instance norm."""

    def __init__(self, filters: int, kernel_size: int):
        super().__init__()
        pad = kernel_size // 2
        self.body = nn.Sequential(
            nn.Conv2d(filters, filters, kernel_size, padding=pad, bias=False), InstanceNorm(filters), nn.ReLU(inplace=True),
            nn.Conv2d(filters, filters, kernel_size, padding=pad, bias=False), InstanceNorm(filters),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class ResNetGenerator(nn.Module):
    """Convolution of 7 pixels, strided convolutions, residual blocks, transposed convolutions, convolution of 7 pixels.

    Args:
        shape: (channels, height, width) of an image.
        width: filters of the first layer; doubled where the side halves.
        kernel_size: of all convolutions but the first and the last, in pixels, odd.
        residual: answer `tanh(2 x + F(x))`, which begins near the image x itself, and not `tanh(F(x))`.

    Shapes:
        (batch, channels, height, width) in [-1, 1] to the same.
    """

    def __init__(self, shape: tuple[int, int, int], width: int = 32, kernel_size: int = 3, residual: bool = True):
        super().__init__()
        self.residual = residual
        channels, self.height, self.width = shape
        pad, filters = kernel_size // 2, width
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 7, padding=3, bias=False), InstanceNorm(width), nn.ReLU(inplace=True)]
        steps = times_halved(shape, RESNET_HALVINGS)
        for _ in range(steps):
            layers += [nn.Conv2d(filters, 2 * filters, kernel_size, 2, pad, bias=False), InstanceNorm(2 * filters), nn.ReLU(inplace=True)]
            filters *= 2
        layers += [_Residual(filters, kernel_size) for _ in range(residual_blocks(shape))]
        for _ in range(steps):
            layers += [nn.ConvTranspose2d(filters, filters // 2, kernel_size, 2, pad, 1, bias=False)]
            layers += [InstanceNorm(filters // 2), nn.ReLU(inplace=True)]
            filters //= 2
        self.body = nn.Sequential(*layers, nn.Conv2d(filters, channels, 7, padding=3))
        initialize(self, "normal")

    def forward(self, x: Tensor) -> Tensor:
        """The translated images."""
        return _finished(x, self.body(x)[..., : self.height, : self.width], self.residual)
