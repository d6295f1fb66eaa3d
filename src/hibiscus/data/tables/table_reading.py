"""How the columns of a part or of a later file are read: as the training part was."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hibiscus.data.tables.column_reading import ColumnReading, check_unread
from hibiscus.data.tables.columns import as_texts
from hibiscus.data.tables.inferred_types import infer_types
from hibiscus.data.tables.missing import MISSING
from hibiscus.data.tables.roles import TableReading, read_columns
from hibiscus.data.tables.table_source import TableSource
from hibiscus.data.tables.target_columns import split_target
from hibiscus.data.tables.typed_columns import plain_series
from hibiscus.errors import DataError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from hibiscus.data.preparation import Preparation

__all__ = ["read_like_training", "typed_frame"]

UNUSED = ("constant", "identifier", "ignore", "group")


def read_like_training(frame: DataFrame, source: TableSource) -> TableReading:
    """The readings of a table: decided by its values, or those of the training part.

    Raises:
        DataError: no such target, or a column of the training part is missing.
    """
    targets = split_target(source.target, list(frame.columns))
    like = source.like
    options = source.options
    if source.trained is not None:  # whose columns are read by its preparation
        options = dataclasses.replace(options, role={}, columns=None, group=None)
    try:
        if like is None or not like.readings:
            reading = read_columns(frame, targets, source.base, options, source.separator)
            if source.trained is None:
                return reading
            return dataclasses.replace(reading, notes=() if reading.images is None else reading.images.notes)
        if not set(targets) <= set(frame.columns):
            raise DataError(
                f"no column named {source.target}", f"the columns of {like.path}", "add the target"
            )
    except DataError as error:
        raise DataError(f"{source.path}: {error.received}", error.expected, error.fix) from None
    used = [name for name, role in like.roles.items() if role not in UNUSED]
    missing = [name for name in used if name not in frame.columns]
    if missing:
        received = f"{source.path}: no column named {', '.join(missing[:5])}"
        raise DataError(received, f"the columns of {like.path}", "add the columns, or rename existing ones")
    readings = {name: like.readings.get(name, ColumnReading.plain("ignore")) for name in frame.columns}
    images = None
    if "path" in like.roles.values():
        images = read_columns(frame, targets, source.base, source.options, source.separator).images
        if images is None:
            column = next(name for name, role in like.roles.items() if role == "path")
            received = f"{source.path}: none of the images in the column '{column}' was found"
            raise DataError(received, "image files below the folder of the table", "check the paths")
    return TableReading(readings, (), images)


def typed_frame(frame: DataFrame, reading: TableReading, source: TableSource) -> tuple[DataFrame, list[str]]:
    """The columns with values of their types, and notes on values that could not be read.

    For a trained run all columns stay text, which its preparation reads; so do columns that are left out.

    Raises:
        DataError: too many values of a column are not of the type that they have in the training part.
    """
    import pandas as pd

    columns: dict[str, Series] = {}
    notes = []
    for name in frame.columns:
        values = plain_series(frame.loc[:, name])
        if source.trained is None:
            columns[name], unread = reading.columns[name].typed(values)
            if unread:
                notes.append(
                    _note_unread(source.path, name, values, reading.columns[name], columns[name], unread)
                )
        elif name in split_target(source.target, list(frame.columns)):
            columns[name] = _target_text(values, source.trained)
        else:
            columns[name] = values
    return pd.DataFrame(columns, index=frame.index), notes


def _note_unread(
    path: str, name: str, values: Series, reading: ColumnReading, typed: Series, unread: Mapping[str, int]
) -> str:
    try:
        check_unread(name, values, reading, unread, int(typed.notna().sum()))
    except DataError as error:
        raise DataError(f"{path}: {error.received}", error.expected, error.fix) from None
    shown = ", ".join(f"'{text[:30]}' ({count:,})" for text, count in list(unread.items())[:5])
    return f"column '{name}': read as missing: {shown}"


def _target_text(values: Series, trained: Preparation) -> Series:
    """The labels as text, where a word that stands for a missing value is one of the classes or missing."""
    import pandas as pd

    table: Any = trained.fields.get("table")
    if table is not None and not table.has_readings:
        return infer_types(values)
    if values.dtype.kind != "O":
        return values
    if "target" in trained and trained["target"].readings:
        reading = dataclasses.replace(trained["target"].readings[0], role="number")
        return reading.typed(values)[0]
    names = (
        set(trained["label"].names) if "label" in trained and hasattr(trained["label"], "names") else set()
    )
    texts = [None if text in MISSING - names else text for text in as_texts(values)]
    return pd.Series(texts, index=values.index, name=values.name, dtype="str")
