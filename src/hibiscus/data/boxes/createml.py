"""Lists of images with their boxes in JSON: CreateML's files, and `metadata.jsonl` of an image folder.

CreateML gives the center and the size of each box, the image folder of Hugging Face its corner and its size.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hibiscus.data.boxes.annotation_records import Record, is_of, load_json, read_records, recognized
from hibiscus.data.boxes.box_reading import BoxReading, Numbers
from hibiscus.data.boxes.boxset import BoxSet
from hibiscus.data.boxes.resolve import RawBox
from hibiscus.data.boxes.validate import clean_name, to_number
from hibiscus.data.files import read_text

__all__ = ["is_createml_dataset", "is_image_folder_dataset", "read_createml", "read_image_folder"]

MAX_JSONL_BYTES = 500_000_000
CENTER = Numbers(("cxcywh",))
BBOX = Numbers(("xywh", "corners"), given="order")
SIDES = ("x", "y", "width", "height")
CATEGORIES = ("categories", "category", "labels", "label", "category_id", "class")


def is_createml_dataset(path: Path) -> bool:
    """Whether the file, or one of the first in the folder, is of CreateML."""
    return is_of(path, (".json",), _is_createml)


def _is_createml(text: bytes) -> bool:
    starts = text.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"[")
    return bool(starts and b'"coordinates"' in text and re.search(rb'"image(filename)?"\s*:', text))


def read_createml(path: Path, image_folder: Path | None = None, reading: BoxReading | None = None) -> BoxSet:
    """Reads files of CreateML; see `read_boxes`."""
    files = recognized(path, (".json",), _is_createml)
    return read_records(path, "createml", files, _createml_records, image_folder, reading)


def _createml_records(file: Path) -> Iterator[Record]:
    for number, entry in enumerate(load_json(file)):
        where = f"{file}, entry {number}"
        boxes = []
        for index, found in enumerate(entry.get("annotations") or []):
            edges = [to_number(found["coordinates"].get(side)) for side in SIDES]
            label = clean_name(found.get("label") or "object")
            boxes.append(RawBox(edges, label, f"{where}, annotation {index}", numbers=CENTER))
        yield Record(str(entry.get("image") or entry.get("imagefilename")), boxes, where)


def is_image_folder_dataset(path: Path) -> bool:
    """Whether there is a `metadata.jsonl` with boxes, as the Hugging Face Hub has it."""
    return is_of(path, ("metadata.jsonl",), _is_metadata)


def _is_metadata(text: bytes) -> bool:
    return bool(re.search(rb'"bbox"\s*:', text) and b'"file_name"' in text)


def read_image_folder(
    path: Path, image_folder: Path | None = None, reading: BoxReading | None = None
) -> BoxSet:
    """Reads a `metadata.jsonl` with lines of a file name and the boxes in it; see `read_boxes`."""
    files = recognized(path, ("metadata.jsonl",), _is_metadata)
    return read_records(path, "image-folder", files, _metadata_records, image_folder, reading)


def _metadata_records(file: Path) -> Iterator[Record]:
    for number, line in enumerate(read_text(file, MAX_JSONL_BYTES).splitlines(), 1):
        if not line.strip():
            continue
        entry: dict[str, Any] = json.loads(line)
        objects = entry.get("objects", entry)
        where = f"{file}, line {number}"
        found = objects.get("bbox") or []
        labels = next((objects[name] for name in CATEGORIES if name in objects), ["object"] * len(found))
        boxes = [
            RawBox([to_number(value) for value in edges], clean_name(label), where, numbers=BBOX)
            for edges, label in zip(found, labels, strict=True)
        ]
        yield Record(str(entry["file_name"]), boxes, where)
