"""VIA, the VGG Image Annotator (versions 1 and 2): one JSON or CSV file with the regions of all images."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

from hibiscus.data.boxes.annotation_records import Record, build_records, is_of, load_json, recognized
from hibiscus.data.boxes.box_reading import BoxReading
from hibiscus.data.boxes.boxset import BoxSet
from hibiscus.data.boxes.outlines import box_around, box_of_ellipse
from hibiscus.data.boxes.resolve import RawBox
from hibiscus.data.boxes.validate import clean_name, to_number
from hibiscus.data.files import read_text
from hibiscus.errors import DataError

__all__ = ["is_via_dataset", "read_via"]

ENDINGS = (".json", ".csv")
MAX_CSV_BYTES = 500_000_000
CLASS = ("class", "label", "name", "type", "category", "object", "classname", "objectname")


def is_via_dataset(path: Path) -> bool:
    """Whether the file, or one of the first in the folder, is of VIA."""
    return is_of(path, ENDINGS, _recognize)


def _recognize(text: bytes) -> bool:
    as_json = re.search(rb'"regions"\s*:', text) and re.search(rb'"filename"\s*:', text)
    return bool(as_json or b"region_shape_attributes" in text.split(b"\n", 1)[0])


def read_via(path: Path, image_folder: Path | None = None, reading: BoxReading | None = None) -> BoxSet:
    """Reads files of VIA, or one of them; see `read_boxes`."""
    files = recognized(path, ENDINGS, _recognize)
    regions = [_csv_regions(file) if file.suffix.lower() == ".csv" else _json_regions(file) for file in files]
    every = [region for images in regions for _, found in images for region, _ in found]
    attribute = _class_attribute(every, path)
    records = (
        (file, [_record(name, found, attribute, str(file)) for name, found in images])
        for file, images in zip(files, regions, strict=True)
    )
    return build_records(path, "via", records, image_folder, reading)


Regions = list[tuple[str, list[tuple[dict[str, Any], str]]]]  # by image: each region and its place


def _json_regions(file: Path) -> Regions:
    content = load_json(file)
    images = content.get("_via_img_metadata", content) if isinstance(content, dict) else None
    entries = [entry for entry in images.values() if isinstance(entry, dict)] if images is not None else []
    if not entries or not all("filename" in entry and "regions" in entry for entry in entries):
        raise DataError(
            f"{file}: not a project of VIA 1 or 2", "images with a filename and regions",
            "export the annotations as VIA 2 JSON, CSV or COCO",
        )  # fmt: skip
    result: Regions = []
    for entry in entries:
        regions = entry["regions"] or []
        found = regions.values() if isinstance(regions, dict) else regions  # a dictionary in VIA 1
        places = [(region, f"{file}, {entry['filename']}, region {n}") for n, region in enumerate(found)]
        result.append((str(entry["filename"]), places))
    return result


def _csv_regions(file: Path) -> Regions:
    images: dict[str, list[tuple[dict[str, Any], str]]] = {}
    reader = csv.DictReader(read_text(file, MAX_CSV_BYTES).splitlines())
    for row in reader:
        fields = {(name or "").lstrip("#").strip(): text or "" for name, text in row.items() if name}
        found = images.setdefault(fields.get("filename", ""), [])
        where = f"{file}, line {reader.line_num}"
        try:
            shape, attributes = (
                json.loads(fields.get(name) or "{}")
                for name in ("region_shape_attributes", "region_attributes")
            )
        except ValueError:
            shape, attributes = {"name": "?"}, {}
        if shape:  # empty for an image without regions
            found.append(({"shape_attributes": shape, "region_attributes": attributes}, where))
    return list(images.items())


def _class_attribute(regions: list[dict[str, Any]], path: Path) -> str | None:
    """The attribute that holds the class: the only one, or the one of a usual name; None without attributes.

    Raises:
        DataError: several, and none with a usual name.
    """
    names: dict[str, None] = {}
    for region in regions:
        attributes = region.get("region_attributes") or {}
        names |= dict.fromkeys(name for name, value in attributes.items() if value not in ("", {}, None))
    usual = [name for word in CLASS for name in names if re.sub("[^a-z]", "", name.lower()) == word]
    if len(names) > 1 and not usual:
        raise DataError(
            f"{path}: its regions have the attributes {', '.join(list(names)[:8])}",
            "one attribute, or one named class or label", "rename the attribute of the class to class",
        )  # fmt: skip
    return (usual or list(names) or [None])[0]


def _record(name: str, regions: list[tuple[dict[str, Any], str]], attribute: str | None, file: str) -> Record:
    return Record(name, [_region_box(region, attribute, where) for region, where in regions], file)


def _region_box(region: dict[str, Any], attribute: str | None, where: str) -> RawBox:
    value = "object" if attribute is None else (region.get("region_attributes") or {}).get(attribute, "")
    if isinstance(value, dict):  # of a checkbox
        chosen = [name for name, state in value.items() if state not in (False, "false", "", None)]
        if len(chosen) > 1:
            return RawBox((), "", where, fault=("several classes", f"{attribute}: {', '.join(chosen)[:60]}"))
        value = chosen[0] if chosen else ""
    label = clean_name(value)
    if not label:
        return RawBox((), "", where, fault=("unknown class", f"its attribute {attribute} is empty"))
    shape = region.get("shape_attributes") or {}
    kind = shape.get("name")
    edges = _edges(kind, shape)
    if edges is None:
        fault = "no box" if kind in ("point", "polyline") else "malformed"
        return RawBox((), label, where, fault=(fault, f"a shape {str(kind)[:40]!r}"))
    return RawBox(edges, label, where)


def _edges(kind: Any, shape: dict[str, Any]) -> list[float] | None:
    def numbers(*names: str) -> list[float]:
        return [to_number(shape.get(name)) for name in names]

    if kind == "rect":
        x, y, width, height = numbers("x", "y", "width", "height")
        return [x, y, x + width, y + height]
    if kind == "circle":
        x, y, radius = numbers("cx", "cy", "r")
        return [x - radius, y - radius, x + radius, y + radius]
    if kind == "ellipse":
        x, y, radius_x, radius_y = numbers("cx", "cy", "rx", "ry")
        return box_of_ellipse(x, y, radius_x, radius_y, to_number(shape.get("theta", 0)))
    if kind == "polygon":
        points = zip(shape["all_points_x"], shape["all_points_y"], strict=True)
        return box_around([(to_number(x), to_number(y)) for x, y in points])
    return None
