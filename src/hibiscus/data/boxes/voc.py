"""Pascal VOC: one XML file for each image.

VOC counts pixels from 1, and its xmax is the last pixel inside. The four numbers are read and written
unchanged, as by most tools: a box is then off by at most one pixel, and a round trip is exact.
"""

from __future__ import annotations

import math
import re
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree  # for writing only; files are read with defusedxml

from hibiscus.data.boxes.box_reading import BoxReading
from hibiscus.data.boxes.boxset import PARTS, AnnotatedImage, BoxSet
from hibiscus.data.boxes.image_files import ImageIndex, place_images
from hibiscus.data.boxes.outlines import box_around, rotated_corners
from hibiscus.data.boxes.resolve import RawBox
from hibiscus.data.boxes.validate import BoxSetBuilder, check_classes, clean_name, to_number
from hibiscus.data.boxes.xml_files import parse_xml
from hibiscus.data.files import (
    child_named,
    children,
    part_folders,
    part_in_name,
    read_text,
    walk_files,
)
from hibiscus.errors import DataError

__all__ = ["is_voc_dataset", "read_voc", "write_voc"]

MAX_XML_BYTES = 8_000_000  # 10,000 boxes take about 4 MB
MAX_LIST_BYTES = 64_000_000
MAX_DEPTH = 5  # of the elements of an object
STANDARD_TAGS = {"name", "bndbox", "difficult"}  # of an object; others are kept as extras
EDGES = ("xmin", "ymin", "xmax", "ymax")
ROTATED = ("cx", "cy", "w", "h", "angle")
XML_NAME = re.compile(r"[A-Za-z_][\w.-]*\Z", re.ASCII)


def is_voc_dataset(path: Path) -> bool:
    """Whether there are XML annotations, in an `Annotations` folder, the folder or its part folders."""
    return path.is_dir() and any(_is_annotation(file) for file in _annotation_files(path, max_files=5))


def _annotation_files(folder: Path, max_files: int | None = None) -> list[Path]:
    """The XML files of `Annotations`, otherwise of the folder, otherwise of its part folders."""
    inside = child_named(folder, "Annotations")
    if inside is not None:
        files = list(
            islice((file for file in walk_files(inside) if file.suffix.lower() == ".xml"), max_files)
        )
        if files:
            return files
    here = children(folder, (".xml",))
    parts = part_folders(folder)
    return here or [file for part in parts for file in children(part, (".xml",))]


