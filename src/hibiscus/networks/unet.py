r"""U-Net: a contracting path with pooling, an expanding path with upsampling, and skip connections.

    down:  x_0 = convs(image),    x_{k+1} = convs(pool(x_k))
    up:    y_depth = x_depth,       y_k = convs([x_k, enlarge(y_{k+1})]),      out = conv_1x1(y_0)

If input and output show the same objects, edges are at the same positions in both. The skip connections pass
this detail around the bottleneck, so that the low-resolution feature maps can represent the content of the
image. The contracting path can be the backbone of another network, with maps of strides 2, 4, 8 ...; two
convolutions of the image itself then take the place of its first level.

Reference: Ronneberger, Fischer, Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation",
2015, arXiv 1505.04597.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.networks.architecture import described
from hibiscus.networks.backbone import Backbone
from hibiscus.networks.input_shapes import choice
from hibiscus.networks.layers import initialize

__all__ = ["NORMS", "BackboneUNet", "UNet", "build_unet", "max_depth"]

NORMS: dict[str, Callable[[int], nn.Module]] = {
    "batch": nn.BatchNorm2d,
    "instance": lambda channels: nn.InstanceNorm2d(channels, affine=True),
    "none": lambda channels: nn.Identity(),
}
PAPER_DEPTH = 4


class UNet(nn.Module):
    """A U-Net for images of any size; odd sizes are rounded up when halved and cropped in the expanding path.

    Args:
        channels: channels of the image.
        outputs: channels of the output, for example logits.
        width: filters at the highest resolution, doubled at each halving (paper: 64).
        depth: number of halvings (paper: 4).
        norm: normalization after each convolution: `batch`, `instance` or `none` (paper: none).
        head: initialization of the last layer; with `normal`, outputs are close to zero at first.

    Shapes:
        (batch, channels, height, width) to (batch, outputs, height, width).
    """

    def __init__(
        self,
        channels: int,
        outputs: int,
        width: int = 64,
        depth: int = PAPER_DEPTH,
        norm: str = "batch",
        head: str = "glorot_normal",
    ):
        super().__init__()
        counts = [width * 2**step for step in range(depth + 1)]
        self.down = nn.ModuleList(
            _convolutions(before, after, norm)
            for before, after in zip([channels, *counts], counts, strict=False)
        )
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        self.enlarge = nn.ModuleList(nn.ConvTranspose2d(2 * count, count, 2, 2) for count in counts[:-1])
        self.up = nn.ModuleList(_convolutions(2 * count, count, norm) for count in counts[:-1])
        self.head = nn.Conv2d(width, outputs, 1)
        initialize(self, "he_normal")
        initialize(self.head, head)

    def forward(self, x: Tensor) -> Tensor:
        """The output maps of each image."""
        skips: list[Tensor] = []
        for step, convolutions in enumerate(self.down):
            x = convolutions(self.pool(x) if step else x)
            skips.append(x)
        for step in reversed(range(len(self.up))):
            skip = skips[step]
            x = self.enlarge[step](x)[..., : skip.shape[2], : skip.shape[3]]
            x = self.up[step](torch.cat([skip, x], dim=1))
        return self.head(x)


class BackboneUNet(nn.Module):
    """A U-Net whose contracting path is a backbone.

    Args:
        channels: channels of the image.
        outputs: channels of the output.
        backbone: with maps of strides 2, 4, 8 and so on.
        filters: of the convolutions at the size of the image and at each lower level, down to stride 16; by
            default 16, and 16 more at each level.

    Raises:
        ConfigError: another number of levels.

    Shapes:
        (batch, channels, height, width) to (batch, outputs, height, width).
    """

    def __init__(self, channels: int, outputs: int, backbone: Backbone, filters: Sequence[int] | None = None):
        super().__init__()
        levels = len(backbone.channels)
        counts = [16 * (level + 1) for level in range(levels)] if filters is None else [*filters]
        if len(counts) != levels:
            expected = f"{levels} numbers, from the size of the image down"
            raise ConfigError(f"decoder_filters={counts}", expected, "decoder_filters=16,32,64,128,128")
        self.backbone = backbone
        self.first = _convolutions(channels, counts[0], "batch")
        skips = [counts[0], *backbone.channels[:-1]]
        self.enlarge = nn.ModuleList(
            nn.ConvTranspose2d(before, count, 2, 2)
            for before, count in zip([*counts[1:], backbone.channels[-1]], counts, strict=True)
        )
        self.up = nn.ModuleList(
            _convolutions(skip + count, count, "batch") for skip, count in zip(skips, counts, strict=True)
        )
        self.head = nn.Conv2d(counts[0], outputs, 1)
        for part in (self.first, self.enlarge, self.up):
            initialize(part, "he_normal")
        initialize(self.head, "glorot_normal")

    def forward(self, x: Tensor) -> Tensor:
        """The output maps of each image."""
        skips = [self.first(x), *self.backbone(x)]
        y = skips.pop()
        for skip, enlarge, up in zip(reversed(skips), reversed(self.enlarge), reversed(self.up), strict=True):
            y = up(torch.cat([skip, enlarge(y)[..., : skip.shape[2], : skip.shape[3]]], 1))
        return self.head(y)


@described("unet")
def build_unet(
    shape: Sequence[int],
    outputs: int,
    width: int = 64,
    depth: int | None = None,
    norm: str = "batch",
    head: str = "glorot_normal",
) -> UNet:
    """Builds a U-Net for images of one size.

    Args:
        shape: (channels, height, width) of an image.
        outputs: channels of the output.
        width: filters at the highest resolution.
        depth: number of halvings; if None, down to about 8 pixels, at most 4.
        norm: `batch`, `instance` or `none`.
        head: initialization of the last layer.

    Raises:
        ConfigError: more halvings than the image size allows, or an unknown norm.
    """
    channels, height, width_ = shape
    choice("norm", norm, NORMS)
    deepest = max_depth(height, width_)
    if depth is None:
        depth = min(PAPER_DEPTH, deepest, max(1, (max(height, width_) - 1).bit_length() - 3))
    if not 0 <= depth <= deepest:
        raise ConfigError(
            f"depth={depth} for images of {height}x{width_} pixels",
            f"0 to {deepest} halvings",
            f"depth={deepest}",
        )
    return UNet(channels, outputs, width, depth, norm, head)


def max_depth(height: int, width: int) -> int:
    """The number of halvings that leave two pixels in the shorter side, as normalization layers require."""
    return max(0, (min(height, width) - 1).bit_length() - 1)


def _convolutions(before: int, after: int, norm: str) -> nn.Sequential:
    """Two 3x3 convolutions, each with normalization and ReLU; a bias only without normalization."""
    layers: list[nn.Module] = []
    for channels in (before, after):
        layers += [
            nn.Conv2d(channels, after, 3, 1, 1, bias=norm == "none"),
            NORMS[norm](after),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)
