"""Annotations of tools that name the images in their files: parsed into records, then joined with images."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from hibiscus.data.boxes.box_reading import BoxReading
from hibiscus.data.boxes.boxset import BoxSet
from hibiscus.data.boxes.image_files import ImageIndex
from hibiscus.data.boxes.resolve import RawBox
from hibiscus.data.boxes.validate import BoxSetBuilder
from hibiscus.data.files import children, find_images, folders_in, part_in_name, read_text
from hibiscus.errors import DataError

__all__ = [
    "Record",
    "annotation_files",
    "build_records",
    "is_of",
    "load_json",
    "peek",
    "read_records",
    "recognized",
]

MAX_JSON_BYTES = 1_000_000_000
PEEK_BYTES = 200_000
FOLDERS = {"annotations", "labels", "json", "xml", "annotation", "labelme", "ann"}


@dataclass
class Record:
    """One image of a file of annotations.

    Args:
        name: the image, as the file names it.
        boxes: its boxes; None if the image has not been annotated.
        where: place in the file, for messages.
        stated: (height, width) that the file states; zeros if unknown.
        other_names: further names to try.
        fault: something to count for this image, with a reason.
    """

    name: str
    boxes: list[RawBox] | None
    where: str
    stated: tuple[float, float] = (0, 0)
    other_names: Sequence[str] = ()
    fault: tuple[str, str] | None = None


def annotation_files(path: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    """The file itself, or the files with these endings in a folder and down to two folders below it."""
    if path.is_file():
        yield from [path] if path.name.lower().endswith(endings) else []
        return
    folders = [path]
    for _ in range(3):
        for folder in folders:
            yield from (file for file in children(folder, endings) if file.is_file())
        folders = [inside for folder in folders for inside in folders_in(folder)]


def peek(file: Path, count: int = PEEK_BYTES) -> bytes:
    """The first and the last `count` bytes of a file."""
    with file.open("rb") as stream:
        text = stream.read(count)
        size = stream.seek(0, 2)
        if size > count:
            stream.seek(max(count, size - count))
            text += stream.read()
    return text


def load_json(file: Path) -> Any:
    """The content of a JSON file.

    Raises:
        DataError: invalid JSON, or too large.
    """
    try:
        return json.loads(read_text(file, MAX_JSON_BYTES))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file}: invalid JSON ({error})", "a JSON file", "export the file again") from None


def is_of(path: Path, endings: tuple[str, ...], recognize: Callable[[bytes], bool], first: int = 20) -> bool:
    """Whether one of the first files with these endings begins as the format does."""
    return any(recognize(peek(file)) for file in islice(annotation_files(path, endings), first))


def recognized(path: Path, endings: tuple[str, ...], recognize: Callable[[bytes], bool]) -> list[Path]:
    """The files with these endings that begin as the format does."""
    return [file for file in annotation_files(path, endings) if recognize(peek(file))]


def read_records(
    path: Path,
    format: str,
    files: Iterable[Path],
    parse: Callable[[Path], Iterable[Record]],
    image_folder: Path | None,
    reading: BoxReading | None,
) -> BoxSet:
    """Parses files into records, and joins them with their images; see `build_records`."""
    return build_records(path, format, ((file, parse(file)) for file in files), image_folder, reading)


def build_records(
    path: Path,
    format: str,
    files: Iterable[tuple[Path, Iterable[Record]]],
    image_folder: Path | None,
    reading: BoxReading | None,
) -> BoxSet:
    """Joins the records of files with their images.

    Raises:
        DataError: no usable image.
    """
    root = _root(path)
    builder = BoxSetBuilder(root, format, image_folder, reading)
    index = ImageIndex([image_folder or root])
    for file, records in files:
        part = part_in_name(file.stem) or (part_in_name(file.parent.name) if file.parent != root else "")
        try:
            for record in records:
                _add(builder, index, file, record, part)
        except DataError as error:
            builder.skip("malformed", file, error.received.removeprefix(f"{file}: "), boxes=1)
        except (AttributeError, TypeError, KeyError, IndexError, ValueError) as error:
            builder.skip("malformed", file, f"its structure is not that of {format} ({error})", boxes=1)
    if unlisted := index.beside(builder.images):
        builder.faults["image without annotation"] += unlisted
    return builder.build()


def _add(builder: BoxSetBuilder, index: ImageIndex, file: Path, record: Record, part: str) -> None:
    near = [file.parent] if builder.image_folder is None else []
    found = [index.locate(name, near, part) for name in (record.name, *record.other_names) if name]
    image, fault = next((pair for pair in found if pair[0] is not None), (None, ""))
    if image is None:
        count = len(record.boxes or ())
        reason = f"image {record.name[:100]} not found, or several have this name; {count} boxes"
        fault = found[0][1] if found else "annotation without image"
        return builder.skip(fault, record.where, reason, count)
    if fault:
        builder.fix(fault, record.where, f"{record.name[:100]} is read as {image}")
    if record.fault:
        builder.fix(record.fault[0], record.where, record.fault[1])
    if record.boxes is None:
        return builder.skip("not annotated", record.where, f"{image.name} has no finished annotation")
    builder.add(image, record.boxes, record.where, _part(part, image), stated=record.stated)
    return None


def _part(part: str, image: Path) -> str:
    """The part that the file of annotations indicates, otherwise the folder of the image."""
    return part or part_in_name(image.parent.name)


def _root(path: Path) -> Path:
    """The folder that holds the images of a file: its own, or the one above a folder for annotations."""
    if path.is_dir():
        return path
    above = path.parent.name.lower() in FOLDERS and not find_images(path.parent)[0]
    return path.parent.parent if above else path.parent
