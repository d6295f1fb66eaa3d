"""CVAT XML: one file with all images, or with the tracks of a video; see `voc` for one file per image."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hibiscus.data.boxes.annotation_records import Record, is_of, read_records, recognized
from hibiscus.data.boxes.box_reading import BoxReading
from hibiscus.data.boxes.boxset import BoxSet
from hibiscus.data.boxes.outlines import box_around, box_of_ellipse, rotated_corners
from hibiscus.data.boxes.resolve import RawBox
from hibiscus.data.boxes.validate import clean_name, to_number
from hibiscus.data.boxes.xml_files import parse_xml

__all__ = ["is_cvat_dataset", "read_cvat"]

MAX_XML_BYTES = 500_000_000
SHAPES = {"box", "polygon", "ellipse", "mask", "polyline", "points", "cuboid", "skeleton"}


def is_cvat_dataset(path: Path) -> bool:
    """Whether the file, or one of the first in the folder, is an export of CVAT."""
    return is_of(path, (".xml",), _recognize)


def _recognize(text: bytes) -> bool:
    return bool(re.search(rb"<annotations[\s>]", text) and re.search(rb"<(image|track)\s", text))


def read_cvat(path: Path, image_folder: Path | None = None, reading: BoxReading | None = None) -> BoxSet:
    """Reads `CVAT for images` and `CVAT for video`; see `read_boxes`."""
    files = recognized(path, (".xml",), _recognize)
    return read_records(path, "cvat", files, _records, image_folder, reading)


def _records(file: Path) -> Iterator[Record]:
    root = parse_xml(file, MAX_XML_BYTES)
    for item in root.iter("image"):
        name = item.get("name") or ""
        where = f"{file}, image {name}"
        boxes = [
            _shape_box(shape, clean_name(shape.get("label") or ""), f"{where}, {shape.tag} {number}")
            for number, shape in enumerate(item)
            if shape.tag in SHAPES
        ]
        yield Record(name, boxes, where, (to_number(item.get("height")), to_number(item.get("width"))))
    frames: dict[int, list[RawBox]] = {}
    for track in root.iter("track"):
        label = clean_name(track.get("label") or "")
        for shape in track:
            number = to_number(shape.get("frame"))
            if shape.tag in SHAPES and shape.get("outside") != "1" and number == number:
                where = f"{file}, track {track.get('id')}, frame {number:g}"
                frames.setdefault(int(number), []).append(_shape_box(shape, label, where))
    size = root.find("./meta/task/original_size")
    stated = (0.0, 0.0)
    if size is not None:
        stated = to_number(size.findtext("height")), to_number(size.findtext("width"))
    for number, boxes in sorted(frames.items()):
        name = f"frame_{number:06d}"  # as CVAT exports the frames of a video
        yield Record(name, boxes, f"{file}, frame {number}", stated, [f"{number:06d}", f"{number}"])


def _shape_box(shape: Any, label: str, where: str) -> RawBox:
    edges = _edges(shape)
    if not label:
        return RawBox((), "", where, fault=("unknown class", "it has no label"))
    if edges is None:
        return RawBox((), label, where, fault=("no box", f"a shape {shape.tag}"))
    return RawBox(edges, label, where)


def _edges(shape: Any) -> list[float] | None:
    def numbers(*names: str) -> list[float]:
        return [to_number(shape.get(name)) for name in names]

    angle = to_number(shape.get("rotation", 0)) * 0.017453292519943295  # degrees to radians
    if shape.tag == "box":
        left, top, right, bottom = numbers("xtl", "ytl", "xbr", "ybr")
        if not angle:
            return [left, top, right, bottom]
        center = (left + right) / 2, (top + bottom) / 2
        return box_around(rotated_corners(*center, right - left, bottom - top, angle))
    if shape.tag == "polygon":
        points = [point.split(",") for point in (shape.get("points") or "").split(";")]
        return box_around([[to_number(value) for value in point] for point in points])
    if shape.tag == "ellipse":
        x, y, radius_x, radius_y = numbers("cx", "cy", "rx", "ry")
        return box_of_ellipse(x, y, radius_x, radius_y, angle)
    if shape.tag == "mask":
        left, top, width, height = numbers("left", "top", "width", "height")
        return [left, top, left + width, top + height]
    return None
