r"""SSD: a network that says at every place of maps of several scales which object stands there, and where its edges are.

    maps:    x_1 .. x_m of a backbone, then x_{k+1} = Conv3_{stride 2}(Conv1(x_k)), down to a map of one place
    scores   (batch, A, classes + 1) = Conv3(x_k),    offsets (batch, A, 4) = Conv3(x_k),    A = sum over k of h_k w_k a_k

Small objects are found on the large maps, large ones on the small maps; every place has a few anchors, boxes of set sizes, and
the network only says how an object differs from them. With `pyramid` what the small maps know is handed back to the large ones:

    y_m = Conv1(x_m),    y_k = Conv1(x_k) + enlarge(y_{k+1}),    heads on Conv3(y_k)

Reference: Liu et al., "SSD: Single shot multibox detector", 2016, arXiv 1512.02325; Lin et al., "Feature pyramid networks for
object detection", 2017, arXiv 1612.03144 (pyramid); Lin et al., "Focal loss for dense object detection", 2017, arXiv 1708.02002
(prior).

Departs: batch norm, which makes the paper's L2 norm of the first map needless; group norm of one group on maps
    below 2x2 places.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.errors import ConfigError
from hibiscus.networks.backbone import MOST_STRIDE, Backbone, build_backbone
from hibiscus.networks.input_shapes import choice, counts, image, whole
from hibiscus.networks.layers import MapNorm, initialize

__all__ = ["BACKGROUND", "SSD", "build_ssd", "map_sizes"]

BACKGROUND = 0  # its place among the scores; class c of the data stands at c + 1
FINEST_STRIDES = (4, 8, 16)
LEAST_SIDE = 32
EXTRA_FILTERS, PYRAMID_FILTERS = 256, 128
HEAD_DEVIATION = 0.01


class SSD(nn.Module):
    """Backbone, further maps, perhaps a pyramid, and two convolutions on every map.

    Args:
        backbone: gives the first maps.
        map_sizes: (height, width) of every map for the images it is made for.
        classes: of objects.
        anchors_per_cell: one number for each map.
        extra: filters of the maps after the backbone's.
        pyramid: filters of the way back; 0 for none.
        prior: chance that an anchor is an object in the beginning; None for equal scores of all classes.

    Attributes:
        map_sizes: as given; anchors are laid in this order: map by map, row by row, place by place, anchor by anchor.
        channels: of the maps under the heads.

    Shapes:
        (batch, channels, height, width) to scores (batch, A, classes + 1), the background first, and offsets (batch, A, 4).
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
        self.score_heads = nn.ModuleList(nn.Conv2d(count, anchors * (classes + 1), 3, padding=1) for count, anchors in pairs)
        self.offset_heads = nn.ModuleList(nn.Conv2d(count, anchors * 4, 3, padding=1) for count, anchors in pairs)
        for part in (self.extras, self.lateral, self.smooth):
            initialize(part, "he_normal" if part is self.extras else "glorot_uniform")
        self._start_heads(prior)

    def _start_heads(self, prior: float | None) -> None:
        """Small weights, so that all anchors begin alike; the background's lead makes objects as rare as the prior."""
        for head in (*self.score_heads, *self.offset_heads):
            assert isinstance(head, nn.Conv2d)
            assert head.bias is not None
            nn.init.normal_(head.weight, std=HEAD_DEVIATION)
            nn.init.zeros_(head.bias)
        if prior is not None:
            for head in self.score_heads:
                assert isinstance(head, nn.Conv2d)
                assert head.bias is not None
                with torch.no_grad():  # softmax of log(p / (classes (1 - p))) for each object against 0 for the background
                    head.bias.fill_(math.log(prior / (self.classes * (1 - prior))))
                    head.bias.view(-1, self.classes + 1)[:, BACKGROUND] = 0

    def features(self, x: Tensor) -> list[Tensor]:
        """The maps under the heads, largest first: (batch, channels[k], *map_sizes[k]) each."""
        maps = self.backbone(x)
        for layers in self.extras:
            maps.append(layers(maps[-1]))
        if not len(self.lateral):
            return maps
        way = [lateral(each) for lateral, each in zip(self.lateral, maps, strict=True)]
        for level in reversed(range(len(way) - 1)):
            height, width = way[level].shape[2:]
            # Twice as large and cut, not drawn to the size: places stay above those that they came from.
            up = functional.interpolate(way[level + 1], scale_factor=2.0, mode="nearest")[..., :height, :width]
            way[level] = way[level] + up
        return [smooth(each) for smooth, each in zip(self.smooth, way, strict=True)]

    def answers(self, maps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Scores (batch, A, classes + 1) and offsets (batch, A, 4) from the maps."""
        scores = [_rows(head(each), self.classes + 1) for head, each in zip(self.score_heads, maps, strict=True)]
        offsets = [_rows(head(each), 4) for head, each in zip(self.offset_heads, maps, strict=True)]
        return torch.cat(scores, 1), torch.cat(offsets, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and offsets of every anchor."""
        return self.answers(self.features(x))


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
        classes: of objects, without the background.
        anchors_per_cell: anchors at each place of each map; one number for all maps.
        backbone: `resnet`, `vgg` or `own`, see `build_backbone`.
        width: multiplies all filter counts but those of the heads.
        depth: of the backbone, see there.
        levels: maps; as many as there are `anchors_per_cell`, or down to one place, if None.
        finest_stride: pixels between places of the largest map: 4, 8 or 16.
        pyramid: hand what the small maps know back to the large ones.
        prior: chance, by softmax, that an anchor is an object in the beginning (Lin et al.: 0.01); None for equal scores.

    Raises:
        ConfigError: an option out of its range, or more levels than the image can be halved for.
    """
    image("ssd", image_shape, LEAST_SIDE)
    per_cell = counts("anchors_per_cell", anchors_per_cell)
    if not isinstance(anchors_per_cell, int) and levels not in (None, len(per_cell)):
        raise ConfigError(f"levels={levels} with {len(per_cell)} anchors_per_cell", "as many of both", f"levels={len(per_cell)}")
    sizes = map_sizes(image_shape, finest_stride, levels if isinstance(anchors_per_cell, int) else len(per_cell))
    per_cell = per_cell * len(sizes) if isinstance(anchors_per_cell, int) else per_cell
    if prior is not None and (isinstance(prior, bool) or not isinstance(prior, int | float) or not 0 < prior < 1):
        raise ConfigError(f"prior={prior!r}", "a chance between 0 and 1, or None", "for example prior=0.01")
    most = MOST_STRIDE[choice("backbone", backbone, MOST_STRIDE)]
    strides = [finest_stride * 2**level for level in range(len(sizes)) if finest_stride * 2**level <= most]
    maps = build_backbone(backbone, image_shape, width, depth, strides)
    extra, way = round(EXTRA_FILTERS * width), round(PYRAMID_FILTERS * width) if pyramid else 0
    return SSD(maps, sizes, whole("classes", classes), per_cell, extra, way, prior)


def map_sizes(image_shape: Any, finest_stride: int = 8, levels: int | None = None) -> tuple[tuple[int, int], ...]:
    """(height, width) of each map of `build_ssd`, from its stride down, halves rounded up; down to one place if `levels` is None.

    Raises:
        ConfigError: another stride, or more levels than lead to one place.
    """
    _, height, width = image("ssd", image_shape, LEAST_SIDE)
    if finest_stride not in FINEST_STRIDES:
        raise ConfigError(f"finest_stride={finest_stride!r}", "4, 8 or 16", "use finest_stride=8")
    sizes = [(-(-height // finest_stride), -(-width // finest_stride))]
    while max(sizes[-1]) > 1:
        sizes.append((-(-sizes[-1][0] // 2), -(-sizes[-1][1] // 2)))
    if levels is None:
        return tuple(sizes)
    if whole("levels", levels) > len(sizes):
        found = f"levels={levels} for images of {height}x{width} pixels at finest_stride={finest_stride}"
        raise ConfigError(found, f"at most {len(sizes)}: the last map has one place", f"levels={len(sizes)}")
    return tuple(sizes[:levels])


def _extra(channels: int, filters: int, before: tuple[int, int], after: tuple[int, int]) -> nn.Sequential:
    """Half the filters at each place, then all at every second place."""
    half = max(1, filters // 2)
    squeeze = [nn.Conv2d(channels, half, 1, bias=False), _norm(half, before), nn.ReLU(inplace=True)]
    return nn.Sequential(*squeeze, nn.Conv2d(half, filters, 3, 2, padding=1, bias=False), _norm(filters, after), nn.ReLU(inplace=True))


def _norm(filters: int, size: tuple[int, int]) -> nn.Module:
    """Batch norm; on maps of less than 2x2 places, where a batch holds too few numbers for it, group norm."""
    return nn.GroupNorm(1, filters) if min(size) < 2 else MapNorm(filters)


def _rows(maps: Tensor, numbers: int) -> Tensor:
    """(batch, anchors * numbers, height, width) to (batch, height * width * anchors, numbers)."""
    return maps.permute(0, 2, 3, 1).reshape(len(maps), -1, numbers)
