"""Files and folders of datasets, traversed in a fixed order and read up to a size limit."""

from __future__ import annotations

import functools
import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from hibiscus.data.images.codecs import IMAGE_ENDINGS
from hibiscus.data.memory_limit import check_memory, check_text
from hibiscus.errors import DataError

__all__ = [
    "IMAGE_ENDINGS",
    "MASK_FOLDERS",
    "PART_NAMES",
    "child_named",
    "children",
    "decode_text",
    "find_images",
    "find_parts",
    "folder_part",
    "folders_in",
    "is_hidden",
    "is_image_name",
    "part_folders",
    "part_in_name",
    "read_bytes",
    "read_text",
    "readable_name",
    "relative_names",
    "safe_relative",
    "walk_entries",
    "walk_files",
]

PER_BYTE, PER_VALUE = 3, 64  # bytes of memory for annotations as text and as parsed numbers and names
PART_NAMES = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
SET_WORDS = r"(?:[ _-]?(?:set|data|images|imgs|photos|pictures|folder|split|part))?"  # train_set, test-images
# What systems add to folders; @eaDir (Synology) even holds small copies of the images.
SYSTEM_NAMES = {"__macosx", "thumbs.db", "desktop.ini", "@eadir", "$recycle.bin", "system volume information",
                "lost+found", "__pycache__", "icon\r"}  # fmt: skip
MASK_FOLDERS = (
    "masks", "mask", "labels", "label", "annotations", "annot",
    "segmentation", "segmentationclass", "gt", "labelids", "gtfine", "groundtruth", "ground_truth",
    "ground-truth", "segmentations", "segmaps", "label_images", "mask_images", "1st_manual", "mattes",
)  # fmt: skip


def is_hidden(name: str) -> bool:
    """Whether a file or folder is silently ignored: dot files, and what operating systems add to folders."""
    return name.startswith(".") or name.lower() in SYSTEM_NAMES


def walk_files(folder: Path) -> Iterator[Path]:
    """All files in a folder in a fixed order, except hidden ones; see `walk_entries`.

    Raises:
        DataError: a folder without read permission.
    """
    return (Path(entry.path) for entry in walk_entries(folder))


def walk_entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Everything in a folder that is not a folder, in a fixed order, except what is hidden.

    Links are followed, but each real folder is visited once, and folders that contain `folder` are not, so
    that a link cannot lead into a loop or through the whole disk.

    Raises:
        DataError: a folder without read permission.
    """
    top, visited = os.path.realpath(folder), set()
    waiting = [str(folder)]
    while waiting:
        place = waiting.pop()
        real = os.path.realpath(place)
        if real in visited or (place != str(folder) and _contains(real, top)):
            continue
        visited.add(real)
        try:
            with os.scandir(place) as entries:
                found = sorted((one for one in entries if not is_hidden(one.name)), key=lambda one: one.name)
        except OSError as error:
            received = f"{place}: cannot be read ({error.strerror})"
            raise DataError(received, "a readable folder", "check its permissions") from None
        folders = []
        for one in found:
            if _leads_to(one.is_dir):
                folders.append(one.path)
            else:
                yield one
        waiting += reversed(folders)


def _leads_to(check: Callable[[], bool]) -> bool:
    """Whether an entry is what `check` says; not if it is a link that leads to itself."""
    try:
        return check()
    except OSError:
        return False


def _contains(outer: str, inner: str) -> bool:
    """Whether a real path is that of a folder, or of one around it."""
    return os.path.join(inner, "").startswith(os.path.join(outer, ""))


def is_image_name(file: Path) -> bool:
    """Whether the name ends like that of an image."""
    # Not `file.suffix`, which takes several times as long.
    return os.path.splitext(os.fspath(file))[1].lower() in IMAGE_ENDINGS


def relative_names(files: Iterable[Path], folder: Path) -> list[str]:
    """The paths of files inside a folder, relative to it and with `/`."""
    start = os.path.join(folder, "")
    texts = map(os.fspath, files)
    if os.fspath(folder) == os.curdir:  # which the paths of files do not begin with
        return [text.replace(os.sep, "/") for text in texts]
    return [
        text[len(start) :].replace(os.sep, "/")
        if text.startswith(start)
        else Path(text).relative_to(folder).as_posix()
        for text in texts
    ]


def readable_name(name: str) -> str:
    r"""A file name as text: bytes that are not valid UTF-8 become escapes, as in `caf\xe9`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def find_images(folder: Path) -> tuple[list[Path], int]:
    """All image files in a folder in a fixed order, and the number of other files."""
    images: list[Path] = []
    others = 0
    for file in walk_files(folder):
        if is_image_name(file):
            images.append(file)
        else:
            others += 1
    return images, others


