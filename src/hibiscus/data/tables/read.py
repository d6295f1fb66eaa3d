r"""Reads tables (CSV, TSV, Parquet, spreadsheets, JSON Lines) as text, and detects their encoding and layout.

The values of a text file stay as they are spelled. What they mean is decided in `roles.py`, on the training
part, and applied to every other file, so that a value means the same in each.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import textwrap
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hibiscus.data.encoding import decode_bytes, decode_counted
from hibiscus.data.memory_limit import check_memory, check_text, read_within
from hibiscus.data.tables.dialect import SEPARATORS, cut_lines, detect_separator, first_rows, scan_rows
from hibiscus.data.tables.extra_lines import find_layout
from hibiscus.data.tables.json_lines import JSON_LINES, read_json_lines
from hibiscus.data.tables.parquet import read_parquet
from hibiscus.data.tables.roles import ROLES, guess_roles, read_columns, role_notes
from hibiscus.data.tables.rows import named_rows
from hibiscus.data.tables.spreadsheet import SPREADSHEETS, is_spreadsheet, read_sheet
from hibiscus.data.tables.table_options import TableOptions
from hibiscus.errors import DataError, nearest

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["ROLES", "TABLE_ENDINGS", "Table", "guess_roles", "read_table", "read_text", "role_notes"]

HEAD = 2**16 + 1  # characters of which the first rows are read
READING = 16  # bytes of memory for each byte of text
CELL = 64  # bytes of memory for each field besides
MEMBER = 200  # the same for a member of a JSON object
MAX_BYTES = 2**31  # decompressed; a few kilobytes of .gz can decompress to any size
TABLE_ENDINGS = (
    ".csv", ".tsv", ".tab", ".parquet", ".pq", ".csv.gz", ".tsv.gz", ".txt.gz", *SPREADSHEETS, *JSON_LINES,
)  # fmt: skip


@dataclass
class Table:
    """A table, and how it was read.

    Args:
        frame: one column per name; its index is the position of each row below the header.
        notes: what the user should know.
        separator: between the fields of a line.
    """

    frame: DataFrame
    notes: list[str] = field(default_factory=list)
    separator: str = ","


def read_table(path: str | Path, *, max_columns: int = 20_000) -> Table:
    """Reads a table on its own, each column with the type of its values; see `read_text`."""
    import pandas as pd

    table = read_text(path, max_columns=max_columns)
    readings = read_columns(table.frame, separator=table.separator).columns
    typed = {name: readings[str(name)].typed(table.frame.loc[:, name])[0] for name in table.frame.columns}
    return Table(pd.DataFrame(typed).reset_index(drop=True), table.notes, table.separator)


def read_text(path: str | Path, options: TableOptions | None = None, *, max_columns: int = 20_000) -> Table:
    r"""Reads a table with its values as they are spelled; those of a Parquet file have types.

    The encoding (UTF-8, UTF-16, otherwise Windows-1252), the separator (comma, semicolon, tab, bar, spaces)
    and the header are detected; spaces around fields are stripped. Titles above the header, units below it
    and a total at the end are left out and noted.

    Args:
        path: the file; text may be compressed as .gz.
        options: of the user.
        max_columns: tables with more columns are rejected.

    Raises:
        DataError: no such file, not a table, no rows, lines with too many or too few fields (the message
            gives their line numbers), columns of the same name.
    """
    path, options = Path(path), options or TableOptions()
    data = _read_bytes(path)
    name = path.name.lower()
    if data[:4] == b"PAR1":
        frame, notes = read_parquet(path, data)
        _check_names(path, [str(column) for column in frame.columns], max_columns)
        table = Table(frame, notes)
    elif name.endswith((".parquet", ".pq")):
        received = f"{path} is not a Parquet file despite its name"
        raise DataError(received, "a file that starts with PAR1", "rename it according to its content")
    elif name.endswith(SPREADSHEETS) and not is_spreadsheet(path, data):
        received = f"{path} is not a spreadsheet despite its name"
        raise DataError(received, "a spreadsheet", "rename it according to its content")
    elif is_spreadsheet(path, data):
        rows, notes = read_sheet(path, data, options.sheet)
        layout = find_layout(rows)
        table = _from_rows(path, rows[layout.skipped :], options, [*notes, *layout.notes], max_columns)
    else:
        is_json = name.endswith(JSON_LINES)
        check_text(path, data, READING, MEMBER if is_json else CELL, path.stat().st_size)
        text, notes = _decode(path, data, options.encoding)
        del data  # of the copies of a large table, only one is kept
        if is_json:
            names, rows, more = read_json_lines(path, text)
            table = _from_rows(path, [names, *rows], TableOptions(header=True), [*notes, *more], max_columns)
        else:
            lines = _Lines.of(text, options)
            del text
            table = _read_lines(path, lines, options, max_columns)
            table.notes[:0] = notes
    if not len(table.frame.columns):
        received = f"{path} has no column of single values ({'; '.join(table.notes)})"
        raise DataError(received, "a number or a text in each cell", "export the table with such columns")
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
        raise DataError(problem, "a CSV, TSV, Parquet, XLSX or JSON Lines file", fix)
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            stored = os.fstat(file.fileno()).st_size
            if zipped:
                data = read_within(gzip.GzipFile(fileobj=file), path, stored=stored, factor=READING)
            else:
                check_memory(path, stored)
                data = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        fix = "download or export it again"
        raise DataError(f"{path} cannot be read: {error}", "a complete, readable file", fix) from error
    if len(data) > MAX_BYTES:
        fix = "use a part of it, or save it as Parquet"
        raise DataError(f"{path} has more than {MAX_BYTES:,} bytes", "a smaller table", fix)
    if not data.strip():
        raise DataError(f"{path} is empty", "a header line and at least one row", "export the table again")
    return data


def _decode(path: Path, data: bytes, chosen: str | None) -> tuple[str, list[str]]:
    text, encoding = decode_bytes(data) if chosen is None else decode_counted(data, chosen)[:2]
    head = text[:65_536]
    control = sum(head.count(chr(code)) for code in range(32) if chr(code) not in "\t\n\v\f\r\x1a")
    if "\0" in text or control > len(head) // 100:
        received = f"{path} is not text: it contains control bytes"
        raise DataError(received, "CSV, TSV, Parquet, XLSX or JSON Lines", "export the table as CSV")
    if not text.strip():
        raise DataError(f"{path} is empty", "a header line and at least one row", "export the table again")
    if encoding == "UTF-8":
        return text, []
    if encoding.startswith("UTF") or chosen is not None:
        return text, [f"read as {encoding}"]
    return text, [f"not UTF-8; read as {encoding}; encoding= names another"]


@dataclass(frozen=True)
class _Lines:
    """The lines of a table, without those above it.

    Args:
        content: their text in UTF-8.
        head: its beginning.
        delimiter, quoting: as the csv module takes them.
        line: the number of lines that were cut off above.
        notes: what the user should know.
    """

    content: bytes
    head: str
    delimiter: str
    quoting: Any
    line: int
    notes: list[str]

    @classmethod
    def of(cls, text: str, options: TableOptions) -> _Lines:
        """The lines of a text."""
        text, delimiter, line, notes = _separate(text)
        # An odd number of quotation marks between tabs means inches or speech, not quoting.
        quoting = csv.QUOTE_NONE if delimiter == "\t" and text.count('"') % 2 else csv.QUOTE_MINIMAL
        layout = (
            find_layout(first_rows(text, delimiter, quoting=quoting)) if options.header is not False else None
        )
        if layout is not None and layout.skipped:
            text, cut = cut_lines(text, layout.skipped, delimiter)
            line, notes = line + cut, notes + layout.notes
        return cls(text.encode(), text[:HEAD], delimiter, quoting, line, notes)


def _read_lines(path: Path, lines: _Lines, options: TableOptions, max_columns: int) -> Table:
    delimiter, quoting, notes = lines.delimiter, lines.quoting, lines.notes
    sample = scan_rows(path, lines.content, delimiter, quoting, lines.line)
    _check_names(path, [str(number) for number in range(len(sample[0]))], max_columns)
    frame = _parse(path, lines.content, len(sample[0]), delimiter, quoting)
    if not len(frame):
        raise DataError(f"{path} is empty", "a header line and at least one row", "export the table again")
    if any(len(row) < len(sample[0]) for row in first_rows(lines.head, delimiter, 1, quoting)):
        frame.iloc[0] = [text.strip() or None for text in sample[0]]  # with the name that scan_rows adds
    if delimiter != "," and not notes:
        notes.append(f"fields are separated by {SEPARATORS[delimiter]}")
    table = _named(path, frame, options, notes)
    return Table(table.frame, table.notes, delimiter)


def _separate(text: str) -> tuple[str, str, int, list[str]]:
    """The text without a line that names its separator, the separator, and the number of lines cut off."""
    declared = re.match(r'"?sep=(.)"?[ \t]*[,;\t|]*\r?\n', text)
    if declared and declared[1] in SEPARATORS:
        return text[declared.end() :], declared[1], 1, []
    delimiter = detect_separator(text)
    if all(len(row) < 2 for row in first_rows(text, delimiter)):
        lines = [line.split() for line in text[:65_536].splitlines()[:100] if line.strip()]
        widths = {len(line) for line in lines[: -1 if len(text) > 65_536 else None]}
        numbers = sum(bool(re.match(r"[-+]?\.?\d", word)) for line in lines for word in line)
        if (
            len(widths) == 1
            and widths.pop() > 1
            and numbers >= 0.5 * sum(map(len, lines))
            and '"' not in text
        ):
            spaced = "\n".join("\t".join(line.split()) for line in text.splitlines())
            return spaced, "\t", 0, ["fields are separated by spaces"]
    return text, delimiter, 0, []


def _check_names(path: Path, names: Sequence[str], max_columns: int) -> None:
    if len(names) > max_columns:
        fix = "transpose the table if rows and columns are exchanged"
        raise DataError(f"{path} has {len(names):,} columns", f"at most {max_columns:,}", fix)
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        received = f"{path}: more than one column is named {', '.join(repeated[:5])}"
        raise DataError(received, "distinct column names", "rename them")


def _parse(path: Path, content: bytes, width: int, delimiter: str, quoting: Any) -> DataFrame:
    """All lines as text, the header among them."""
    import pandas as pd

    try:
        return pd.read_csv(
            io.BytesIO(content),
            encoding="utf-8",
            sep=delimiter,
            header=None,
            names=list(range(width)),
            index_col=False,
            dtype=str,
            na_values=[""],
            keep_default_na=False,
            skipinitialspace=True,
            quoting=quoting,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, OverflowError) as error:
        received = f"{path} cannot be read: {str(error).strip()}"
        raise DataError(received, "every quote closed", "close the quote that is opened there") from error


def _from_rows(
    path: Path, rows: list[list[str]], options: TableOptions, notes: list[str], max_columns: int
) -> Table:
    import pandas as pd

    width = max(map(len, rows), default=0)
    _check_names(path, [str(number) for number in range(width)], max_columns)
    padded = [[text or None for text in row] + [None] * (width - len(row)) for row in rows]
    return _named(path, pd.DataFrame(padded, columns=range(width), dtype="str"), options, notes)


def _named(path: Path, frame: DataFrame, options: TableOptions, notes: list[str]) -> Table:
    names, body, more = named_rows(frame, options.header)
    _check_names(path, names, len(names))
    body.columns = names
    return Table(body, [*notes, *more])
