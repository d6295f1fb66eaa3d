"""The faults of annotations: their names, the note on each, and the refusal if there are too many."""

from __future__ import annotations

import math

from hibiscus.data.boxes.boxset import BoxSet
from hibiscus.errors import DataError

__all__ = [
    "CLIPPED",
    "FAULTS",
    "IDENTICAL",
    "LEFT_OUT",
    "MAX_BOXES",
    "NOT_A_FRACTION",
    "NOT_A_NUMBER",
    "OUTSIDE",
    "REVERSED",
    "SUBPIXEL",
    "TURN_UNCLEAR",
    "ZERO",
    "check_lost_boxes",
    "commonest_fault",
]

MAX_BOXES = 10_000  # per image; more indicates a corrupt file, or an attack on memory
NOT_A_NUMBER, ZERO, REVERSED, CLIPPED, OUTSIDE = "not a number", "zero area", "reversed", "clipped", "outside"
SUBPIXEL, NOT_A_FRACTION = "smaller than a pixel", "not a fraction"
IDENTICAL, LEFT_OUT, TURN_UNCLEAR = "identical boxes", "image without a usable box", "orientation unclear"
FAULTS = {  # the note on each, before the number of occurrences
    NOT_A_NUMBER: "boxes with non-numeric edges (skipped)",
    ZERO: "boxes of zero area (skipped)",
    REVERSED: "boxes with reversed edges (corrected)",
    CLIPPED: "boxes that extend beyond their image (clipped to it)",
    OUTSIDE: "boxes completely outside their image (skipped)",
    SUBPIXEL: "boxes with edges between 0 and 1 where others are in pixels (skipped)",
    NOT_A_FRACTION: "boxes with numbers that are not fractions of the image's sides (skipped)",
    TURN_UNCLEAR: "boxes of images with an EXIF orientation that may count either way (skipped)",
    IDENTICAL: "boxes identical to another of their image and class (counted once)",
    "unknown class": "boxes of an unknown class (skipped)",
    "several classes": "boxes with several classes (skipped)",
    "no box": "points, lines and other shapes without a box (skipped)",
    "malformed": "malformed entries (skipped)",
    "duplicate": "entries with a duplicate id (skipped)",
    "joined": "images annotated in several places (all of their boxes are used)",
    "several annotators": "images annotated by several people (the first annotation is used)",
    "not annotated": "images whose annotation is missing or was canceled (left out)",
    "annotation without image": "annotations without an image (skipped)",
    "image without annotation": "images without an annotation (left out)",
    "image without label file": "images without a label file (used as images without objects)",
    "image without objects": "images without objects (kept)",
    LEFT_OUT: "images all of whose boxes were skipped (left out)",
    "unreadable image": "unreadable images (skipped together with their boxes)",
    "too many boxes": f"images with more than {MAX_BOXES:,} boxes (skipped)",
    "path refused": "paths that point outside the folder (refused)",
    "path resolved": "paths of another place (found by their end inside this folder)",
    "names another image": "annotation files that name another image than their own name (which counts)",
    "bad mask": "invalid polygons or masks (dropped; their boxes are kept if valid)",
    "in two parts": "images in two parts (kept in the first)",
    "size differs": "annotations with a wrong image size (the actual size is used, boxes are unchanged)",
}
HARMLESS = {  # nothing is lost by these, so that they explain no refusal
    REVERSED, CLIPPED, IDENTICAL, LEFT_OUT, "image without objects", "image without label file", "joined",
    "in two parts", "path resolved", "size differs",
}  # fmt: skip


def commonest_fault(faults: dict[str, int], first: dict[str, str]) -> str:
    """The commonest fault by which boxes were lost, with its number and first place; `""` without one."""
    counted = {name: count for name, count in faults.items() if count and name not in HARMLESS}
    if not counted:
        return ""
    name = max(counted, key=lambda name: counted[name])
    place = f", first {first[name]}" if name in first else ""
    return f"{FAULTS[name]}: {counted[name]:,}{place}"


def check_lost_boxes(path: str, boxset: BoxSet, max_bad_fraction: float) -> None:
    """Raises DataError if there is no box at all, or more boxes were skipped than the allowed fraction."""
    total = boxset.count + boxset.lost
    why = commonest_fault(boxset.faults, boxset.first)
    if not boxset.count:
        why = why or "its annotations hold no objects"
        expected = "at least one bounding box"
        raise DataError(
            f"{path}: no usable box ({boxset.format}): {why}", expected, "correct the annotations"
        )
    images = len(boxset) + boxset.lost_images
    for lost, all_of, what in ((boxset.lost, total, "boxes"), (boxset.lost_images, images, "images")):
        if lost > max_bad_fraction * all_of:
            option = f"max_bad_fraction={math.ceil(100 * lost / all_of) / 100:g}"
            received = f"{path}: {lost:,} of {all_of:,} {what} cannot be used: {why}"
            fix = f"correct the annotations, or allow more with {option} (hibiscus inspect lists them all)"
            raise DataError(received, f"at most {max_bad_fraction:.0%} unusable {what}", fix)
