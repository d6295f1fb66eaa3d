"""COCO: one JSON file for each part, with images, annotations and categories."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hibiscus.data.boxes.files import (
    ImageIndex,
    child_named,
    children,
    part_folders,
    part_in_name,
    place_images,
    read_text,
    safe_relative,
)
from hibiscus.data.boxes.formats import AnnotatedImage, BoxSet
from hibiscus.data.boxes.validate import BoxSetBuilder, RawBox, check_classes, clean_name
from hibiscus.data.images.decode import PIXEL_LIMIT
from hibiscus.errors import DataError

__all__ = ["is_coco_dataset", "read_coco", "write_coco"]

MAX_JSON_BYTES = 1_000_000_000  # COCO's own instances_train2017.json has 450 MB
MAX_RLE_SIGNS = 10_000_000  # of a mask's packed counts
PEEK_BYTES = 1_000_000
LISTS = ("images", "annotations", "categories")
OWN = {"id", "image_id", "category_id", "bbox", "iscrowd"}  # what of an annotation has a place of its own


def is_coco_dataset(path: Path) -> bool:
    """Whether the file, or one in the folder, is COCO's."""
    return bool(_files(path, first=True))


def _files(path: Path, first: bool = False) -> list[tuple[Path, str]]:
    """The files and their parts: in `annotations`, else in the folder, else in its part folders."""
    if path.is_file():
        return [(path, _part(path))] if _is_coco(path) else []
    if not path.is_dir():
        return []
    places = [child for child in [child_named(path, "annotations"), path] if child is not None]
    for place in [[one] for one in places] + [part_folders(path)]:
        named = [file for folder in place for file in children(folder, (".json",))]
        named = [file for file in named if file.name.startswith("instances")] or named  # COCO's captions and keypoints lie beside
        found = [file for file in (named[:5] if first else named) if _is_coco(file)]
        if found:
            return [(file, _part(file)) for file in found]
    return []


def _part(file: Path) -> str:
    """The part that the file's name tells, else its folder's."""
    return part_in_name(file.stem) or (part_in_name(file.parent.name) if file.stem.startswith("_annotations") else "")


def _is_coco(file: Path) -> bool:
    """Whether two of the three lists are named near the file's beginning or end."""
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
    """Reads COCO's files; see `read_boxes`."""
    root = path
    if path.is_file():
        root = path.parent.parent if path.parent.name.lower() == "annotations" else path.parent
    gather = BoxSetBuilder(root, "coco", image_folder)
    index = ImageIndex([image_folder or root])
    classes: list[str] = []
    for file, part in _files(path):
        classes += _read_file(gather, file, index, part)
    if unlisted := index.beside(gather.images):
        gather.faults["image without annotation"] += unlisted
    return gather.finish(check_classes(classes, root))


def _load(file: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        content = json.loads(read_text(file, MAX_JSON_BYTES))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file}: not sound JSON ({error})", "one JSON object", "write it again") from None
    if not isinstance(content, dict):
        raise DataError(f"{file}: holds a {type(content).__name__}", "one JSON object", "write it again")
    lists = {name: content.get(name, []) for name in LISTS}
    for name, entries in lists.items():
        if not isinstance(entries, list):
            raise DataError(f"{file}: its {name} are a {type(entries).__name__}", "a list of objects", "write it again")
    return lists


def _by_id(gather: BoxSetBuilder, file: Path, what: str, entries: Sequence[Any]) -> dict[Any, dict[str, Any]]:
    """The entries by their id, which may be a whole number or a text; others and repeated ones are named."""
    found: dict[Any, dict[str, Any]] = {}
    for number, entry in enumerate(entries):
        where = f"{file}, {what}[{number}]"
        own = entry.get("id") if isinstance(entry, dict) else None
        if isinstance(own, bool) or not isinstance(own, int | str):
            gather.skip("malformed", where, f"its id is {str(own)[:40]!r}" if isinstance(entry, dict) else "not an object")
        elif own in found:
            gather.skip("duplicate", where, f"the id {own!r} stood before")
        else:
            found[own] = entry
    return found


