"""Validation of boxes of any format: faults are counted and reported, boxes repaired or skipped."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.boxes.box_reading import BoxReading
from hibiscus.data.boxes.boxset import PARTS, AnnotatedImage, BoxSet
from hibiscus.data.boxes.edges import check_edges
from hibiscus.data.boxes.faults import FAULTS, IDENTICAL, LEFT_OUT, MAX_BOXES, commonest_fault
from hibiscus.data.boxes.frames import read_frame
from hibiscus.data.boxes.resolve import Entry, RawBox, resolve_edges
from hibiscus.data.dataset import Skipped
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
]

MAX_CLASSES = 1000
MAX_REPORTED = 10_000  # faults reported individually; all are counted
MAX_NAME = 200  # characters of a class name


def to_number(text: Any) -> float:
    """The number that a text or a JSON value represents, or NaN."""
    try:  # Python accepts 1_000 and True as numbers
        return float("nan" if isinstance(text, bool) or "_" in str(text) else text)
    except (TypeError, ValueError, OverflowError):
        return math.nan


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


@dataclass
class _Tally:
    """Boxes that were skipped, and the images that were left out because of them."""

    boxes: int = 0
    images: int = 0
    classes: Counter[str] = field(default_factory=Counter)


class BoxSetBuilder:
    """Collects images with boxes as they are in their files, validates them together, and builds a BoxSet.

    Args:
        root: the folder that the names of images are relative to.
        format: the name of the format.
        image_folder: the folder of the images, if they are not in the root.
        reading: what the user says about the numbers of the boxes.
    """

    def __init__(
        self,
        root: Path,
        format: str,
        image_folder: Path | None = None,
        reading: BoxReading | None = None,
    ):
        self.root, self.format, self.image_folder = root, format, image_folder
        self.reading = reading or BoxReading()
        self.images: dict[Path, Entry] = {}
        self.notes: list[str] = []
        self.skipped: list[Skipped] = []
        self.repaired: list[Skipped] = []
        self.faults: Counter[str] = Counter()
        self.first: dict[str, str] = {}
        self.lost = _Tally()

    def skip(self, fault: str, place: Path | str, reason: str, boxes: int = 0) -> None:
        """Counts a fault and reports what is skipped because of it, with the number of boxes that it held."""
        self.lost.boxes += boxes
        self._name(self.skipped, fault, str(place), reason)

    def fix(self, fault: str, place: Path | str, reason: str) -> None:
        """Counts a fault and reports what was corrected."""
        self._name(self.repaired, fault, str(place), reason)

    def _name(self, reported: list[Skipped], fault: str, place: str, reason: str) -> None:
        self.faults[fault] += 1
        self.first.setdefault(fault, f"{place}: {reason}")
        if len(reported) < MAX_REPORTED:
            reported.append(Skipped(place, f"{place}: {reason}", fault))

    def add(
        self,
        file: Path,
        boxes: list[RawBox],
        source: Path | str,
        part: str = "",
        stated: tuple[float, float] = (0, 0),
    ) -> bool:
        """Stores an image and its boxes; False if the image is skipped.

        The boxes of an image that occurs in several annotations of one part are joined.

        Args:
            file: the image.
            boxes: as they are in the file.
            source: the file of annotations, for messages.
            part: train, val, test or none.
            stated: (height, width) that the annotation states; zeros or NaN if unknown.
        """
        entry = self.images.get(file)
        if entry is not None:
            return self._join(entry, boxes, source, part)
        frame = read_frame(file)
        if frame is None:
            reason = "not a readable image"
            reason += f", skipped together with its {len(boxes)} boxes" if boxes else ""
            self.lost.images += 1
            self.skip("unreadable image", file, reason, len(boxes))
            return False
        frame.stated = stated
        entry = Entry(file, [], source, part, frame)
        if not self._extend(entry, boxes, source):
            return False
        self.images[file] = entry
        return True

    def _join(self, entry: Entry, boxes: list[RawBox], source: Path | str, part: str) -> bool:
        if entry.part != part:
            other = f"already belongs to {entry.part or entry.source}"
            self.fix("in two parts", source, f"the image {entry.file.name} {other}")
            return False
        if boxes and entry.boxes:
            self.fix("joined", source, f"the image {entry.file.name} is also annotated in {entry.source}")
        return self._extend(entry, boxes, source)

    def _extend(self, entry: Entry, boxes: list[RawBox], source: Path | str) -> bool:
        count = len(entry.boxes) + len(boxes)
        if count > MAX_BOXES:
            reason = f"{count:,} boxes for {entry.file.name}, at most {MAX_BOXES:,}"
            self.lost.images += 1
            self.skip("too many boxes", source, reason, count)
            self.images.pop(entry.file, None)
            return False
        entry.boxes += boxes
        return True

    def _name_of(self, file: Path) -> str:
        for base in (self.root, self.image_folder):
            if base is not None and file.is_relative_to(base):
                return file.relative_to(base).as_posix()
        return file.name

    def _validate(self, entry: Entry) -> tuple[AnnotatedImage, list[str]] | None:
        """The image with its sound boxes, and their classes; None if it has boxes, but no sound one."""
        good: dict[tuple[Any, ...], tuple[list[float], RawBox]] = {}
        for box in entry.boxes:
            edges = self._check(box, entry.frame.size)
            if edges is None:
                self.lost.classes[box.label] += 1
                continue
            segmentation = repr(box.extra.get("segmentation"))
            key = (box.label, box.crowd, segmentation, *(round(edge, 6) for edge in edges))
            if key in good:
                self.fix(IDENTICAL, box.where, f"the same box as at {good[key][1].where}")
            else:
                good[key] = edges, box
        if entry.boxes and not good:
            self.lost.images += 1
            reason = f"left out, as none of its {len(entry.boxes)} annotations can be used"
            return self.skip(LEFT_OUT, entry.file, reason)
        if not good:
            self.faults["image without objects"] += 1
        sound = list(good.values())
        image = AnnotatedImage(
            file=entry.file,
            name=self._name_of(entry.file),
            size=entry.frame.size,
            boxes=np.array([edges for edges, _ in sound], np.float64).reshape(-1, 4),
            labels=np.zeros(len(sound), np.int64),
            crowd=np.array([box.crowd for _, box in sound], bool),
            extra=[box.extra for _, box in sound],
        )
        return image, [box.label for _, box in sound]

    def _check(self, box: RawBox, size: tuple[int, int]) -> list[float] | None:
        """The validated edges, or None for a box that is skipped; every change is reported."""
        if box.fault is not None:
            # A point or a line is no box that was lost.
            return self.skip(box.fault[0], box.where, box.fault[1], boxes=int(box.fault[0] != "no box"))
        edges, found = check_edges(box.edges, size)
        for fault, reason in found:
            if edges is None:
                self.skip(fault, box.where, reason, boxes=1)
            else:
                self.fix(fault, box.where, reason)
        return edges

    def build(self, classes: Sequence[str] | None = None) -> BoxSet:
        """The BoxSet.

        Args:
            classes: the class names in order; by default those of the boxes, sorted.

        Raises:
            DataError: no usable image, or numbers that contradict the names of their columns.
        """
        entries = sorted(self.images.values(), key=lambda entry: self._name_of(entry.file))
        resolve_edges(self, entries)
        checked = [(entry, sound) for entry in entries if (sound := self._validate(entry)) is not None]
        used = Counter(label for _, (_, labels) in checked for label in labels)
        names = check_classes(sorted(used) if classes is None else classes, self.root)
        number_of = {name: number for number, name in enumerate(names)}
        for _, (image, labels) in checked:
            image.labels = np.array([number_of[label] for label in labels], np.int64).reshape(-1)
        parts = {part: [i for i, (entry, _) in enumerate(checked) if entry.part == part] for part in PARTS}
        if not checked:
            why = commonest_fault(self.faults, self.first)
            received = f"{self.root}: no usable image with boxes: {why or 'no annotation has an image'}"
            if self.faults[LEFT_OUT]:  # the images were found
                raise DataError(received, "boxes that can be used", "correct the annotations")
            fix = "use file names relative to this folder, as in images/cat.jpg"
            raise DataError(received, "images beside their annotations", fix)
        counted = [f"{text}: {self.faults[fault]:,}" for fault, text in FAULTS.items() if self.faults[fault]]
        return BoxSet(
            root=self.root,
            classes=names,
            images=[image for _, (image, _) in checked],
            parts={part: indices for part, indices in parts.items() if indices},
            notes=[*self.notes, *self._class_notes(names, used), *counted],
            skipped=self.skipped,
            repaired=self.repaired,
            faults={fault: count for fault, count in self.faults.items() if count},
            first=self.first,
            lost=self.lost.boxes,
            lost_images=self.lost.images,
            format=self.format,
        )

    def _class_notes(self, names: Sequence[str], used: Counter[str]) -> list[str]:
        """Classes that vanish because all of their boxes were skipped, and those that differ in case only."""
        notes = [
            f"class {label}: all of its boxes were skipped ({count:,})"
            for label, count in sorted(self.lost.classes.items()) if label and not used[label]
        ]  # fmt: skip
        alike: dict[str, list[str]] = {}
        for name in names:
            alike.setdefault(name.casefold(), []).append(name)
        notes += [
            f"{' and '.join(group)} are different classes, although they differ in upper and lower case only"
            for group in alike.values() if len(group) > 1
        ]  # fmt: skip
        return notes
