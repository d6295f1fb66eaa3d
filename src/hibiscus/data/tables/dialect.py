r"""The dialect of a CSV file: its separator, fields per line, and whether it has a header."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from hibiscus.data.tables.missing import MISSING
from hibiscus.data.tables.times import TimeFormat
from hibiscus.errors import DataError

__all__ = [
    "SEPARATORS",
    "cut_lines",
    "detect_separator",
    "find_header",
    "first_rows",
    "has_header",
    "scan_rows",
]

MAX_FIELD = 2**24
SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
LONGEST_VALUE = 1000  # characters of a number or a time
LONG = 100  # characters that no name of a column has
NUMBER = re.compile(r"\s*[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?\s*%?")


def first_rows(
    text: str, delimiter: str, count: int = 100, quoting: Any = csv.QUOTE_MINIMAL
) -> list[list[str]]:
    """The first rows of a text that are not blank; the last is left out if it may be cut."""
    head = text[:65_536]
    try:
        lines = csv.reader(
            io.StringIO(head, newline=""), delimiter=delimiter, quoting=quoting, skipinitialspace=True
        )
        rows = list(islice((row for row in lines if any(field.strip() for field in row)), count))
    except csv.Error:
        return []
    return rows[:-1] if len(text) > len(head) and len(rows) > 1 else rows


def detect_separator(text: str) -> str:
    """The separator with which most of the first lines have the same number of fields, at least two."""

    def score(delimiter: str) -> tuple[float, int]:
        rows = first_rows(text, delimiter)
        widths = Counter(len(row) for row in rows if len(row) > 1)
        if not widths:
            return 0.0, 0
        width = len(rows[0]) if len(rows[0]) > 1 else max(widths, key=lambda size: (widths[size], size))
        fraction = widths[width] / len(rows)
        if len(rows[0]) < 2 and fraction < 0.8 and widths[width] < len(rows) - 5:
            return 0.0, 0
        return fraction, width

    return max(SEPARATORS, key=score)


def cut_lines(text: str, rows: int, delimiter: str) -> tuple[str, int]:
    """The text below the first rows that are not blank, and how many lines these took."""
    if not rows:
        return text, 0
    reader, passed = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 0
    for row in reader:
        passed += any(field.strip() for field in row)
        if passed == rows:
            break
    lines = islice(io.StringIO(text, newline=""), reader.line_num)
    return text[sum(map(len, lines)) :], reader.line_num


def scan_rows(path: Path, content: bytes, delimiter: str, quoting: Any, line: int = 0) -> list[list[str]]:
    """Checks the number of fields of every line; returns the first 200 rows.

    The first row may lack the name of one column that all other rows have: the first one, of row names, or
    the last one, if every line ends with a separator. It is returned with an empty name there.

    Args:
        path: the file, for messages.
        content: its text in UTF-8.
        delimiter: between fields.
        quoting: as the csv module takes it.
        line: the number of lines that were cut off above.
    """
    sample, bad, more, limit = [], [], 0, csv.field_size_limit(MAX_FIELD)
    rows, last_empty = 0, True
    # A StringIO would take four bytes for each character.
    lines = io.TextIOWrapper(io.BytesIO(content), "utf-8", newline="")
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, skipinitialspace=True)
    try:
        for row in reader:
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            rows += 1
            if len(sample) < 200:
                sample.append(row)
            if len(row) != len(sample[0]):
                more += len(row) == len(sample[0]) + 1
                last_empty = last_empty and not row[-1].strip()
                bad.append((line + reader.line_num, len(row)))
    except csv.Error as error:
        received = f"{path}: line {line + reader.line_num}: {error}"
        raise DataError(received, "fields of reasonable length", "look for an unclosed quote") from error
    finally:
        csv.field_size_limit(limit)
    if not sample:
        raise DataError(f"{path} is empty", "a header line and at least one row", "export the table again")
    if bad and more == len(bad) == rows - 1 and len(sample[0]) > 1:
        sample[0] = [*sample[0], ""] if last_empty else ["", *sample[0]]
    elif bad:
        raise _ragged(path, bad, len(sample[0]), delimiter)
    return sample


def _ragged(path: Path, bad: list[tuple[int, int]], width: int, delimiter: str) -> DataError:
    lines = [f"line {number} has {count} field{'s' if count > 1 else ''}" for number, count in bad[:5]]
    more = f" (and {len(bad) - 5:,} more lines)" if len(bad) > 5 else ""
    expected = f"{width} fields on every line, as on the first, separated by {SEPARATORS[delimiter]}"
    fix = 'quote fields that contain the separator, "like, this", close every quote, or correct these lines'
    return DataError(f"{path}: {', '.join(lines)}{more}", expected, fix)


def has_header(sample: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns."""
    return find_header(sample)[0]


def find_header(sample: Sequence[Sequence[str]]) -> tuple[bool, bool]:
    """Whether the first row names the columns, and whether that is beyond doubt.

    Columns of numbers (or dates) decide, where the first row has a word or a number; if there are none, a row
    whose words all occur below is none of names.
    """
    first, rest = [text.strip() for text in sample[0]], sample[1:]
    if any(len(text) > LONG for text in first):
        return False, True
    words = [i for i, text in enumerate(first) if not _is_value(text) and text not in MISSING]
    if words and list(sample[0]) in [list(row) for row in rest]:  # concatenated files, each with its header
        return True, True
    if not rest:
        return bool(words) or not any(map(_is_value, first)), False
    typed = [i for i in range(len(first)) if _is_typed([row[i].strip() for row in rest])]
    named = [i for i in typed if i in words]
    values = [first[i] for i in typed if i not in words and first[i] not in MISSING]
    if named or values:
        if values and _is_sequence(values, len(first)):
            return True, True
        return len(named) > len(values) or (
            len(named) == len(values) and not _below(first, words, rest)
        ), True
    if any(map(_is_value, first)):
        return not _below(first, words, rest), False
    return not (words and _below(first, words, rest)), False


def _below(first: Sequence[str], words: Sequence[int], rest: Sequence[Sequence[str]]) -> bool:
    """Whether each word of the first row occurs below as well."""
    return all(first[index] in {row[index].strip() for row in rest} for index in words)


def _is_typed(values: list[str]) -> bool:
    known = [value for value in values if value not in MISSING]
    return bool(known) and sum(map(_is_value, known)) >= 0.95 * len(known)


def _is_sequence(values: list[str], width: int) -> bool:
    """Whether numbers in a header are years, or count the columns."""
    if not all(value.isdecimal() and value.isascii() for value in values) or len(values) < 2:
        return False
    numbers = [int(value) for value in values]
    steps = {after - before for before, after in pairwise(numbers)}
    years = all(1800 <= number <= 2200 for number in numbers)
    return (
        len(steps) == 1
        and min(steps) > 0
        and (years or (steps == {1} and numbers[0] in (0, 1) and width >= 4))
    )


def _is_value(text: str) -> bool:
    if len(text) > LONGEST_VALUE:  # the search in a text takes time that grows with the square of its length
        return False
    return bool(NUMBER.fullmatch(text)) or (text[:1].isdigit() and TimeFormat().read(text) is not None)
