r"""SSD: a network that predicts class scores and box offsets for anchors at every position of feature maps of
several scales.

    maps:    x_1 .. x_m of a backbone, then x_{k+1} = Conv3_{stride 2}(Conv1(x_k)), to a map of one position
    scores   (batch, A, classes + 1) = Conv3(x_k),    offsets (batch, A, 4) = Conv3(x_k)
    A = sum over k of h_k w_k a_k

Small objects are detected on the large maps and large objects on the small maps. Every position has a few
anchors, that is, reference boxes of fixed sizes; boxes are predicted relative to them. With `pyramid` the
features of small maps are added to those of large maps:

    y_m = Conv1(x_m),    y_k = Conv1(x_k) + enlarge(y_{k+1}),    heads on Conv3(y_k)

Reference: Liu et al., "SSD: Single shot multibox detector", 2016, arXiv 1512.02325; Lin et al., "Feature
    pyramid networks for object detection", 2017, arXiv 1612.03144 (pyramid); Lin et al., "Focal loss for
    dense object detection", 2017, arXiv 1708.02002 (prior).

Differences from the paper: batch norm, which makes the L2 normalization of the first map unnecessary; group
    norm with one group on maps smaller than 2x2 positions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.errors import ConfigError
from hibiscus.networks.backbone import MAX_STRIDE, Backbone, build_backbone
from hibiscus.networks.input_shapes import choice, counts, image, whole
from hibiscus.networks.layers import MapNorm, initialize

__all__ = ["BACKGROUND", "SSD", "build_ssd", "map_sizes"]

BACKGROUND = 0  # its index among the scores; class c of the data has index c + 1
FINEST_STRIDES = (4, 8, 16)
MIN_SIDE = 32
EXTRA_FILTERS, PYRAMID_FILTERS = 256, 128
FIXED_WIDTH = ("efficientnet-lite0",)
HEAD_DEVIATION = 0.01


class SSD(nn.Module):
    """A backbone, further maps, optionally a feature pyramid, and two heads on every map.

    Args:
        backbone: returns the first maps.
        map_sizes: (height, width) of every map for the image size of the network.
        classes: number of object classes.
        anchors_per_cell: anchors per cell of each map.
        extra: filters of the maps after those of the backbone.
        pyramid: filters of the feature pyramid; 0 for none.
        prior: initial probability that an anchor contains an object; None for equal scores of all classes.

    Attributes:
        map_sizes: as given; anchors are ordered by map, row, column and size.
        channels: channels of the maps to which the heads are applied.

    Shapes:
        (batch, channels, height, width) to scores (batch, A, classes + 1), the background first, and offsets
        (batch, A, 4).
    """

    def __init__(
        self,
        backbone: Backbone,
        map_sizes: Sequence[tuple[int, int]],
        classes: int,
        anchors_per_cell: Sequence[int],
        extra: int = EXTRA_FILTERS,
        pyramid: int = 0,
        prior: float | None = None,
    ):
        super().__init__()
        self.backbone, self.map_sizes, self.classes = backbone, tuple(map_sizes), classes
        channels = list(backbone.channels)
        self.extras = nn.ModuleList()
        for before, after in zip(map_sizes[len(channels) - 1 :], map_sizes[len(channels) :], strict=False):
            self.extras.append(_extra(channels[-1], extra, before, after))
            channels.append(extra)
        self.lateral, self.smooth = nn.ModuleList(), nn.ModuleList()
        if pyramid:
            self.lateral.extend(nn.Conv2d(count, pyramid, 1) for count in channels)
            self.smooth.extend(nn.Conv2d(pyramid, pyramid, 3, padding=1) for _ in channels)
            channels = [pyramid] * len(channels)
        self.channels = tuple(channels)
        pairs = list(zip(channels, anchors_per_cell, strict=True))
        self.score_heads = nn.ModuleList(
            nn.Conv2d(count, anchors * (classes + 1), 3, padding=1) for count, anchors in pairs
        )
        self.offset_heads = nn.ModuleList(
            nn.Conv2d(count, anchors * 4, 3, padding=1) for count, anchors in pairs
        )
        for part in (self.extras, self.lateral, self.smooth):
            initialize(part, "he_normal" if part is self.extras else "glorot_uniform")
        self._start_heads(prior)

    def _start_heads(self, prior: float | None) -> None:
        """Small weights, so that all anchors start alike, and biases for the prior."""
        for head in (*self.score_heads, *self.offset_heads):
            assert isinstance(head, nn.Conv2d)
            assert head.bias is not None
            nn.init.normal_(head.weight, std=HEAD_DEVIATION)
            nn.init.zeros_(head.bias)
        if prior is not None:
            for head in self.score_heads:
                assert isinstance(head, nn.Conv2d)
                assert head.bias is not None
                with (
                    torch.no_grad()
                ):  # softmax of log(p / (classes (1 - p))) for each object against 0 for the background
                    head.bias.fill_(math.log(prior / (self.classes * (1 - prior))))
                    head.bias.view(-1, self.classes + 1)[:, BACKGROUND] = 0

    def features(self, x: Tensor) -> list[Tensor]:
        """The maps to which the heads are applied, largest first: (batch, channels[k], *map_sizes[k])."""
        maps = self.backbone(x)
        for layers in self.extras:
            maps.append(layers(maps[-1]))
        if not len(self.lateral):
            return maps
        pyramid = [lateral(x) for lateral, x in zip(self.lateral, maps, strict=True)]
        for level in reversed(range(len(pyramid) - 1)):
            height, width = pyramid[level].shape[2:]
            # Enlarged by exactly 2 and cropped, not resized, so that positions stay aligned.
            up = functional.interpolate(pyramid[level + 1], scale_factor=2.0, mode="nearest")[
                ..., :height, :width
            ]
            pyramid[level] = pyramid[level] + up
        return [smooth(x) for smooth, x in zip(self.smooth, pyramid, strict=True)]

    def heads(self, maps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Scores (batch, A, classes + 1) and offsets (batch, A, 4) from the maps."""
        scores = [_rows(head(x), self.classes + 1) for head, x in zip(self.score_heads, maps, strict=True)]
        offsets = [_rows(head(x), 4) for head, x in zip(self.offset_heads, maps, strict=True)]
        return torch.cat(scores, 1), torch.cat(offsets, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and offsets of every anchor."""
        return self.heads(self.features(x))


def build_ssd(
    image_shape: Any,
    classes: int,
    anchors_per_cell: int | Sequence[int],
    backbone: str = "resnet",
    width: float = 1.0,
    depth: int | None = None,
    levels: int | None = None,
    finest_stride: int = 8,
    pyramid: bool = False,
    prior: float | None = None,
) -> SSD:
    """A single-shot detector for images of one size.

    Args:
        image_shape: (channels, height, width), at least 32x32 pixels.
        classes: number of object classes, without the background.
        anchors_per_cell: anchors per cell of each map, or one number for all maps.
        backbone: `resnet`, `vgg`, `own` or `efficientnet-lite0`, see `build_backbone`.
        width: multiplier for the number of filters except in the heads and in efficientnet-lite0.
        depth: depth of the backbone, see there.
        levels: number of maps; as many as there are `anchors_per_cell`, or down to one position, if None.
        finest_stride: stride of the largest map in pixels: 4, 8 or 16.
        pyramid: whether there is a feature pyramid.
        prior: initial softmax probability that an anchor contains an object (Lin et al.: 0.01); None for
            equal scores.

    Raises:
        ConfigError: an option out of range, or more levels than the image size allows.
    """
    image("ssd", image_shape, MIN_SIDE)
    per_cell = counts("anchors_per_cell", anchors_per_cell)
    if not isinstance(anchors_per_cell, int) and levels not in (None, len(per_cell)):
        raise ConfigError(
            f"levels={levels} with {len(per_cell)} anchors_per_cell",
            "equal numbers of both",
            f"levels={len(per_cell)}",
        )
    sizes = map_sizes(
        image_shape, finest_stride, levels if isinstance(anchors_per_cell, int) else len(per_cell)
    )
    per_cell = per_cell * len(sizes) if isinstance(anchors_per_cell, int) else per_cell
    if prior is not None and (
        isinstance(prior, bool) or not isinstance(prior, int | float) or not 0 < prior < 1
    ):
        raise ConfigError(
            f"prior={prior!r}", "a probability between 0 and 1, or None", "for example prior=0.01"
        )
    max_stride = MAX_STRIDE[choice("backbone", backbone, MAX_STRIDE)]
    strides = [
        finest_stride * 2**level for level in range(len(sizes)) if finest_stride * 2**level <= max_stride
    ]
    backbone_width = 1.0 if backbone in FIXED_WIDTH else width
    maps = build_backbone(backbone, image_shape, backbone_width, depth, strides)
    extra, pyramid_filters = round(EXTRA_FILTERS * width), round(PYRAMID_FILTERS * width) if pyramid else 0
    return SSD(maps, sizes, whole("classes", classes), per_cell, extra, pyramid_filters, prior)


def map_sizes(
    image_shape: Any, finest_stride: int = 8, levels: int | None = None
) -> tuple[tuple[int, int], ...]:
    """(height, width) of each map of `build_ssd`, each half as large as the last, rounded up; down to one
    position if `levels` is None.

    Raises:
        ConfigError: an invalid stride, or more levels than down to one position.
    """
    _, height, width = image("ssd", image_shape, MIN_SIDE)
    if finest_stride not in FINEST_STRIDES:
        raise ConfigError(f"finest_stride={finest_stride!r}", "4, 8 or 16", "use finest_stride=8")
    sizes = [(-(-height // finest_stride), -(-width // finest_stride))]
    while max(sizes[-1]) > 1:
        sizes.append((-(-sizes[-1][0] // 2), -(-sizes[-1][1] // 2)))
    if levels is None:
        return tuple(sizes)
    if whole("levels", levels) > len(sizes):
        received = f"levels={levels} for images of {height}x{width} pixels at finest_stride={finest_stride}"
        raise ConfigError(
            received, f"at most {len(sizes)}: the last map has one position", f"levels={len(sizes)}"
        )
    return tuple(sizes[:levels])


def _extra(channels: int, filters: int, before: tuple[int, int], after: tuple[int, int]) -> nn.Sequential:
    """A 1x1 convolution to half the filters, then a 3x3 convolution with stride 2 to all of them."""
    half = max(1, filters // 2)
    squeeze = [nn.Conv2d(channels, half, 1, bias=False), _norm(half, before), nn.ReLU(inplace=True)]
    return nn.Sequential(
        *squeeze,
        nn.Conv2d(half, filters, 3, 2, padding=1, bias=False),
        _norm(filters, after),
        nn.ReLU(inplace=True),
    )


def _norm(filters: int, size: tuple[int, int]) -> nn.Module:
    """Batch norm, or group norm on maps smaller than 2x2 positions, where a batch has too few values for
    statistics.
    """
    return nn.GroupNorm(1, filters) if min(size) < 2 else MapNorm(filters)


def _rows(maps: Tensor, numbers: int) -> Tensor:
    """(batch, anchors * numbers, height, width) to (batch, height * width * anchors, numbers)."""
    return maps.permute(0, 2, 3, 1).reshape(len(maps), -1, numbers)
