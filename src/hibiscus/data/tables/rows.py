"""The rows of a table below its header, without units, totals and blank rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from hibiscus.data.tables.dialect import find_header
from hibiscus.data.tables.extra_lines import TOTAL, total_row, units_row

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["named_rows"]

SAMPLE = 200  # rows that decide about the header


def named_rows(frame: DataFrame, header: bool | None = None) -> tuple[list[str], DataFrame, list[str]]:
    """The names of the columns, the rows below the header, and notes.

    Args:
        frame: all rows as text, None for blank fields.
        header: whether the first row names the columns; detected by default.

    Returns:
        The names, the rows with their positions below the header as index, and notes.
    """
    sample = frame.head(SAMPLE).fillna("").to_numpy().tolist()
    given, certain = find_header(sample) if header is None else (header, True)
    notes = []
    if not given:
        notes.append("no header line, so the columns are named column_1, column_2 and so on")
        notes[0] += "" if header is not None or certain else "; header=true reads the first line as names"
    elif not certain and len(frame) > 2 and not _resembles_names(sample):
        shown = ", ".join(sample[0])[:60]
        notes.append(
            f"the first line ({shown}) was read as the names of the columns; header=false keeps it as a row"
        )
    first = [str(text).strip() for text in sample[0]] if given else [""] * len(sample[0])
    names = [name or f"column_{number}" for number, name in enumerate(first, 1)]
    body = frame.iloc[1:] if given else frame
    body = body.reset_index(drop=True)
    if given and any(first) and len(first) > 1:
        again = _rows_like(body, first)
        if again.any():
            count = "1 row that repeats" if again.sum() == 1 else f"{again.sum():,} rows that repeat"
            notes.append(f"{count} the header left out")
            body = body.loc[~again]
    body = _without_extra_rows(body, sample[1:] if given else [], notes)
    blank = [number for number, name in enumerate(first) if given and not name]
    empty = [number for number in blank if not body.iloc[:, number].notna().any()]
    kept = [number for number in range(len(names)) if number not in empty]
    notes += [f"a column without a name is named {names[number]}" for number in blank if number not in empty]
    return [names[number] for number in kept], body.iloc[:, kept].copy(), notes


def _without_extra_rows(body: DataFrame, sample: list[list[str]], notes: list[str]) -> DataFrame:
    if sample and all(re.fullmatch(r":?-*:?", text.strip()) for text in sample[0]) and any(sample[0]):
        body, sample = body.iloc[1:], sample[1:]  # the rule below a header in Markdown
    if len(sample) > 2 and units_row(sample):
        shown = ", ".join(text for text in sample[0] if text)[:60]
        notes.append(f"the line below the header ({shown}) was read as units and left out")
        body = body.iloc[1:]
    blank = _rows_like(body, [""] * len(body.columns)) if len(body.columns) > 1 else None
    if blank is not None and blank.any():
        notes.append(f"{int(blank.sum())} blank row{'s' * (int(blank.sum()) > 1)} left out")
        body = body.loc[~blank]
    if len(body) > 3:
        last = body.iloc[-1].fillna("").tolist()
        word = next((text for text in last if text.strip()), "")
        shown = ", ".join(text for text in last if text)[:60]
        if TOTAL.fullmatch(word) and total_row(body.fillna("").to_numpy().tolist()):
            notes.append(f"the last row ({shown}) is a total and was left out")
            body = body.iloc[:-1]
        elif TOTAL.fullmatch(word) and len(word.split()) <= 2 and re.search("[0-9]", shown):
            notes.append(
                f"the last row ({shown}) is named like a total, but no number is the sum or mean of those "
                "above, so it is read as a row; if it is a total, delete it"
            )
    return body


def _rows_like(body: DataFrame, texts: list[str]) -> np.ndarray:
    """Which rows hold these texts, where an empty one stands for a blank field. Returns bool `(rows,)`."""
    alike = np.ones(len(body), bool)
    for index, text in enumerate(texts):
        if alike.any():
            column = body.iloc[:, index]
            alike &= (column == text if text else column.isna()).to_numpy(bool, na_value=False)
    return alike


def _resembles_names(sample: list[list[str]]) -> bool:
    """Whether the first row is unlike the rows below: words such as names of columns above longer texts."""
    for index, name in enumerate(sample[0]):
        lengths = sorted(len(row[index]) for row in sample[1:])
        if lengths[len(lengths) // 2] >= 3 * max(1, len(name)):
            return True
    known = {"label", "class", "target", "text", "name", "file", "filename", "image", "path", "category", "y"}
    return any(name.strip().lower() in known for name in sample[0])
