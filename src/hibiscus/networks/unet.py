r"""U-Net: halves an image some times and doubles it again, and hands what each size held across to the way back.

    down:  x_0 = convs(image),    x_{k+1} = convs(pool(x_k))
    up:    y_depth = x_depth,       y_k = convs([x_k, enlarge(y_{k+1})]),      out = conv_1x1(y_0)

Where output and input show the same thing their edges lie at the same place. A bottleneck would have to carry those through
a few numbers; here they pass beside it (skip connections), and the small maps are left to say what is seen.

Reference: Ronneberger, Fischer, Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation", 2015, arXiv 1505.04597.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.networks.input_shapes import choice
from hibiscus.networks.layers import initialize

__all__ = ["NORMS", "UNet", "build_unet", "most_depth"]

NORMS: dict[str, Callable[[int], nn.Module]] = {
    "batch": nn.BatchNorm2d,
    "instance": lambda channels: nn.InstanceNorm2d(channels, affine=True),
    "none": lambda channels: nn.Identity(),
}
PAPER_DEPTH = 4


class UNet(nn.Module):
    """A U-Net for images of any size; sides that do not halve evenly are rounded up, and cut again on the way back.

    Args:
        channels: of the image.
        outputs: maps out, as raw numbers.
        width: filters of the largest maps; doubled where the side halves (paper: 64).
        depth: halvings (paper: 4).
        norm: after each convolution: `batch`, `instance` or `none` (paper: none).
        head: how the last layer is drawn; `normal` begins with answers near nought.

    Shapes:
        (batch, channels, height, width) to (batch, outputs, height, width).
    """

    def __init__(
        self, channels: int, outputs: int, width: int = 64, depth: int = PAPER_DEPTH, norm: str = "batch", head: str = "glorot_normal"
    ):
        super().__init__()
        counts = [width * 2**step for step in range(depth + 1)]
        self.down = nn.ModuleList(_convolutions(before, after, norm) for before, after in zip([channels, *counts], counts, strict=False))
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        self.enlarge = nn.ModuleList(nn.ConvTranspose2d(2 * count, count, 2, 2) for count in counts[:-1])
        self.up = nn.ModuleList(_convolutions(2 * count, count, norm) for count in counts[:-1])
        self.head = nn.Conv2d(width, outputs, 1)
        initialize(self, "he_normal")
        initialize(self.head, head)

    def forward(self, x: Tensor) -> Tensor:
        """The maps of each image."""
        passed: list[Tensor] = []
        for step, convolutions in enumerate(self.down):
            x = convolutions(self.pool(x) if step else x)
            passed.append(x)
        for step in reversed(range(len(self.up))):
            beside = passed[step]
            x = self.enlarge[step](x)[..., : beside.shape[2], : beside.shape[3]]
            x = self.up[step](torch.cat([beside, x], dim=1))
        return self.head(x)


def build_unet(
    shape: Sequence[int], outputs: int, width: int = 64, depth: int | None = None, norm: str = "batch", head: str = "glorot_normal"
) -> UNet:
    """A U-Net for images of one size.

    Args:
        shape: (channels, height, width) of an image.
        outputs: maps out.
        width: filters of the largest maps.
        depth: halvings; as many as leave maps of about 8 pixels, up to 4, if None.
        norm: `batch`, `instance` or `none`.
        head: how the last layer is drawn.

    Raises:
        ConfigError: more halvings than the image can bear, or an unknown norm.
    """
    channels, height, width_ = shape
    choice("norm", norm, NORMS)
    most = most_depth(height, width_)
    if depth is None:
        depth = min(PAPER_DEPTH, most, max(1, (max(height, width_) - 1).bit_length() - 3))
    if not 0 <= depth <= most:
        raise ConfigError(f"depth={depth} for images of {height}x{width_} pixels", f"0 to {most} halvings", f"depth={most}")
    return UNet(channels, outputs, width, depth, norm, head)


def most_depth(height: int, width: int) -> int:
    """How often an image can be halved while its shorter side keeps two pixels, without which a norm has nothing to compare."""
    return max(0, (min(height, width) - 1).bit_length() - 1)


def _convolutions(before: int, after: int, norm: str) -> nn.Sequential:
    """Two 3x3 convolutions, each with its norm and ReLU; a bias only where no norm would take it away again."""
    layers: list[nn.Module] = []
    for channels in (before, after):
        layers += [nn.Conv2d(channels, after, 3, 1, 1, bias=norm == "none"), NORMS[norm](after), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
