r"""Reads tables (CSV, TSV, Parquet), and detects their encoding, separator and header.

Nothing is learned here: the features of a table are fitted in `preparation.py`, on the training part only.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import textwrap
import zlib
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hibiscus.data.tables.columns import LOOSE_MISSING, MISSING
from hibiscus.data.tables.dialect import SEPARATORS, detect_separator, has_header, scan_rows
from hibiscus.data.tables.roles import ROLES, guess_roles, role_notes
from hibiscus.errors import DataError, nearest

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["ROLES", "Table", "guess_roles", "read_table", "role_notes"]

MAX_BYTES = 2**31  # decompressed; a few kilobytes of .gz can decompress to any size


@dataclass
class Table:
    """A table, and notes for the user about how it was read."""

    frame: DataFrame
    notes: list[str] = field(default_factory=list)


def read_table(path: str | Path, *, max_columns: int = 20_000) -> Table:
    r"""Reads CSV, TSV, text with separators (each also as .gz) or Parquet.

    The encoding (UTF-8, UTF-16 with a BOM, otherwise Windows-1252) and the separator (comma, semicolon, tab,
    bar) are detected; spaces around fields are stripped; `?`, `NA`, `null` and empty fields are missing
    values.

    Args:
        path: the file.
        max_columns: tables with more columns are rejected.

    Returns:
        The table with one column per name, and notes on everything unusual.

    Raises:
        DataError: no such file, not a table, no rows, lines with too many or too few fields (the message
            gives their line numbers), columns of the same name.
    """
    path = Path(path)
    data = _read_bytes(path)
    if data[:4] == b"PAR1":
        table = _read_parquet(path, data, max_columns)
    elif path.suffix.lower() in (".parquet", ".pq"):
        received = f"{path} is not a Parquet file despite its name"
        raise DataError(received, "a file that starts with PAR1", "rename it according to its content")
    else:
        text, notes = _decode(path, data)
        table = _read_text(path, text, max_columns)
        table.notes[:0] = notes
    if not len(table.frame):
        raise DataError(
            f"{path} has no rows below its header", "at least one row of data", "export the table again"
        )
    return table


def _read_bytes(path: Path) -> bytes:
    if not path.is_file():
        names = [file.name for file in islice(path.parent.iterdir(), 1000)] if path.parent.is_dir() else []
        problem = f"{path} is a folder" if path.is_dir() else f"{path} does not exist"
        fix = textwrap.shorten(nearest(path.name, names), 300, placeholder=" ...") if names else ""
        raise DataError(problem, "a CSV, TSV or Parquet file", fix)
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            source = gzip.GzipFile(fileobj=file) if zipped else file
            data = source.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        fix = "download or export it again"
        raise DataError(f"{path} cannot be read: {error}", "a complete, readable file", fix) from error
    if len(data) > MAX_BYTES:
        fix = "use a part of it, or save it as Parquet"
        raise DataError(f"{path} has more than {MAX_BYTES:,} bytes", "a smaller table", fix)
    if not data.strip():
        raise DataError(f"{path} is empty", "a header line and at least one row", "export the table again")
    return data


def _decode(path: Path, data: bytes) -> tuple[str, list[str]]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace"), ["read as UTF-16"]
    head = data[:65_536]
    control = sum(head.count(byte) for byte in range(32) if byte not in b"\t\n\v\f\r\x1a")
    if b"\0" in data or control > len(head) // 100:
        received = f"{path} is not text: it contains control bytes"
        raise DataError(received, "CSV, TSV or Parquet", "export the table as CSV")
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        note = f"not UTF-8 (byte {error.start:,}); read as "
    try:
        return data.decode("cp1252"), [note + "Windows-1252"]
    except UnicodeDecodeError:
        return data.decode("latin-1"), [note + "Latin-1"]


def _read_parquet(path: Path, data: bytes, max_columns: int) -> Table:
    import pandas as pd
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(data))
        _check_names(path, list(file.schema_arrow.names), max_columns)
        frame = file.read().to_pandas()
    except (pyarrow.ArrowException, OSError) as error:
        fix = "export it again"
        raise DataError(
            f"{path} cannot be read as Parquet: {error}", "a complete Parquet file", fix
        ) from error
    notes = []
    for name in [name for name in frame.columns if str(frame[name].dtype) == "object"]:
        kind = pd.api.types.infer_dtype(frame[name], skipna=True)
        if kind == "decimal":
            frame[name] = frame[name].astype(float)
        elif kind in ("date", "datetime"):
            frame[name] = pd.to_datetime(frame[name], errors="coerce")
        elif kind in ("bytes", "mixed"):
            content = "bytes" if kind == "bytes" else "lists or records"
            notes.append(f"column '{name}' left out: it contains {content}")
            frame = frame.drop(columns=name)
    unnamed = all(name is None for name in frame.index.names)
    return Table(frame.reset_index(drop=unnamed), notes)


def _read_text(path: Path, text: str, max_columns: int) -> Table:
    delimiter = detect_separator(text)
    # An odd number of quotation marks between tabs means inches or speech, not quoting.
    quoting = csv.QUOTE_NONE if delimiter == "\t" and text.count('"') % 2 else csv.QUOTE_MINIMAL
    sample = scan_rows(path, text, delimiter, quoting)
    header = has_header(sample)
    notes = [] if header else ["no header line, so the columns are named column_1, column_2 and so on"]
    header_names = [name.strip() if header else "" for name in sample[0]]
    names = [name or f"column_{number}" for number, name in enumerate(header_names, 1)]
    _check_names(path, names, max_columns)
    if delimiter != ",":
        notes.append(f"fields are separated by {SEPARATORS[delimiter]}")
    frame = _tidy(_parse(path, text, names, 0 if header else None, delimiter, quoting))
    for name in [name for name, old in zip(names, header_names, strict=True) if header and not old]:
        if not len(frame[name].dropna()):
            frame = frame.drop(columns=name)
        else:
            notes.append(f"a column without a name is named {name}")
    return Table(frame, notes)


def _check_names(path: Path, names: list[str], max_columns: int) -> None:
    if len(names) > max_columns:
        fix = "transpose the table if rows and columns are exchanged"
        raise DataError(f"{path} has {len(names):,} columns", f"at most {max_columns:,}", fix)
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        received = f"{path}: more than one column is named {', '.join(repeated[:5])}"
        raise DataError(received, "distinct column names", "rename them")


def _parse(
    path: Path, text: str, names: list[str], header: int | None, delimiter: str, quoting: Any
) -> DataFrame:
    import pandas as pd

    head = text[:65_536]
    comma = bool(delimiter == ";" and re.search(r"\d,\d", head) and not re.search(r"\d\.\d", head))
    try:
        return pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            header=header,
            names=names,
            index_col=False,
            na_values=sorted(MISSING),
            keep_default_na=False,
            skipinitialspace=True,
            low_memory=False,
            quoting=quoting,
            decimal="," if comma else ".",
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, OverflowError) as error:
        received = f"{path} cannot be read: {str(error).strip()}"
        raise DataError(received, "every quote closed", "close the quote that is opened there") from error


def _tidy(frame: DataFrame) -> DataFrame:
    """Strips strings, then converts columns to numbers that become numeric by this."""
    import pandas as pd

    tidy = {}
    for name, column in frame.items():
        if not (pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column)):
            column = column.map(lambda value: value.strip() if isinstance(value, str) else value)
            column = column.mask(column.isin(MISSING))
            loose = column.mask(column.isin(LOOSE_MISSING))
            # Only strings, so that the booleans of a column with missing values stay booleans.
            strings = all(isinstance(value, str) for value in loose.dropna())
            numbers = pd.Series(pd.to_numeric(loose, errors="coerce")) if strings else None
            if numbers is not None and loose.notna().any() and numbers.notna().equals(loose.notna()):
                column = numbers
        tidy[name] = column
    return pd.DataFrame(tidy)
