r"""Lines of a table that are no rows: text above the header, units below it, and a total at the end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from hibiscus.data.tables.dialect import find_header
from hibiscus.data.tables.missing import LOOSE_MISSING
from hibiscus.data.tables.numbers import PLAIN_NUMBER, NumberFormat

__all__ = ["Layout", "find_layout", "total_row", "units_row"]

MAX_LINES = 30  # above a header
TOTAL = re.compile(
    r"(?i)\W*(grand |sub)?(total|totals|sum|summe|gesamt|insgesamt|somme|average|mean|mittelwert)\b.*"
)


@dataclass
class Layout:
    """How many rows stand above the header, and what the user should know about them."""

    skipped: int = 0
    notes: list[str] = field(default_factory=list)


def find_layout(rows: Sequence[Sequence[str]]) -> Layout:
    """Finds the title and comment lines above a table: lines of one field above one that names all columns.

    Args:
        rows: the first rows of the file.
    """
    full = max(map(len, rows), default=0)
    skipped = next((n for n, row in enumerate(rows) if not _is_title(row, full)), len(rows))
    if not 0 < skipped < min(MAX_LINES, len(rows) - 1):
        return Layout()
    header = rows[skipped]
    padded = [[*row, *[""] * (full - len(row))] for row in rows[skipped:]]
    if full == 2 and find_header(padded) != (True, True):
        return Layout()  # two columns, of which the second has no name
    if full < 2 or len(header) < full - 1 or _filled(header) < full - 1:
        return Layout()
    shown = " ".join(text.strip() for text in rows[0] if text.strip())[:60]
    return Layout(skipped, [f"{skipped} line{'s' * (skipped > 1)} above the table left out: {shown}"])


def _is_title(row: Sequence[str], full: int) -> bool:
    comment = bool(row) and row[0].lstrip().startswith(("#", "//")) and len(row) < full
    return comment or (_filled(row) == 1 and bool(row[0].strip()) and full > 1)


def units_row(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first of the rows below a header holds units, or a second header.

    All columns of numbers have words there.

    Args:
        rows: the rows below the header.
    """
    first, rest = rows[0], rows[1:]
    numeric = [
        index
        for index in range(len(first))
        if (values := [row[index].strip() for row in rest if row[index].strip() not in LOOSE_MISSING])
        and sum(map(_is_number, values)) >= 0.95 * len(values)
    ]
    words = [first[index].strip() for index in numeric]
    words_given = [word for word in words if word not in LOOSE_MISSING]
    return (
        len(rest) >= 2
        and bool(words_given)
        and not any(map(_is_number, words))
        and len(words_given) >= len(words) / 2
    )


def total_row(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the last row is named as a total and one of its numbers is the sum, or mean, of those above.

    Args:
        rows: all rows below the header.
    """
    last = rows[-1]
    word = next((text for text in last if text.strip()), "")
    if len(rows) < 4 or not TOTAL.fullmatch(word):
        return False
    for index, text in enumerate(last):
        value = _number(text)
        above = [number for row in rows[:-1] if (number := _number(row[index])) is not None]
        if value is None or len(above) < 2:
            continue
        tolerance = 1e-3 * max(1.0, abs(value))
        if abs(sum(above) - value) <= tolerance or abs(sum(above) / len(above) - value) <= tolerance:
            return True
    return False


def _filled(row: Sequence[str]) -> int:
    return sum(bool(text.strip()) for text in row)


def _is_number(text: str) -> bool:
    return _number(text) is not None


def _number(text: str) -> float | None:
    text = text.strip()
    if PLAIN_NUMBER.fullmatch(text):
        return float(text)
    read = (NumberFormat(decimal, unit).read(text) for decimal in ".," for unit in ("", "%", "$", "€"))
    return next((number for number in read if number is not None), None)
