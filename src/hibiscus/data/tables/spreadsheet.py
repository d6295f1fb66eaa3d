"""Spreadsheets (XLSX, XLS, ODS) as tables of text, in which a value reads as in the same table as CSV."""

from __future__ import annotations

import datetime
import io
from pathlib import Path
from typing import Any

from hibiscus.data.tables.spreadsheet_check import check_spreadsheet
from hibiscus.errors import DataError, nearest

__all__ = ["SPREADSHEETS", "is_spreadsheet", "read_sheet"]

SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


def is_spreadsheet(path: Path, data: bytes) -> bool:
    """Whether a file is a spreadsheet, by its ending and its first bytes."""
    signed = data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))
    return path.suffix.lower() in SPREADSHEETS and signed


def read_sheet(path: Path, data: bytes, sheet: str | None = None) -> tuple[list[list[str]], list[str]]:
    """The rows of a sheet as text, and notes.

    Args:
        path: the file, for messages.
        data: its content.
        sheet: its name; by default the first sheet that is not empty.

    Raises:
        DataError: damaged, encrypted, empty, too large for the memory, or without such a sheet.
    """
    import pandas as pd

    check_spreadsheet(path, data)
    try:
        sheets: dict[Any, Any] = pd.read_excel(
            io.BytesIO(data), sheet_name=None, header=None, engine="calamine", dtype=object, na_filter=False
        )
    except Exception as error:  # calamine has its own errors for each format
        received = f"{path} cannot be read as a spreadsheet: {error}"
        raise DataError(received, "a complete file without a password", "save it again, or as CSV") from error
    filled = {str(name): _rows(frame) for name, frame in sheets.items()}
    filled = {name: rows for name, rows in filled.items() if rows}
    if sheet is not None and sheet not in filled:
        names = ", ".join(filled) or "none"
        raise DataError(f"{path}: no sheet '{sheet}'", f"one of: {names}", nearest(sheet, filled))
    if not filled:
        raise DataError(
            f"{path}: all sheets are empty", "a header line and at least one row", "export it again"
        )
    name = sheet or next(iter(filled))
    others = [other for other in filled if other != name]
    notes = (
        [f"read sheet '{name}'; the file also has {', '.join(others[:5])}; sheet= chooses one"]
        if others
        else []
    )
    return filled[name], notes if sheet is None else []


def _rows(frame: Any) -> list[list[str]]:
    """The rows that are not empty, without empty columns at the sides."""
    rows = [[_text(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    rows = [row for row in rows if any(row)]
    width = max((max(i for i, text in enumerate(row) if text) for row in rows), default=-1) + 1
    start = min((min(i for i, text in enumerate(row) if text) for row in rows), default=0)
    return [row[start:width] for row in rows]


def _text(value: Any) -> str:
    """A cell as a CSV file shows it."""
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(sep=" ")
    if isinstance(value, datetime.timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return str(value).strip()