def find_parts(folder: Path) -> dict[Path, str]:
    """The part of each folder that is one; without a train folder there are none: `test` is a class.

    A folder that contains only one folder, and no images, is descended into, as archives are often packed
    that way.
    """
    folders = folders_in(folder)
    parts = {child: part for child in folders if (part := folder_part(child.name))}
    if "train" in parts.values():
        return parts
    wrapped = len(folders) == 1 and not folders[0].is_symlink() and not children(folder, tuple(IMAGE_ENDINGS))
    return find_parts(folders[0]) if wrapped else {}


@functools.lru_cache(1024)
def folder_part(name: str) -> str:
    """The part that a folder is named after (`train`, `Validation`, `test_set`), or `""`."""
    match = re.fullmatch(rf"({'|'.join(PART_NAMES)}){SET_WORDS}", name.lower())
    return PART_NAMES[match[1]] if match else ""


def children(folder: Path, endings: tuple[str, ...] = ()) -> list[Path]:
    """The entries of a folder, sorted, except hidden ones; only those with the given endings, if any."""
    names = os.listdir(folder) if folder.is_dir() else []
    chosen = [name for name in names if not endings or name.lower().endswith(endings)]
    return [folder / name for name in sorted(chosen) if not is_hidden(name)]


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder, sorted, without hidden ones and links to itself or to a folder around it."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        inside = sorted((one for one in entries if _leads_to(one.is_dir)), key=lambda one: one.name)
        return [
            folder / one.name
            for one in inside
            if not is_hidden(one.name)
            and not (one.is_symlink() and _contains(os.path.realpath(one.path), os.path.realpath(folder)))
        ]


def child_named(folder: Path, *names: str) -> Path | None:
    """The first folder inside with one of these names, ignoring case."""
    known = {child.name.lower(): child for child in folders_in(folder)}
    return next((known[name.lower()] for name in names if name.lower() in known), None)


def part_folders(folder: Path) -> list[Path]:
    """The folders inside that are named after a part."""
    return [child for child in folders_in(folder) if part_in_name(child.name)]


def part_in_name(name: str) -> str:
    """The part that a file or folder name indicates (`instances_val2017`, `labels_train`), or `""`."""
    words = re.findall(r"[a-z]+", name.lower())
    return next((PART_NAMES[word] for word in words if word in PART_NAMES), "")


def read_bytes(file: Path, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes.

    Raises:
        DataError: larger, not a regular file, not readable, or too large for the memory once it is parsed.
    """
    if not file.is_file():  # a pipe would block forever
        raise DataError(f"{file}: not a file", "a file with annotations", "check the path")
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            check_memory(file, min(limit, size))
            data = stream.read(limit) if size <= limit else b""
    except OSError as error:
        received = f"{file}: cannot be read ({error.strerror or error})"
        raise DataError(received, "a readable file", "check its permissions") from None
    if size > limit:
        received = f"{file}: larger than the limit for annotations ({size:,} bytes)"
        raise DataError(received, f"at most {limit:,} bytes", "split it into several files")
    check_text(file, data, PER_BYTE, PER_VALUE)
    return data


def read_text(file: Path, limit: int) -> str:
    """The text of a file; see `decode_text` for the encoding and `read_bytes` for the errors."""
    return decode_text(read_bytes(file, limit))


def safe_relative(name: str) -> str | None:
    """A relative path with `/`; None for one that leaves its folder: absolute, with a drive, or with `..`."""
    text = name.strip().replace("\\", "/")
    bad = not text or "\0" in text or text.startswith("/") or re.match(r"[A-Za-z]:", text) or "://" in text
    parts = PurePosixPath("" if bad else posixpath.normpath(text)).parts
    return None if bad or ".." in parts or not parts else "/".join(parts)


def decode_text(data: bytes) -> str:
    """Text in UTF-8 (with or without a BOM), otherwise in Windows-1252, which accepts any byte."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
