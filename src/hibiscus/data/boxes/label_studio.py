"""Label Studio: one JSON file with a list of tasks; all numbers are percent of the image's sides."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hibiscus.data.boxes.annotation_records import Record, is_of, load_json, read_records, recognized
from hibiscus.data.boxes.box_reading import BoxReading, Numbers
from hibiscus.data.boxes.boxset import BoxSet
from hibiscus.data.boxes.outlines import box_around, box_of_ellipse, rotated_corners
from hibiscus.data.boxes.resolve import RawBox
from hibiscus.data.boxes.validate import clean_name, to_number
from hibiscus.data.files import IMAGE_ENDINGS
from hibiscus.errors import DataError

__all__ = ["is_label_studio_dataset", "read_label_studio"]

PERCENT = Numbers(unit="percent")
SIDES = ("original_width", "original_height")
GEOMETRY = {"x", "points", "rle"}  # one of these is in the value of a region that has a shape
UPLOAD = re.compile(r"^[0-9a-f]{6,8}-")  # Label Studio puts this before the names of uploaded files


def is_label_studio_dataset(path: Path) -> bool:
    """Whether the file, or one of the first in the folder, is an export of Label Studio."""
    return is_of(path, (".json",), _recognize)


def _recognize(text: bytes) -> bool:
    tasks = re.search(rb'"(annotations|completions)"\s*:\s*\[', text) and re.search(rb'"result"\s*:', text)
    return bool(
        text.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"[") and (tasks or b'"original_width"' in text)
    )


def read_label_studio(
    path: Path, image_folder: Path | None = None, reading: BoxReading | None = None
) -> BoxSet:
    """Reads exports of Label Studio (JSON and JSON-MIN); see `read_boxes`."""
    files = recognized(path, (".json",), _recognize)
    return read_records(path, "label-studio", files, _records, image_folder, reading)


def _records(file: Path) -> Iterator[Record]:
    for number, task in enumerate(load_json(file)):
        where = f"{file}, task {task.get('id', number)}"
        name = _image_name(task.get("data") or task)
        if name is None:
            raise DataError(
                f"{where}: no image", "an image in the data of each task", "export the file again"
            )
        results, fault = _results(task)
        boxes = None if results is None else _boxes(results, where)
        stated = next((_stated(result) for result in results or () if "original_width" in result), (0, 0))
        base = re.split(r"[\\/=]", name)[-1]
        yield Record(name, boxes, where, stated, [base, UPLOAD.sub("", base)], fault)


def _image_name(data: dict[str, Any]) -> str | None:
    """The value that names an image: that of `image` or `img`, otherwise the first with such an ending."""
    texts = {key: value for key, value in data.items() if isinstance(value, str)}
    named = [texts[key] for key in ("image", "img", "ocr", "url") if key in texts]
    images = [text for text in texts.values() if Path(text.split("?")[0]).suffix.lower() in IMAGE_ENDINGS]
    return next(iter([*named, *images]), None)


def _results(task: dict[str, Any]) -> tuple[list[Any] | None, tuple[str, str] | None]:
    """The regions of the first finished annotation of a task, None if there is none; and a fault."""
    annotations = task.get("annotations", task.get("completions"))
    if annotations is None:  # JSON-MIN: the regions stand under the name of the tag
        lists = [value for value in task.values() if isinstance(value, list)]
        found = [value for value in lists if value and isinstance(value[0], dict)]
        return (found[0] if found else []), None
    done = [entry for entry in annotations if not entry.get("was_cancelled")]
    fault = ("several annotators", f"{len(done)} annotations") if len(done) > 1 else None
    return (done[0].get("result", []) if done else None), fault


def _stated(result: dict[str, Any]) -> tuple[float, float]:
    stated = to_number(result.get("original_height")), to_number(result.get("original_width"))
    return stated if all(map(math.isfinite, stated)) else (0.0, 0.0)


def _boxes(results: list[Any], where: str) -> list[RawBox]:
    """The boxes of regions; the parts of one region share an id: a shape, and its labels."""
    regions: dict[Any, dict[str, Any]] = {}
    for number, result in enumerate(results):
        value = result.get("value", result)
        shared = regions.setdefault(result.get("id", number), {})
        # The labels come in the shape's own value, or in a result of their own.
        shared |= {**value, **{name: result[name] for name in SIDES if name in result}}
        shared["labels of region"] = shared.get("labels of region", []) + [
            label for key, labels in value.items() if key.endswith("labels") and isinstance(labels, list)
            for label in labels
        ]  # fmt: skip
    return [
        _region_box(value, f"{where}, region {number}")
        for number, value in enumerate(regions.values())
        if GEOMETRY & value.keys()
    ]


def _region_box(value: dict[str, Any], where: str) -> RawBox:
    labels = list(dict.fromkeys(map(clean_name, value["labels of region"])))
    if len(labels) != 1:
        fault = "several classes" if labels else "unknown class"
        return RawBox((), "", where, fault=(fault, f"its labels are {', '.join(labels)[:60] or 'missing'}"))
    angle = math.radians(to_number(value.get("rotation", 0)))
    if {"x", "y", "width", "height"} <= value.keys():
        x, y, width, height = (to_number(value[name]) for name in ("x", "y", "width", "height"))
        edges = [x, y, x + width, y + height]
        return _percent(_rotated(value, x, y, width, height, angle) if angle else edges, labels[0], where)
    if {"radiusX", "radiusY"} <= value.keys():
        numbers = [to_number(value[name]) for name in ("x", "y", "radiusX", "radiusY")]
        return _percent(box_of_ellipse(*numbers), labels[0], where)
    if isinstance(value.get("points"), list) and len(value["points"]) > 2:
        points = [[to_number(number) for number in point] for point in value["points"]]
        return _percent(box_around(points), labels[0], where)
    return _no_box(labels, where)


def _rotated(
    value: dict[str, Any], x: float, y: float, width: float, height: float, angle: float
) -> list[float]:
    """The box around a rectangle rotated about its top left corner, in pixels of equal sides."""
    aspect = to_number(value.get("original_width", 1)) / to_number(value.get("original_height", 1))
    wide, high = width * aspect, height
    center_x = x * aspect + (math.cos(angle) * wide - math.sin(angle) * high) / 2
    center_y = y + (math.sin(angle) * wide + math.cos(angle) * high) / 2
    left, top, right, bottom = box_around(rotated_corners(center_x, center_y, wide, high, angle))
    return [left / aspect, top, right / aspect, bottom]


def _percent(edges: list[float], label: str, where: str) -> RawBox:
    return RawBox(edges, label, where, numbers=PERCENT)


def _no_box(labels: list[str], where: str) -> RawBox:
    return RawBox((), labels[0], where, fault=("no box", "a point, a brush stroke or another shape"))
