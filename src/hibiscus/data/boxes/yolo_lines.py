"""The lines of YOLO's label files: boxes, outlines, rotated boxes, and boxes with keypoints.

    class cx cy w h                    a box
    class x y x y x y ...              an outline, also the four corners of a rotated box: the box around it
    class cx cy w h x y [v] x y [v]    a box and keypoints, each with an optional visibility: the box

All numbers are fractions of the image's sides. A line of keypoints looks like an outline; which it is, is
decided for all lines of a dataset together.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from hibiscus.data.boxes.box_reading import Numbers
from hibiscus.data.boxes.outlines import box_around
from hibiscus.data.boxes.resolve import RawBox
from hibiscus.data.boxes.validate import MAX_CLASSES, BoxSetBuilder, to_number
from hibiscus.errors import DataError
from hibiscus.plurals import plural

__all__ = ["Line", "check_ids", "infer_keypoints", "line_to_box"]

Line = tuple[list[str], str]  # the words of a line, and its place for messages
BOX = Numbers(("cxcywh", "corners", "xywh"), "fractions")
OUTLINE = Numbers(unit="fractions")
SLACK = 0.1  # of a box, by which a keypoint may lie outside it
MIN_INSIDE = 0.95  # fraction of lines whose keypoints lie in their box, so that they are keypoints
MIN_WORDS = 8  # of a line with a keypoint


def infer_keypoints(
    builder: BoxSetBuilder, lines: Sequence[Line], shape: tuple[int, int] | None
) -> int | None:
    """The number of words of lines that hold a box and keypoints; None if there are none.

    Args:
        builder: gets a note.
        lines: all lines of the dataset.
        shape: number and dimensions (2 or 3) of the keypoints, if `data.yaml` states them.
    """
    if shape is not None:
        builder.notes.append("lines hold a box and keypoints (kpt_shape in data.yaml); the boxes are used")
        return 5 + shape[0] * shape[1]
    lengths = Counter(len(words) for words, _ in lines)
    length = next(iter(lengths)) if len(lengths) == 1 else 0
    if length < MIN_WORDS:
        return None
    numbers = np.array([[to_number(word) for word in words[1:]] for words, _ in lines])
    for dimensions in (3, 2):
        if (length - 5) % dimensions == 0 and _are_keypoints(numbers, dimensions):
            count = (length - 5) // dimensions
            builder.notes.append(
                f"lines of {length} numbers are read as a box and {count} keypoints, which lie in it"
            )
            return length
    return None


def _are_keypoints(numbers: np.ndarray, dimensions: int) -> bool:
    """Whether the numbers after a box are points in it, or (0, 0) for those that are not visible."""
    center, size = numbers[:, None, :2], numbers[:, None, 2:4]
    points = numbers[:, 4:].reshape(len(numbers), -1, dimensions)
    if dimensions == 3 and not np.isin(points[..., 2], (0, 1, 2)).all():
        return False
    inside = (np.abs(points[..., :2] - center) <= (0.5 + SLACK) * size).all(-1)
    hidden = (points[..., :2] == 0).all(-1)
    all_in = (inside | hidden).all(1).mean() >= MIN_INSIDE
    return bool((size > 0).all() and all_in and not hidden.all())


def check_ids(lines: Sequence[Line], names: dict[int, str] | None, file: str) -> None:
    """Raises DataError if the class ids count from 1 where names are numbered from 0."""
    if not names or min(names) != 0:
        return
    ids = {to_number(words[0]) for words, _ in lines}
    if ids and min(ids) >= 1 and max(ids) == len(names):
        known = ", ".join(f"{number} {name}" for number, name in list(names.items())[:5])
        received = (
            f"{file}: class ids up to {len(names)} and none of class 0, with nc: {len(names)} ({known})"
        )
        fix = "subtract 1 from the class ids of the label files, or name class 0 as well"
        raise DataError(received, f"class ids that count from 0, to {len(names) - 1}", fix)


def line_to_box(words: list[str], where: str, names: dict[int, str] | None, keypoints: int | None) -> RawBox:
    """The box of a line, or one with a fault.

    Args:
        words: of the line.
        where: file and line.
        names: the classes by number; None if numbers serve as names.
        keypoints: the number of words of lines that hold a box and keypoints.
    """
    with_points = len(words) == keypoints
    fault = _fault(words, with_points)
    if fault:
        return RawBox((), "", where, fault=("malformed", fault))
    number = to_number(words[0])
    known = {int(number): str(int(number))} if names is None and 0 <= number < MAX_CLASSES else names or {}
    if number not in known:
        reason = f"class {words[0][:40]} of {len(known)} classes, which count from {min(known, default=0)}"
        return RawBox((), "", where, fault=("unknown class", reason))
    values = [to_number(word) for word in words[1:]]
    if len(words) == 5 or with_points:
        return RawBox(values[:4], known[int(number)], where, numbers=BOX)
    points = list(zip(values[::2], values[1::2], strict=True))
    return RawBox(box_around(points), known[int(number)], where, numbers=OUTLINE)


def _fault(words: list[str], with_points: bool) -> str:
    """Why a line is none of a label file; empty if it is."""
    line = " ".join(words)
    sign = next((sign for sign in ",;" if sign in line), "")
    if sign:
        return f"{line[:60]!r} contains {sign!r}, expected spaces between the values, and decimal points"
    count = len(words)
    if not with_points and (count < 5 or count % 2 == 0):
        expected = "expected class cx cy w h, or a class and the points x y of a polygon"
        confidence = "; the sixth may be a confidence, which label files do not have" if count == 6 else ""
        return f"{plural(count, 'number')}, {expected}{confidence}"
    number = to_number(words[0])
    if not math.isfinite(number) or number % 1:
        return f"the class {words[0][:40]!r} is not an integer"
    return ""
