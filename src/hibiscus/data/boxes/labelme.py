"""labelme: one JSON file for each image, with a list of shapes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hibiscus.data.boxes.annotation_records import Record, is_of, load_json, read_records, recognized
from hibiscus.data.boxes.box_reading import BoxReading
from hibiscus.data.boxes.boxset import BoxSet
from hibiscus.data.boxes.outlines import box_around
from hibiscus.data.boxes.resolve import RawBox
from hibiscus.data.boxes.validate import clean_name, to_number

__all__ = ["is_labelme_dataset", "read_labelme"]

WITHOUT_BOX = ("point", "points", "line", "linestrip")


def is_labelme_dataset(path: Path) -> bool:
    """Whether the file, or one of the first in the folder, is of labelme."""
    return is_of(path, (".json",), _recognize)


def _recognize(text: bytes) -> bool:
    return bool(re.search(rb'"shapes"\s*:\s*\[', text) and re.search(rb'"image(Path|Data)"\s*:', text))


def read_labelme(path: Path, image_folder: Path | None = None, reading: BoxReading | None = None) -> BoxSet:
    """Reads a folder of labelme files, or one of them; see `read_boxes`."""
    files = recognized(path, (".json",), _recognize)
    return read_records(path, "labelme", files, _records, image_folder, reading)


def _records(file: Path) -> Iterator[Record]:
    content = load_json(file)
    boxes: dict[Any, RawBox] = {}
    for number, shape in enumerate(content["shapes"]):
        box = _shape_box(shape, f"{file}, shapes[{number}]")
        # Shapes of one group and label are the visible pieces of one object.
        key = (box.label, shape.get("group_id")) if shape.get("group_id") is not None else number
        if key in boxes and not box.fault and not boxes[key].fault:
            first = boxes[key].edges
            box.edges = box_around([first[:2], first[2:], box.edges[:2], box.edges[2:]])
        boxes[key] = box
    stated = to_number(content.get("imageHeight")), to_number(content.get("imageWidth"))
    name = content.get("imagePath") or ""
    stated = stated if all(map(math.isfinite, stated)) else (0.0, 0.0)
    # The image beside the file has its name, also where the path is of another machine.
    yield Record(str(name) or file.stem, list(boxes.values()), str(file), stated, [file.stem])


def _shape_box(shape: Any, where: str) -> RawBox:
    label, kind = clean_name(shape.get("label") or ""), shape.get("shape_type") or "polygon"
    points = [[to_number(value) for value in point] for point in shape.get("points", [])]
    if not label:
        return RawBox((), "", where, fault=("malformed", "it has no label"))
    if kind in WITHOUT_BOX:
        return RawBox((), label, where, fault=("no box", f"a {kind}"))
    if len(points) < 2 or any(len(point) != 2 for point in points):
        return RawBox((), label, where, fault=("malformed", f"a {kind} of {len(points)} points"))
    if kind == "circle":  # its center, and a point on it
        (x, y), edge = points[:2]
        radius = math.dist((x, y), edge)
        return RawBox([x - radius, y - radius, x + radius, y + radius], label, where)
    return RawBox(box_around(points), label, where)
