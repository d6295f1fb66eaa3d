"""YOLO: a text file beside each image's folder, a line `class cx cy w h` for each box, as shares of the image.

A line may hold an outline instead, `class x y x y x y ...`: the box about it is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from hibiscus.data.boxes.files import (
    ImageIndex,
    child_named,
    children,
    folders_in,
    image_size,
    part_folders,
    part_in_name,
    place_images,
    read_text,
    safe_relative,
)
from hibiscus.data.boxes.formats import PARTS, BoxSet
from hibiscus.data.boxes.validate import MAX_BOXES, MAX_CLASSES, BoxSetBuilder, RawBox, box_of_shares, check_classes, clean_name, to_number
from hibiscus.data.images.folder import find_images, walk_files
from hibiscus.errors import DataError

__all__ = ["is_yolo_dataset", "read_yolo", "write_yolo"]

MAX_YAML_BYTES = 1_000_000
MAX_LABEL_BYTES = 100 * MAX_BOXES  # a line takes some 40
MAX_LIST_BYTES = 64_000_000
DIGITS = 9  # of a pixel: what the shares' rounding adds lies below, so whole pixels come back whole
LABEL_LINE = re.compile(r"\d+(\s+-?\d*\.?\d+(e-?\d+)?){4,}\s*\Z", re.IGNORECASE)
NO_LABELS = {"classes.txt", "obj.names", "notes.txt", "readme.txt"}


@dataclass
class _Layout:
    """What `data.yaml` says: names by class number (None where it names none), and the places of each part."""

    names: dict[int, str] | None = None
    parts: dict[str, list[Path]] = field(default_factory=dict)


def is_yolo_dataset(path: Path) -> bool:
    """Whether the file is YOLO's `data.yaml`, or the folder holds one, or images and labels in parallel folders."""
    if path.is_file():
        return _is_config(path)
    return path.is_dir() and (_config(path) is not None or _has_labels(path))


def _is_config(file: Path) -> bool:
    if file.suffix.lower() not in (".yaml", ".yml") or not file.is_file() or file.stat().st_size > MAX_YAML_BYTES:
        return False
    text = read_text(file, MAX_YAML_BYTES)
    return bool(re.search(r"^(names|nc)\s*:", text, re.MULTILINE) and re.search(r"^(train|val)\s*:", text, re.MULTILINE))


def _config(folder: Path) -> Path | None:
    """The folder's `data.yaml`, or another that says the same."""
    files = [file for file in children(folder, (".yaml", ".yml")) if _is_config(file)]
    plain = folder / "data.yaml"
    return plain if plain in files else files[0] if files else plain if plain.is_file() and _has_labels(folder) else None


def _has_labels(folder: Path) -> bool:
    """Whether there are parallel folders and one of the first label files is one."""
    for image_folder, _ in _image_folders(folder):
        labels = _parallel(image_folder, folder)
        if labels is not None and labels.is_dir():
            files = [file for file in children(labels, (".txt",))[:20] if file.name not in NO_LABELS]
            lines = [line for file in files if file.is_file() and (line := _first_line(file).strip())]
            if files and all(map(LABEL_LINE.match, lines)):
                return True
    return False


def _first_line(file: Path) -> str:
    with file.open(encoding="utf-8", errors="replace") as stream:
        return stream.readline(1000)


def _image_folders(folder: Path) -> Iterator[tuple[Path, str]]:
    """The folders of images and their parts, in both layouts: `images/train` and `train/images`."""
    images = child_named(folder, "images")
    if images is not None:
        yield from ((child, part_in_name(child.name)) for child in folders_in(images))
        yield images, ""
    for child in part_folders(folder):
        below = child_named(child, "images")
        if below is not None:
            yield below, part_in_name(child.name)


def _parallel(place: Path, root: Path) -> Path | None:
    """The same place under `labels` instead of `images`, the last of that name; None where there is none inside the root."""
    parts = list(place.relative_to(root).parts) if place.is_relative_to(root) else []
    at = next((i for i in reversed(range(len(parts))) if parts[i].lower() == "images"), None)
    return None if at is None else root.joinpath(*parts[:at], "labels", *parts[at + 1 :])


