"""Segmentations of COCO annotations: polygons and run-length encoded (RLE) masks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

import numpy as np

from hibiscus.data.boxes.validate import BoxSetBuilder
from hibiscus.data.images.decode import PIXEL_LIMIT

__all__ = ["box_of_segmentation", "check_segmentation", "json_number", "segmentation_mask"]

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


def box_of_segmentation(segmentation: Any, image: Mapping[str, Any]) -> list[float] | None:
    """The edges of the box around polygons, one or several, or a mask; None if there is no valid one.

    Args:
        segmentation: as in an annotation.
        image: the description of the image, whose size a mask must have.
    """
    if isinstance(segmentation, dict):
        shape = segmentation.get("size")
        size = shape if image.get("height") is None else [image.get("height"), image.get("width")]
        if not isinstance(shape, list) or shape != size or _bad_rle(segmentation, tuple(shape)):
            return None
        return _box_of_runs(_runs(segmentation["counts"]), int(shape[0]))
    polygons = segmentation if isinstance(segmentation, list) else []
    polygons = polygons if all(isinstance(points, list) for points in polygons) else [polygons]
    good = [points for points in polygons if _is_polygon(points)]
    if not good:
        return None
    points = np.concatenate([np.array(points, float).reshape(-1, 2) for points in good])
    return [*points.min(0).tolist(), *points.max(0).tolist()]


def _runs(counts: str | list[int]) -> list[int]:
    """The lengths of the runs of 0 and 1, alternating from 0; COCO's compressed text holds 5 bits and a
    continuation bit per character, and from the third on the difference to the length before the last.
    """
    if not isinstance(counts, str):
        return [int(count) for count in counts]
    runs: list[int] = []
    value = shift = 0
    for character in counts:
        code = ord(character) - 48
        value |= (code & 31) << shift
        shift += 5
        if not code & 32:
            value -= (1 << shift) if code & 16 else 0
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    return runs


def _box_of_runs(runs: list[int], height: int) -> list[float] | None:
    """The box of the pixels of 1, counted down the columns."""
    ends = list(accumulate(runs))
    ones = [(ends[i - 1], ends[i]) for i in range(1, len(runs), 2) if runs[i] > 0]
    if not ones or min(runs) < 0:
        return None
    spans = [
        (start % height, (end - 1) % height + 1) if start // height == (end - 1) // height else (0, height)
        for start, end in ones
    ]
    return [
        float(ones[0][0] // height),
        float(min(low for low, _ in spans)),
        float((ones[-1][1] - 1) // height + 1),
        float(max(high for _, high in spans)),
    ]


def segmentation_mask(segmentation: Any, size: tuple[int, int]) -> np.ndarray | None:
    """The pixels of an object, bool `(height, width)`, from its validated segmentation; None if it is broken.

    Args:
        segmentation: polygons or a run-length encoded mask, as `check_segmentation` leaves them.
        size: (height, width) of the image.
    """
    height, width = size
    if isinstance(segmentation, dict):
        runs = _runs(segmentation["counts"])
        if min(runs, default=-1) < 0 or sum(runs) != height * width:
            return None
        ones = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
        return ones.reshape(width, height).T
    inside = np.zeros((height, width), bool)
    for points in segmentation:
        inside |= _fill(np.array(points, float).reshape(-1, 2), height, width)
    return inside


def _fill(points: np.ndarray, height: int, width: int) -> np.ndarray:
    """The pixels whose center is inside a polygon, by the even-odd rule."""
    inside = np.zeros((height, width), bool)
    (x1, y1), (x2, y2) = points.T, np.roll(points, -1, 0).T
    columns = np.arange(width) + 0.5
    for row in range(max(0, int(y1.min())), min(height, math.ceil(y1.max()))):
        y = row + 0.5
        edges = (y1 <= y) != (y2 <= y)
        crossings = x1[edges] + (y - y1[edges]) / (y2[edges] - y1[edges]) * (x2[edges] - x1[edges])
        inside[row] = (crossings[:, None] <= columns).sum(0) % 2 == 1
    return inside
