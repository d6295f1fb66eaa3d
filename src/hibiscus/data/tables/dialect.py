r"""The dialect of a CSV file: its separator, fields per line, and whether it has a header."""

from __future__ import annotations

import csv
import io
import re
from itertools import islice
from pathlib import Path
from typing import Any

from hibiscus.data.tables.columns import MISSING
from hibiscus.errors import DataError

__all__ = ["SEPARATORS", "detect_separator", "has_header", "scan_rows"]

MAX_FIELD = 2**24
SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}


def detect_separator(text: str) -> str:
    """The separator with which most of the first lines have as many fields as the first one."""
    head = text[:65_536]

    def score(delimiter: str) -> tuple[float, int]:
        try:
            lines = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
            rows = [row for row in islice(lines, 100) if row]
        except csv.Error:
            return 0.0, 0
        rows = rows[:-1] if len(text) > len(head) and len(rows) > 1 else rows
        if not rows or len(rows[0]) < 2:
            return 0.0, 0
        return sum(len(row) == len(rows[0]) for row in rows) / len(rows), len(rows[0])

    return max(SEPARATORS, key=score)


def scan_rows(path: Path, text: str, delimiter: str, quoting: Any) -> list[list[str]]:
    """Checks the number of fields of every line; returns the first 200 rows."""
    sample, bad, limit = [], [], csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting, skipinitialspace=True
    )
    try:
        for row in reader:
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            if len(sample) < 200:
                sample.append(row)
            if len(row) != len(sample[0]):
                bad.append(f"line {reader.line_num} has {len(row)} field{'s' if len(row) > 1 else ''}")
    except csv.Error as error:
        received = f"{path}: line {reader.line_num}: {error}"
        raise DataError(received, "fields of reasonable length", "look for an unclosed quote") from error
    finally:
        csv.field_size_limit(limit)
    if not sample:
        raise DataError(f"{path} is empty", "a header line and at least one row", "export the table again")
    if bad:
        more = f" (and {len(bad) - 5:,} more lines)" if len(bad) > 5 else ""
        expected = (
            f"{len(sample[0])} fields on every line, as on the first, separated by {SEPARATORS[delimiter]}"
        )
        fix = (
            'quote fields that contain the separator, "like, this", close every quote, or correct these lines'
        )
        raise DataError(f"{path}: {', '.join(bad[:5])}{more}", expected, fix)
    return sample


def has_header(sample: list[list[str]]) -> bool:
    """Whether the first row is a header: not all numbers, no long text, and not all values repeated below."""
    first, rest = sample[0], sample[1:]
    if any(len(value) > 100 for value in first):
        return False
    words = [
        (i, value.strip())
        for i, value in enumerate(first)
        if not _is_number(value) and value.strip() not in MISSING
    ]
    if words and first in rest:  # concatenated files, each with its header
        return True
    below = {index: {row[index].strip() for row in rest} for index, _ in words}
    numbers = any(_is_number(value) for value in first)
    return not ((numbers or words) and all(value in below[index] for index, value in words))


def _is_number(value: str) -> bool:
    return bool(re.fullmatch(r"\s*[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?\s*", value))
