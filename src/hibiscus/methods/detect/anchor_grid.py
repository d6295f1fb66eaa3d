"""The anchors of each feature map: fitted to the training boxes, or with the paper's scales and ratios."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from hibiscus.networks.ssd import map_sizes
from hibiscus.ops.anchors import anchor_sizes, fit_anchors, linear_scales, place_anchors

__all__ = ["AnchorGrid", "fitted_anchor_grid", "paper_anchor_grid"]

CELLS_WIDE = 4  # a box is assigned to the map on which it is about this many cells wide
RATIOS = (1.0, 2.0, 0.5)


class AnchorGrid:
    """Anchors over a hierarchy of feature maps.

    Args:
        shape: (channels, height, width) of an image.
        finest_stride: stride of the first map in pixels; it doubles with each further map.
        sizes: for each map (n, 2), the width and height of its anchors as fractions of the image's sides.

    Attributes:
        per_cell: the number of anchors per cell, for each map.
        anchors: corners, float32 (A, 4), in the order of SSD's outputs.
    """

    def __init__(self, shape: tuple[int, int, int], finest_stride: int, sizes: Sequence[Tensor]):
        self.per_cell = [len(level_sizes) for level_sizes in sizes]
        self.anchors = place_anchors(map_sizes(shape, finest_stride, len(sizes)), sizes)


def fitted_anchor_grid(
    shape: tuple[int, int, int],
    finest_stride: int,
    boxes: Sequence[tuple[float, float]],
    per_cell: int,
    levels: int | None,
) -> AnchorGrid:
    """Anchors fitted to the training boxes; each box is assigned to the map with a stride of about 1/4 its
    size.

    The map depends only on the size of the box, so that every box spans several cells and neighboring objects
    fall into different cells.

    Args:
        shape: (channels, height, width) of an image.
        finest_stride: stride of the first map in pixels.
        boxes: widths and heights as fractions of the image's sides.
        per_cell: anchors per cell.
        levels: number of maps; if None, as many as the boxes require.
    """
    sizes = torch.tensor(boxes, dtype=torch.float32)
    sides = (sizes * torch.tensor([float(shape[2]), float(shape[1])])).prod(1).clamp_min(1).sqrt()
    box_levels = (sides / (CELLS_WIDE * finest_stride)).log2().round().clamp_min(0)
    max_levels = max(1, math.ceil(math.log2(max(2, min(shape[1:]) / finest_stride))))
    levels = min(max_levels, int(box_levels.quantile(0.98).item()) + 1) if levels is None else levels
    box_levels = box_levels.clamp_max(levels - 1)
    level_sizes = []
    for level in range(levels):
        distance = (box_levels - level).abs()
        level_sizes.append(fit_anchors(sizes[distance == distance.min()], [per_cell])[0])
    return AnchorGrid(shape, finest_stride, level_sizes)


def paper_anchor_grid(
    shape: tuple[int, int, int], finest_stride: int, levels: int | None, min_scale: float, max_scale: float
) -> AnchorGrid:
    """The paper's anchors: aspect ratios 1, 2 and 1/2 at the scale of each map, and ratio 1 between two
    scales.

    Args:
        shape: (channels, height, width) of an image.
        finest_stride: stride of the first map in pixels.
        levels: number of maps; if None, down to a single cell.
        min_scale: the first map's scale, as a fraction of the image's shorter side.
        max_scale: the last map's scale.
    """
    count = len(map_sizes(shape, finest_stride, levels))
    scales = linear_scales(count, min_scale, max_scale)
    return AnchorGrid(shape, finest_stride, anchor_sizes(scales, [RATIOS] * count, (shape[1], shape[2])))
