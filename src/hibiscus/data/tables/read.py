r"""Reads a table (CSV, TSV, Parquet) as people have them, and guesses what each column is.

Nothing is learned here: what a network sees of a table is fitted in `prepare_tables.py`, on the training part only.
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

from hibiscus.data.tables.columns import LOOSE_MISSING, MISSING, ROLES, guess_roles, role_notes
from hibiscus.errors import DataError, nearest

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["ROLES", "Table", "guess_roles", "read_table", "role_notes"]

MAX_BYTES = 2**31  # unpacked; a few kilobytes of .gz can unpack to any size
MAX_FIELD = 2**24
SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}


@dataclass
class Table:
    """A table as it was read, and what the person should know about the reading."""

    frame: DataFrame
    notes: list[str] = field(default_factory=list)


def read_table(path: str | Path, *, max_columns: int = 20_000) -> Table:
    r"""Reads CSV, TSV, text with separators (each also as .gz) or Parquet.

    The encoding (UTF-8, UTF-16 with its mark, else Windows-1252) and the separator (comma, semicolon, tab, bar) are
    found out; blanks around fields are taken away; `?`, `NA`, `null` and empty fields are missing.

    Args:
        path: the file.
        max_columns: more columns than this are refused, as an absurd size.

    Returns:
        The table with one column per name, and notes on everything that was not plain.

    Raises:
        DataError: no such file, not a table, no rows, lines with too many or too few fields (their line numbers are
            given), columns of the same name.
    """
    path = Path(path)
    data = _read_bytes(path)
    if data[:4] == b"PAR1":
        table = _read_parquet(path, data, max_columns)
    elif path.suffix.lower() in (".parquet", ".pq"):
        raise DataError(f"{path} is not a Parquet file, whatever its name", "a file that begins with PAR1", "name it by what it holds")
    else:
        text, notes = _decode(path, data)
        table = _read_text(path, text, max_columns)
        table.notes[:0] = notes
    if not len(table.frame):
        raise DataError(f"{path} has no rows under its header", "at least one row of data", "check how the file was written")
    return table


def _read_bytes(path: Path) -> bytes:
    if not path.is_file():
        names = [file.name for file in islice(path.parent.iterdir(), 1000)] if path.parent.is_dir() else []
        found = f"{path} is a folder" if path.is_dir() else f"{path} does not exist"
        fix = textwrap.shorten(nearest(path.name, names), 300, placeholder=" ...") if names else ""
        raise DataError(found, "a CSV, TSV or Parquet file", fix)
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            source = gzip.GzipFile(fileobj=file) if zipped else file
            data = source.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}", "a complete, readable file", "fetch or write it again") from error
    if len(data) > MAX_BYTES:
        raise DataError(f"{path} holds more than {MAX_BYTES:,} bytes", "a smaller table", "take a part of it, or write it as Parquet")
    if not data.strip():
        raise DataError(f"{path} is empty", "a header line and at least one row", "check how the file was written")
    return data


def _decode(path: Path, data: bytes) -> tuple[str, list[str]]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace"), ["read as UTF-16"]
    head = data[:65_536]
    control = sum(head.count(byte) for byte in range(32) if byte not in b"\t\n\v\f\r\x1a")
    if b"\0" in data or control > len(head) // 100:
        raise DataError(f"{path} is not text: it holds bytes that no table has", "CSV, TSV or Parquet", "export the table as CSV")
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
        raise DataError(f"{path} cannot be read as Parquet: {error}", "a complete Parquet file", "write it again") from error
    notes = []
    for name in [name for name in frame.columns if str(frame[name].dtype) == "object"]:
        kind = pd.api.types.infer_dtype(frame[name], skipna=True)
        if kind == "decimal":
            frame[name] = frame[name].astype(float)
        elif kind in ("date", "datetime"):
            frame[name] = pd.to_datetime(frame[name], errors="coerce")
        elif kind in ("bytes", "mixed"):
            notes.append(f"column '{name}' left out: it holds {'bytes' if kind == 'bytes' else 'lists or records'}")
            frame = frame.drop(columns=name)
    unnamed = all(name is None for name in frame.index.names)
    return Table(frame.reset_index(drop=unnamed), notes)


def _read_text(path: Path, text: str, max_columns: int) -> Table:
    delimiter = _sniff(text)
    # An odd number of quotation marks between tabs is inches or speech, not quoting.
    quoting = csv.QUOTE_NONE if delimiter == "\t" and text.count('"') % 2 else csv.QUOTE_MINIMAL
    sample = _scan(path, text, delimiter, quoting)
    header = _has_header(sample)
    notes = [] if header else ["no header line: the columns are named column_1, column_2 and so on"]
    given = [name.strip() if header else "" for name in sample[0]]
    names = [name or f"column_{number}" for number, name in enumerate(given, 1)]
    _check_names(path, names, max_columns)
    if delimiter != ",":
        notes.append(f"fields are separated by {SEPARATORS[delimiter]}")
    frame = _tidy(_parse(path, text, names, 0 if header else None, delimiter, quoting))
    for name in [name for name, old in zip(names, given, strict=True) if header and not old]:
        if not len(frame[name].dropna()):
            frame = frame.drop(columns=name)
        else:
            notes.append(f"a column without a name is called {name}")
    return Table(frame, notes)


def _sniff(text: str) -> str:
    """The separator with which most of the first lines have as many fields as the first one."""
    head = text[:65_536]

    def score(delimiter: str) -> tuple[float, int]:
        try:
            rows = [row for row in islice(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), 100) if row]
        except csv.Error:
            return 0.0, 0
        rows = rows[:-1] if len(text) > len(head) and len(rows) > 1 else rows
        return (sum(len(row) == len(rows[0]) for row in rows) / len(rows), len(rows[0])) if rows and len(rows[0]) > 1 else (0.0, 0)

    return max(SEPARATORS, key=score)


def _scan(path: Path, text: str, delimiter: str, quoting: Any) -> list[list[str]]:
    """Counts the fields of every line; returns the first 200 rows."""
    sample, bad, limit = [], [], csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting, skipinitialspace=True)
    try:
        for row in reader:
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            if len(sample) < 200:
                sample.append(row)
            if len(row) != len(sample[0]):
                bad.append(f"line {reader.line_num} has {len(row)} field{'s' if len(row) > 1 else ''}")
    except csv.Error as error:
        raise DataError(f"{path}: line {reader.line_num}: {error}", "fields of a sensible length", "look for an unclosed quote") from error
    finally:
        csv.field_size_limit(limit)
    if not sample:
        raise DataError(f"{path} is empty", "a header line and at least one row", "check how the file was written")
    if bad:
        more = f" (and {len(bad) - 5:,} more lines)" if len(bad) > 5 else ""
        expected = f"{len(sample[0])} fields on every line, as on the first, separated by {SEPARATORS[delimiter]}"
        fix = 'put a field that holds the separator in quotes, "like, this", close every quote, or mend those lines'
        raise DataError(f"{path}: {', '.join(bad[:5])}{more}", expected, fix)
    return sample


def _has_header(sample: list[list[str]]) -> bool:
    """Whether the first row is names: not all numbers, no long text, and not all values that come again below."""
    first, rest = sample[0], sample[1:]
    if any(len(value) > 100 for value in first):
        return False
    words = [(at, value.strip()) for at, value in enumerate(first) if not _is_number(value) and value.strip() not in MISSING]
    if words and first in rest:  # files put one after another, each with its header
        return True
    below = {at: {row[at].strip() for row in rest} for at, _ in words}
    numbers = any(_is_number(value) for value in first)
    return not ((numbers or words) and all(value in below[at] for at, value in words))


def _is_number(value: str) -> bool:
    return bool(re.fullmatch(r"\s*[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?\s*", value))


def _check_names(path: Path, names: list[str], max_columns: int) -> None:
    if len(names) > max_columns:
        raise DataError(f"{path} has {len(names):,} columns", f"at most {max_columns:,}", "is the table on its side? transpose it")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DataError(f"{path}: more than one column is named {', '.join(twice[:5])}", "a different name for each", "rename them")


def _parse(path: Path, text: str, names: list[str], header: int | None, delimiter: str, quoting: Any) -> DataFrame:
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
        raise DataError(
            f"{path} cannot be read: {str(error).strip()}", "every quote closed", "close the quote that is opened there"
        ) from error


def _tidy(frame: DataFrame) -> DataFrame:
    """Takes blanks from around strings, then reads again as numbers what they had hidden."""
    import pandas as pd

    tidy = {}
    for name, column in frame.items():
        if not (pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column)):
            column = column.map(lambda value: value.strip() if isinstance(value, str) else value)
            column = column.mask(column.isin(MISSING))
            loose = column.mask(column.isin(LOOSE_MISSING))
            strings = all(isinstance(value, str) for value in loose.dropna())  # not the booleans of a column with missing values
            numbers = pd.Series(pd.to_numeric(loose, errors="coerce")) if strings else None
            if numbers is not None and loose.notna().any() and numbers.notna().equals(loose.notna()):
                column = numbers
        tidy[name] = column
    return pd.DataFrame(tidy)
