"""Folders of texts: one folder per class or none, with or without train and test folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from hibiscus.data.dataset import Dataset, Skipped, check_bad_files
from hibiscus.data.files import IMAGE_ENDINGS, find_parts, readable_name, walk_files
from hibiscus.data.memory_limit import check_memory
from hibiscus.data.parts import items_by_part
from hibiscus.data.text.corpus import text_dataset
from hibiscus.data.text.text_files import MEMORY, TextFile, encoding_notes, read_text_file
from hibiscus.errors import DataError
from hibiscus.plurals import plural

__all__ = ["holds_texts", "is_flat", "open_text_folder"]


def holds_texts(folder: Path) -> bool:
    """Whether a folder has text files in subfolders and no images; the search stops at the first image."""
    has_texts = False
    for file in walk_files(folder):
        if file.suffix.lower() in IMAGE_ENDINGS:
            return False
        has_texts = has_texts or (file.suffix.lower() == ".txt" and file.parent != folder)
    return has_texts


def is_flat(folder: Path) -> bool:
    """Whether a folder holds texts themselves, at least as many as other files, and no images."""
    files = [*walk_files(folder)]
    if any(file.suffix.lower() in IMAGE_ENDINGS for file in files):
        return False
    counts = Counter(file.suffix.lower() for file in files if file.parent == folder)
    return counts[".txt"] > 0 and 2 * counts[".txt"] >= counts.total()


def open_text_folder(folder: Path, max_bad_fraction: float = 0.05, encoding: str | None = None) -> Dataset:
    """Opens a folder of texts: `folder/class/*.txt`, or `folder/train/class/*.txt` with `folder/test`.

    If no text lies in the folder of a class, as in `folder/*.txt` or `folder/train/*.txt`, the texts have no
    label.

    Args:
        folder: with the texts.
        max_bad_fraction: the largest fraction of the files that may be unusable.
        encoding: of the texts; detected by default.

    Raises:
        DataError: no text, or too many unusable files.
    """
    files, labeled = _text_files(folder)
    read, bad = _read_texts(folder, files, encoding)
    if bad:
        check_bad_files(str(folder), bad, len(files), max_bad_fraction)
    if not read:
        fix = "put the texts of each class in a folder of its own"
        raise DataError(f"{folder}: no text in it", "folder/class/*.txt, or folder/*.txt", fix)
    kept = [files[file.path] for file in read]
    notes = encoding_notes(read)
    if empty := [file for file in read if not file.text.strip()]:
        first = empty[0].path.relative_to(folder)
        notes.append(
            f"{plural(len(empty), 'text is', 'texts are')} empty (first: {readable_name(str(first))})"
        )
    return text_dataset(
        folder.resolve().name,
        str(folder),
        [file.text for file in read],
        [file.path.relative_to(folder).as_posix() for file in read],
        parts=items_by_part(np.array([part for part, _ in kept])),
        notes=notes,
        skipped=bad,
        fields={"label": np.array([label for _, label in kept])} if labeled else None,
    )


def _text_files(folder: Path) -> tuple[dict[Path, tuple[str, str]], bool]:
    """The part and the class of each text, and whether they have classes; then those without are left out."""
    files: dict[Path, tuple[str, str]] = {}
    for root, part in (find_parts(folder) or {folder: ""}).items():
        for file in walk_files(root):
            if file.suffix.lower() == ".txt":
                inside = file.relative_to(root).parts
                files[file] = part, readable_name(inside[0]) if len(inside) > 1 else ""
    labeled = {file: found for file, found in files.items() if found[1]}
    return labeled or files, bool(labeled)


def _read_texts(
    folder: Path, files: Iterable[Path], encoding: str | None
) -> tuple[list[TextFile], list[Skipped]]:
    """The texts, and the files that are none.

    Raises:
        DataError: all texts together are too large for the memory.
    """
    read: list[TextFile] = []
    bad: list[Skipped] = []
    size = 0
    for file in files:
        try:
            size += file.stat().st_size
        except OSError as error:
            bad.append(Skipped(str(file), f"{file}: cannot be read ({error.strerror})"))
            continue
        check_memory(folder, size, factor=MEMORY)
        try:
            read.append(read_text_file(file, encoding))
        except DataError as error:
            bad.append(Skipped(str(file), error.received))
    return read, bad
