"""Folders of texts: one folder per class, with or without train and test folders."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from hibiscus.data.dataset import Dataset, Skipped, check_bad_files
from hibiscus.data.encoding import decode_bytes
from hibiscus.data.files import IMAGE_ENDINGS, find_parts, readable_name, walk_files
from hibiscus.data.keys import frame_keys
from hibiscus.data.memory_limit import check_memory
from hibiscus.data.parts import items_by_part
from hibiscus.errors import DataError
from hibiscus.plurals import plural

__all__ = ["holds_texts", "open_text_folder"]

READING = 12  # bytes of memory for each byte of text


def holds_texts(folder: Path) -> bool:
    """Whether a folder has text files in subfolders and no images; the search stops at the first image."""
    has_texts = False
    for file in walk_files(folder):
        if file.suffix.lower() in IMAGE_ENDINGS:
            return False
        has_texts = has_texts or (file.suffix.lower() == ".txt" and file.parent != folder)
    return has_texts


def open_text_folder(folder: Path, max_bad_fraction: float = 0.05) -> Dataset:
    """Opens a folder of texts: `folder/class/*.txt`, or `folder/train/class/*.txt` with `folder/test`.

    Raises:
        DataError: no text in a class folder, or too many unreadable files.
    """
    import pandas

    rows, bad, encodings = _read_texts(folder)
    if bad:
        check_bad_files(str(folder), bad, len(rows) + len(bad), max_bad_fraction)
    if not rows:
        fix = "put the texts of each class in a folder of its own"
        raise DataError(f"{folder}: no text in a class folder", "folder/class/*.txt", fix)
    frame = pandas.DataFrame({"text": [row[3] for row in rows]})
    names = np.array([row[1] for row in rows])
    return Dataset(
        name=folder.resolve().name,
        path=str(folder),
        fields={"table": frame, "label": np.array([row[2] for row in rows])},
        ids=[row[0] for row in rows],
        keys=frame_keys(frame),
        parts=items_by_part(names),
        roles={"text": "text"},
        notes=[
            f"{plural(count, 'file is', 'files are')} not UTF-8 and read as {encoding}"
            for encoding, count in encodings.items()
            if encoding != "UTF-8"
        ],
        skipped=bad,
    )


def _read_texts(folder: Path) -> tuple[list[tuple[str, str, str, str]], list[Skipped], Counter[str]]:
    """The name, part, class and text of each file; those that cannot be read; and how often each encoding is.

    Raises:
        DataError: all texts together are too large for the memory.
    """
    parts = find_parts(folder)
    rows: list[tuple[str, str, str, str]] = []
    bad: list[Skipped] = []
    encodings = Counter[str]()
    size = 0
    for root, part in (parts or {folder: ""}).items():
        for file in walk_files(root):
            inside = file.relative_to(root).parts
            if file.suffix.lower() != ".txt" or len(inside) < 2:
                continue
            try:
                size += file.stat().st_size
                check_memory(folder, size, factor=READING)
                text, encoding = decode_bytes(file.read_bytes())
            except OSError as error:
                bad.append(Skipped(str(file), f"{file}: cannot be read ({error.strerror})"))
                continue
            if "\0" in text:
                bad.append(Skipped(str(file), f"{file}: not a text (it contains null characters)"))
                continue
            encodings[encoding] += 1
            rows.append((file.relative_to(folder).as_posix(), part, readable_name(inside[0]), text))
    return rows, bad, encodings
