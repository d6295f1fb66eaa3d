"""Which anchors stand on which map: fitted to the boxes of the training part, or the paper's scales and aspect ratios."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from hibiscus.networks.ssd import map_sizes
from hibiscus.ops.anchors import anchor_sizes, fit_anchors, linear_scales, place_anchors

__all__ = ["Layout", "fitted_layout", "paper_layout"]

CELLS_WIDE = 4  # a box about so many places of a map wide is looked for there
RATIOS = (1.0, 2.0, 0.5)


class Layout:
    """Anchors over a hierarchy of maps.

    Args:
        shape: (channels, height, width) of an image.
        finest_stride: pixels between places of the first map; it doubles with each.
        sizes: for each map (n, 2), width and height of its anchors as shares of the image's sides.

    Attributes:
        per_cell: anchors at each place, by map.
        anchors: corners, float32 (A, 4), in the order of SSD's answers.
    """

    def __init__(self, shape: tuple[int, int, int], finest_stride: int, sizes: Sequence[Tensor]):
        self.per_cell = [len(some) for some in sizes]
        self.anchors = place_anchors(map_sizes(shape, finest_stride, len(sizes)), sizes)


def fitted_layout(
    shape: tuple[int, int, int], finest_stride: int, boxes: Sequence[tuple[float, float]], per_cell: int, levels: int | None
) -> Layout:
    """Anchors like the boxes of the training part, each on the map whose places are about a quarter of it apart.

    So that things which stand close have places enough between them, it is their size alone that says on which map they are found.

    Args:
        shape: (channels, height, width) of an image.
        finest_stride: of the first map, in pixels.
        boxes: widths and heights as shares of the image's sides.
        per_cell: anchors at each place.
        levels: maps; as many as the boxes need if None.
    """
    sizes = torch.tensor(boxes, dtype=torch.float32)
    sides = (sizes * torch.tensor([float(shape[2]), float(shape[1])])).prod(1).clamp_min(1).sqrt()
    wanted = (sides / (CELLS_WIDE * finest_stride)).log2().round().clamp_min(0)
    most = max(1, math.ceil(math.log2(max(2, min(shape[1:]) / finest_stride))))
    levels = min(most, int(wanted.quantile(0.98).item()) + 1) if levels is None else levels
    wanted = wanted.clamp_max(levels - 1)
    found = []
    for level in range(levels):
        distance = (wanted - level).abs()
        found.append(fit_anchors(sizes[distance == distance.min()], [per_cell])[0])
    return Layout(shape, finest_stride, found)


def paper_layout(shape: tuple[int, int, int], finest_stride: int, levels: int | None, least: float, most: float) -> Layout:
    """The paper's: scales from `least` to `most` of the shorter side, aspect ratios 1, 2 and 1/2, and one of ratio 1 in between.

    Args:
        shape: (channels, height, width) of an image.
        finest_stride: of the first map, in pixels.
        levels: maps; down to one place if None.
        least: the first map's scale.
        most: the last map's.
    """
    count = len(map_sizes(shape, finest_stride, levels))
    scales = linear_scales(count, least, most)
    return Layout(shape, finest_stride, anchor_sizes(scales, [RATIOS] * count, (shape[1], shape[2])))