def read_yolo(path: Path, image_folder: Path | None = None) -> BoxSet:
    """Reads a YOLO folder or its `data.yaml`; see `read_boxes`."""
    root = path.parent if path.is_file() else path
    gather = BoxSetBuilder(root, "yolo", image_folder)
    config = path if path.is_file() else _config(root)
    layout = _read_config(gather, config, root) if config is not None else _Layout()
    if layout.names is None:
        layout.names = _listed_names(root)
    used: set[Path] = set()
    highest = -1
    for file, part in _images(gather, layout, root, image_folder):
        label = _label_file(file, root, image_folder)
        if file in gather.images:
            if gather.images[file][2] != part:
                gather.fix("in two parts", file, f"stands in {gather.images[file][2] or 'no part'} and in {part or 'no part'}")
            continue
        size = image_size(file)
        used.add(label)
        boxes = _read_labels(gather, label, size or (1, 1), layout.names)
        if not label.is_file():
            gather.faults["image without annotation"] += 1
        highest = max([highest, *(int(box.label) for box in boxes if layout.names is None)])
        gather.add(file, boxes, label, part, size)
    for label in sorted(set(_all_labels(root)) - used):
        gather.skip("annotation without image", label, "no image of this name")
    if layout.names is None:
        gather.notes.append("no file names the classes: they are called by their numbers")
    names = [str(number) for number in range(highest + 1)] if layout.names is None else list(layout.names.values())
    return gather.finish(check_classes(names, root))


def _read_config(gather: BoxSetBuilder, file: Path, root: Path) -> _Layout:
    try:
        content = yaml.safe_load(read_text(file, MAX_YAML_BYTES))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise DataError(f"{file}: not sound YAML ({str(error)[:200]})", "names, train and val", "write it again") from None
    if not isinstance(content, dict):
        raise DataError(f"{file}: holds no names of fields", "names, train and val", "write it again")
    layout = _Layout(_names(file, content.get("names"), content.get("nc")))
    if layout.names is not None and isinstance(content.get("nc"), int) and content["nc"] != len(layout.names):
        gather.notes.append(f"{file.name} tells another nc than its {len(layout.names)} names; the names are taken")
    base = root
    if content.get("path") not in (None, "", "."):
        inside = safe_relative(content["path"]) if isinstance(content["path"], str) else None
        if inside is not None and (root / inside).is_dir():
            base = root / inside
        else:
            gather.notes.append(f"{file.name}: its path is not in this folder and was passed over")
    for key in ("train", "val", "valid", "test"):
        told = content.get(key)
        for one in told if isinstance(told, list) else [told]:
            if isinstance(one, str) and one:  # nothing else is spelled out: nested aliases would never end
                layout.parts.setdefault(part_in_name(key), []).append(_inside(gather, file, base, one))
    return layout


def _inside(gather: BoxSetBuilder, file: Path, base: Path, told: str) -> Path:
    """The place that a path names; Roboflow's `../train/images` means `train/images` beside the file.

    Raises:
        DataError: it leaves the folder, or nothing is there.
    """
    name = safe_relative(told)
    if name is None and told.startswith("../"):
        inside = safe_relative(told[3:])
        if inside is not None and (base / inside).exists():
            gather.notes.append(f"{file.name}: {told} is read as {inside}")
            return base / inside
    if name is None:
        raise DataError(f"{file}: the path {told[:100]!r} leaves the folder", "paths inside the data's folder", "write train: images/train")
    if not (base / name).exists():
        raise DataError(f"{file}: there is no {name}", "folders of images for train and val", "correct the path, or take its line away")
    return base / name


def _names(file: Path, names: Any, count: Any) -> dict[int, str] | None:
    if names is None and isinstance(count, int) and 0 < count <= MAX_CLASSES:
        return {number: str(number) for number in range(count)}
    if names is None:
        return None
    pairs = list(names.items()) if isinstance(names, dict) else list(enumerate(names)) if isinstance(names, list) else []
    sound = all(type(key) is int and _is_name(name) for key, name in pairs)
    if not pairs or not sound or len(pairs) > MAX_CLASSES:
        found = f"{file}: its names are {len(pairs):,} of a {type(names).__name__}"
        raise DataError(found, f"a list of 1 to {MAX_CLASSES} names, or numbers with names", "names: [cat, dog]")
    return {key: clean_name(name) for key, name in sorted(pairs)}


def _is_name(name: Any) -> bool:
    """A text or a number of a length that can be spelled."""
    return (isinstance(name, str | float) or (isinstance(name, int) and abs(name) < 10**15)) and bool(clean_name(name))


def _listed_names(root: Path) -> dict[int, str] | None:
    """The names in a `classes.txt`, a line each from number 0."""
    file = next((one for one in (root / "classes.txt", root / "labels" / "classes.txt", root / "obj.names") if one.is_file()), None)
    lines = [clean_name(line) for line in read_text(file, MAX_YAML_BYTES).splitlines() if line.strip()] if file else []
    return dict(enumerate(lines)) or None


