"""COCO: one JSON file for each part, with images, annotations and categories."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hibiscus.data.boxes.annotation_records import peek
from hibiscus.data.boxes.box_reading import BoxReading, Numbers
from hibiscus.data.boxes.boxset import AnnotatedImage, BoxSet
from hibiscus.data.boxes.coco_masks import box_of_segmentation, check_segmentation
from hibiscus.data.boxes.image_files import ImageIndex, place_images
from hibiscus.data.boxes.resolve import RawBox
from hibiscus.data.boxes.validate import BoxSetBuilder, check_classes, clean_name, to_number
from hibiscus.data.files import child_named, children, part_folders, part_in_name, read_text
from hibiscus.errors import DataError

__all__ = ["is_coco_dataset", "read_coco", "write_coco"]

MAX_ID = 200  # characters
MAX_JSON_BYTES = 1_000_000_000  # COCO's instances_train2017.json has 450 MB
PEEK_BYTES = 1_000_000
LISTS = ("images", "annotations", "categories")
BBOX = Numbers(("xywh", "corners"))
STANDARD_KEYS = {
    "id",
    "image_id",
    "category_id",
    "bbox",
    "iscrowd",
}  # of an annotation; others are kept as extras


def is_coco_dataset(path: Path) -> bool:
    """Whether the file, or one in the folder, is in COCO format."""
    return bool(_files(path, first=True))


def _files(path: Path, first: bool = False) -> list[tuple[Path, str]]:
    """The files and their parts: in `annotations`, otherwise in the folder, otherwise in its part folders."""
    if path.is_file():
        return [(path, _part(path))] if _is_coco(path) else []
    if not path.is_dir():
        return []
    singles = [child for child in [child_named(path, "annotations"), path] if child is not None]
    for folders in [[folder] for folder in singles] + [part_folders(path)]:
        files = [file for folder in folders for file in children(folder, (".json",))]
        # COCO's captions and keypoints lie beside the instances.
        files = [file for file in files if file.name.startswith("instances")] or files
        files = [file for file in (files[:5] if first else files) if _is_coco(file)]
        if files:
            return [(file, _part(file)) for file in files]
    return []


def _part(file: Path) -> str:
    """The part that the name of the file indicates, otherwise that of its folder."""
    return part_in_name(file.stem) or (
        part_in_name(file.parent.name) if file.stem.startswith("_annotations") else ""
    )


def _is_coco(file: Path) -> bool:
    """Whether two of the three lists are named near the beginning or the end of the file."""
    if file.suffix.lower() != ".json" or not file.is_file():
        return False
    text = peek(file, PEEK_BYTES)
    return sum(bool(re.search(rb'"' + name.encode() + rb'"\s*:\s*\[', text)) for name in LISTS) >= 2


def read_coco(path: Path, image_folder: Path | None = None, reading: BoxReading | None = None) -> BoxSet:
    """Reads COCO files; see `read_boxes`."""
    root = path
    if path.is_file():
        root = path.parent.parent if path.parent.name.lower() == "annotations" else path.parent
    builder = BoxSetBuilder(root, "coco", image_folder, reading)
    index = ImageIndex([image_folder or root])
    classes: list[str] = []
    for file, part in _files(path):
        classes += _read_file(builder, file, index, part)
    if unlisted := index.beside(builder.images):
        builder.faults["image without annotation"] += unlisted
    return builder.build(check_classes(classes, root))


def _load(file: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        content = json.loads(read_text(file, MAX_JSON_BYTES))
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{file}: invalid JSON ({error})", "one JSON object", "export the file again"
        ) from None
    if not isinstance(content, dict):
        raise DataError(
            f"{file}: contains a {type(content).__name__}", "one JSON object", "export the file again"
        )
    lists = {name: content.get(name, []) for name in LISTS}
    for name, entries in lists.items():
        if not isinstance(entries, list):
            received = f"{file}: its {name} are a {type(entries).__name__}"
            raise DataError(received, "a list of objects", "export the file again")
    return lists


def _key(value: Any) -> str | None:
    """An id as text: 1, 1.0 and "1" are equal, as exports differ in how they write ids; None for others."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    valid = isinstance(value, int | str) and not isinstance(value, bool)
    return str(value).strip()[:MAX_ID] if valid else None


