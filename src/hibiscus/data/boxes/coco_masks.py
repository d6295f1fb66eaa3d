"""Segmentations of COCO annotations: polygons and run-length encoded masks, validated but not decoded."""

from __future__ import annotations

import math
from typing import Any

from hibiscus.data.boxes.validate import BoxSetBuilder
from hibiscus.data.images.decode import PIXEL_LIMIT

__all__ = ["check_segmentation", "json_number"]

MAX_RLE_CHARACTERS = 10_000_000  # of the compressed counts of a mask


def json_number(value: Any) -> float:
    """A JSON number as a float; NaN for anything else, also for strings that look like numbers."""
    try:
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    except OverflowError:
        return math.nan


def check_segmentation(
    builder: BoxSetBuilder, where: str, extra: dict[str, Any], size: tuple[int, int]
) -> None:
    """Drops polygons of fewer than three points and masks of another size than the image, undecoded."""
    segmentation = extra.pop("segmentation", None)
    if segmentation is None or segmentation == []:
        return
    which = f"{where}, annotation {extra.get('id', '')!r}"
    if isinstance(segmentation, dict):
        reason = _bad_rle(segmentation, size)
        if reason:
            builder.fix("bad mask", which, f"its mask {reason} and was dropped")
        else:
            extra["segmentation"] = segmentation
        return
    polygons = segmentation if isinstance(segmentation, list) else [segmentation]
    good = [points for points in polygons if _is_polygon(points)]
    if len(good) < len(polygons):
        reason = (
            f"{len(polygons) - len(good)} polygons with fewer than 3 points or invalid numbers were dropped"
        )
        builder.fix("bad mask", which, reason)
    if good:
        extra["segmentation"] = good


def _is_polygon(points: Any) -> bool:
    if not isinstance(points, list) or len(points) < 6 or len(points) % 2:
        return False
    return all(math.isfinite(json_number(value)) for value in points)


def _bad_rle(mask: dict[str, Any], size: tuple[int, int]) -> str:
    """Why a run-length encoded mask is rejected, without decoding it; `""` for a valid one."""
    shape, counts = mask.get("size"), mask.get("counts")
    if (
        not isinstance(shape, list)
        or len(shape) != 2
        or not all(math.isfinite(json_number(side)) for side in shape)
    ):
        return "has no size"
    if not 0 < json_number(shape[0]) * json_number(shape[1]) <= PIXEL_LIMIT:
        return f"has {shape[0]} x {shape[1]} pixels, expected 1 to {PIXEL_LIMIT:,}"
    if tuple(shape) != size:
        return f"has {shape[0]} x {shape[1]} pixels, but the image has {size[0]} x {size[1]}"
    if isinstance(counts, str):
        too_long = f"has {len(counts):,} characters, more than {MAX_RLE_CHARACTERS:,}"
        return "" if len(counts) <= MAX_RLE_CHARACTERS else too_long
    if not isinstance(counts, list) or not all(json_number(count) >= 0 for count in counts):
        return "has invalid counts"
    if sum(counts) != shape[0] * shape[1]:
        return "has counts that do not add up to its size"
    return ""
