r"""Residual networks for small images, version 1 (two convolutions, ReLU after the sum) and version 2
(pre-activation).

    v1, depth 6n+2: $x_{l+1} = \mathrm{ReLU}(F(x_l) + x_l)$,  F = Conv3-BN-ReLU-Conv3-BN
    v2, depth 9n+2: $x_{l+1} = F(x_l) + x_l$,  F = BN-ReLU-Conv1-BN-ReLU-Conv3-BN-ReLU-Conv1

Deep plain networks have a higher training error than shallow ones (degradation); residual blocks, which only
have to learn a correction to their input, avoid this. There are three stages of n blocks; the second and the
third halve the maps and double the filters. The networks of the same paper for ImageNet are in
`imagenet_resnet`.

Reference: He et al., "Deep residual learning for image recognition", 2015, arXiv 1512.03385, §4.2; He et al.,
    "Identity mappings in deep residual networks", 2016, arXiv 1603.05027.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from hibiscus.errors import ConfigError
from hibiscus.networks.input_shapes import check_outputs, choice, image, legal_depth
from hibiscus.networks.layers import MapNorm, initialize
from hibiscus.networks.memory_format import AveragePool, Flatten, same_layout

__all__ = ["BasicBlock", "BottleneckBlock", "build_resnet", "stage_layers", "stem_layers", "stem_of"]

STEMS = ("auto", "imagenet", "plain")
LARGEST_PLAIN_SIDE = 64


def build_resnet(
    input_shape: Any,
    outputs: int,
    depth: int = 20,
    version: int = 1,
    shortcut: str | None = None,
    width: float = 1.0,
    stem: str = "auto",
) -> nn.Sequential:
    """A residual network with global average pooling and one linear layer.

    Args:
        input_shape: (channels, height, width), at least 8x8 pixels.
        outputs: number of outputs.
        depth: number of layers with weights: 6n+2 for version 1 (20, 32, 44, 56, 110), 9n+2 for version 2
            (20, 29, 56, 110, 164).
        version: 1 or 2.
        shortcut: shortcut of blocks that change the shape of their input: `pad` (subsampling and zeros for
            the new channels, option A of the 2015 paper, without weights) or `projection` (1x1 convolution,
            option B). None for that of the papers: pad for version 1, projection for version 2.
        width: multiplier for the number of filters.
        stem: `plain` (3x3 convolution), `imagenet` (7x7 convolution and max pooling, each with stride 2), or
            `auto`: imagenet for images with a side above 64 pixels.

    Shapes: (batch, channels, height, width) to (batch, outputs).

    Raises:
        ConfigError: an invalid depth; the message names the two nearest valid ones.
    """
    if version not in (1, 2):
        raise ConfigError(f"version={version!r}", "1 or 2", "use version=1")
    if isinstance(width, bool) or not isinstance(width, int | float) or width * 16 < 1:
        raise ConfigError(f"width={width!r}", "a number of at least 0.0625", "use width=1.0")
    name = f"resnet{depth}-v{version}"
    n = legal_depth(name, depth, 6 if version == 1 else 9, 2)
    channels, height, breadth = image(name, input_shape, 8)
    shortcut = choice(
        "shortcut", shortcut or ("pad" if version == 1 else "projection"), ("pad", "projection")
    )
    first = round(16 * width)
    layers = stem_layers(channels, first, stem_of(stem, height, breadth))
    layers += [nn.BatchNorm2d(first), nn.ReLU(inplace=True)] if version == 1 else []
    filters = first
    for stage in range(3):
        layers += stage_layers(filters, first * 2**stage, n, 2 if stage else 1, version, shortcut)
        filters = first * 2**stage * (1 if version == 1 else 4)
    layers += [nn.BatchNorm2d(filters), nn.ReLU(inplace=True)] if version == 2 else []
    network = nn.Sequential(*layers, AveragePool(1), Flatten(), nn.Linear(filters, check_outputs(outputs)))
    initialize(network, "he_normal")
    return network


def stage_layers(
    channels: int,
    filters: int,
    blocks: int,
    stride: int,
    version: int = 2,
    shortcut: str = "projection",
    dilations: tuple[int, int] = (1, 1),
) -> list[nn.Module]:
    """The blocks of one stage, the first with the stride; they return `filters` channels, four times as many
    in version 2.

    Args:
        channels: input channels.
        filters: filters of the 3x3 convolutions.
        blocks: number of blocks.
        stride: stride of the first block.
        version: 1 or 2.
        shortcut: `pad` or `projection`.
        dilations: dilation of the 3x3 convolution of the first block, and of the others; version 2 only.
    """
    layers: list[nn.Module] = []
    for block in range(blocks):
        step = stride if block == 0 else 1
        if version == 1:
            layers.append(BasicBlock(channels, filters, step, shortcut))
        else:
            layers.append(BottleneckBlock(channels, filters, step, shortcut, dilations[min(block, 1)]))
        channels = filters if version == 1 else filters * 4
    return layers


def stem_of(stem: str, height: int, width: int) -> str:
    """`plain` or `imagenet`; `auto` depends on the larger side of the image."""
    if choice("stem", stem, STEMS) != "auto":
        return stem
    return "imagenet" if max(height, width) > LARGEST_PLAIN_SIDE else "plain"


def stem_layers(channels: int, filters: int, stem: str) -> list[nn.Module]:
    """The first convolution; the imagenet stem reduces each side to a quarter."""
    if stem == "plain":
        return [nn.Conv2d(channels, filters, 3, padding=1, bias=False)]
    return [
        nn.Conv2d(channels, filters, 7, stride=2, padding=3, bias=False),
        nn.MaxPool2d(3, stride=2, padding=1),
    ]


class PadShortcut(nn.Module):
    """The identity adapted to a new shape: every `stride`-th position, and zeros for the new channels (option
    A).
    """

    def __init__(self, more: int, stride: int):
        super().__init__()
        self.before, self.after, self.stride = more // 2, more - more // 2, stride

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, channels + more, height / stride, width / stride),
        rounded up.
        """
        return functional.pad(
            same_layout(x)[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.before, self.after)
        )


