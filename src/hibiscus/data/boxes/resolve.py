"""From the numbers in annotation files to edges in pixels of the upright images, for all boxes together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from hibiscus.data.boxes import faults
from hibiscus.data.boxes.box_reading import (
    MAX_FRACTION,
    BoxReading,
    Numbers,
    infer_layout,
    infer_unit,
    to_corners,
)
from hibiscus.data.boxes.frames import Frame, infer_orientation, infer_resized, turn_box

__all__ = ["Entry", "RawBox", "resolve_edges"]

DIGITS = 9  # of a pixel; the rounding errors of fractions are smaller, so whole pixels are restored exactly
PIXELS = Numbers()


@dataclass
class RawBox:
    """A box as read from a file: its edges unchecked, its class by name, and its location in the file.

    Args:
        edges: four numbers; their meaning is in `numbers`.
        label: the class.
        where: file and line, for messages.
        crowd: whether the box is neither required nor counted.
        extra: the other properties in its format.
        numbers: what the format says about the four numbers; edges in pixels by default.
        fault: why the box cannot be used, as the name of the fault and the reason.
    """

    edges: Sequence[float]
    label: str
    where: str
    crowd: bool = False
    extra: dict[str, Any] = field(default_factory=dict)
    numbers: Numbers = PIXELS
    fault: tuple[str, str] | None = None


@dataclass
class Entry:
    """An image, its boxes as they are in its annotations, the part that it is in, and its sizes."""

    file: Path
    boxes: list[RawBox]
    source: Path | str
    part: str
    frame: Frame


class _Reporter(Protocol):
    """What resolving needs of a `BoxSetBuilder`."""

    reading: BoxReading
    format: str
    notes: list[str]

    def fix(self, fault: str, place: Path | str, reason: str) -> None: ...


def resolve_edges(builder: _Reporter, entries: Sequence[Entry]) -> None:
    """Replaces the numbers of all boxes by edges in pixels of their upright image, and notes the reading.

    Raises:
        DataError: numbers that contradict the names of their columns.
    """
    units: dict[Numbers, str] = {}
    for numbers in dict.fromkeys(box.numbers for entry in entries for box in entry.boxes if not box.fault):
        units[numbers] = _read_group(builder, entries, numbers)
    for entry in entries:
        pixels = [box.edges for box in entry.boxes if not box.fault and units[box.numbers] == "pixels"]
        entry.frame.corners = pixels
    frames = [entry.frame for entry in entries]
    stored, note = infer_orientation(frames, builder.reading.orientation)
    scaled = infer_resized(frames)
    differing = sum(frame.differs for frame in frames)
    if scaled:
        note_scaled = "images of another size than annotated, with which their boxes are scaled"
        builder.notes.append(f"{note_scaled}: {differing:,}")
    builder.notes += [note] if note else []
    for entry, is_stored in zip(entries, stored, strict=True):
        if entry.frame.differs and not scaled:
            _report_size(builder, entry)
        for box in entry.boxes:
            if not box.fault and is_stored is None:
                box.fault = faults.TURN_UNCLEAR, "the boxes fit the upright and the stored image"
            elif not box.fault:
                resized = scaled and entry.frame.differs
                for name in ("segmentation",) * bool(is_stored or resized) + ("area",) * resized:
                    box.extra.pop(name, None)  # it refers to other pixels
                box.edges = _in_image(
                    box.edges, units[box.numbers] == "pixels", entry.frame, bool(is_stored), scaled
                )


def _report_size(builder: _Reporter, entry: Entry) -> None:
    stated, size = entry.frame.stated, entry.frame.size
    reason = f"states {stated[1]:g} x {stated[0]:g} pixels, but the image has {size[1]} x {size[0]}"
    builder.fix("size differs", entry.source, reason)


def _read_group(builder: _Reporter, entries: Sequence[Entry], numbers: Numbers) -> str:
    """Replaces the numbers of the boxes of one kind by corners, in pixels or in fractions; returns which."""
    pairs = [
        (box, entry.frame) for entry in entries for box in entry.boxes
        if box.numbers == numbers and not box.fault
    ]  # fmt: skip
    values = np.array([[float(value) for value in box.edges] for box, _ in pairs]).reshape(-1, 4)
    unit, note = infer_unit(numbers, values, builder.reading.units)
    builder.notes += [note] if note else []
    if unit == "percent":
        values = values / 100
    _mark_units(pairs, values, unit, numbers.unit if builder.reading.units == "auto" else "")
    sound = np.array([not box.fault for box, _ in pairs], bool)
    sides = np.array([_largest(frame) if unit == "pixels" else (1, 1) for _, frame in pairs], float)
    if unit == "pixels" and builder.reading.units == "auto" and _may_be_percent(pairs, values):
        builder.notes.append(
            "boxes are read in pixels, but no number exceeds 100 (box_units=percent if they are percent)"
        )
    layout, note = infer_layout(numbers, values[sound], sides.reshape(-1, 2)[sound], builder.reading.edges)
    builder.notes += [note] if note else []
    for (box, _), row in zip(pairs, values.tolist(), strict=True):
        box.edges = to_corners(row, layout)
    return "pixels" if unit == "pixels" else "fractions"


def _may_be_percent(pairs: list[tuple[RawBox, Frame]], values: np.ndarray) -> bool:
    """Whether all numbers are at most 100, some are large, and all images are a lot larger."""
    finite = values[np.isfinite(values).all(1)]
    sides = [side for _, frame in pairs for side in frame.size]
    return bool(len(finite)) and 50 < finite.max() <= 100 and min(sides) >= 200


def _mark_units(pairs: list[tuple[RawBox, Frame]], values: np.ndarray, unit: str, declared: str) -> None:
    """Marks boxes whose numbers cannot be of the unit: fractions among pixels, and pixels among fractions."""
    for (box, _), row in zip(pairs, values, strict=True):
        finite = np.isfinite(row).all()
        if finite and unit != "pixels" and np.abs(row).max() > MAX_FRACTION:
            reason = f"the numbers {_formatted(row)} are not fractions"
            reason += " (box_units=pixels if they are pixels)" if unit == "fractions" else ""
            box.fault = faults.NOT_A_FRACTION, reason
        elif finite and unit == declared == "pixels" and row.min() >= 0 and 0 < row.max() <= 1:
            box.fault = faults.SUBPIXEL, f"the numbers {_formatted(row)} would be a box within one pixel"


def _largest(frame: Frame) -> tuple[float, float]:
    """The largest (width, height) that the boxes of an image may refer to."""
    sizes = [frame.size, frame.stored, frame.stated if frame.differs else frame.size]
    return max(size[1] for size in sizes), max(size[0] for size in sizes)


def _in_image(
    corners: Sequence[float], in_pixels: bool, frame: Frame, stored: bool, scaled: bool
) -> list[float]:
    """Corners in pixels or fractions of what they refer to, as edges in pixels of the upright image."""
    height, width = frame.stored if stored else frame.size
    factors = (1.0, 1.0) if in_pixels else (width, height)
    if in_pixels and scaled and frame.differs:
        factors = (width / frame.stated[1], height / frame.stated[0])
    if factors != (1.0, 1.0):
        corners = [round(value * factor, DIGITS) for value, factor in zip(corners, factors * 2, strict=True)]
    return turn_box(corners, frame.turn, (height, width)) if stored else list(corners)


def _formatted(row: Sequence[float] | np.ndarray) -> str:
    return "(" + ", ".join(f"{value:.6g}" for value in row) + ")"
