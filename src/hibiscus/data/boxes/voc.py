"""Pascal VOC: one XML file for each image.

VOC counts pixels from 1 and its xmax is the last pixel inside. The four numbers are taken and written as they stand, as most
tools do: a box is then at most one pixel off, and there and back is exact.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree  # only to write: what is read goes through defusedxml

from hibiscus.data.boxes.files import (
    ImageIndex,
    child_named,
    children,
    part_folders,
    part_in_name,
    place_images,
    read_bytes,
    read_text,
    safe_relative,
)
from hibiscus.data.boxes.formats import PARTS, AnnotatedImage, BoxSet
from hibiscus.data.boxes.validate import BoxSetBuilder, RawBox, check_classes, clean_name, to_number
from hibiscus.data.images.folder import walk_files
from hibiscus.errors import DataError

__all__ = ["is_voc_dataset", "read_voc", "write_voc"]

MAX_XML_BYTES = 8_000_000  # 10,000 boxes take some 4 MB
MAX_LIST_BYTES = 64_000_000
DEEPEST = 5  # of what an object may hold
OWN = {"name", "bndbox", "difficult"}  # what of an object has a place of its own
EDGES = ("xmin", "ymin", "xmax", "ymax")
XML_NAME = re.compile(r"[A-Za-z_][\w.-]*\Z", re.ASCII)


def is_voc_dataset(path: Path) -> bool:
    """Whether there are VOC's files: an `Annotations` folder of XML, or XML files in the folder or its parts that are annotations."""
    return path.is_dir() and any(_is_annotation(file) for file in _annotation_files(path, most=5))


def _annotation_files(folder: Path, most: int | None = None) -> list[Path]:
    """The XML files: those of `Annotations`, else those of the folder, else those of its part folders."""
    inside = child_named(folder, "Annotations")
    if inside is not None:
        files = (file for file in walk_files(inside) if file.suffix.lower() == ".xml")
        found = [file for file, _ in zip(files, range(most), strict=False)] if most else list(files)
        if found:
            return found
    here = children(folder, (".xml",))
    parts = part_folders(folder)
    return here or [file for part in parts for file in children(part, (".xml",))]


