"""The formats of images with bounding boxes: which format a dataset has, and how it is read and written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from hibiscus.data.boxes.box_reading import BoxReading
from hibiscus.data.boxes.boxset import BoxSet
from hibiscus.data.boxes.coco import is_coco_dataset, read_coco, write_coco
from hibiscus.data.boxes.createml import (
    is_createml_dataset,
    is_image_folder_dataset,
    read_createml,
    read_image_folder,
)
from hibiscus.data.boxes.csv import is_csv_dataset, read_csv, write_csv
from hibiscus.data.boxes.cvat import is_cvat_dataset, read_cvat
from hibiscus.data.boxes.label_studio import is_label_studio_dataset, read_label_studio
from hibiscus.data.boxes.labelme import is_labelme_dataset, read_labelme
from hibiscus.data.boxes.passed_over import passed_over
from hibiscus.data.boxes.via import is_via_dataset, read_via
from hibiscus.data.boxes.voc import is_voc_dataset, read_voc, write_voc
from hibiscus.data.boxes.yolo import is_yolo_dataset, read_yolo, write_yolo
from hibiscus.data.files import children
from hibiscus.data.named_errors import named_errors
from hibiscus.data.special_files import check_regular
from hibiscus.errors import ConfigError, DataError, nearest

__all__ = ["FORMATS", "find_boxes", "read_boxes", "require_empty_folder", "unsupported_fields", "write_boxes"]

FORMATS = ("voc", "coco", "yolo", "csv")  # that can be written
DESCRIPTIONS = {
    "voc": "Pascal VOC XML",
    "coco": "COCO JSON",
    "yolo": "YOLO text files",
    "via": "VIA JSON or CSV",
    "csv": "a CSV table with a row for each box",
    "cvat": "CVAT XML",
    "labelme": "labelme JSON",
    "label-studio": "Label Studio JSON",
    "createml": "CreateML JSON",
    "image-folder": "metadata.jsonl",
}
Read = Callable[[Path, Path | None, BoxReading | None], BoxSet]


class _Format(NamedTuple):
    """How a format is recognized and read, and how it is written if it can be."""

    matches: Callable[[Path], bool]
    read: Read
    write: Callable[[BoxSet, Path], None] | None = None


_FORMATS = {  # in the order in which they are tried
    "voc": _Format(is_voc_dataset, read_voc, write_voc),
    "coco": _Format(is_coco_dataset, read_coco, write_coco),
    "yolo": _Format(is_yolo_dataset, read_yolo, write_yolo),
    "via": _Format(is_via_dataset, read_via),
    "csv": _Format(is_csv_dataset, read_csv, write_csv),
    "cvat": _Format(is_cvat_dataset, read_cvat),
    "labelme": _Format(is_labelme_dataset, read_labelme),
    "label-studio": _Format(is_label_studio_dataset, read_label_studio),
    "createml": _Format(is_createml_dataset, read_createml),
    "image-folder": _Format(is_image_folder_dataset, read_image_folder),
}


def _locate(path: Path) -> tuple[Path, str] | None:
    """The folder or file with the boxes, and its format; a folder containing only a folder is entered."""
    if not path.exists():
        return None
    for name, format in _FORMATS.items():
        if format.matches(path):
            return path, name
    inside = children(path) if path.is_dir() else []
    only_folder = len(inside) == 1 and inside[0].is_dir() and not inside[0].is_symlink()
    return _locate(inside[0]) if only_folder else None


def find_boxes(path: str | os.PathLike[str]) -> str | None:
    """The format of the boxes in a folder or file, or None; opens a few files at most."""
    try:
        located = _locate(Path(path).expanduser())
    except (OSError, ValueError, RuntimeError):  # no permission, a null byte, an unknown ~user
        return None
    return located[1] if located else None


def read_boxes(
    path: str | os.PathLike[str],
    image_folder: str | os.PathLike[str] | None = None,
    reading: BoxReading | None = None,
) -> BoxSet:
    """Reads images with bounding boxes in any of the formats.

    Args:
        path: the folder of the data; or one file: COCO's, a `.csv`, a YOLO `data.yaml`, an export of a tool.
        image_folder: the folder of the images, if they are not in the folder of the data.
        reading: what the user says about the numbers of the boxes; by default, it is decided from the data.

    Raises:
        DataError: no boxes found, or a file that is rejected; the message names it.
    """
    with named_errors(path):
        location = Path(path).expanduser()
        images = Path(image_folder).expanduser() if image_folder is not None else None
        if not location.exists():
            raise DataError(
                f"{path}: no such file or folder", "a folder with images and boxes", "check the path"
            )
        if images is not None and not images.is_dir():
            raise DataError(f"{image_folder}: no such folder", "the folder of the images", "check the path")
        for place in (location, images):
            if place is not None:
                check_regular(place)
        located = _locate(location)
        if located is None:
            fix = "see `hibiscus convert --help` for what the folder of each format contains"
            others = passed_over(location)
            received = f"{path}: no boxes in a known format" + (f"; {others}" if others else "")
            raise DataError(received, "; ".join(DESCRIPTIONS.values()), fix)
        place, format = located
        boxset = _FORMATS[format].read(place, images, reading)
        others = [name for name, other in _FORMATS.items() if name != format and other.matches(place)]
        if others:
            names = ", ".join(DESCRIPTIONS[name] for name in others)
            boxset.notes.append(f"read: {DESCRIPTIONS[format]}; not read, though it is here as well: {names}")
        return boxset


def write_boxes(boxset: BoxSet, out: str | os.PathLike[str], format: str) -> None:
    """Writes copies of the images, and the boxes, into a new or empty folder.

    Args:
        boxset: the data to write; it is not modified.
        out: the folder; its parent folder must exist.
        format: one of `FORMATS`.

    Raises:
        ConfigError: an unknown format.
        DataError: the folder is not empty, or cannot be written to.
    """
    if format not in FORMATS:
        raise ConfigError(
            f"the format '{format}'", f"one of {', '.join(FORMATS)}", nearest(str(format), FORMATS)
        )
    folder = require_empty_folder(Path(out).expanduser())
    try:
        folder.mkdir(exist_ok=True)
        write = _FORMATS[format].write
        assert write is not None  # one of FORMATS
        write(boxset, folder)
    except OSError as error:
        received = f"{error.filename or folder}: cannot be written ({error.strerror or error})"
        raise DataError(
            received, "a writable folder with enough space", "free some space, or use another folder"
        ) from None


def require_empty_folder(folder: Path) -> Path:
    """Returns the folder if boxes may be written to it, that is, if it does not exist yet or is empty.

    Raises:
        DataError: it is not empty, or its parent folder does not exist.
    """
    if folder.exists() and not folder.is_dir():
        raise DataError(
            f"{folder}: a file with this name exists", "a new or empty folder", f"--out {folder}-boxes"
        )
    if folder.is_dir() and any(folder.iterdir()):
        expected = "a new or empty folder, so that no files are mixed up"
        raise DataError(f"{folder}: the folder is not empty", expected, f"--out {folder}-2")
    if not folder.parent.is_dir():
        fix = f"mkdir -p {folder.parent}"
        raise DataError(f"{folder}: the folder {folder.parent} does not exist", "an existing folder", fix)
    return folder


def unsupported_fields(boxset: BoxSet, format: str) -> dict[str, int]:
    """What a format cannot store, crowd flags and extras by name, with the number of boxes affected."""
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
