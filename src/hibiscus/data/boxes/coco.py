"""COCO: one JSON file for each part, with images, annotations and categories."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hibiscus.data.boxes.boxset import AnnotatedImage, BoxSet
from hibiscus.data.boxes.coco_masks import check_segmentation, json_number
from hibiscus.data.boxes.image_files import ImageIndex, place_images
from hibiscus.data.boxes.validate import BoxSetBuilder, RawBox, check_classes, clean_name
from hibiscus.data.files import child_named, children, part_folders, part_in_name, read_text, safe_relative
from hibiscus.errors import DataError

__all__ = ["is_coco_dataset", "read_coco", "write_coco"]

MAX_JSON_BYTES = 1_000_000_000  # COCO's instances_train2017.json has 450 MB
PEEK_BYTES = 1_000_000
LISTS = ("images", "annotations", "categories")
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
    with file.open("rb") as stream:
        text = stream.read(PEEK_BYTES)
        size = stream.seek(0, 2)
        if size > PEEK_BYTES:
            stream.seek(max(PEEK_BYTES, size - PEEK_BYTES))
            text += stream.read()
    return sum(bool(re.search(rb'"' + name.encode() + rb'"\s*:\s*\[', text)) for name in LISTS) >= 2


def read_coco(path: Path, image_folder: Path | None = None) -> BoxSet:
    """Reads COCO files; see `read_boxes`."""
    root = path
    if path.is_file():
        root = path.parent.parent if path.parent.name.lower() == "annotations" else path.parent
    builder = BoxSetBuilder(root, "coco", image_folder)
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


def _by_id(
    builder: BoxSetBuilder, file: Path, what: str, entries: Sequence[Any]
) -> dict[Any, dict[str, Any]]:
    """The entries by their id, an integer or a string; entries with another or a repeated id are skipped."""
    by_id: dict[Any, dict[str, Any]] = {}
    for number, entry in enumerate(entries):
        where = f"{file}, {what}[{number}]"
        key = entry.get("id") if isinstance(entry, dict) else None
        if not _is_id(key):
            reason = f"its id is {str(key)[:40]!r}" if isinstance(entry, dict) else "not an object"
            builder.skip("malformed", where, reason)
        elif key in by_id:
            builder.skip("duplicate", where, f"duplicate id {key!r}")
        else:
            by_id[key] = entry
    return by_id


def _read_file(builder: BoxSetBuilder, file: Path, index: ImageIndex, part: str) -> list[str]:
    """Reads the images of one file; returns its classes in the order of their ids."""
    lists = _load(file)
    categories = _by_id(builder, file, "categories", lists["categories"])
    names = {
        key: clean_name(categories[key].get("name", key)) or str(key)
        for key in sorted(categories, key=_order)
    }
    if len(check_classes(names.values(), file)) < len(names):
        builder.notes.append(f"{file.name}: categories of the same name are one class")
    images = _by_id(builder, file, "images", lists["images"])
    boxes: dict[Any, list[tuple[str, dict[str, Any]]]] = {key: [] for key in images}
    used_ids: set[Any] = set()
    for number, entry in enumerate(lists["annotations"]):
        where = f"{file}, annotations[{number}]"
        fault = _fault(entry, boxes, names, used_ids)
        if fault:
            builder.skip(fault[0], where, fault[1])
        else:
            boxes[entry["image_id"]].append((where, entry))
    for key, entries in boxes.items():
        _read_image(builder, file, index, part, images[key], entries, names)
    return list(names.values())


def _order(key: Any) -> tuple[bool, Any]:
    return isinstance(key, str), key


def _is_id(key: Any) -> bool:
    return isinstance(key, int | str) and not isinstance(key, bool)


def _fault(
    entry: Any, images: dict[Any, Any], names: dict[Any, str], used: set[Any]
) -> tuple[str, str] | None:
    """What is wrong with the ids of an annotation; adds its id to the used ones."""
    if not isinstance(entry, dict):
        return "malformed", "not an object"
    key, image, category = entry.get("id"), entry.get("image_id"), entry.get("category_id")
    if not _is_id(image) or image not in images:
        return "annotation without image", f"no image has the image_id {str(image)[:40]!r}"
    if not _is_id(category) or category not in names:
        return "unknown class", f"no category has the category_id {str(category)[:40]!r}"
    if key is not None and (not _is_id(key) or key in used):
        return "duplicate", f"duplicate or invalid id {str(key)[:40]!r}"
    used.add(key)
    return None


def _read_image(
    builder: BoxSetBuilder,
    file: Path,
    index: ImageIndex,
    part: str,
    description: dict[str, Any],
    entries: list[tuple[str, dict[str, Any]]],
    names: dict[Any, str],
) -> None:
    where = f"{file}, image {description['id']!r}"
    name = description.get("file_name")
    safe = safe_relative(name) if isinstance(name, str) else None
    if safe is None:
        reason = (
            f"its file_name {str(name)[:100]!r} is missing or points outside the folder; {len(entries)} boxes"
        )
        return builder.skip("path refused", where, reason)
    near = [file.parent] if builder.image_folder is None else []
    image = index.find(safe, near, part)
    if image is None:
        return builder.skip(
            "annotation without image", where, f"image {safe} not found; {len(entries)} boxes"
        )
    if image in builder.images and builder.images[image][2] != part:
        other_part = builder.images[image][2] or "another file"
        return builder.fix("in two parts", where, f"the image {safe} already belongs to {other_part}")
    raw = [
        box for location, entry in entries if (box := _read_box(builder, entry, location, names)) is not None
    ]
    added = builder.add(image, raw, where, part)
    if added is not None:
        size = (json_number(description.get("height")), json_number(description.get("width")))
        builder.compare_size(where, size, added.size)
        for extra in added.extra:
            check_segmentation(builder, where, extra, added.size)
    return None


def _read_box(
    builder: BoxSetBuilder, entry: dict[str, Any], where: str, names: dict[Any, str]
) -> RawBox | None:
    box = entry.get("bbox")
    if not isinstance(box, list) or len(box) != 4:
        return builder.skip("malformed", where, f"its bbox is {str(box)[:60]}, expected four numbers")
    x, y, width, height = map(json_number, box)
    extra = {key: value for key, value in entry.items() if key not in STANDARD_KEYS}
    if "id" in entry:
        extra["id"] = entry["id"]
    if "area" in extra and abs(json_number(extra["area"]) - width * height) <= 1e-6 * abs(width * height):
        del extra["area"]  # it can be recomputed from the box
    edges, crowd = (x, y, x + width, y + height), entry.get("iscrowd") in (1, True)
    return RawBox(edges, names[entry["category_id"]], where, crowd, extra)


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
