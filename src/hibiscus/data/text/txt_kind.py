"""What a `.txt` file holds: a table, or a text."""

from __future__ import annotations

import re

from hibiscus.data.encoding import decode_bytes
from hibiscus.data.tables.dialect import detect_separator, first_rows

__all__ = ["HEAD", "TXT_ENDINGS", "first_fields", "is_table"]

TXT_ENDINGS = (".txt", ".txt.gz")
HEAD = 2**17  # bytes that are examined
EVEN = 0.8  # the fraction of the lines with as many fields as the first; some lines of a table are damaged
MANY_WORDS = 3  # in the mean field, which those of a table seldom have
NUMBER = re.compile(r"[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?")


def is_table(head: bytes) -> bool:
    """Whether the beginning of a file looks like a table: even columns, or numbers.

    Args:
        head: the first bytes, `HEAD` or fewer.
    """
    text, _ = decode_bytes(head)
    separator = detect_separator(text)
    rows = first_rows(text, separator)
    if not rows or (separator == "," and _is_prose(text, rows)):
        return False
    width = len(rows[0])
    even = [row for row in rows if len(row) == width]
    if width > 1:
        filled = sum(bool(field.strip()) for row in even for field in row)
        return len(even) >= EVEN * len(rows) and filled > len(even)
    lines = [line.split() for line in text.splitlines()[:100] if line.strip()]
    lines = lines[:-1] if len(head) == HEAD else lines
    numbers = sum(NUMBER.fullmatch(word) is not None for line in lines for word in line)
    return len({len(line) for line in lines}) == 1 and numbers >= 0.5 * sum(map(len, lines))


def _is_prose(text: str, rows: list[list[str]]) -> bool:
    """Whether a space follows each comma, between fields of several words, as in sentences."""
    fields = [field for row in rows for field in row if field.strip()]
    words = sum(len(field.split()) for field in fields)
    spaced = text.count(", ") + text.count(",\n") + text.count(",\r")
    return 0 < spaced == text.count(",") and words >= MANY_WORDS * len(fields)


def first_fields(head: bytes) -> list[str]:
    """The fields of the first line, which may be the names of the columns."""
    text, _ = decode_bytes(head)
    rows = first_rows(text, detect_separator(text))
    return [field.strip() for field in rows[0]] if rows else []
