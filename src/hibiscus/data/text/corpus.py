"""Texts without labels as datasets: a folder of texts, the lines of a file, or one continuous text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from hibiscus.data.dataset import Dataset, Skipped
from hibiscus.data.keys import frame_keys
from hibiscus.data.text.text_files import TextFile, encoding_notes, read_text_file, text_lines
from hibiscus.errors import DataError
from hibiscus.plurals import plural

__all__ = ["COLUMN", "open_continuous", "open_lines", "text_dataset"]

COLUMN = "text"  # of texts that come without a table
BLOCK = 1000  # characters of a block of a continuous text
MIN_BLOCKS = 200  # if the text is long enough for blocks of
MIN_BLOCK = 100  # characters


def text_dataset(
    name: str,
    path: str,
    texts: Sequence[str],
    ids: Sequence[str],
    *,
    column: str = COLUMN,
    parts: dict[str, np.ndarray] | None = None,
    notes: Sequence[str] = (),
    skipped: Sequence[Skipped] = (),
    fields: Mapping[str, np.ndarray] | None = None,
) -> Dataset:
    """A dataset with texts as its only input.

    Args:
        name: a short name.
        path: as the user wrote it.
        texts: one for each item, not empty.
        ids: their names.
        column: of the table.
        parts: the items of each part that the data came with.
        notes: what the user should know.
        skipped: files that could not be used.
        fields: further ones, such as `label`.
    """
    import pandas

    frame = pandas.DataFrame({column: [*texts]})
    return Dataset(
        name=name,
        path=path,
        fields={"table": frame, **(fields or {})},
        ids=[*ids],
        keys=frame_keys(frame),
        parts=parts or {},
        roles={column: "text"},
        notes=[*notes],
        skipped=[*skipped],
    )


def open_lines(file: Path, encoding: str | None = None, column: str = COLUMN) -> Dataset:
    """Opens a file with one text on each line; empty lines are left out.

    Raises:
        DataError: not a text, or no text in it.
    """
    read = read_text_file(file, encoding)
    lines = [(number, line.strip()) for number, line in enumerate(text_lines(read.text), 1)]
    kept = [(number, line) for number, line in lines if line]
    if not kept:
        raise _empty(file)
    notes = encoding_notes([read])
    if len(kept) < len(lines):
        notes.append(f"{plural(len(lines) - len(kept), 'empty line was', 'empty lines were')} left out")
    texts, ids = [line for _, line in kept], [f"line {number}" for number, _ in kept]
    return text_dataset(_name(file), str(file), texts, ids, column=column, notes=notes)


def open_continuous(files: dict[str, Path], path: Path, encoding: str | None = None) -> Dataset:
    """Opens one continuous text, or one for each part, in blocks of about 1,000 characters.

    The blocks are in the order of the text, and joined they are the text. A missing part is split off at the
    end (`split=order`).

    Args:
        files: the file of each part; one file of no part has the name `""`.
        path: of the data.
        encoding: detected by default.

    Raises:
        DataError: not a text, or nothing in it.
    """
    texts: list[str] = []
    ids: list[str] = []
    parts: dict[str, np.ndarray] = {}
    read: list[TextFile] = []
    for part, file in files.items():
        read.append(read_text_file(file, encoding))
        if not read[-1].text.strip():
            raise _empty(file)
        blocks = _blocks(read[-1].text)
        starts = np.cumsum([0, *map(len, blocks)])
        where = f"{file.name}, " if len(files) > 1 else ""
        ids += [f"{where}from character {start:,}" for start in starts[:-1].tolist()]
        parts |= {part: np.arange(len(texts), len(texts) + len(blocks))} if part else {}
        texts += blocks
    dataset = text_dataset(_name(path), str(path), texts, ids, parts=parts, notes=encoding_notes(read))
    dataset.about["text"] = {"continuous": True}
    return dataset


def _blocks(text: str) -> list[str]:
    """The text in blocks that end behind a newline, otherwise behind a space, otherwise anywhere."""
    size = min(BLOCK, max(MIN_BLOCK, len(text) // MIN_BLOCKS))
    blocks, start = [], 0
    while len(text) - start > size:
        middle, limit = start + size // 2, start + size
        end = max(text.rfind("\n", middle, limit), 0) or max(text.rfind(" ", middle, limit), 0) or limit - 1
        blocks.append(text[start : end + 1])
        start = end + 1
    rest = text[start:]
    if rest.strip() or not blocks:
        return [*blocks, rest]
    return [*blocks[:-1], blocks[-1] + rest]


def _name(file: Path) -> str:
    return file.resolve().name.split(".")[0] or file.name


def _empty(file: Path) -> DataError:
    return DataError(f"{file}: no text in it", "a file with text", "check that it is the right file")
