"""The `data.yaml` of a YOLO dataset: its class names and the paths of its parts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from hibiscus.data.boxes.validate import MAX_CLASSES, BoxSetBuilder, clean_name
from hibiscus.data.files import part_in_name, read_text, safe_relative
from hibiscus.errors import DataError

__all__ = ["YoloConfig", "is_config", "read_class_names", "read_config"]

MAX_YAML_BYTES = 1_000_000


@dataclass
class YoloConfig:
    """The content of `data.yaml`: class names by number (None if it has none), the paths of each part, and
    the number and dimensions of keypoints, if it states them.
    """

    names: dict[int, str] | None = None
    parts: dict[str, list[Path]] = field(default_factory=dict)
    keypoints: tuple[int, int] | None = None


def is_config(file: Path) -> bool:
    """Whether a file is a YOLO `data.yaml`, whatever its name."""
    is_yaml = file.suffix.lower() in (".yaml", ".yml") and file.is_file()
    if not is_yaml or file.stat().st_size > MAX_YAML_BYTES:
        return False
    text = read_text(file, MAX_YAML_BYTES)
    return bool(
        re.search(r"^(names|nc)\s*:", text, re.MULTILINE)
        and re.search(r"^(train|val)\s*:", text, re.MULTILINE)
    )


def read_config(builder: BoxSetBuilder, file: Path, root: Path) -> YoloConfig:
    """Reads a `data.yaml`; paths in it are relative to its `path`, or to the root.

    Raises:
        DataError: invalid YAML, invalid class names, or paths that do not exist or leave the folder.
    """
    expected, fix = "names, train and val", "export the file again"
    try:
        content = yaml.safe_load(read_text(file, MAX_YAML_BYTES))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise DataError(f"{file}: invalid YAML ({str(error)[:200]})", expected, fix) from None
    if not isinstance(content, dict):
        raise DataError(f"{file}: contains no mapping", expected, fix)
    config = YoloConfig(_names(file, content.get("names"), content.get("nc")))
    match content.get("kpt_shape"):
        case [int(count), 2 | 3 as dimensions]:
            config.keypoints = (count, dimensions)
    if config.names is not None and isinstance(content.get("nc"), int) and content["nc"] != len(config.names):
        builder.notes.append(
            f"{file.name}: nc differs from the number of names, {len(config.names)}; the names are used"
        )
    base = root
    if content.get("path") not in (None, "", "."):
        inside = safe_relative(content["path"]) if isinstance(content["path"], str) else None
        if inside is not None and (root / inside).is_dir():
            base = root / inside
        else:
            builder.notes.append(f"{file.name}: its path is not inside this folder and was ignored")
    for key in ("train", "val", "valid", "test"):
        entry = content.get(key)
        for path in entry if isinstance(entry, list) else [entry]:
            if isinstance(path, str) and path:  # nothing else is formatted, as nested aliases can be endless
                config.parts.setdefault(part_in_name(key), []).append(_inside(builder, file, base, path))
    return config


def _inside(builder: BoxSetBuilder, file: Path, base: Path, path: str) -> Path:
    """The location of a path in the file; Roboflow's `../train/images` means `train/images` beside the file,
    and a path of another machine is found by its end.

    Raises:
        DataError: it leaves the folder, or does not exist.
    """
    name = safe_relative(path)
    if name is None:
        words = [word for word in re.split(r"[\\/]", path) if word not in ("", ".", "..") and ":" not in word]
        ends = ["/".join(words[start:]) for start in range(len(words))]
        inside = next((end for end in ends if safe_relative(end) and (base / end).exists()), None)
        if inside is None:
            received = f"{file}: the path {path[:100]!r} points outside the folder"
            raise DataError(received, "paths inside the folder of the data", "write train: images/train")
        builder.notes.append(f"{file.name}: {path[:200]} is read as {inside}")
        return base / inside
    if not (base / name).exists():
        fix = "correct the path, or remove its line"
        raise DataError(f"{file}: {name} does not exist", "folders of images for train and val", fix)
    return base / name


def _names(file: Path, names: Any, count: Any) -> dict[int, str] | None:
    if names is None and isinstance(count, int) and 0 < count <= MAX_CLASSES:
        return {number: str(number) for number in range(count)}
    if names is None:
        return None
    items = names.items() if isinstance(names, dict) else enumerate(names) if isinstance(names, list) else ()
    pairs = list(items)
    valid = all(type(key) is int and _is_name(name) for key, name in pairs)
    if not pairs or not valid or len(pairs) > MAX_CLASSES:
        received = f"{file}: its names are a {type(names).__name__} with {len(pairs):,} entries"
        expected = f"a list of 1 to {MAX_CLASSES} names, or numbers with names"
        raise DataError(received, expected, "names: [cat, dog]")
    return {key: clean_name(name) for key, name in sorted(pairs)}


def _is_name(name: Any) -> bool:
    """Whether a class name is a text, or a number of reasonable length."""
    is_text = isinstance(name, str | float) or (isinstance(name, int) and abs(name) < 10**15)
    return is_text and bool(clean_name(name))


def read_class_names(folders: Iterable[Path]) -> dict[int, str] | None:
    """The class names in a `classes.txt`, one per line, numbered from 0, in the first folder with one."""
    names = ("classes.txt", "obj.names", "_darknet.labels")
    files = (folder / name for folder in folders for name in names)
    file = next((file for file in files if file.is_file()), None)
    text = read_text(file, MAX_YAML_BYTES) if file else ""
    return {i: name for i, line in enumerate(text.splitlines()) if (name := clean_name(line))} or None