def _is_annotation(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        return b"<annotation" in stream.read(4096)


def read_voc(path: Path, image_folder: Path | None = None) -> BoxSet:
    """Reads a VOC folder; see `read_boxes`."""
    gather = BoxSetBuilder(path, "voc", image_folder)
    files = _annotation_files(path)
    images = image_folder or child_named(path, "JPEGImages", "images")
    index = ImageIndex([images] if images else [path])
    parts = _parts(path)
    for file in files:
        part = parts.get(file.stem, "") if parts else part_in_name(file.parent.name) if file.parent != path else ""
        _read_file(gather, file, index, part)
    listed = {file.stem for file in files}
    missing = [name for name in parts if name not in listed]
    for name in missing:
        gather.skip("image without annotation", path / "ImageSets" / name, "a list names it, and it has no annotation")
    gather.faults["in two parts"] += sum(len(set(names)) for names in _lists(path).values()) - len(parts)
    if unlisted := index.beside(gather.images):
        gather.faults["image without annotation"] += unlisted
    told = _file_named(path, "classes.txt")
    order = [clean_name(line) for line in read_text(told, MAX_LIST_BYTES).splitlines()] if told else []
    found = sorted({label for _, labels, _ in gather.images.values() for label in labels})
    known = [name for name in order if name]
    return gather.finish(check_classes(known, path) if set(found) <= set(known) else found)


def _file_named(folder: Path, name: str) -> Path | None:
    """A file of the folder, if there is one."""
    return folder / name if (folder / name).is_file() else None


def _lists(path: Path) -> dict[str, list[str]]:
    """The names in `ImageSets/Main/{train,val,test}.txt`; `trainval` counts as train where there is neither."""
    folder = child_named(child_named(path, "ImageSets") or path / "ImageSets", "Main") or path / "ImageSets" / "Main"
    files = {part: folder / f"{part}.txt" for part in PARTS if (folder / f"{part}.txt").is_file()}
    if not {"train", "val"} & set(files) and (folder / "trainval.txt").is_file():
        files = {"train": folder / "trainval.txt", **files}
    return {part: [line.strip() for line in read_text(file, MAX_LIST_BYTES).splitlines() if line.strip()] for part, file in files.items()}


def _parts(path: Path) -> dict[str, str]:
    """The part of each name in the lists, the first where it stands in two."""
    found: dict[str, str] = {}
    for part, names in _lists(path).items():
        for name in names:
            found.setdefault(name, part)
    return found


def _parse(file: Path) -> Any:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        return fromstring(read_bytes(file, MAX_XML_BYTES), forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        found = f"{file}: refused, it declares entities ({type(error).__name__})"
        raise DataError(found, "XML without entities of its own", "write it again, or remove it") from None
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError) as error:
        raise DataError(f"{file}: not sound XML ({error})", "an annotation in XML", "write it again, or remove it") from None


def _read_file(gather: BoxSetBuilder, file: Path, index: ImageIndex, part: str) -> None:
    try:
        root = _parse(file)
    except DataError as error:
        return gather.skip("malformed", file, error.received.removeprefix(f"{file}: "))
    if root.tag != "annotation":
        return gather.skip("malformed", file, f"its root is <{str(root.tag)[:40]}>, not <annotation>")
    told = (root.findtext("filename") or "").strip()
    name = safe_relative(told) if told else ""
    if name is None:
        return gather.skip("path refused", file, f"its <filename> {told[:100]!r} leaves the folder")
    near = [file.parent, *index.folders]
    image = next((found for base in near if (found := index.of_stem(file.stem, base, part))), None) or (
        index.find(name, near) if name else None
    )
    if image is None:
        return gather.skip("annotation without image", file, f"no image {file.stem}.* or {name or '(no filename)'}")
    boxes = [
        box for number, item in enumerate(root.findall("object"), 1) if (box := _read_object(gather, item, f"{file}, object {number}"))
    ]
    kept = gather.add(image, boxes, file, part)
    if kept is not None:
        gather.tell_size(file, (to_number(root.findtext("size/height")), to_number(root.findtext("size/width"))), kept.size)
    return None


def _read_object(gather: BoxSetBuilder, item: Any, where: str) -> RawBox | None:
    label = clean_name(item.findtext("name") or "")
    box = item.find("bndbox")
    if not label or box is None:
        return gather.skip("malformed", where, "no <bndbox>" if label else "no <name>")
    edges = [to_number(box.findtext(edge)) for edge in EDGES]
    extra = {child.tag: _value(child) for child in item if child.tag not in OWN}
    return RawBox(edges, label, where, (item.findtext("difficult") or "").strip() in ("1", "true", "True"), extra)


def _value(element: Any, depth: int = 1) -> Any:
    """What an element holds: a number, a text, or a dictionary of what is in it, a list where a tag repeats."""
    if not len(element) or depth > DEEPEST:
        text = (element.text or "").strip()
        return next((number for kind in (int, float) if (number := _exact(kind, text)) is not None), text)
    found: dict[str, Any] = {}
    for child in element:
        value = _value(child, depth + 1)
        before = found.get(child.tag)
        found[child.tag] = value if child.tag not in found else [*before, value] if isinstance(before, list) else [before, value]
    return found


def _exact(kind: Any, text: str) -> Any:
    """The number, if it is written back as the same text."""
    try:
        return number if len(text) < 30 and repr(number := kind(text)) == text and math.isfinite(number) else None
    except ValueError:
        return None


def write_voc(boxset: BoxSet, out: Path) -> None:
    """Writes `Annotations`, `JPEGImages`, `ImageSets/Main` and, as VOC itself has no order of classes, `classes.txt`."""
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
        for part, places in {**boxset.parts, "trainval": both}.items():
            (lists / f"{part}.txt").write_text("".join(f"{Path(names[i]).stem}\n" for i in places), encoding="utf-8")
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
            if key not in OWN:
                _put(item, key, value)
        _put(item, "difficult", int(crowd))
        _put(item, "bndbox", dict(zip(EDGES, map(_spelled, box.tolist()), strict=True)))
    return root


def _spelled(edge: float) -> int | float:
    """A whole number wherever it is one but for rounding, as VOC's readers expect."""
    return round(edge) if abs(edge - round(edge)) < 1e-6 else edge


def _put(parent: ElementTree.Element, key: str, value: Any, depth: int = 1) -> None:
    """An element with a number, a text or a dictionary; what XML has no form for (lists of numbers) is left out."""
    many = value if isinstance(value, list) and not any(isinstance(one, list | int | float) for one in value) else [value]
    for one in many:
        if not XML_NAME.match(key) or depth > DEEPEST or isinstance(one, list) or one is None:
            continue
        child = ElementTree.SubElement(parent, key)
        if isinstance(one, dict):
            for inner, content in one.items():
                _put(child, str(inner), content, depth + 1)
        else:
            child.text = "".join(sign if sign.isprintable() else " " for sign in (one if isinstance(one, str) else repr(one)))
