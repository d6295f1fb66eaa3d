"""Opens `.txt` files, which may be tables or texts, and folders with one of them for each part."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hibiscus.data.dataset import Dataset
from hibiscus.data.files import is_hidden, is_image_name, part_in_name, walk_files
from hibiscus.data.tables.open import open_table
from hibiscus.data.tables.table_options import TableOptions
from hibiscus.data.text.corpus import COLUMN, open_continuous, open_lines
from hibiscus.data.text.txt_kind import HEAD, TXT_ENDINGS, first_fields, is_table
from hibiscus.errors import DataError

if TYPE_CHECKING:
    from hibiscus.data.preparation import Preparation

__all__ = ["find_part_texts", "open_part_texts", "open_txt"]

READ_AS = {
    "table": "read as a table; txt_as=text reads one continuous text, txt_as=lines a text on each line",
    "text": "read as one continuous text; txt_as=lines reads a text on each line, txt_as=table columns",
    "parts": "read as one continuous text for each part; txt_as=table reads columns",
}


def open_txt(
    file: Path,
    target: str | None,
    *,
    options: TableOptions,
    like: Dataset | None = None,
    trained: Preparation | None = None,
    **images: Any,
) -> Dataset:
    """Opens a `.txt` file: a table, one continuous text, or a text on each line.

    Args:
        file: the file.
        target: the column to predict, which only a table has.
        options: of the user; `txt_as` decides, unless it is `auto`.
        like: the training part, if this is another part.
        trained: what a run learned, if the file is for prediction.
        **images: how the images of a table are read.

    Raises:
        DataError: it cannot be read as what it seems to be.
    """
    kind = _kind(file, target, options, like, trained)
    stated = options.txt_as != "auto" or target is not None or like is not None or trained is not None
    if kind == "table":
        try:
            dataset = open_table(file, target, options=options, like=like, trained=trained, **images)
        except DataError as error:
            if options.txt_as != "auto":
                raise
            fix = f"{error.fix}; txt_as=text if it is no table"
            raise DataError(error.received, error.expected, fix) from None
    elif kind == "lines":
        column = trained["text"].column if trained is not None and "text" in trained else ""
        dataset = open_lines(file, options.encoding, column or COLUMN)
    else:
        dataset = open_continuous({"": file}, file, options.encoding)
    if not stated:
        dataset.notes.append(READ_AS[kind])
    return dataset


def _kind(
    file: Path,
    target: str | None,
    options: TableOptions,
    like: Dataset | None,
    trained: Preparation | None,
) -> str:
    if options.txt_as != "auto":
        return options.txt_as
    if target is not None or _has_columns(options):
        return "table"
    if like is not None:
        about = like.about.get("text")
        return "table" if about is None else "text" if about["continuous"] else "lines"
    head = _head(file)
    if trained is None:
        return "table" if is_table(head) else "text"
    if "text" not in trained:
        return "table"
    if is_table(head) and trained["text"].column in first_fields(head):
        return "table"
    supervised = any(name in trained for name in ("label", "labels", "target", "target_text"))
    return "lines" if supervised else "text"


def _has_columns(options: TableOptions) -> bool:
    """Whether the user gave an option that only a table has."""
    return options != TableOptions(encoding=options.encoding, txt_as=options.txt_as)


def _head(file: Path) -> bytes:
    """The first bytes; none if it cannot be read, which its reader reports."""
    try:
        with file.open("rb") as stream:
            if stream.read(2) != b"\x1f\x8b":
                stream.seek(0)
                return stream.read(HEAD)
            stream.seek(0)
            return gzip.GzipFile(fileobj=stream).read(HEAD)
    except (OSError, EOFError, zlib.error):
        return b""


def find_part_texts(folder: Path, names: Sequence[str]) -> dict[str, Path]:
    """The text of each part among the files of a folder, such as `train.txt` or `ptb.valid.txt`.

    Empty if a part has several, or none is for training, or there are images.
    """
    files = [name for name in names if name.lower().endswith(TXT_ENDINGS) and not is_hidden(name)]
    parts: dict[str, Path] = {}
    for name in files:
        if part := part_in_name(name):
            if part in parts:
                return {}
            parts[part] = folder / name
    if "train" not in parts or any(map(is_image_name, walk_files(folder))):
        return {}
    return {part: parts[part] for part in ("train", "val", "test") if part in parts}


def open_part_texts(files: dict[str, Path], folder: Path, options: TableOptions) -> Dataset | None:
    """Opens a continuous text for each part; None if that for training is a table."""
    if options.txt_as == "table" or _has_columns(options) or is_table(_head(files["train"])):
        return None
    dataset = open_continuous(files, folder, options.encoding)
    dataset.notes.append(READ_AS["parts"])
    return dataset