def _images(gather: BoxSetBuilder, layout: _Layout, root: Path, image_folder: Path | None) -> Iterator[tuple[Path, str]]:
    """The images and their parts: first those that `data.yaml` names, then those in folders that it does not name."""
    for part in PARTS:
        for place in layout.parts.get(part, []):
            files = find_images(place)[0] if place.is_dir() else _listed(gather, place, image_folder or root)
            yield from ((file, part) for file in files)
    named = {place.resolve() for places in layout.parts.values() for place in places}
    folders = list(_image_folders(root)) if image_folder is None else [(image_folder, "")]
    for folder, part in folders:
        covered: dict[Path, bool] = {}
        for file in find_images(folder)[0]:
            if file.parent not in covered:
                covered[file.parent] = any(place in named for place in [file.parent.resolve(), *file.parent.resolve().parents])
            told = (part_in_name(file.parent.name) or part) if image_folder is not None else part
            if not covered[file.parent] and file not in gather.images and (not named or _label_file(file, root, image_folder).is_file()):
                yield file, told


def _listed(gather: BoxSetBuilder, file: Path, folder: Path) -> list[Path]:
    """The images that a list names, a path in each line."""
    index, found = ImageIndex([folder]), []
    for number, line in enumerate(read_text(file, MAX_LIST_BYTES).splitlines(), 1):
        name = safe_relative(line)
        image = index.find(name, [file.parent]) if name else None
        if image is not None:
            found.append(image)
        elif line.strip():
            reason = f"there is no image {line.strip()[:100]}" if name else f"the path {line.strip()[:100]!r} leaves the folder"
            gather.skip("annotation without image" if name else "path refused", f"{file}, line {number}", reason)
    return found


def _label_file(file: Path, root: Path, image_folder: Path | None) -> Path:
    """Where the boxes of an image stand, whether there are any or not."""
    beside = file.with_suffix(".txt")
    if image_folder is not None and file.is_relative_to(image_folder):
        return (root / "labels" / beside.relative_to(image_folder)) if (root / "labels").is_dir() else root / beside.name
    return _parallel(beside, root) or beside


def _all_labels(root: Path) -> Iterator[Path]:
    """Every label file in a folder called `labels`."""
    folders = [child_named(root, "labels"), *(child_named(child, "labels") for child in part_folders(root))]
    for folder in folders:
        if folder is not None:
            yield from (file for file in walk_files(folder) if file.suffix == ".txt" and file.name not in NO_LABELS)


def _read_labels(gather: BoxSetBuilder, file: Path, size: tuple[int, int], names: dict[int, str] | None) -> list[RawBox]:
    if not file.is_file():
        return []
    try:
        lines = read_text(file, MAX_LABEL_BYTES).splitlines()
    except DataError as error:
        gather.skip("malformed", file, error.received.removeprefix(f"{file}: "))
        return []
    found = []
    for number, line in enumerate(lines, 1):
        box = _read_line(gather, line.split(), f"{file}, line {number}", size, names) if line.strip() else None
        if box is not None:
            found.append(box)
    return found


def _read_line(gather: BoxSetBuilder, words: list[str], where: str, size: tuple[int, int], names: dict[int, str] | None) -> RawBox | None:
    if len(words) < 5 or len(words) % 2 == 0:
        return gather.skip("malformed", where, f"{len(words)} numbers: neither class cx cy w h, nor a class and points x y of an outline")
    own = to_number(words[0])
    if own != own or own % 1:
        return gather.skip("malformed", where, f"the class {words[0][:40]!r} is no whole number")
    known = {int(own): str(int(own))} if names is None and 0 <= own < MAX_CLASSES else names or {}
    if own not in known:
        return gather.skip("unknown class", where, f"there is no class {words[0][:40]}")
    edges = box_of_shares([to_number(word) for word in words[1:]], size)
    return RawBox([round(edge, DIGITS) for edge in edges], known[int(own)], where)


def write_yolo(boxset: BoxSet, out: Path) -> None:
    """Writes `images/PART`, `labels/PART` (an empty file where there are no objects) and `data.yaml`."""
    places = [part or ("rest" if boxset.parts else "") for part in boxset.part_of()]
    names = place_images(boxset, [out / "images" / place for place in places])
    for place in dict.fromkeys(places):
        (out / "labels" / place).mkdir(parents=True)
    for image, place, name in zip(boxset.images, places, names, strict=True):
        height, width = image.size
        lines = []
        for (xmin, ymin, xmax, ymax), label in zip(image.boxes.tolist(), image.labels, strict=True):
            shares = ((xmin + xmax) / 2 / width, (ymin + ymax) / 2 / height, (xmax - xmin) / width, (ymax - ymin) / height)
            lines.append(f"{label} {' '.join(map(repr, shares))}\n")
        (out / "labels" / place / f"{Path(name).stem}.txt").write_text("".join(lines), encoding="utf-8")
    parts = {part: f"images/{part}" for part in PARTS if part in boxset.parts}
    content = {**parts, "nc": len(boxset.classes), "names": dict(enumerate(boxset.classes))}
    (out / "data.yaml").write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