def _by_id(
    builder: BoxSetBuilder, file: Path, what: str, entries: Sequence[Any]
) -> dict[str, dict[str, Any]]:
    """The entries by their id as text.

    Entries without an id are skipped, and so are all entries of an id that stands for different things.
    """
    by_id: dict[str, dict[str, Any]] = {}
    unclear: set[str] = set()
    for number, entry in enumerate(entries):
        where = f"{file}, {what}[{number}]"
        key = _key(entry.get("id")) if isinstance(entry, dict) else None
        if key is None:
            reason = (
                f"its id is {str(entry.get('id'))[:40]!r}" if isinstance(entry, dict) else "not an object"
            )
            builder.skip("malformed", where, reason)
        elif key in by_id:
            name = "file_name" if what == "images" else "name"
            if entry.get(name) != by_id[key].get(name):
                unclear.add(key)
            builder.skip("duplicate", where, f"duplicate id {key!r}")
        else:
            by_id[key] = entry
    return {key: entry for key, entry in by_id.items() if key not in unclear}


def _read_file(builder: BoxSetBuilder, file: Path, index: ImageIndex, part: str) -> list[str]:
    """Reads the images of one file; returns its classes in the order of their ids."""
    lists = _load(file)
    categories = _by_id(builder, file, "categories", lists["categories"])
    names = {
        key: clean_name(categories[key].get("name", key)) or key for key in sorted(categories, key=_order)
    }
    if len(check_classes(names.values(), file)) < len(names):
        builder.notes.append(f"{file.name}: categories of the same name are one class")
    images = _by_id(builder, file, "images", lists["images"])
    boxes: dict[str, list[RawBox]] = {key: [] for key in images}
    for number, entry in enumerate(lists["annotations"]):
        where = f"{file}, annotations[{number}]"
        key = _key(entry.get("image_id")) if isinstance(entry, dict) else None
        if not isinstance(entry, dict):
            builder.skip("malformed", where, "not an object", boxes=1)
        elif key is None or key not in images:
            reason = f"no image, or more than one, has the image_id {str(entry.get('image_id'))[:40]!r}"
            builder.skip("annotation without image", where, reason, boxes=1)
        else:
            boxes[key].append(_read_box(entry, where, names, images[key]))
    for key, found in boxes.items():
        _read_image(builder, file, index, part, images[key], found)
    return list(names.values())


def _order(key: str) -> tuple[bool, int, str]:
    """Ids that are numbers by their value, then the others."""
    return (False, int(key), "") if re.fullmatch(r"-?[0-9]{1,18}", key) else (True, 0, key)


def _read_image(
    builder: BoxSetBuilder,
    file: Path,
    index: ImageIndex,
    part: str,
    description: dict[str, Any],
    boxes: list[RawBox],
) -> None:
    where = f"{file}, image {description['id']!r}"
    name = description.get("file_name")
    if not isinstance(name, str):
        return builder.skip("path refused", where, "it has no file_name", len(boxes))
    near = [file.parent] if builder.image_folder is None else []
    image, fault = index.locate(name, near, part)
    if image is None:
        reason = f"image {name[:100]} not found, or several have this name; {len(boxes)} boxes"
        return builder.skip(fault, where, reason, len(boxes))
    if fault:
        builder.fix(fault, where, f"{name[:100]} is read as {image.name}")
    size = to_number(description.get("height")), to_number(description.get("width"))
    builder.add(image, boxes, where, part, stated=size)
    for box in boxes if image in builder.images else ():
        check_segmentation(builder, where, box.extra, builder.images[image].frame.size)
    return None


