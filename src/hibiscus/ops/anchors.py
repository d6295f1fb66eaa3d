"""Anchors: the reference boxes of a detector, placed over the feature maps of an image.

Boxes are corners (xmin, ymin, xmax, ymax) relative to the image, 0 to 1, origin at the top left; anchors may
extend beyond the image.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from hibiscus.errors import ConfigError, DataError

__all__ = ["SSD_RATIOS", "anchor_sizes", "fit_anchors", "linear_scales", "make_anchors", "place_anchors"]

SSD_RATIOS = ((1, 2, 1 / 2), (1, 2, 1 / 2, 3, 1 / 3))  # for four and for six anchors per cell
ROUNDS = 100  # of k-means, which converges long before


def linear_scales(maps: int, min_scale: float = 0.2, max_scale: float = 0.9) -> list[float]:
    r"""Equally spaced scales of the anchors of each map, and one more for the extra anchor of the last map.

        s_k = min_scale + (max_scale - min_scale) / (maps - 1) * (k - 1),    k = 1 ... maps + 1

    Args:
        maps: number of feature maps, finest first.
        min_scale: scale of the finest map, as a fraction of the image's shorter side.
        max_scale: scale of the coarsest map.

    Raises:
        ConfigError: no maps, or scales that do not increase.

    Reference: Liu et al., "SSD: Single Shot MultiBox Detector", 2016, arXiv 1512.02325, eq. 4.
    """
    if maps < 1 or not 0 < min_scale < max_scale:
        received = f"{maps} maps, scales from {min_scale} to {max_scale}"
        raise ConfigError(received, "at least 1 map and 0 < min_scale < max_scale", "use 0.2 and 0.9")
    step = (max_scale - min_scale) / max(maps - 1, 1)
    return [min_scale + step * k for k in range(maps + 1)]


def anchor_sizes(
    scales: Sequence[float], ratios: Sequence[Sequence[float]], image_shape: tuple[int, int]
) -> list[Tensor]:
    r"""Widths and heights of the anchors of each map.

        width  = s_k * sqrt(ratio) * shorter / image_width
        height = s_k / sqrt(ratio) * shorter / image_height

    and one more of ratio 1 with the scale sqrt(s_k * s_{k+1}). Ratios are width over height in pixels, even
    where the image is not square, and scales are fractions of its shorter side.

    Args:
        scales: one for each map, and one more.
        ratios: aspect ratios of each map.
        image_shape: (height, width) in pixels.

    Shapes:
        returns for each map (1 + ratios, 2): width and height relative to the image.

    Raises:
        ConfigError: a number of scales that does not match the maps, or a scale or ratio that is not above 0.

    Reference: Liu et al., 2016, arXiv 1512.02325, section 2.2.
    """
    if (
        len(scales) != len(ratios) + 1
        or min([*scales, *image_shape, *(r for row in ratios for r in row)]) <= 0
    ):
        raise ConfigError(
            f"{len(scales)} scales, ratios for {len(ratios)} maps and an image of {tuple(image_shape)}",
            "one more scale than maps, and scales, ratios and sides above 0",
            "compute the scales with linear_scales(maps), and pass ratios for each map",
        )
    height, width = image_shape
    shorter, sizes = min(height, width), []
    for k, row in enumerate(ratios):
        extra = math.sqrt(scales[k] * scales[k + 1])
        pairs = [(scales[k] * math.sqrt(r), scales[k] / math.sqrt(r)) for r in row] + [(extra, extra)]
        sizes.append(
            torch.tensor([(w * shorter / width, h * shorter / height) for w, h in pairs], dtype=torch.float32)
        )
    return sizes


def place_anchors(map_sizes: Sequence[tuple[int, int]], sizes: Sequence[Tensor]) -> Tensor:
    """Anchors of the given sizes centered on every cell of every map.

    They are ordered by map, row, column and size, like the output of a convolution with the channels last.

    Args:
        map_sizes: (height, width) of each feature map in cells.
        sizes: for each map (n, 2), width and height relative to the image.

    Shapes:
        returns (sum of height * width * n, 4) float32, corners.

    Raises:
        ConfigError: different numbers of maps and of sizes.
    """
    if len(map_sizes) != len(sizes):
        raise ConfigError(
            f"{len(map_sizes)} maps and sizes for {len(sizes)}",
            "sizes for each map",
            "pass one set of sizes per map",
        )
    anchors = []
    for (rows, columns), size in zip(map_sizes, sizes, strict=True):
        y = ((torch.arange(rows) + 0.5) / rows).view(-1, 1, 1, 1)
        x = ((torch.arange(columns) + 0.5) / columns).view(1, -1, 1, 1)
        center = torch.cat([x.expand(rows, columns, 1, 1), y.expand(rows, columns, 1, 1)], -1)
        half = size / 2
        anchors.append(torch.cat([center - half, center + half], -1).reshape(-1, 4))
    return torch.cat(anchors)


def make_anchors(
    map_sizes: Sequence[tuple[int, int]],
    scales: Sequence[float],
    ratios: Sequence[Sequence[float]],
    image_shape: tuple[int, int],
) -> Tensor:
    r"""All anchors of an image from scales and aspect ratios.

        A = sum over maps of height * width * (1 + number of ratios)

    Args:
        map_sizes: (height, width) of each feature map in cells.
        scales: one for each map and one more, see `linear_scales`.
        ratios: aspect ratios of each map, width over height in pixels.
        image_shape: (height, width) in pixels.

    Shapes:
        returns (A, 4) float32, corners relative to the image; 8,732 for SSD300.

    Raises:
        ConfigError: as `anchor_sizes` and `place_anchors`.

    Reference: Liu et al., 2016, arXiv 1512.02325, section 2.2.
    """
    return place_anchors(map_sizes, anchor_sizes(scales, ratios, image_shape))


def fit_anchors(sizes: Tensor, levels: Sequence[int], seed: int = 0) -> list[Tensor]:
    r"""Anchors fitted to training boxes by clustering their sizes, with small anchors on fine maps.

        distance = 1 - IoU of two boxes with a common center

    k-means with this distance; the center of a cluster is the median of its widths and of its heights. The
    IoU is the same in relative sizes as in pixels, whatever the aspect ratio of the image.

    Args:
        sizes: widths and heights of training boxes, relative to the image.
        levels: number of anchors per cell of each map, finest map first.
        seed: random seed of the initial centers.

    Shapes:
        sizes (K, 2); returns for each map (n, 2), sorted by area within and across the maps.

    Raises:
        DataError: no box with a positive area.
        ConfigError: a map without anchors.

    Reference: Redmon and Farhadi, "YOLO9000: Better, Faster, Stronger", 2017, arXiv 1612.08242, section 2
        (dimension clusters).
    """
    if not levels or min(levels) < 1:
        raise ConfigError(
            f"{list(levels)} anchors on the maps",
            "at least 1 on each",
            "use one anchor or more per map, or fewer maps",
        )
    sizes = torch.as_tensor(sizes).detach().cpu().float().reshape(-1, 2)
    sizes = sizes[(sizes > 0).all(1)]
    if len(sizes) == 0:
        raise DataError(
            "no training box with a width and a height",
            "at least one",
            "check the boxes, or use anchors by scale and ratio",
        )
    centers = _initial_centers(sizes, sum(levels), seed)
    for _ in range(ROUNDS):
        nearest = _overlap(sizes, centers).argmax(1)
        moved = torch.stack(
            [
                sizes[members].quantile(0.5, 0) if (members := nearest == k).any() else center
                for k, center in enumerate(centers)
            ]
        )
        if torch.equal(moved, centers):
            break
        centers = moved
    return list(centers[centers.prod(1).argsort(stable=True)].split(list(levels)))


def _initial_centers(sizes: Tensor, count: int, seed: int) -> Tensor:
    """Initial centers of k-means++: each next box is sampled with a probability proportional to the square of
    its distance to the nearest.
    """
    generator = torch.Generator().manual_seed(seed)
    chosen = [int(torch.randint(len(sizes), (1,), generator=generator))]
    distance = torch.ones(len(sizes))
    for _ in range(count - 1):
        distance = torch.minimum(distance, 1 - _overlap(sizes, sizes[chosen[-1:]])[:, 0]).clamp_min(0)
        # With fewer distinct boxes than centers some centers coincide, which is harmless.
        weight = distance**2 + 1e-12
        edges = weight.double().cumsum(0)
        threshold = torch.rand(1, generator=generator, dtype=torch.float64) * edges[-1]
        chosen.append(min(int(torch.searchsorted(edges, threshold)), len(sizes) - 1))
    return sizes[chosen]


def _overlap(sizes: Tensor, centers: Tensor) -> Tensor:
    """IoU of boxes with a common center: (K, 2) and (n, 2) give (K, n)."""
    inside = torch.minimum(sizes[:, None], centers[None]).prod(-1)
    return inside / (sizes.prod(-1)[:, None] + centers.prod(-1)[None] - inside)
