"""Validation of boxes of any format: faults are counted and reported, boxes repaired or skipped."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.boxes.boxset import PARTS, AnnotatedImage, BoxSet
from hibiscus.data.dataset import Skipped
from hibiscus.data.images.headers import image_size
from hibiscus.errors import DataError

__all__ = [
    "MAX_BOXES",
    "MAX_CLASSES",
    "MAX_REPORTED",
    "BoxSetBuilder",
    "RawBox",
    "check_classes",
    "clean_name",
    "to_number",
    "to_pixel_edges",
]

MAX_BOXES = 10_000  # per image; more indicates a corrupt file, or an attack on memory
MAX_CLASSES = 1000
MAX_REPORTED = 10_000  # faults reported individually; all are counted
MAX_NAME = 200  # characters of a class name
# pixels beyond the border that count as rounding: YOLO's six decimals make 0.0075 in 10,000 pixels
EDGE_SLACK = 0.01
NOT_A_NUMBER, ZERO, REVERSED, CLIPPED, OUTSIDE = "not a number", "zero area", "reversed", "clipped", "outside"
FAULTS = {  # the note on each, where {} stands for the number
    NOT_A_NUMBER: "{} boxes with non-numeric edges were skipped",
    ZERO: "{} boxes of zero area were skipped",
    REVERSED: "{} boxes with reversed edges were corrected",
    CLIPPED: "{} boxes that extend beyond their image were clipped to it",
    OUTSIDE: "{} boxes completely outside their image were skipped",
    "unknown class": "{} boxes of an unknown class were skipped",
    "malformed": "{} malformed entries were skipped",
    "duplicate": "{} entries with a duplicate id or image were skipped",
    "annotation without image": "{} annotations without an image were skipped",
    "image without annotation": "{} images without a valid annotation were left out",
    "image without objects": "{} images without objects were kept",
    "unreadable image": "{} unreadable images were skipped together with their boxes",
    "too many boxes": f"{{}} images with more than {MAX_BOXES:,} boxes were skipped",
    "path refused": "{} paths that point outside the folder were refused",
    "bad mask": "{} invalid polygons or masks were dropped; their boxes are kept if valid",
    "in two parts": "{} images occurred in two parts and were kept in the first",
    "size differs": "{} annotations state a wrong image size; the actual size is used, boxes are unchanged",
}


@dataclass
class RawBox:
    """A box as read from a file: its edges unchecked, its class by name, and its location in the file."""

    edges: Sequence[float]
    label: str
    where: str
    crowd: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


def to_number(text: Any) -> float:
    """The number that a text represents, or NaN."""
    try:
        return float("nan" if "_" in str(text) else text)  # Python accepts 1_000 as a number
    except (TypeError, ValueError, OverflowError):
        return math.nan


def to_pixel_edges(numbers: Sequence[float], size: tuple[int, int]) -> list[float]:
    """The edges in pixels of a box `cx cy w h`, or of the bounding box of a polygon `x y x y x y ...`.

    Args:
        numbers: fractions of the image's sides; four for a box, an even number from six for a polygon.
        size: height and width of the image.
    """
    points = np.array(numbers, dtype=float).reshape(-1, 2)
    low, high = points.min(0), points.max(0)
    if len(points) == 2:
        low, high = points[0] - points[1] / 2, points[0] + points[1] / 2
    return [*(low * size[::-1]).tolist(), *(high * size[::-1]).tolist()]


def clean_name(name: Any) -> str:
    """A class name on one line for any format: whitespace and unprintable characters become one space."""
    text = "".join(character if character.isprintable() else " " for character in str(name)[:MAX_NAME])
    return " ".join(text.split())


def check_classes(names: Iterable[str], file: Path) -> tuple[str, ...]:
    """The distinct names, in their order.

    Raises:
        DataError: more than `MAX_CLASSES`.
    """
    classes = tuple(dict.fromkeys(names))
    if len(classes) > MAX_CLASSES:
        fix = "check which field holds the class"
        raise DataError(f"{file}: {len(classes):,} classes", f"at most {MAX_CLASSES:,}", fix)
    return classes


class BoxSetBuilder:
    """Validates images with raw boxes and builds a BoxSet from them.

    Args:
        root: the folder that the names of images are relative to.
        format: the name of the format.
        image_folder: the folder of the images, if they are not in the root.
    """

    def __init__(self, root: Path, format: str, image_folder: Path | None = None):
        self.root, self.format, self.image_folder = root, format, image_folder
        self.images: dict[Path, tuple[AnnotatedImage, list[str], str]] = {}
        self.notes: list[str] = []
        self.skipped: list[Skipped] = []
        self.repaired: list[Skipped] = []
        self.faults: Counter[str] = Counter()

    def skip(self, fault: str, place: Path | str, reason: str) -> None:
        """Counts a fault and reports what is skipped because of it."""
        self._name(self.skipped, fault, str(place), reason)

    def fix(self, fault: str, place: Path | str, reason: str) -> None:
        """Counts a fault and reports what was corrected."""
        self._name(self.repaired, fault, str(place), reason)

    def _name(self, reported: list[Skipped], fault: str, place: str, reason: str) -> None:
        self.faults[fault] += 1
        if len(reported) < MAX_REPORTED:
            reported.append(Skipped(place, f"{place}: {reason}"))

    def compare_size(self, file: Path | str, stated: tuple[float, float], size: tuple[int, int]) -> None:
        """Counts an annotation with another (height, width) than its image; unknown ones are 0 or NaN."""
        if all(side > 0 for side in stated) and tuple(stated) != size:
            reason = f"states {stated[1]:g} x {stated[0]:g} pixels, but the image has {size[1]} x {size[0]}"
            self.fix("size differs", file, reason)

    def add(
        self,
        file: Path,
        boxes: list[RawBox],
        source: Path | str,
        part: str = "",
        size: tuple[int, int] | None = None,
    ) -> AnnotatedImage | None:
        """Validates and stores an image and its boxes; None if the image is skipped.

        Args:
            file: the image.
            boxes: as they are in the file.
            source: the file of annotations, for messages.
            part: train, val, test or none.
            size: (height, width) of the image, if it has already been read from its header.
        """
        if file in self.images:
            self.skip("duplicate", source, f"the image {file.name} already has an annotation")
            return None
        if len(boxes) > MAX_BOXES:
            self.skip(
                "too many boxes", source, f"{len(boxes):,} boxes for {file.name}, at most {MAX_BOXES:,}"
            )
            return None
        size = size or image_size(file)
        if size is None:
            reason = "not a readable image" + (
                f", skipped together with its {len(boxes)} boxes" if boxes else ""
            )
            self.skip("unreadable image", file, reason)
            return None
        good = [(edges, box) for box in boxes if (edges := self._check(box, size)) is not None]
        if not good:
            self.faults["image without objects"] += 1
        image = AnnotatedImage(
            file=file,
            name=self._name_of(file),
            size=size,
            boxes=np.array([edges for edges, _ in good], np.float64).reshape(-1, 4),
            labels=np.zeros(len(good), np.int64),
            crowd=np.array([box.crowd for _, box in good], bool),
            extra=[box.extra for _, box in good],
        )
        self.images[file] = image, [box.label for _, box in good], part
        return image

    def _name_of(self, file: Path) -> str:
        for base in (self.root, self.image_folder):
            if base is not None and file.is_relative_to(base):
                return file.relative_to(base).as_posix()
        return file.name

    def _check(self, box: RawBox, size: tuple[int, int]) -> list[float] | None:
        """The validated edges, or None for a box that is skipped; every change is reported."""
        edges = [float(edge) for edge in box.edges]
        if not all(map(math.isfinite, edges)):
            reason = f"the edges {_formatted(box.edges)} are not all finite numbers"
            return self.skip(NOT_A_NUMBER, box.where, reason)
        ordered = [
            min(edges[0], edges[2]),
            min(edges[1], edges[3]),
            max(edges[0], edges[2]),
            max(edges[1], edges[3]),
        ]
        if ordered[0] == ordered[2] or ordered[1] == ordered[3]:
            return self.skip(ZERO, box.where, f"the box {_formatted(edges)} has no area")
        height, width = size
        image = f"image of {width} x {height} pixels"
        clipped = [
            min(max(edge, 0.0), float(top)) for edge, top in zip(ordered, (width, height) * 2, strict=True)
        ]
        if clipped[0] >= clipped[2] or clipped[1] >= clipped[3]:
            return self.skip(OUTSIDE, box.where, f"the box {_formatted(edges)} is outside the {image}")
        if ordered != edges:
            self.fix(
                REVERSED, box.where, f"the edges {_formatted(edges)} were reversed and have been corrected"
            )
        if max(abs(new - old) for new, old in zip(clipped, ordered, strict=True)) > EDGE_SLACK:
            self.fix(CLIPPED, box.where, f"the box {_formatted(ordered)} was clipped to the {image}")
        return clipped

    def build(self, classes: Sequence[str] | None = None) -> BoxSet:
        """The BoxSet.

        Args:
            classes: the class names in order; by default those of the boxes, sorted.
        """
        used = {label for _, labels, _ in self.images.values() for label in labels}
        names = check_classes(sorted(used) if classes is None else classes, self.root)
        number_of = {name: number for number, name in enumerate(names)}
        ordered = sorted(self.images.values(), key=lambda entry: entry[0].name)
        for image, labels, _ in ordered:
            image.labels = np.array([number_of[label] for label in labels], np.int64).reshape(-1)
        parts = {part: [i for i, entry in enumerate(ordered) if entry[2] == part] for part in PARTS}
        if not ordered:
            why = "; ".join(item.reason for item in self.skipped[:3]) or "no annotation has an image"
            fix = "use file names relative to this folder, as in images/cat.jpg"
            raise DataError(
                f"{self.root}: no usable image with boxes: {why}", "images beside their annotations", fix
            )
        counted = [
            text.format(f"{self.faults[fault]:,}") for fault, text in FAULTS.items() if self.faults[fault]
        ]
        return BoxSet(
            root=self.root,
            classes=names,
            images=[entry[0] for entry in ordered],
            parts={part: indices for part, indices in parts.items() if indices},
            notes=[*self.notes, *counted],
            skipped=self.skipped,
            repaired=self.repaired,
            faults={fault: count for fault, count in self.faults.items() if count},
            format=self.format,
        )


def _formatted(edges: Sequence[float]) -> str:
    return "(" + ", ".join(f"{edge:.6g}" for edge in edges) + ")"
