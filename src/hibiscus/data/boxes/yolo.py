"""YOLO: a text file for each image in a parallel folder, with lines `class cx cy w h` of fractions.

A line may hold a polygon instead, `class x y x y x y ...`; its bounding box is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from hibiscus.data.boxes.boxset import PARTS, BoxSet
from hibiscus.data.boxes.image_files import ImageIndex, place_images
from hibiscus.data.boxes.validate import (
    MAX_BOXES,
    MAX_CLASSES,
    BoxSetBuilder,
    RawBox,
    check_classes,
    to_number,
    to_pixel_edges,
)
from hibiscus.data.boxes.yolo_config import YoloConfig, is_config, read_class_names, read_config
from hibiscus.data.files import (
    child_named,
    children,
    find_images,
    folders_in,
    part_folders,
    part_in_name,
    read_text,
    safe_relative,
    walk_files,
)
from hibiscus.data.images.headers import image_size
from hibiscus.errors import DataError

__all__ = ["is_yolo_dataset", "read_yolo", "write_yolo"]

MAX_LABEL_BYTES = 100 * MAX_BOXES  # a line takes about 40
MAX_LIST_BYTES = 64_000_000
# of a pixel; the rounding errors of the fractions are smaller, so whole pixels are restored exactly
DIGITS = 9
LABEL_LINE = re.compile(r"\d+(\s+-?\d*\.?\d+(e-?\d+)?){4,}\s*\Z", re.IGNORECASE)
NO_LABELS = {"classes.txt", "obj.names", "notes.txt", "readme.txt"}


def is_yolo_dataset(path: Path) -> bool:
    """Whether the file is a `data.yaml`, or the folder has one, or parallel folders of images and labels."""
    if path.is_file():
        return is_config(path)
    return path.is_dir() and (_config_file(path) is not None or _has_labels(path))


def _config_file(folder: Path) -> Path | None:
    """The `data.yaml` of a folder, or another file with such content."""
    files = [file for file in children(folder, (".yaml", ".yml")) if is_config(file)]
    standard = folder / "data.yaml"
    if standard in files or (not files and standard.is_file() and _has_labels(folder)):
        return standard
    return files[0] if files else None


def _has_labels(folder: Path) -> bool:
    """Whether there are parallel folders, and the first label files contain boxes."""
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


def _parallel(path: Path, root: Path) -> Path | None:
    """The same path with the last `images` replaced by `labels`; None if there is none inside the root."""
    parts = list(path.relative_to(root).parts) if path.is_relative_to(root) else []
    index = next((i for i in reversed(range(len(parts))) if parts[i].lower() == "images"), None)
    return None if index is None else root.joinpath(*parts[:index], "labels", *parts[index + 1 :])


def read_yolo(path: Path, image_folder: Path | None = None) -> BoxSet:
    """Reads a YOLO folder or its `data.yaml`; see `read_boxes`."""
    root = path.parent if path.is_file() else path
    builder = BoxSetBuilder(root, "yolo", image_folder)
    file = path if path.is_file() else _config_file(root)
    config = read_config(builder, file, root) if file is not None else YoloConfig()
    if config.names is None:
        config.names = read_class_names(root)
    used: set[Path] = set()
    highest = -1
    for image, part in _images(builder, config, root, image_folder):
        label = _label_file(image, root, image_folder)
        if image in builder.images:
            first = builder.images[image][2]
            if first != part:
                builder.fix(
                    "in two parts", image, f"occurs in {first or 'no part'} and in {part or 'no part'}"
                )
            continue
        size = image_size(image)
        used.add(label)
        boxes = _read_labels(builder, label, size or (1, 1), config.names)
        if not label.is_file():
            builder.faults["image without annotation"] += 1
        highest = max([highest, *(int(box.label) for box in boxes if config.names is None)])
        builder.add(image, boxes, label, part, size)
    for label in sorted(set(_all_labels(root)) - used):
        builder.skip("annotation without image", label, "no image with this name")
    if config.names is None:
        builder.notes.append("no file names the classes, so their numbers serve as names")
    numbers = [str(number) for number in range(highest + 1)]
    names = numbers if config.names is None else list(config.names.values())
    return builder.build(check_classes(names, root))


def _images(
    builder: BoxSetBuilder, config: YoloConfig, root: Path, image_folder: Path | None
) -> Iterator[tuple[Path, str]]:
    """The images and their parts: first those that `data.yaml` names, then those in the other folders."""
    for part in PARTS:
        for path in config.parts.get(part, []):
            files = find_images(path)[0] if path.is_dir() else _listed(builder, path, image_folder or root)
            yield from ((file, part) for file in files)
    named = {path.resolve() for paths in config.parts.values() for path in paths}
    folders = list(_image_folders(root)) if image_folder is None else [(image_folder, "")]
    for folder, part in folders:
        covered: dict[Path, bool] = {}
        for file in find_images(folder)[0]:
            parent = file.parent
            if parent not in covered:
                covered[parent] = any(path in named for path in [parent.resolve(), *parent.resolve().parents])
            if covered[parent] or file in builder.images:
                continue
            if not named or _label_file(file, root, image_folder).is_file():
                yield file, (part_in_name(parent.name) or part) if image_folder is not None else part


def _listed(builder: BoxSetBuilder, file: Path, folder: Path) -> list[Path]:
    """The images that a list names, one path per line."""
    index, images = ImageIndex([folder]), []
    for number, line in enumerate(read_text(file, MAX_LIST_BYTES).splitlines(), 1):
        name, text = safe_relative(line), line.strip()[:100]
        image = index.find(name, [file.parent]) if name else None
        if image is not None:
            images.append(image)
        elif text:
            reason = f"image {text} not found" if name else f"the path {text!r} points outside the folder"
            fault = "annotation without image" if name else "path refused"
            builder.skip(fault, f"{file}, line {number}", reason)
    return images


def _label_file(file: Path, root: Path, image_folder: Path | None) -> Path:
    """The path of the boxes of an image, whether the file exists or not."""
    beside = file.with_suffix(".txt")
    if image_folder is not None and file.is_relative_to(image_folder):
        return (
            (root / "labels" / beside.relative_to(image_folder))
            if (root / "labels").is_dir()
            else root / beside.name
        )
    return _parallel(beside, root) or beside


def _all_labels(root: Path) -> Iterator[Path]:
    """All label files in folders named `labels`."""
    folders = [child_named(root, "labels"), *(child_named(child, "labels") for child in part_folders(root))]
    for folder in folders:
        if folder is not None:
            yield from (
                file for file in walk_files(folder) if file.suffix == ".txt" and file.name not in NO_LABELS
            )


def _read_labels(
    builder: BoxSetBuilder, file: Path, size: tuple[int, int], names: dict[int, str] | None
) -> list[RawBox]:
    if not file.is_file():
        return []
    try:
        lines = read_text(file, MAX_LABEL_BYTES).splitlines()
    except DataError as error:
        builder.skip("malformed", file, error.received.removeprefix(f"{file}: "))
        return []
    boxes = []
    for number, line in enumerate(lines, 1):
        where = f"{file}, line {number}"
        box = _read_line(builder, line.split(), where, size, names) if line.strip() else None
        if box is not None:
            boxes.append(box)
    return boxes


def _read_line(
    builder: BoxSetBuilder, words: list[str], where: str, size: tuple[int, int], names: dict[int, str] | None
) -> RawBox | None:
    if len(words) < 5 or len(words) % 2 == 0:
        reason = f"{len(words)} numbers, expected class cx cy w h, or a class and the points x y of a polygon"
        return builder.skip("malformed", where, reason)
    number = to_number(words[0])
    if number != number or number % 1:
        return builder.skip("malformed", where, f"the class {words[0][:40]!r} is not an integer")
    known = {int(number): str(int(number))} if names is None and 0 <= number < MAX_CLASSES else names or {}
    if number not in known:
        return builder.skip("unknown class", where, f"unknown class {words[0][:40]}")
    edges = to_pixel_edges([to_number(word) for word in words[1:]], size)
    return RawBox([round(edge, DIGITS) for edge in edges], known[int(number)], where)


def write_yolo(boxset: BoxSet, out: Path) -> None:
    """Writes `images/PART`, `labels/PART` (an empty file for an image without objects) and `data.yaml`."""
    folders = [part or ("rest" if boxset.parts else "") for part in boxset.part_of()]
    names = place_images(boxset, [out / "images" / folder for folder in folders])
    for folder in dict.fromkeys(folders):
        (out / "labels" / folder).mkdir(parents=True)
    for image, folder, name in zip(boxset.images, folders, names, strict=True):
        height, width = image.size
        lines = []
        for (xmin, ymin, xmax, ymax), label in zip(image.boxes.tolist(), image.labels, strict=True):
            center = ((xmin + xmax) / 2 / width, (ymin + ymax) / 2 / height)
            lines.append(
                f"{label} {' '.join(map(repr, (*center, (xmax - xmin) / width, (ymax - ymin) / height)))}\n"
            )
        (out / "labels" / folder / f"{Path(name).stem}.txt").write_text("".join(lines), encoding="utf-8")
    parts = {part: f"images/{part}" for part in PARTS if part in boxset.parts}
    content = {**parts, "nc": len(boxset.classes), "names": dict(enumerate(boxset.classes))}
    (out / "data.yaml").write_text(
        yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8"
    )
