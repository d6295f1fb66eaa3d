"""YOLO: a text file for each image, in a parallel folder or beside the image; see `yolo_lines` for its lines.

Without an entry in a parallel folder `labels`, an image has no objects, as YOLO itself counts it. Beside the
images, as LabelImg writes them, an image without a text file has not been annotated yet and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from hibiscus.data.boxes.box_reading import BoxReading
from hibiscus.data.boxes.boxset import PARTS, BoxSet
from hibiscus.data.boxes.image_files import ImageIndex, place_images
from hibiscus.data.boxes.validate import MAX_BOXES, BoxSetBuilder, check_classes
from hibiscus.data.boxes.yolo_config import YoloConfig, is_config, read_class_names, read_config
from hibiscus.data.boxes.yolo_lines import Line, check_ids, infer_keypoints, line_to_box
from hibiscus.data.files import (
    IMAGE_ENDINGS,
    child_named,
    children,
    find_images,
    folders_in,
    part_folders,
    part_in_name,
    read_text,
    walk_files,
)
from hibiscus.errors import DataError

__all__ = ["is_yolo_dataset", "read_yolo", "write_yolo"]

MAX_LABEL_BYTES = 100 * MAX_BOXES  # a line takes about 40
MAX_LIST_BYTES = 64_000_000
LABEL_LINE = re.compile(r"\d+(\s+-?\d*\.?\d+(e-?\d+)?){4,}\s*\Z", re.IGNORECASE)
# With a name for a class, or commas; in a folder of labels these are faults of YOLO files, not other files.
FAULTY_LINE = re.compile(r"\S+?([\s,;]+-?\d*[.,]?\d+(e-?\d+)?){4,}\s*\Z", re.IGNORECASE)
NO_LABELS = {"classes.txt", "obj.names", "notes.txt", "readme.txt", "train.txt", "val.txt", "test.txt"}


def is_yolo_dataset(path: Path) -> bool:
    """Whether the file is a `data.yaml`, or the folder has one, or parallel folders of images and labels."""
    if path.is_file():
        return is_config(path)
    return path.is_dir() and (
        _config_file(path) is not None or _has_labels(path) or bool(_folders_beside(path))
    )


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
        if labels is None or not labels.is_dir():
            continue
        if _hold_boxes(children(labels, (".txt",)), FAULTY_LINE):
            return True
    return False


def _hold_boxes(files: list[Path], pattern: re.Pattern[str] = LABEL_LINE) -> bool:
    """Whether the first lines of the first label files that are not empty are those of boxes."""
    files = [file for file in files if file.name.lower() not in NO_LABELS and file.is_file()][:20]
    lines = [line for file in files if (line := _first_line(file).strip())]
    return bool(files) and all(map(pattern.match, lines))


def _folders_beside(folder: Path) -> list[tuple[Path, str]]:
    """The folders with label files beside images, and their parts: the folder itself, or folders in it."""
    for folders in ([folder], folders_in(folder)):
        found = []
        for place in folders:
            texts = children(place, (".txt",))
            names = {file.stem for file in children(place, tuple(IMAGE_ENDINGS))} if texts else set()
            labels = [file for file in texts if file.stem in names]
            if any(file.stat().st_size for file in labels) and _hold_boxes(labels):
                found.append((place, part_in_name(place.name) if place != folder else ""))
        if found:
            return found
    return []


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


def read_yolo(path: Path, image_folder: Path | None = None, reading: BoxReading | None = None) -> BoxSet:
    """Reads a YOLO folder or its `data.yaml`; see `read_boxes`."""
    root = path.parent if path.is_file() else path
    builder = BoxSetBuilder(root, "yolo", image_folder, reading)
    file = path if path.is_file() else _config_file(root)
    config = read_config(builder, file, root) if file is not None else YoloConfig()
    beside = [] if file is not None or _has_labels(root) else _folders_beside(root)
    if config.names is None:
        config.names = read_class_names([root, root / "labels", *(folder for folder, _ in beside)])
    images = _unique(builder, _images(builder, config, root, image_folder, beside))
    labels = {
        image: _any_case(image.with_suffix(".txt") if beside else _label_file(image, root, image_folder))
        for image in images
    }
    lines = {image: _read_lines(builder, label) for image, label in labels.items()}
    every = [line for found in lines.values() for line in found or ()]
    check_ids(every, config.names, str(file or root))
    keypoints = infer_keypoints(builder, every, config.keypoints)
    highest = -1
    for image, part in images.items():
        found = lines[image]
        if found is None and beside:
            builder.skip("image without annotation", image, f"no {labels[image].name} beside it")
            continue
        if found is None:
            builder.faults["image without label file"] += 1
        boxes = [line_to_box(words, where, config.names, keypoints) for words, where in found or ()]
        highest = max([highest, *(int(box.label) for box in boxes if config.names is None and box.label)])
        builder.add(image, boxes, labels[image], part)
    for label in sorted(set(_all_labels(root, beside)) - set(labels.values())):
        count = len(_read_lines(builder, label) or ())
        builder.skip("annotation without image", label, "no image with this name", count)
    _note_oddities(builder, config.names, list(labels.values()))
    numbers = [str(number) for number in range(highest + 1)]
    names = numbers if config.names is None else list(config.names.values())
    return builder.build(check_classes(names, root))


def _note_oddities(builder: BoxSetBuilder, names: dict[int, str] | None, labels: list[Path]) -> None:
    """Notes label files of two images, classes of one name, and missing names."""
    shared = len(labels) - len(set(labels))
    if shared:
        builder.notes.append(
            f"images with the label file of another image, whose boxes they share: {shared:,}"
        )
    if names is not None and len(set(names.values())) < len(names):
        builder.notes.append("classes of the same name are one class")
    if names is None:
        builder.notes.append("no file names the classes, so their numbers serve as names")


def _unique(builder: BoxSetBuilder, images: Iterator[tuple[Path, str]]) -> dict[Path, str]:
    """The part of each image, the first one if it occurs in two."""
    part_of: dict[Path, str] = {}
    for image, part in images:
        first = part_of.setdefault(image, part)
        if first != part:
            builder.fix("in two parts", image, f"occurs in {first or 'no part'} and in {part or 'no part'}")
    return part_of


def _images(
    builder: BoxSetBuilder,
    config: YoloConfig,
    root: Path,
    image_folder: Path | None,
    beside: list[tuple[Path, str]],
) -> Iterator[tuple[Path, str]]:
    """The images and their parts: first those that `data.yaml` names, then those in the other folders."""
    yielded: set[Path] = set()
    for part in PARTS:
        for path in config.parts.get(part, []):
            files = find_images(path)[0] if path.is_dir() else _listed(builder, path, image_folder or root)
            yielded.update(files)
            yield from ((file, part) for file in files)
    named = {path.resolve() for paths in config.parts.values() for path in paths}
    folders = beside or list(_image_folders(root))
    folders = folders if image_folder is None else [(image_folder, "")]
    for folder, part in folders:
        covered: dict[Path, bool] = {}
        for file in find_images(folder)[0]:
            parent = file.parent
            if parent not in covered:
                covered[parent] = any(path in named for path in [parent.resolve(), *parent.resolve().parents])
            if covered[parent] or file in yielded:
                continue
            if not named or _label_file(file, root, image_folder).is_file():
                yield file, (part_in_name(parent.name) or part) if image_folder is not None else part


def _listed(builder: BoxSetBuilder, file: Path, folder: Path) -> list[Path]:
    """The images that a list names, one path per line."""
    index, images = ImageIndex([folder]), []
    for number, line in enumerate(read_text(file, MAX_LIST_BYTES).splitlines(), 1):
        text = line.strip()
        if not text:
            continue
        where = f"{file}, line {number}"
        image, fault = index.locate(text, [file.parent])
        if image is None:
            builder.skip(fault, where, f"image {text[:100]} not found in this folder")
            continue
        images.append(image)
        if fault:
            builder.fix(fault, where, f"{text[:100]} is read as {image}")
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


def _any_case(file: Path) -> Path:
    """The file, or the one whose extension is in upper case."""
    upper = file.with_suffix(file.suffix.upper())
    return upper if not file.is_file() and upper.is_file() else file


def _all_labels(root: Path, beside: list[tuple[Path, str]]) -> Iterator[Path]:
    """All label files in folders named `labels`, and beside images."""
    folders = [child_named(root, "labels"), *(child_named(child, "labels") for child in part_folders(root))]
    files = [file for folder in folders if folder is not None for file in walk_files(folder)]
    files += [file for folder, _ in beside for file in children(folder, (".txt",)) if _hold_boxes([file])]
    yield from (file for file in files if file.suffix == ".txt" and file.name.lower() not in NO_LABELS)


def _read_lines(builder: BoxSetBuilder, file: Path) -> list[Line] | None:
    """The lines of a label file as words, without empty ones; None if there is no file."""
    if not file.is_file():
        return None
    try:
        lines = read_text(file, MAX_LABEL_BYTES).splitlines()
    except DataError as error:
        builder.skip("malformed", file, error.received.removeprefix(f"{file}: "), boxes=1)
        return []
    return [(line.split(), f"{file}, line {n}") for n, line in enumerate(lines, 1) if line.strip()]


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