def _is_annotation(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        return re.search(rb"<annotation[\s>]", stream.read(4096)) is not None


def read_voc(path: Path, image_folder: Path | None = None, reading: BoxReading | None = None) -> BoxSet:
    """Reads a VOC folder; see `read_boxes`."""
    builder = BoxSetBuilder(path, "voc", image_folder, reading)
    files = _annotation_files(path)
    images = image_folder or child_named(path, "JPEGImages", "images")
    index = ImageIndex([images] if images else [path])
    parts = _parts(path)
    for file in files:
        part = (
            parts.get(file.stem, "")
            if parts
            else part_in_name(file.parent.name)
            if file.parent != path
            else ""
        )
        _read_file(builder, file, index, part)
    listed = {file.stem for file in files}
    missing = [name for name in parts if name not in listed]
    for name in missing:
        builder.skip(
            "image without annotation", path / "ImageSets" / name, "it is listed but has no annotation"
        )
    builder.faults["in two parts"] += sum(len(set(names)) for names in _lists(path).values()) - len(parts)
    if unlisted := index.beside(builder.images):
        builder.faults["image without annotation"] += unlisted
    class_file = path / "classes.txt"
    lines = read_text(class_file, MAX_LIST_BYTES).splitlines() if class_file.is_file() else []
    known = [name for line in lines if (name := clean_name(line))]
    used = {box.label for entry in builder.images.values() for box in entry.boxes if not box.fault}
    return builder.build(check_classes(known, path) if used <= set(known) else None)


def _lists(path: Path) -> dict[str, list[str]]:
    """The names in `ImageSets/Main/{train,val,test}.txt`; `trainval` counts as train without those two."""
    folder = (
        child_named(child_named(path, "ImageSets") or path / "ImageSets", "Main")
        or path / "ImageSets" / "Main"
    )
    files = {part: folder / f"{part}.txt" for part in PARTS if (folder / f"{part}.txt").is_file()}
    if not {"train", "val"} & set(files) and (folder / "trainval.txt").is_file():
        files = {"train": folder / "trainval.txt", **files}
    lines = {part: read_text(file, MAX_LIST_BYTES).splitlines() for part, file in files.items()}
    return {part: [line.strip() for line in text if line.strip()] for part, text in lines.items()}


def _parts(path: Path) -> dict[str, str]:
    """The part of each name in the lists, the first one if it occurs in two."""
    part_of: dict[str, str] = {}
    for part, names in _lists(path).items():
        for name in names:
            part_of.setdefault(name, part)
    return part_of


def _read_file(builder: BoxSetBuilder, file: Path, index: ImageIndex, part: str) -> None:
    try:
        root = parse_xml(file, MAX_XML_BYTES)
    except DataError as error:
        return builder.skip("malformed", file, error.received.removeprefix(f"{file}: "))
    if root.tag != "annotation":
        return builder.skip("malformed", file, f"its root is <{str(root.tag)[:40]}>, expected <annotation>")
    name = (root.findtext("filename") or "").strip()
    near = [file.parent, *index.folders]
    same_stem = (index.of_stem(file.stem, folder, part) for folder in near)
    image = next(filter(None, same_stem), None)
    named, fault = index.locate(name, near) if name else (None, "annotation without image")
    items = list(enumerate(root.findall("object"), 1))
    if image is None and named is None:
        reason = f"no image {file.stem}.* or {name[:100] or '(no filename)'}"
        return builder.skip(fault, file, reason, len(items))
    if image is not None and named not in (None, image):
        builder.fix("names another image", file, f"its <filename> is {name[:100]}")
    elif image is None and fault:
        builder.fix(fault, file, f"its <filename> {name[:100]} is read as {named}")
    boxes = [_read_object(item, f"{file}, object {number}") for number, item in items]
    size = (to_number(root.findtext("size/height")), to_number(root.findtext("size/width")))
    builder.add(image or named or file, boxes, file, part, stated=size)
    return None


def _read_object(item: Any, where: str) -> RawBox:
    label = clean_name(item.findtext("name") or "")
    edges = _edges(item)
    if not label or edges is None:
        return RawBox((), label, where, fault=("malformed", "no <bndbox>" if label else "no <name>"))
    extra = {child.tag: _value(child) for child in item if child.tag not in STANDARD_TAGS}
    crowd = (item.findtext("difficult") or "").strip() in ("1", "true", "True")
    return RawBox(edges, label, where, crowd, extra)


def _edges(item: Any) -> list[float] | None:
    """The edges in <bndbox>, otherwise those of the box around a rotated box or a polygon."""
    box, rotated, polygon = item.find("bndbox"), item.find("robndbox"), item.find("polygon")
    if box is not None and any(child.tag in EDGES for child in box):
        return [to_number(box.findtext(edge)) for edge in EDGES]
    if rotated is not None:
        x, y, width, height, angle = (to_number(rotated.findtext(tag)) for tag in ROTATED)
        return box_around(rotated_corners(x, y, width, height, angle))
    if polygon is not None:
        number = re.compile(r"[xy](\d+)\Z")
        values = {child.tag: to_number(child.text) for child in polygon if number.match(child.tag)}
        points = [(values[tag], values.get(f"y{tag[1:]}", math.nan)) for tag in values if tag[0] == "x"]
        return box_around(points) if len(points) > 2 else None
    return None


def _value(element: Any, depth: int = 1) -> Any:
    """The content of an element: a number, a text, or a dictionary of its children (lists if repeated)."""
    if not len(element) or depth > MAX_DEPTH:
        text = (element.text or "").strip()
        return next((number for kind in (int, float) if (number := _exact(kind, text)) is not None), text)
    content: dict[str, Any] = {}
    for child in element:
        value = _value(child, depth + 1)
        if child.tag in content:
            before = content[child.tag]
            value = [*before, value] if isinstance(before, list) else [before, value]
        content[child.tag] = value
    return content


def _exact(kind: Any, text: str) -> Any:
    """The number, if it is written back as the same text."""
    try:
        return (
            number
            if len(text) < 30 and repr(number := kind(text)) == text and math.isfinite(number)
            else None
        )
    except ValueError:
        return None


def write_voc(boxset: BoxSet, out: Path) -> None:
    """Writes `Annotations`, `JPEGImages`, `ImageSets/Main` and, as VOC orders no classes, `classes.txt`."""
    (out / "Annotations").mkdir()
    names = place_images(boxset, [out / "JPEGImages"] * len(boxset))
    for image, name in zip(boxset.images, names, strict=True):
        root = _annotation(image, name, boxset.classes)
        ElementTree.indent(root, "\t")
        ElementTree.ElementTree(root).write(out / "Annotations" / f"{Path(name).stem}.xml", encoding="utf-8")
    lists = out / "ImageSets" / "Main"
    if boxset.parts:
        lists.mkdir(parents=True)
        both = sorted([*boxset.parts.get("train", []), *boxset.parts.get("val", [])])
        for part, indices in {**boxset.parts, "trainval": both}.items():
            (lists / f"{part}.txt").write_text(
                "".join(f"{Path(names[i]).stem}\n" for i in indices), encoding="utf-8"
            )
    (out / "classes.txt").write_text("".join(f"{name}\n" for name in boxset.classes), encoding="utf-8")


def _annotation(image: AnnotatedImage, name: str, classes: tuple[str, ...]) -> ElementTree.Element:
    root = ElementTree.Element("annotation")
    _put(root, "folder", "JPEGImages")
    _put(root, "filename", name)
    _put(root, "size", {"width": image.size[1], "height": image.size[0], "depth": 3})
    for box, label, crowd, extra in zip(image.boxes, image.labels, image.crowd, image.extra, strict=True):
        item = ElementTree.SubElement(root, "object")
        _put(item, "name", classes[label])
        for key, value in extra.items():
            if key not in STANDARD_TAGS:
                _put(item, key, value)
        _put(item, "difficult", int(crowd))
        _put(item, "bndbox", dict(zip(EDGES, map(_rounded, box.tolist()), strict=True)))
    return root


def _rounded(edge: float) -> int | float:
    """An integer if it is one up to rounding, as VOC readers expect."""
    return round(edge) if abs(edge - round(edge)) < 1e-6 else edge


def _put(parent: ElementTree.Element, key: str, value: Any, depth: int = 1) -> None:
    """Adds an element with a number, a text or a dictionary, without values that XML cannot represent."""
    repeated = isinstance(value, list) and not any(isinstance(item, list | int | float) for item in value)
    for item in value if repeated else [value]:
        if not XML_NAME.match(key) or depth > MAX_DEPTH or isinstance(item, list) or item is None:
            continue
        child = ElementTree.SubElement(parent, key)
        if isinstance(item, dict):
            for inner, content in item.items():
                _put(child, str(inner), content, depth + 1)
        else:
            text = item if isinstance(item, str) else repr(item)
            child.text = "".join(character if character.isprintable() else " " for character in text)
