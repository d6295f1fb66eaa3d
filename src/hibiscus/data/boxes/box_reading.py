"""How the numbers of boxes are to be read: their layout, their unit, and the image that they refer to.

Formats fix some of this and leave the rest open. What is open is decided for all boxes of a dataset together,
by holding them against their images, so that no box depends on the file or the order that it is in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hibiscus.errors import DataError

__all__ = ["LAYOUTS", "BoxReading", "Numbers", "all_inside", "infer_layout", "infer_unit", "to_corners"]

LAYOUTS = {"corners": "xmin, ymin, xmax, ymax", "xywh": "xmin, ymin, width, height",
           "cxcywh": "center x, center y, width, height"}  # fmt: skip
SCALE = {"pixels": 1.0, "fractions": 1.0, "percent": 0.01}
MAX_FRACTION = 2.0  # a larger number is no fraction, however far a box extends beyond its image
TOLERANCE = 0.02  # of a side, by which a box may extend beyond its image
MAX_MISFITS = 0.05  # fraction of boxes that may not fit before another layout is considered


@dataclass(frozen=True)
class BoxReading:
    """What the user says about the numbers of the boxes; `auto` leaves it to the format and the images.

    Args:
        edges: the layout of the four numbers of a box, one of `LAYOUTS`.
        units: of the numbers.
        orientation: whether boxes refer to the upright image or to the pixels as stored in the file, which
            differ for images with an EXIF orientation.
    """

    edges: Literal["auto", "corners", "xywh", "cxcywh"] = "auto"
    units: Literal["auto", "pixels", "fractions", "percent"] = "auto"
    orientation: Literal["auto", "upright", "stored"] = "auto"


@dataclass(frozen=True)
class Numbers:
    """What a format says about the four numbers of its boxes: possible layouts, the usual one first, and the
    unit, which may turn out to be `fractions` where it says `pixels`.

    Args:
        layouts: names in `LAYOUTS`.
        unit: `pixels`, `fractions` or `percent`.
        given: by what the layout is known: the definition of the format, the names of columns, or their order
            only, which leaves it open.
    """

    layouts: tuple[str, ...] = ("corners",)
    unit: str = "pixels"
    given: Literal["format", "names", "order"] = "format"


def to_corners(numbers: Sequence[float], layout: str) -> list[float]:
    """The edges xmin, ymin, xmax, ymax of four numbers in a layout."""
    a, b, c, d = numbers
    if layout == "xywh":
        return [a, b, a + c, b + d]
    return [a - c / 2, b - d / 2, a + c / 2, b + d / 2] if layout == "cxcywh" else [a, b, c, d]


def infer_unit(numbers: Numbers, values: np.ndarray, requested: str) -> tuple[str, str]:
    """The unit of boxes, and a note where it is not what the format says.

    Args:
        numbers: what the format says.
        values: all numbers of the boxes, `(k, 4)`.
        requested: what the user says.
    """
    if requested != "auto":
        return requested, ""
    finite = values[np.isfinite(values).all(1)]
    if numbers.unit == "pixels" and len(finite) and np.abs(finite).max() <= MAX_FRACTION:
        note = "the numbers of all boxes lie between 0 and 1 and are read as fractions of the image's sides "
        return "fractions", note + "(box_units=pixels to read them as pixels)"
    return numbers.unit, ""


def infer_layout(numbers: Numbers, values: np.ndarray, sides: np.ndarray, requested: str) -> tuple[str, str]:
    """The layout of boxes, and a note where it could be another one.

    Args:
        numbers: what the format says.
        values: the numbers of the boxes in the unit of `sides`, `(k, 4)`.
        sides: width and height of the image of each box, `(k, 2)`.
        requested: what the user says.

    Raises:
        DataError: the names say one layout, and the numbers another.
    """
    first = numbers.layouts[0]
    if requested != "auto" and len(numbers.layouts) > 1:
        return requested, ""
    finite = np.isfinite(values).all(1)
    values, sides = values[finite], sides[finite]
    if not len(values) or len(numbers.layouts) == 1:
        return first, ""
    fits = {layout: _fitting(values, sides, layout) for layout in numbers.layouts}
    others = [layout for layout in numbers.layouts[1:] if fits[layout].all()]
    misfits = int((~fits[first]).sum())
    if misfits <= MAX_MISFITS * len(values) or not others:
        options = " or ".join(f"box_edges={layout} for {LAYOUTS[layout]}" for layout in others)
        unclear = bool(others) and numbers.given == "order"
        return first, f"boxes are read as {LAYOUTS[first]} ({options} fits as well)" if unclear else ""
    found = f"{misfits:,} of {len(values):,} boxes do not fit their image as {LAYOUTS[first]}"
    if numbers.given == "names" or len(others) > 1:
        fix = " or ".join(f"box_edges={layout}" for layout in [*others, first])
        fitting = " and as ".join(LAYOUTS[layout] for layout in others)
        raise DataError(f"{found}; all do as {fitting}", "numbers that can be read in one way only", fix)
    return others[0], f"{found}, so boxes are read as {LAYOUTS[others[0]]} (box_edges={first} otherwise)"


def _fitting(values: np.ndarray, sides: np.ndarray, layout: str) -> np.ndarray:
    """Which boxes have a positive size and lie inside their image, up to the tolerance."""
    corners = np.array([to_corners(row, layout) for row in values.tolist()])
    low, high, slack = corners[:, :2], corners[:, 2:], TOLERANCE * sides
    return np.all((high > low) & (low >= -slack) & (high <= sides + slack), axis=1)


def all_inside(corners: Iterable[Sequence[float]], height: float, width: float) -> bool:
    """Whether edges lie inside an image of a size, up to the tolerance; numbers that are none are passed
    over.
    """
    x, y = TOLERANCE * width, TOLERANCE * height
    return all(
        min(row[0], row[2]) >= -x and min(row[1], row[3]) >= -y
        and max(row[0], row[2]) <= width + x and max(row[1], row[3]) <= height + y
        for row in corners if all(map(math.isfinite, row))
    )  # fmt: skip
