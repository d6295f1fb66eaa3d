"""What is checked of every box, whatever its format: each fault is named with its file, counted, and mended or skipped."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.boxes.files import image_size
from hibiscus.data.boxes.formats import PARTS, AnnotatedImage, BoxSet
from hibiscus.data.dataset import Skipped
from hibiscus.errors import DataError

__all__ = ["MAX_BOXES", "MAX_CLASSES", "MOST_NAMED", "BoxSetBuilder", "RawBox", "box_of_shares", "check_classes", "clean_name", "to_number"]

MAX_BOXES = 10_000  # of one image; more is an error of the file, or an attack on memory
MAX_CLASSES = 1000
MOST_NAMED = 10_000  # faults named one by one; all are counted
LONGEST_NAME = 200  # signs of a class name
EDGE_SLACK = 0.01  # pixels past the border that are rounding: YOLO's usual six decimals make 0.0075 in 10,000 pixels
NOT_A_NUMBER, ZERO, REVERSED, CLIPPED, OUTSIDE = "not a number", "zero area", "reversed", "clipped", "outside"
FAULTS = {  # what a note says of each, where {} stands for how many
    NOT_A_NUMBER: "{} boxes with edges that are no numbers were skipped",
    ZERO: "{} boxes of zero area were skipped",
    REVERSED: "{} boxes with reversed edges were turned round",
    CLIPPED: "{} boxes that reach out of their image were cut at its border",
    OUTSIDE: "{} boxes wholly outside of their image were skipped",
    "unknown class": "{} boxes of an unknown class were skipped",
    "malformed": "{} entries that are not as the format asks were skipped",
    "duplicate": "{} entries whose id or image stood before were skipped",
    "annotation without image": "{} annotations without an image were skipped",
    "image without annotation": "{} images without a sound annotation were left out",
    "image without objects": "{} images without objects were kept",
    "unreadable image": "{} images that cannot be read were skipped with their boxes",
    "too many boxes": f"{{}} images with more than {MAX_BOXES:,} boxes were refused",
    "path refused": "{} paths that leave the folder were refused",
    "bad mask": "{} outlines or masks that are not sound were dropped; their boxes stay where they are sound themselves",
    "in two parts": "{} images stood in two parts and stay in the first",
    "size differs": "{} annotations tell another size than their image has; the image's is taken, the boxes as they stand",
}


@dataclass
class RawBox:
    """A box as a file tells it: its edges unchecked, its class by name, and where it stands."""

    edges: Sequence[float]
    label: str
    where: str
    crowd: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


def to_number(text: Any) -> float:
    """The number that a text is, NaN where it is none."""
    try:
        return float("nan" if "_" in str(text) else text)  # Python itself takes 1_000 for a number
    except (TypeError, ValueError, OverflowError):
        return math.nan


def box_of_shares(numbers: Sequence[float], size: tuple[int, int]) -> list[float]:
    """The edges in pixels of a box `cx cy w h`, or of the one about an outline `x y x y x y ...`, given as shares of an image's sides.

    Args:
        numbers: four, or six and more, an even count.
        size: height and width of the image.
    """
    points = np.array(numbers, dtype=float).reshape(-1, 2)
    low, high = (points[0] - points[1] / 2, points[0] + points[1] / 2) if len(points) == 2 else (points.min(0), points.max(0))
    return [*(low * size[::-1]).tolist(), *(high * size[::-1]).tolist()]


def clean_name(name: Any) -> str:
    """A class name in one line that every format can hold: blanks and signs that do not print become one blank."""
    signs = "".join(sign if sign.isprintable() else " " for sign in str(name)[:LONGEST_NAME])
    return " ".join(signs.split())


def check_classes(names: Iterable[str], file: Path) -> tuple[str, ...]:
    """The names, each once, in their order.

    Raises:
        DataError: more than `MAX_CLASSES`.
    """
    found = tuple(dict.fromkeys(names))
    if len(found) > MAX_CLASSES:
        raise DataError(f"{file}: {len(found):,} classes", f"at most {MAX_CLASSES:,}", "check which field names the class")
    return found


class BoxSetBuilder:
    """Takes images with raw boxes, checks them, and makes the BoxSet.

    Args:
        root: where the names of images start from.
        format: the format's name.
        image_folder: where images are if not under the root.
    """

    def __init__(self, root: Path, format: str, image_folder: Path | None = None):
        self.root, self.format, self.image_folder = root, format, image_folder
        self.images: dict[Path, tuple[AnnotatedImage, list[str], str]] = {}
        self.notes: list[str] = []
        self.skipped: list[Skipped] = []
        self.repaired: list[Skipped] = []
        self.faults: Counter[str] = Counter()

    def skip(self, fault: str, place: Path | str, reason: str) -> None:
        """Counts a fault and names what is skipped for it."""
        self._name(self.skipped, fault, str(place), reason)

    def fix(self, fault: str, place: Path | str, reason: str) -> None:
        """Counts a fault and names what was put right."""
        self._name(self.repaired, fault, str(place), reason)

    def _name(self, names: list[Skipped], fault: str, place: str, reason: str) -> None:
        self.faults[fault] += 1
        if len(names) < MOST_NAMED:
            names.append(Skipped(place, f"{place}: {reason}"))

    def tell_size(self, file: Path | str, told: tuple[float, float], size: tuple[int, int]) -> None:
        """Counts an annotation that tells another (height, width) than the image has; unknown ones are 0 or NaN."""
        if all(one > 0 for one in told) and tuple(told) != size:
            found = f"tells {told[1]:g} x {told[0]:g} pixels where the image has {size[1]} x {size[0]}"
            self.fix("size differs", file, found)

    def add(
        self, file: Path, boxes: list[RawBox], source: Path | str, part: str = "", size: tuple[int, int] | None = None
    ) -> AnnotatedImage | None:
        """Checks the boxes of an image and keeps both; None where the image is skipped.

        Args:
            file: the image.
            boxes: as they stand in the file.
            source: the file of annotations, for messages.
            part: train, val, test or none.
            size: (height, width) of the image, if it is known from its header already.
        """
        if file in self.images:
            self.skip("duplicate", source, f"the image {file.name} has its annotation already")
            return None
        if len(boxes) > MAX_BOXES:
            self.skip("too many boxes", source, f"{len(boxes):,} boxes for {file.name}, at most {MAX_BOXES:,}")
            return None
        size = size or image_size(file)
        if size is None:
            reason = f"not an image that can be read, skipped with its {len(boxes)} boxes" if boxes else "not an image that can be read"
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
        """Sound edges, or None for a box that is skipped; either way it is named."""
        edges = [float(edge) for edge in box.edges]
        if not all(map(math.isfinite, edges)):
            return self.skip(NOT_A_NUMBER, box.where, f"the edges {_spelled(box.edges)} are not all finite numbers")
        turned = [min(edges[0], edges[2]), min(edges[1], edges[3]), max(edges[0], edges[2]), max(edges[1], edges[3])]
        if turned[0] == turned[2] or turned[1] == turned[3]:
            return self.skip(ZERO, box.where, f"the box {_spelled(edges)} has no area")
        height, width = size
        cut = [min(max(edge, 0.0), float(most)) for edge, most in zip(turned, (width, height) * 2, strict=True)]
        if cut[0] >= cut[2] or cut[1] >= cut[3]:
            return self.skip(OUTSIDE, box.where, f"the box {_spelled(edges)} lies outside of the image of {width} x {height} pixels")
        if turned != edges:
            self.fix(REVERSED, box.where, f"the edges {_spelled(edges)} were reversed and are turned round")
        if max(abs(one - other) for one, other in zip(cut, turned, strict=True)) > EDGE_SLACK:
            self.fix(CLIPPED, box.where, f"the box {_spelled(turned)} was cut at the border of {width} x {height} pixels")
        return cut

    def finish(self, classes: Sequence[str] | None = None) -> BoxSet:
        """The BoxSet.

        Args:
            classes: their names in order; by default those that boxes have, sorted.
        """
        told = {label for _, labels, _ in self.images.values() for label in labels}
        names = check_classes(sorted(told) if classes is None else classes, self.root)
        place = {name: number for number, name in enumerate(names)}
        ordered = sorted(self.images.values(), key=lambda entry: entry[0].name)
        for image, labels, _ in ordered:
            image.labels = np.array([place[label] for label in labels], np.int64).reshape(-1)
        parts = {part: [i for i, entry in enumerate(ordered) if entry[2] == part] for part in PARTS}
        if not ordered:
            why = "; ".join(one.reason for one in self.skipped[:3]) or "no annotation has an image"
            fix = "file names relative to this folder, as in images/cat.jpg"
            raise DataError(f"{self.root}: no image with boxes can be used: {why}", "images beside their annotations", fix)
        counted = [text.format(f"{self.faults[fault]:,}") for fault, text in FAULTS.items() if self.faults[fault]]
        return BoxSet(
            root=self.root,
            classes=names,
            images=[entry[0] for entry in ordered],
            parts={part: places for part, places in parts.items() if places},
            notes=[*self.notes, *counted],
            skipped=self.skipped,
            repaired=self.repaired,
            faults={fault: count for fault, count in self.faults.items() if count},
            format=self.format,
        )


def _spelled(edges: Sequence[float]) -> str:
    return "(" + ", ".join(f"{edge:.6g}" for edge in edges) + ")"
