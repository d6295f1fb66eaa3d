r"""Image-to-image translators: a U-Net, and the residual network of Zhu et al.

Instance normalization gives each feature map of each image mean 0 and standard deviation 1 over its pixels,
so that the output for an image does not depend on the rest of the batch. The skip connections of the U-Net
preserve positions; the residual network passes everything through a bottleneck and can change shapes more
freely. Both halve the image size a limited number of times, as long as it is at least 4, and accept images of
any size: odd sizes are rounded up and the excess is cropped.

Reference: Ronneberger, Fischer, Brox, "U-Net", 2015, arXiv 1505.04597; Johnson, Alahi, Li, "Perceptual Losses
for Real-Time Style Transfer", 2016, arXiv 1603.08155; Ulyanov, Vedaldi, Lempitsky, "Instance Normalization",
2016, arXiv 1607.08022.
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
    """How often an image is halved: while its shorter side stays at least 4, and `most` times at most."""
    count, side = 0, min(shape[1:])
    while count < most and -(-side // 2) >= SMALLEST_SIDE:
        side, count = -(-side // 2), count + 1
    return count


def residual_blocks(shape: tuple[int, int, int]) -> int:
    """Nine residual blocks for images of 256 pixels and more, six for smaller ones (Zhu et al.)."""
    return 9 if max(shape[1:]) >= 256 else 6


class InstanceNorm(nn.GroupNorm):
    """Instance normalization with a learned scale and shift.

    Implemented as group normalization with one feature map per group, on contiguous maps, which is five to
    ten times as fast as `InstanceNorm2d` on a CPU.

    Args:
        filters: the number of feature maps.
    """

    def __init__(self, filters: int):
        super().__init__(filters, filters)

    def forward(self, input: Tensor) -> Tensor:
        """The normalized feature maps `(batch, filters, height, width)`."""
        y = super().forward(input.contiguous())
        return (
            y.contiguous(memory_format=torch.channels_last)
            if input.is_contiguous(memory_format=torch.channels_last)
            else y
        )


def _to_image(x: Tensor, output: Tensor, residual: bool) -> Tensor:
    """An image in [-1, 1] from the input x and the output of a network."""
    return torch.tanh(2 * x + output.float() if residual else output)


class Alignment(nn.Module):
    """Shifts and scales all images of a domain equally, to align their content with the other domain.

        y(p) = x(center_x + (p - center_y) spread_x / spread_y),    p from -1 to 1 along either side

    Center and spread are the mean and standard deviation of the pixel positions, weighted by the variance
    over images at each position. Without this alignment, convolutions first learn to remove content where the
    other domain is empty, and only later to move it. Pixels from outside the image have the mean color of the
    other domain's border. Domains of photos that fill the frame have the same centers and spreads, and remain
    unchanged.

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
    def fit(self, source: Tensor, target: Tensor) -> None:
        """Fits it to images of the source and the target domain, each (items, channels, height, width)."""
        (center, spread), (new_center, new_spread) = _positions(source), _positions(target)
        self.scale.copy_(spread / new_spread)
        self.shift.copy_(center - new_center * self.scale)
        border = torch.cat([target[..., 0, :], target[..., -1, :], target[..., 0], target[..., -1]], 2)
        self.outside.copy_(border.mean((0, 2)).view(1, -1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """The images, shifted and scaled."""
        theta = torch.cat(
            [torch.diag(self.scale.flip(0)), self.shift.flip(0)[:, None]], 1
        )  # here positions are (across, down)
        grid = functional.affine_grid(theta.expand(len(x), 2, 3), list(x.shape), align_corners=False)
        return functional.grid_sample(x.float() - self.outside, grid, align_corners=False) + self.outside


def _positions(images: Tensor) -> tuple[Tensor, Tensor]:
    """Center and spread, each (down, across), of the positions where images vary."""
    weight = images.var(0, unbiased=False).sum(0)
    weight = (weight + 1e-6) / (
        weight + 1e-6
    ).sum()  # if all images are equal, all positions have equal weight
    centers, spreads = [], []
    for side in (0, 1):
        marginal, count = weight.sum(1 - side), weight.shape[side]
        position = (2 * torch.arange(count, device=weight.device) + 1) / count - 1
        centers.append((marginal * position).sum())
        spreads.append((marginal * (position - centers[-1]).square()).sum().sqrt().clamp(min=1 / count))
    return torch.stack(centers), torch.stack(spreads)


class UNetGenerator(nn.Module):
    """A U-Net with instance normalization, leaky ReLU in the encoder and ReLU in the decoder.

    The first layer is a convolution alone, since normalizing the image itself would remove its brightness. A
    convolution that is followed only by normalization has no bias, since this would be removed.

    Args:
        shape: (channels, height, width) of an image.
        width: filters of the first layer; doubled where the side halves.
        kernel_size: of all convolutions, odd.
        residual: output `tanh(2 x + F(x))`, which starts near the image x, instead of `tanh(F(x))`.

    Shapes:
        (batch, channels, height, width) in [-1, 1] to the same.
    """

    def __init__(
        self, shape: tuple[int, int, int], width: int = 32, kernel_size: int = 3, residual: bool = True
    ):
        super().__init__()
        self.residual = residual
        channels, steps, pad = shape[0], times_halved(shape, UNET_HALVINGS), kernel_size // 2
        self.stem = nn.Conv2d(channels, width, kernel_size, padding=pad)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for step in range(steps):
            filters = width * 2**step
            layers = [
                InstanceNorm(filters),
                nn.LeakyReLU(0.2),
                nn.Conv2d(filters, 2 * filters, kernel_size, 2, pad, bias=False),
            ]
            self.down.append(nn.Sequential(*layers))
            # All inputs but the innermost are concatenated with the encoder's maps.
            below = 2 * filters if step == steps - 1 else 4 * filters
            layers = [
                InstanceNorm(below),
                nn.ReLU(),
                nn.ConvTranspose2d(below, filters, kernel_size, 2, pad, 1, bias=step == 0),
            ]
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
        return _to_image(x, self.last(y), self.residual)


class _Residual(nn.Module):
    """`x + F(x)`, where F is two convolutions with instance normalization."""

    def __init__(self, filters: int, kernel_size: int):
        super().__init__()
        pad = kernel_size // 2
        self.body = nn.Sequential(
            nn.Conv2d(filters, filters, kernel_size, padding=pad, bias=False),
            InstanceNorm(filters),
            nn.ReLU(inplace=True),
            nn.Conv2d(filters, filters, kernel_size, padding=pad, bias=False),
            InstanceNorm(filters),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class ResNetGenerator(nn.Module):
    """Strided convolutions, residual blocks and transposed convolutions between two 7x7 convolutions.

    Differences from the paper: convolutions pad with zeros, where the authors' code reflects the image at its
    edges in the residual blocks and the 7x7 convolutions.

    Args:
        shape: (channels, height, width) of an image.
        width: filters of the first layer; doubled where the side halves.
        kernel_size: of all convolutions but the first and the last, odd.
        residual: output `tanh(2 x + F(x))`, which starts near the image x, instead of `tanh(F(x))`.

    Shapes:
        (batch, channels, height, width) in [-1, 1] to the same.
    """

    def __init__(
        self, shape: tuple[int, int, int], width: int = 32, kernel_size: int = 3, residual: bool = True
    ):
        super().__init__()
        self.residual = residual
        channels, self.height, self.width = shape
        pad, filters = kernel_size // 2, width
        layers: list[nn.Module] = [
            nn.Conv2d(channels, width, 7, padding=3, bias=False),
            InstanceNorm(width),
            nn.ReLU(inplace=True),
        ]
        steps = times_halved(shape, RESNET_HALVINGS)
        for _ in range(steps):
            layers += [
                nn.Conv2d(filters, 2 * filters, kernel_size, 2, pad, bias=False),
                InstanceNorm(2 * filters),
                nn.ReLU(inplace=True),
            ]
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
        return _to_image(x, self.body(x)[..., : self.height, : self.width], self.residual)