def _read_file(gather: BoxSetBuilder, file: Path, index: ImageIndex, part: str) -> list[str]:
    """Gathers the images of one file; returns its classes in the order of their ids."""
    lists = _load(file)
    categories = _by_id(gather, file, "categories", lists["categories"])
    names = {own: clean_name(categories[own].get("name", own)) or str(own) for own in sorted(categories, key=_order)}
    if len(check_classes(names.values(), file)) < len(names):
        gather.notes.append(f"{file.name}: categories of one name are one class")
    boxes: dict[Any, list[tuple[str, dict[str, Any]]]] = {own: [] for own in _by_id(gather, file, "images", lists["images"])}
    seen: set[Any] = set()
    for number, entry in enumerate(lists["annotations"]):
        where = f"{file}, annotations[{number}]"
        fault = _fault(entry, boxes, names, seen)
        if fault:
            gather.skip(fault[0], where, fault[1])
        else:
            boxes[entry["image_id"]].append((where, entry))
    told = {entry["id"]: entry for entry in reversed(lists["images"]) if isinstance(entry, dict) and _plain_id(entry.get("id"))}
    for own, entries in boxes.items():
        _read_image(gather, file, index, part, told[own], entries, names)
    return list(names.values())


def _order(own: Any) -> tuple[bool, Any]:
    return isinstance(own, str), own


def _plain_id(own: Any) -> bool:
    return isinstance(own, int | str) and not isinstance(own, bool)


def _fault(entry: Any, images: dict[Any, Any], names: dict[Any, str], seen: set[Any]) -> tuple[str, str] | None:
    """What is wrong with the ids of an annotation; remembers its own."""
    if not isinstance(entry, dict):
        return "malformed", "not an object"
    own, image, category = entry.get("id"), entry.get("image_id"), entry.get("category_id")
    if not _plain_id(image) or image not in images:
        return "annotation without image", f"no image has the image_id {str(image)[:40]!r}"
    if not _plain_id(category) or category not in names:
        return "unknown class", f"no category has the category_id {str(category)[:40]!r}"
    if own is not None and (not _plain_id(own) or own in seen):
        return "duplicate", f"the id {str(own)[:40]!r} stood before, or is none"
    seen.add(own)
    return None


def _read_image(
    gather: BoxSetBuilder,
    file: Path,
    index: ImageIndex,
    part: str,
    told: dict[str, Any],
    entries: list[tuple[str, dict[str, Any]]],
    names: dict[Any, str],
) -> None:
    where = f"{file}, image {told['id']!r}"
    name = told.get("file_name")
    safe = safe_relative(name) if isinstance(name, str) else None
    if safe is None:
        return gather.skip("path refused", where, f"its file_name {str(name)[:100]!r} leaves the folder, or is none; {len(entries)} boxes")
    near = [file.parent] if gather.image_folder is None else []
    image = index.find(safe, near, part)
    if image is None:
        return gather.skip("annotation without image", where, f"there is no image {safe}; {len(entries)} boxes")
    if image in gather.images and gather.images[image][2] != part:
        return gather.fix("in two parts", where, f"the image {safe} stands in {gather.images[image][2] or 'another file'} already")
    raw = [box for place, entry in entries if (box := _read_box(gather, entry, place, names)) is not None]
    kept = gather.add(image, raw, where, part)
    if kept is not None:
        gather.tell_size(where, (_number(told.get("height")), _number(told.get("width"))), kept.size)
        for extra in kept.extra:
            _check_mask(gather, where, extra, kept.size)
    return None


def _number(value: Any) -> float:
    """A number of JSON; a text that looks like one is none."""
    try:
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    except OverflowError:
        return math.nan


def _read_box(gather: BoxSetBuilder, entry: dict[str, Any], where: str, names: dict[Any, str]) -> RawBox | None:
    box = entry.get("bbox")
    if not isinstance(box, list) or len(box) != 4:
        return gather.skip("malformed", where, f"its bbox is {str(box)[:60]}, not four numbers")
    x, y, width, height = map(_number, box)
    extra = {key: value for key, value in entry.items() if key not in OWN}
    if "id" in entry:
        extra["id"] = entry["id"]
    if "area" in extra and abs(_number(extra["area"]) - width * height) <= 1e-6 * abs(width * height):
        del extra["area"]  # it is found from the box again
    return RawBox((x, y, x + width, y + height), names[entry["category_id"]], where, entry.get("iscrowd") in (1, True), extra)


