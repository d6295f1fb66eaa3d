r"""Networks for semantic segmentation: an FCN with a feature pyramid, and PSPNet, both with a ResNet v2
trunk or with another backbone.

    FCN:     x_1 = trunk(image),  x_{k+1} = ReLU(BN(Conv3_stride2(x_k))),
             scores = head([f_1(x_1), up f_2(x_2), ..., up f_L(x_L)])
    PSPNet:  x = trunk(image),
             scores = head([x, up g_1(pool_1 x), up g_2(pool_2 x), up g_3(pool_3 x), up g_6(pool_6 x)])

`up` enlarges to the size of the first map, `pool_b` averages over each of b x b bins, f is a 3x3 and g a 1x1
convolution with batch norm and ReLU. The scores are enlarged to the size of the image by bilinear
interpolation. A backbone returns the first levels of the pyramid of the FCN, and the last two maps of PSPNet.

Reference: Long, Shelhamer, Darrell, "Fully Convolutional Networks", 2015, arXiv 1411.4038; Zhao et al.,
    "Pyramid Scene Parsing Network", 2017, arXiv 1612.01105; trunk: He et al., 2016, arXiv 1603.05027.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.errors import ConfigError
from hibiscus.networks.architecture import described
from hibiscus.networks.backbone import Backbone
from hibiscus.networks.dropout import Dropout2d
from hibiscus.networks.layers import initialize
from hibiscus.networks.resnet import stage_layers

__all__ = ["FCN", "PSPNet", "Trunk", "build_trunk", "pyramid_levels"]

SMALLEST_SIDE = 8
PAPER_LEVELS = 4
POOLED = (1, 2, 3, 6)  # bins per side (Zhao et al.)


class Trunk(nn.Module):
    """A ResNet v2 without its classifier: stages of bottleneck blocks after one 3x3 convolution.

    Args:
        channels: channels of the image.
        width: filters of the 3x3 convolutions of the first stage, doubled with each stage; its maps have four
            times as many channels.
        blocks: blocks of each stage.
        strides: strides of the first convolution and of each stage.
        dilations: dilation of each stage.
        maps: number of stages, counted from the last, whose maps are returned.

    Shapes:
        (batch, channels, height, width) to one map for each of those stages, (batch, 4 width 2^stage, height
        / strides, width / strides).
    """

    def __init__(
        self,
        channels: int,
        width: int,
        blocks: Sequence[int],
        strides: Sequence[int],
        dilations: Sequence[int],
        maps: int = 1,
    ):
        super().__init__()
        self.stem = nn.Conv2d(channels, 2 * width, 3, strides[0], 1, bias=False)
        self.stages, self.after = nn.ModuleList(), nn.ModuleList()
        before = 2 * width
        for stage, (count, stride, dilation) in enumerate(zip(blocks, strides[1:], dilations, strict=True)):
            inner = width * 2**stage
            self.stages.append(
                nn.Sequential(*stage_layers(before, inner, count, stride, dilations=(dilation, dilation)))
            )
            before = 4 * inner
            returned = stage >= len(blocks) - maps
            self.after.append(
                nn.Sequential(nn.BatchNorm2d(before), nn.ReLU(inplace=True)) if returned else nn.Identity()
            )
        self.channels = [4 * width * 2**stage for stage in range(len(blocks))]
        initialize(self, "he_normal")

    def forward(self, x: Tensor) -> list[Tensor]:
        """The activated maps, in the order of the stages."""
        x, maps = self.stem(x), []
        for stage, after in zip(self.stages, self.after, strict=True):
            x = stage(x)
            if not isinstance(after, nn.Identity):
                maps.append(after(x))
        return maps


build_trunk = described("trunk")(Trunk)


def pyramid_levels(shape: Sequence[int], levels: int | None) -> int:
    """The number of levels of an FCN's pyramid, the first at a quarter of the image (channels, height,
    width): as given, or as many as the image size allows, up to 4.

    Raises:
        ConfigError: more levels than the image size allows.
    """
    max_levels = max(1, (min(shape[1:]) // 4).bit_length() - 1)
    levels = min(PAPER_LEVELS, max_levels) if levels is None else levels
    if levels > max_levels:
        received = f"levels={levels} for images of {shape[1]}x{shape[2]} pixels"
        raise ConfigError(received, f"1 to {max_levels}", f"levels={max_levels}")
    return levels


class FCN(nn.Module):
    """A fully convolutional network with a feature pyramid.

    Args:
        shape: (channels, height, width) of an image.
        outputs: number of classes.
        width: filters of the trunk's first stage.
        blocks: blocks of each of the trunk's two stages, which reduce each side to a quarter.
        levels: maps of the pyramid; as many as the image size allows, up to 4, if None.
        filters: filters of each map of the pyramid.
        backbone: in place of the trunk, whose first map has stride 4; `width` and `blocks` have no effect.

    Shapes:
        (batch, channels, height, width) to (batch, outputs, height, width), logits.

    Raises:
        ConfigError: more levels than the image size allows.
    """

    def __init__(
        self,
        shape: Sequence[int],
        outputs: int,
        width: int = 16,
        blocks: int = 3,
        levels: int | None = None,
        filters: int = 64,
        backbone: Backbone | None = None,
    ):
        super().__init__()
        _check_side(shape)
        levels = pyramid_levels(shape, levels)
        self.trunk = backbone or build_trunk(shape[0], width, (blocks, blocks), (2, 1, 2), (1, 1))
        channels = list(self.trunk.channels[-1:] if backbone is None else backbone.channels)
        counts = channels + [filters] * (levels - len(channels))
        below = counts[len(channels) - 1 : -1]
        self.down = nn.ModuleList(_convolution(before, filters, 3, stride=2) for before in below)
        self.features = nn.ModuleList(_convolution(count, filters, 3) for count in counts)
        self.fuse = _convolution(levels * filters, filters, 3)
        self.head = _head(filters, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """The class scores of each pixel."""
        maps = self.trunk(x)
        for down in self.down:
            maps.append(down(maps[-1]))
        first = self.features[0](maps[0])
        rest = [
            _enlarged(feature(level), first)
            for feature, level in zip(self.features[1:], maps[1:], strict=False)
        ]
        return _enlarged(self.head(self.fuse(torch.cat([first, *rest], 1))), x)


class PSPNet(nn.Module):
    """A pyramid scene parsing network; in training it also returns the scores of its auxiliary head.

    Args:
        shape: (channels, height, width) of an image.
        outputs: number of classes.
        width: filters of the trunk's first stage.
        blocks: blocks of each of the trunk's four stages, which reduce each side to an eighth; the last two
            are dilated by 2 and 4.
        filters: filters of the map before the classifier.
        backbone: in place of the trunk, with two maps of one size; `width` and `blocks` have no effect.

    Shapes:
        (batch, channels, height, width) to (batch, outputs, height, width), logits; in training a pair of
        them.
    """

    def __init__(
        self,
        shape: Sequence[int],
        outputs: int,
        width: int = 16,
        blocks: int = 2,
        filters: int = 128,
        backbone: Backbone | None = None,
    ):
        super().__init__()
        _check_side(shape)
        self.trunk = backbone or build_trunk(
            shape[0], width, (blocks,) * 4, (2, 2, 2, 1, 1), (1, 1, 2, 4), maps=2
        )
        deep = self.trunk.channels[-1]
        part = max(1, deep // len(POOLED))
        # A batch of one has a single value per channel of the coarsest bin, hence no batch norm there.
        self.pooled = nn.ModuleList(_convolution(deep, part, 1, norm=bins > 1) for bins in POOLED)
        self.fuse = nn.Sequential(_convolution(deep + part * len(POOLED), filters, 3), Dropout2d(0.1))
        self.head = _head(filters, outputs)
        self.auxiliary = nn.Sequential(
            _convolution(self.trunk.channels[-2], filters, 3), Dropout2d(0.1), _head(filters, outputs)
        )

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """The class scores of each pixel."""
        maps = self.trunk(x)
        last = maps[-1]
        bins = [
            _enlarged(layer(functional.adaptive_avg_pool2d(last, side)), last)
            for layer, side in zip(self.pooled, POOLED, strict=True)
        ]
        scores = _enlarged(self.head(self.fuse(torch.cat([last, *bins], 1))), x)
        return (scores, _enlarged(self.auxiliary(maps[-2]), x)) if self.training else scores


def _check_side(shape: Sequence[int]) -> None:
    if min(shape[1:]) < SMALLEST_SIDE:
        raise ConfigError(
            f"images of {shape[1]}x{shape[2]} pixels",
            f"sides of at least {SMALLEST_SIDE} pixels",
            "image_size=64",
        )


def _convolution(before: int, after: int, kernel: int, stride: int = 1, norm: bool = True) -> nn.Sequential:
    """A convolution with batch norm and ReLU; a bias only without batch norm."""
    convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=not norm)
    layers = nn.Sequential(
        convolution, nn.BatchNorm2d(after) if norm else nn.Identity(), nn.ReLU(inplace=True)
    )
    initialize(layers, "he_normal")
    return layers


def _head(before: int, outputs: int) -> nn.Conv2d:
    """From features to scores; initialized with weights large enough for the features to learn from the first
    step on.
    """
    head = nn.Conv2d(before, outputs, 1)
    initialize(head, "glorot_normal")
    return head


def _enlarged(x: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)