class BasicBlock(nn.Module):
    """Version 1: ReLU(Conv3-BN-ReLU-Conv3-BN(x) + shortcut(x))."""

    def __init__(self, channels: int, filters: int, stride: int, shortcut: str):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels != filters:
            self.shortcut = PadShortcut(filters - channels, stride)
            if shortcut == "projection":
                projection = nn.Conv2d(channels, filters, 1, stride, bias=False)
                self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(filters))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, filters, height / stride, width / stride)."""
        residual = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        residual += self.shortcut(x)
        return self.relu(residual)


class BottleneckBlock(nn.Module):
    """Version 2: x + Conv1(4f)-ReLU-BN-Conv3(f)-ReLU-BN-Conv1(f)-ReLU-BN(x), applied from right to left, with
    nothing after the sum.

    Where the shape changes, the shortcut starts after the first BN-ReLU. The 3x3 convolution may be dilated.
    """

    def __init__(self, channels: int, filters: int, stride: int, shortcut: str, dilation: int = 1):
        super().__init__()
        wide = filters * 4
        self.bn1 = MapNorm(channels)
        self.conv1 = nn.Conv2d(channels, filters, 1, bias=False)
        self.bn2 = MapNorm(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, stride, dilation, dilation, bias=False)
        self.bn3 = MapNorm(filters)
        self.conv3 = nn.Conv2d(filters, wide, 1, bias=False)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut: nn.Module | None = None
        if stride != 1 or channels != wide:
            project = shortcut == "projection"
            self.shortcut = (
                nn.Conv2d(channels, wide, 1, stride, bias=False)
                if project
                else PadShortcut(wide - channels, stride)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, 4 * filters, height / stride, width / stride)."""
        active = self.relu(self.bn1(x))
        residual = self.conv1(active)
        residual = self.conv2(self.relu(self.bn2(residual)))
        residual = self.conv3(self.relu(self.bn3(residual)))
        residual += x if self.shortcut is None else self.shortcut(active)
        return residual
