"""Anchors: the boxes that a detector starts from, laid over the feature maps of an image.

Boxes are corners (xmin, ymin, xmax, ymax) relative to the image, 0 to 1, origin top left; those at the border may reach beyond it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from hibiscus.errors import ConfigError, DataError

__all__ = ["SSD_RATIOS", "anchor_sizes", "fit_anchors", "linear_scales", "make_anchors", "place_anchors"]

SSD_RATIOS = ((1, 2, 1 / 2), (1, 2, 1 / 2, 3, 1 / 3))  # of four and of six anchors a cell
ROUNDS = 100  # of k-means; it settles long before


def linear_scales(maps: int, least: float = 0.2, most: float = 0.9) -> list[float]:
    r"""Scales of the anchors of each map, equally far apart, and one more for the last map's extra anchor.

        s_k = least + (most - least) / (maps - 1) * (k - 1),    k = 1 ... maps + 1

    Args:
        maps: number of feature maps, finest first.
        least: scale on the finest map, a share of the image's shorter side.
        most: scale on the coarsest.

    Raises:
        ConfigError: no map, or scales that do not grow.

    Reference: Liu et al., "SSD: Single Shot MultiBox Detector", 2016, arXiv 1512.02325, eq. 4.
    """
    if maps < 1 or not 0 < least < most:
        raise ConfigError(f"{maps} maps, scales from {least} to {most}", "1 map or more and 0 < least < most", "use 0.2 and 0.9")
    step = (most - least) / max(maps - 1, 1)
    return [least + step * k for k in range(maps + 1)]


def anchor_sizes(scales: Sequence[float], ratios: Sequence[Sequence[float]], image_shape: tuple[int, int]) -> list[Tensor]:
    r"""Widths and heights of the anchors of each map.

        width  = s_k * sqrt(ratio) * shorter / image_width
        height = s_k / sqrt(ratio) * shorter / image_height

    then one more of ratio 1 with the scale sqrt(s_k * s_{k+1}). A ratio is width over height in pixels, also where the image is not
    square, and a scale is a share of its shorter side.

    Args:
        scales: one per map, and one more.
        ratios: of each map.
        image_shape: (height, width) in pixels.

    Shapes:
        returns for each map (1 + ratios, 2): width and height relative to the image.

    Raises:
        ConfigError: another number of scales or ratios than fits, or one that is not above 0.

    Reference: Liu et al., 2016, arXiv 1512.02325, section 2.2.
    """
    if len(scales) != len(ratios) + 1 or min([*scales, *image_shape, *(r for row in ratios for r in row)]) <= 0:
        raise ConfigError(
            f"{len(scales)} scales, ratios for {len(ratios)} maps and an image of {tuple(image_shape)}",
            "one scale more than maps, and scales, ratios and sides above 0",
            "make the scales with linear_scales(maps), and give ratios for each map",
        )
    height, width = image_shape
    shorter, found = min(height, width), []
    for k, row in enumerate(ratios):
        extra = math.sqrt(scales[k] * scales[k + 1])
        pairs = [(scales[k] * math.sqrt(r), scales[k] / math.sqrt(r)) for r in row] + [(extra, extra)]
        found.append(torch.tensor([(w * shorter / width, h * shorter / height) for w, h in pairs], dtype=torch.float32))
    return found


def place_anchors(map_sizes: Sequence[tuple[int, int]], sizes: Sequence[Tensor]) -> Tensor:
    """Anchors of the given sizes about the middle of every cell of every map.

    They come map after map, row after row, cell after cell, then in the order of the sizes: as a convolution's output does once its
    channels stand last.

    Args:
        map_sizes: (height, width) of each feature map in cells.
        sizes: for each map (n, 2), width and height relative to the image.

    Shapes:
        returns (sum of height * width * n, 4) float32, corners.

    Raises:
        ConfigError: another number of maps than of sizes.
    """
    if len(map_sizes) != len(sizes):
        raise ConfigError(f"{len(map_sizes)} maps and sizes for {len(sizes)}", "sizes for each map", "give one set of sizes per map")
    found = []
    for (rows, columns), size in zip(map_sizes, sizes, strict=True):
        y = ((torch.arange(rows) + 0.5) / rows).view(-1, 1, 1, 1)
        x = ((torch.arange(columns) + 0.5) / columns).view(1, -1, 1, 1)
        middle = torch.cat([x.expand(rows, columns, 1, 1), y.expand(rows, columns, 1, 1)], -1)
        half = size / 2
        found.append(torch.cat([middle - half, middle + half], -1).reshape(-1, 4))
    return torch.cat(found)


def make_anchors(
    map_sizes: Sequence[tuple[int, int]], scales: Sequence[float], ratios: Sequence[Sequence[float]], image_shape: tuple[int, int]
) -> Tensor:
    r"""All anchors of an image from scales and aspect ratios.

        A = sum over maps of height * width * (1 + number of ratios)

    Args:
        map_sizes: (height, width) of each feature map in cells.
        scales: one per map and one more, see `linear_scales`.
        ratios: of each map, width over height in pixels.
        image_shape: (height, width) in pixels.

    Shapes:
        returns (A, 4) float32, corners relative to the image; 8,732 for SSD300.

    Raises:
        ConfigError: as `anchor_sizes` and `place_anchors`.

    Reference: Liu et al., 2016, arXiv 1512.02325, section 2.2.
    """
    return place_anchors(map_sizes, anchor_sizes(scales, ratios, image_shape))


def fit_anchors(sizes: Tensor, levels: Sequence[int], seed: int = 0) -> list[Tensor]:
    r"""Anchors that fit a person's own boxes: their sizes in clusters by overlap, small ones on fine maps.

        distance = 1 - IoU of two boxes about one middle

    k-means with that distance; a cluster's centre is the median of its widths and of its heights. The overlap is the same in relative
    sizes as in pixels, whatever the image's shape.

    Args:
        sizes: widths and heights of training boxes, relative to the image.
        levels: how many anchors a cell of each map has, finest map first.
        seed: of the first centres.

    Shapes:
        sizes (K, 2); returns for each map (n, 2), sorted by area within and over the maps.

    Raises:
        DataError: no box with an area.
        ConfigError: a map without an anchor.

    Reference: Redmon and Farhadi, "YOLO9000: Better, Faster, Stronger", 2017, arXiv 1612.08242, section 2 (dimension clusters).
    """
    if not levels or min(levels) < 1:
        raise ConfigError(f"{list(levels)} anchors on the maps", "1 or more on each", "give each map an anchor, or drop the map")
    sizes = torch.as_tensor(sizes).detach().cpu().float().reshape(-1, 2)
    sizes = sizes[(sizes > 0).all(1)]
    if len(sizes) == 0:
        raise DataError("no training box with a width and a height", "one or more", "look at the boxes, or use anchors by scale and ratio")
    centres = _first_centres(sizes, sum(levels), seed)
    for _ in range(ROUNDS):
        nearest = _overlap(sizes, centres).argmax(1)
        moved = torch.stack([sizes[own].quantile(0.5, 0) if (own := nearest == k).any() else centre for k, centre in enumerate(centres)])
        if torch.equal(moved, centres):
            break
        centres = moved
    return list(centres[centres.prod(1).argsort(stable=True)].split(list(levels)))


def _first_centres(sizes: Tensor, count: int, seed: int) -> Tensor:
    """Centres far from each other (k-means++): each next box drawn with a chance that grows with its distance to those there are."""
    generator = torch.Generator().manual_seed(seed)
    chosen = [int(torch.randint(len(sizes), (1,), generator=generator))]
    distance = torch.ones(len(sizes))
    for _ in range(count - 1):
        distance = torch.minimum(distance, 1 - _overlap(sizes, sizes[chosen[-1:]])[:, 0]).clamp_min(0)
        # With fewer different boxes than centres some centre comes twice: harmless.
        chance = distance**2 + 1e-12
        edges = chance.double().cumsum(0)
        drawn = torch.rand(1, generator=generator, dtype=torch.float64) * edges[-1]
        chosen.append(min(int(torch.searchsorted(edges, drawn)), len(sizes) - 1))
    return sizes[chosen]


def _overlap(sizes: Tensor, centres: Tensor) -> Tensor:
    """IoU of boxes about one middle: (K, 2) and (n, 2) give (K, n)."""
    inside = torch.minimum(sizes[:, None], centres[None]).prod(-1)
    return inside / (sizes.prod(-1)[:, None] + centres.prod(-1)[None] - inside)