def _check_mask(gather: BoxSetBuilder, where: str, extra: dict[str, Any], size: tuple[int, int]) -> None:
    """Drops outlines of less than three points and masks that are not of the image's size; nothing is decoded."""
    found = extra.pop("segmentation", None)
    if found is None or found == []:
        return
    which = f"{where}, annotation {extra.get('id', '')!r}"
    if isinstance(found, dict):
        reason = _bad_rle(found, size)
        if reason:
            gather.fix("bad mask", which, f"its mask {reason} and was dropped")
        else:
            extra["segmentation"] = found
        return
    outlines = found if isinstance(found, list) else [found]
    good = [one for one in outlines if _is_outline(one)]
    if len(good) < len(outlines):
        gather.fix("bad mask", which, f"{len(outlines) - len(good)} outlines of less than 3 points or with no numbers were dropped")
    if good:
        extra["segmentation"] = good


def _is_outline(points: Any) -> bool:
    return isinstance(points, list) and len(points) >= 6 and len(points) % 2 == 0 and all(math.isfinite(_number(one)) for one in points)


def _bad_rle(mask: dict[str, Any], size: tuple[int, int]) -> str:
    """Why a run-length mask is refused, without decoding it; `""` for a sound one."""
    told, counts = mask.get("size"), mask.get("counts")
    if not isinstance(told, list) or len(told) != 2 or not all(math.isfinite(_number(one)) for one in told):
        return "has no size"
    if not 0 < _number(told[0]) * _number(told[1]) <= PIXEL_LIMIT:
        return f"has {told[0]} x {told[1]} pixels, more than {PIXEL_LIMIT:,} or none"
    if tuple(told) != size:
        return f"is of {told[0]} x {told[1]} pixels where the image has {size[0]} x {size[1]}"
    if isinstance(counts, str):
        return "" if len(counts) <= MAX_RLE_SIGNS else f"has {len(counts):,} signs, more than {MAX_RLE_SIGNS:,}"
    if not isinstance(counts, list) or not all(_number(one) >= 0 for one in counts) or sum(counts) != told[0] * told[1]:
        return "has counts that do not add up to its size"
    return ""


def write_coco(boxset: BoxSet, out: Path) -> None:
    """Writes `images` and `annotations/instances_PART.json`; `instances_all.json` without parts."""
    (out / "annotations").mkdir()
    names = place_images(boxset, [out / "images"] * len(boxset))
    own = [extra.get("id") for image in boxset.images for extra in image.extra]
    keeps_ids = all(type(one) is int for one in own) and len(set(own)) == len(own)
    categories = [{"id": number, "name": name, "supercategory": ""} for number, name in enumerate(boxset.classes, 1)]
    parts = boxset.part_of()
    files = {part: [] for part in [*boxset.parts, *([""] if "" in parts else [])]}
    following = 1
    for number, (image, name, part) in enumerate(zip(boxset.images, names, parts, strict=True), 1):
        ids = [extra["id"] for extra in image.extra] if keeps_ids else list(range(following, following + len(image)))
        following += len(image)
        entry = {"id": number, "file_name": name, "height": image.size[0], "width": image.size[1]}
        files[part].append((entry, _entries(image, number, ids)))
    for part, entries in files.items():
        content = {
            "images": [entry for entry, _ in entries],
            "annotations": [one for _, found in entries for one in found],
            "categories": categories,
        }
        name = part or ("rest" if boxset.parts else "all")
        text = json.dumps(content, ensure_ascii=False, allow_nan=False)
        (out / "annotations" / f"instances_{name}.json").write_text(text, encoding="utf-8")


def _entries(image: AnnotatedImage, entry: int, ids: list[int]) -> list[dict[str, Any]]:
    found = []
    for box, label, crowd, extra, own in zip(image.boxes.tolist(), image.labels, image.crowd, image.extra, ids, strict=True):
        xmin, ymin, xmax, ymax = (int(edge) if edge == int(edge) else edge for edge in box)
        more = {key: value for key, value in extra.items() if key not in OWN and _is_json(value)}
        bbox = [xmin, ymin, xmax - xmin, ymax - ymin]
        fixed = {"id": own, "image_id": entry, "category_id": int(label) + 1, "bbox": bbox, "iscrowd": int(crowd)}
        found.append({**fixed, "area": bbox[2] * bbox[3], **more})
    return found


def _is_json(value: Any) -> bool:
    """Whether JSON in UTF-8 has a form for a value; it has none for what is not finite, or half of a sign."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        return False
    return True