def _read_box(entry: dict[str, Any], where: str, names: dict[str, str], image: dict[str, Any]) -> RawBox:
    category = _key(entry.get("category_id"))
    label = names.get(category or "", "")
    extra = {key: value for key, value in entry.items() if key not in STANDARD_KEYS}
    if "id" in entry:
        extra["id"] = entry["id"]
    crowd = _key(entry.get("iscrowd")) == "1" or entry.get("iscrowd") is True
    if category is None or category not in names:
        reason = f"no category, or more than one, has the category_id {str(entry.get('category_id'))[:40]!r}"
        return RawBox((), "", where, fault=("unknown class", reason))
    numbers = entry.get("bbox")
    numbers = [to_number(value) for value in numbers] if isinstance(numbers, list) else []
    if len(numbers) == 4 and (any(numbers[2:]) or not entry.get("segmentation")):
        area = to_number(extra.get("area"))
        if abs(area - numbers[2] * numbers[3]) <= 1e-6 * abs(numbers[2] * numbers[3]):
            del extra["area"]  # it can be recomputed from the box
        return RawBox(numbers, label, where, crowd, extra, BBOX)
    outline = box_of_segmentation(entry.get("segmentation"), image)
    if outline is None:
        reason = f"its bbox is {str(entry.get('bbox'))[:60]}, expected four numbers or an outline"
        return RawBox((), label, where, fault=("malformed", reason))
    return RawBox(outline, label, where, crowd, extra)


def write_coco(boxset: BoxSet, out: Path) -> None:
    """Writes `images` and `annotations/instances_PART.json`, or `instances_all.json` without parts."""
    (out / "annotations").mkdir()
    names = place_images(boxset, [out / "images"] * len(boxset))
    ids = [extra.get("id") for image in boxset.images for extra in image.extra]
    keeps_ids = all(type(key) is int for key in ids) and len(set(ids)) == len(ids)
    categories = [
        {"id": number, "name": name, "supercategory": ""} for number, name in enumerate(boxset.classes, 1)
    ]
    parts = boxset.part_of()
    files = {part: [] for part in [*boxset.parts, *([""] if "" in parts else [])]}
    next_id = 1
    for number, (image, name, part) in enumerate(zip(boxset.images, names, parts, strict=True), 1):
        ids = (
            [extra["id"] for extra in image.extra]
            if keeps_ids
            else list(range(next_id, next_id + len(image)))
        )
        next_id += len(image)
        entry = {"id": number, "file_name": name, "height": image.size[0], "width": image.size[1]}
        files[part].append((entry, _entries(image, number, ids)))
    for part, entries in files.items():
        content = {
            "images": [entry for entry, _ in entries],
            "annotations": [annotation for _, annotations in entries for annotation in annotations],
            "categories": categories,
        }
        name = part or ("rest" if boxset.parts else "all")
        text = json.dumps(content, ensure_ascii=False, allow_nan=False)
        (out / "annotations" / f"instances_{name}.json").write_text(text, encoding="utf-8")


def _entries(image: AnnotatedImage, image_id: int, ids: list[int]) -> list[dict[str, Any]]:
    entries = []
    for box, label, crowd, extra, key in zip(
        image.boxes.tolist(), image.labels, image.crowd, image.extra, ids, strict=True
    ):
        xmin, ymin, xmax, ymax = (int(edge) if edge == int(edge) else edge for edge in box)
        more = {key: value for key, value in extra.items() if key not in STANDARD_KEYS and _is_json(value)}
        bbox = [xmin, ymin, xmax - xmin, ymax - ymin]
        fixed = {
            "id": key,
            "image_id": image_id,
            "category_id": int(label) + 1,
            "bbox": bbox,
            "iscrowd": int(crowd),
        }
        entries.append({**fixed, "area": bbox[2] * bbox[3], **more})
    return entries


def _is_json(value: Any) -> bool:
    """Whether UTF-8 JSON can represent a value, which excludes non-finite numbers and lone surrogates."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        return False
    return True
