"""Texts that are given directly, instead of a file, to a run that learned texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hibiscus.data.archives import ARCHIVE_ENDINGS
from hibiscus.data.locations import BUNDLED
from hibiscus.data.open import TABLE_ENDINGS
from hibiscus.data.preparation import Preparation
from hibiscus.errors import DataError

__all__ = ["text_inputs"]

FILE_ENDINGS = (*TABLE_ENDINGS, *ARCHIVE_ENDINGS, ".txt", ".npz", ".npy", ".mat", ".json")


def text_inputs(items: Sequence[Any], preparation: Preparation) -> Any | None:
    """A DataFrame of texts, one row for each; None if they are paths.

    What exists is a path, and so is what looks like the name of a file. Everything else is a text, if the
    only input of the run is a column of texts.

    Raises:
        DataError: texts among paths.
    """
    column = _text_column(preparation)
    paths = [str(item) in BUNDLED or not isinstance(item, str) or _is_path(item) for item in items]
    if column is None or all(paths):
        return None
    if any(paths):
        text, path = items[paths.index(False)], items[paths.index(True)]
        received = f"{str(path)[:80]} is a file, and {text[:80]!r} is not"
        raise DataError(received, "one file, or texts only", "pass them one at a time")
    import pandas

    return pandas.DataFrame({column: [str(item) for item in items]})


def _is_path(text: str) -> bool:
    try:
        exists = bool(text) and Path(text).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # too long for a path, or a null byte
        return False
    is_name = text.lower().endswith(FILE_ENDINGS) and len(text.split()) == 1
    return exists or is_name


def _text_column(preparation: Preparation) -> str | None:
    """The column of texts, if it is the only input."""
    fields = ("image", "array", "environment", "table", "text")
    inputs = [name for name in preparation.fields if name in fields]
    if inputs == ["text"]:
        return preparation["text"].column
    if inputs != ["table"]:
        return None
    columns = preparation["table"].columns
    return columns[0].name if len(columns) == 1 and columns[0].role == "text" else None
