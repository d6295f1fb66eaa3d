"""Images with boxes: what a data set for object detection is, whatever format its annotations are written in."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hibiscus.data.dataset import Skipped
from hibiscus.errors import ConfigError, DataError, nearest

__all__ = ["FORMATS", "AnnotatedImage", "BoxSet", "check_place", "find_boxes", "read_boxes", "unsupported_fields", "write_boxes"]

FORMATS = ("voc", "coco", "yolo", "csv")
WORDS = {"voc": "Pascal VOC XML", "coco": "COCO JSON", "yolo": "YOLO text files", "csv": "a CSV table with a row for each box"}
PARTS = ("train", "val", "test")


@dataclass
class AnnotatedImage:
    """One image and its boxes.

    Args:
        file: where the image is.
        name: its path inside the data's root, with `/`; the stable name of the image.
        size: (height, width) in pixels of the upright image, from its own header, whatever an annotation says of it.
        boxes: float64 `(k, 4)`: xmin, ymin, xmax, ymax in pixels from the top left corner; edges, not pixel centres, so a box over
            the whole image is (0, 0, width, height). The numbers of Pascal VOC are taken as they stand.
        labels: int64 `(k,)`, places in the set's classes.
        crowd: bool `(k,)`: a box that is neither asked for nor counted (`difficult` in VOC, `iscrowd` in COCO).
        extra: for each box whatever else its format told of it, for conversion without loss.
    """

    file: Path
    name: str
    size: tuple[int, int]
    boxes: np.ndarray
    labels: np.ndarray
    crowd: np.ndarray
    extra: list[dict[str, Any]]

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass
class BoxSet:
    """Images with boxes, their classes, and the parts that they came in.

    Args:
        root: the folder that the names of the images start from.
        classes: the names, in the order that the labels count.
        images: sorted by name.
        parts: train, val and test, as places in `images`; empty where the data came whole. No image is in two.
        notes: what the person should know about how it was read.
        skipped: files and boxes that could not be used, each named with its reason.
        mended: boxes that were put right (edges swapped, cut at the image's border), each named with what was done.
        faults: how often each fault was met, those without a file of their own too.
        format: what it was read from, one of `FORMATS`.
    """

    root: Path
    classes: tuple[str, ...]
    images: list[AnnotatedImage]
    parts: dict[str, list[int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    repaired: list[Skipped] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)
    format: str = ""

    def __len__(self) -> int:
        return len(self.images)

    @property
    def count(self) -> int:
        """How many boxes there are."""
        return sum(map(len, self.images))

    def part_of(self) -> list[str]:
        """The part of each image, `""` for those in none."""
        found = [""] * len(self.images)
        for part, places in self.parts.items():
            for place in places:
                found[place] = part
        return found


class _Format(NamedTuple):
    finds: Callable[[Path], bool]
    read: Callable[[Path, Path | None], BoxSet]
    write: Callable[[BoxSet, Path], None]


def _formats() -> dict[str, _Format]:
    """How each format is recognised, read and written, in the order in which they are tried."""
    from hibiscus.data.boxes import coco as boxes_coco
    from hibiscus.data.boxes import csv as boxes_csv
    from hibiscus.data.boxes import voc as boxes_voc
    from hibiscus.data.boxes import yolo as boxes_yolo

    return {
        "voc": _Format(boxes_voc.is_voc_dataset, boxes_voc.read_voc, boxes_voc.write_voc),
        "coco": _Format(boxes_coco.is_coco_dataset, boxes_coco.read_coco, boxes_coco.write_coco),
        "yolo": _Format(boxes_yolo.is_yolo_dataset, boxes_yolo.read_yolo, boxes_yolo.write_yolo),
        "csv": _Format(boxes_csv.is_csv_dataset, boxes_csv.read_csv, boxes_csv.write_csv),
    }


def _locate(path: Path) -> tuple[Path, str] | None:
    """The folder or file that holds the boxes, and its format; a folder that holds one folder alone is looked through."""
    from hibiscus.data.boxes.files import children

    if not path.exists():
        return None
    for name, way in _formats().items():
        if way.finds(path):
            return path, name
    inside = children(path) if path.is_dir() else []
    return _locate(inside[0]) if len(inside) == 1 and inside[0].is_dir() and not inside[0].is_symlink() else None


def find_boxes(path: str | os.PathLike[str]) -> str | None:
    """The format of the boxes in a folder or a file, one of `FORMATS`; None where there are none. Opens a few files at most."""
    try:
        found = _locate(Path(path).expanduser())
    except (OSError, ValueError, RuntimeError):  # no rights, a null byte, an unknown ~person
        return None
    return found[1] if found else None


def read_boxes(path: str | os.PathLike[str], image_folder: str | os.PathLike[str] | None = None) -> BoxSet:
    """Reads images with boxes, in whatever of the formats they are.

    Args:
        path: the data's folder; or one file: a COCO `.json`, a `.csv`, a YOLO `data.yaml`.
        image_folder: where the images are, if not under the data's folder.

    Raises:
        DataError: no boxes there, or a file that is refused; the message names it.
    """
    where = Path(path).expanduser()
    images = Path(image_folder).expanduser() if image_folder is not None else None
    if not where.exists():
        raise DataError(f"{path}: there is nothing at this path", "a folder with images and boxes", "check the path")
    if images is not None and not images.is_dir():
        raise DataError(f"{image_folder}: no such folder", "the folder of the images", "check the path")
    found = _locate(where)
    if found is None:
        known = "; ".join(WORDS.values())
        fix = "see `hibiscus convert --help` for what each format's folder holds"
        raise DataError(f"{path}: no boxes of a format that is known", known, fix)
    return _formats()[found[1]].read(found[0], images)


def write_boxes(boxset: BoxSet, out: str | os.PathLike[str], format: str) -> None:
    """Writes images (linked where the disk can, else copied) and boxes into a new or empty folder.

    Args:
        boxset: what to write; it is not changed.
        out: the folder; its parent must be there.
        format: one of `FORMATS`.

    Raises:
        ConfigError: an unknown format.
        DataError: the folder holds something, or cannot be written.
    """
    if format not in FORMATS:
        raise ConfigError(f"the format '{format}'", f"one of {', '.join(FORMATS)}", nearest(str(format), FORMATS))
    folder = check_place(Path(out).expanduser())
    try:
        folder.mkdir(exist_ok=True)
        _formats()[format].write(boxset, folder)
    except OSError as error:
        found = f"{error.filename or folder}: cannot be written ({error.strerror or error})"
        raise DataError(found, "a place with room and rights", "free some space, or choose another") from None


def check_place(folder: Path) -> Path:
    """The folder itself, if boxes may be written there: nothing is there, or an empty folder.

    Raises:
        DataError: something is there, or the folder above is missing.
    """
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder}: there is a file at this place", "a new or empty folder", f"--out {folder}-boxes")
    if folder.is_dir() and any(folder.iterdir()):
        raise DataError(f"{folder}: the folder is not empty", "a new or empty folder, so that nothing is mixed", f"--out {folder}-2")
    if not folder.parent.is_dir():
        raise DataError(f"{folder}: there is no folder {folder.parent}", "a folder that exists", f"mkdir -p {folder.parent}")
    return folder


def unsupported_fields(boxset: BoxSet, format: str) -> dict[str, int]:
    """What a format has no place for, and of how many boxes: the mark of crowds, and extras by their names."""
    lost: dict[str, int] = {}
    crowd = sum(int(image.crowd.sum()) for image in boxset.images)
    if format == "yolo" and crowd:
        lost["crowd"] = crowd
    for image in boxset.images:
        for extra in image.extra:
            for name, value in extra.items():
                if format in ("yolo", "csv") or (format == "voc" and isinstance(value, list)):
                    lost[name] = lost.get(name, 0) + 1
    return lost
