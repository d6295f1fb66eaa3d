"""Text files with a series in each line, as in the UCR archive: the label, then the values in time order.

Tabs, commas or spaces separate the values. `NaN` or `?` is a missing value; at the end of a line such values
make up for a shorter series.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hibiscus.data.memory_limit import check_memory
from hibiscus.errors import DataError

__all__ = ["SeriesLines", "as_labels", "numbers_of", "read_series_lines", "separate"]

MISSING = frozenset(("", "?", "nan"))
NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
VALUE = 16  # bytes of memory for a value while it is read


@dataclass(frozen=True)
class SeriesLines:
    """The lines of a file.

    Args:
        first: the first field of each line, the label if there is one.
        values: the other fields as numbers, NaN where one is missing, float32 (lines, fields).
    """

    first: list[str]
    values: np.ndarray


def separate(line: str) -> list[str]:
    """The fields of a line, by the first separator that it has: tabs, commas or spaces."""
    separator = next((mark for mark in "\t," if mark in line), None)
    return [field.strip() for field in line.strip("\r\n ").split(separator)]


def read_series_lines(text: str, path: str | Path) -> SeriesLines:
    """All lines that are not blank.

    Args:
        text: of the file.
        path: for messages.

    Raises:
        DataError: no lines, lines of different length, or fields that are no numbers.
    """
    rows: list[np.ndarray] = []
    first: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        fields = separate(line)
        where = f"{path}: line {number}"
        if rows and len(fields) != len(rows[0]) + 1:
            received = f"{where} has {len(fields):,} fields, the first has {len(rows[0]) + 1:,}"
            expected = "a label and equally many values on each line"
            raise DataError(received, expected, "end shorter series with NaN, or save them as .ts")
        check_memory(path, (len(rows) + 1) * len(fields), factor=VALUE)
        rows.append(numbers_of(fields[1:], where))
        first.append(fields[0])
    if not rows or not len(rows[0]):
        received = f"{path}: no series"
        raise DataError(received, "a label and the values of a series on each line", "correct the file")
    return SeriesLines(first, np.stack(rows))


def numbers_of(fields: Sequence[str], where: str) -> np.ndarray:
    """Fields as float32 `(fields,)`, NaN for a missing value.

    Args:
        fields: of a line.
        where: for messages: the file and the line.

    Raises:
        DataError: a field that is no number.
    """
    numbers = np.full(len(fields), np.nan, np.float32)
    for position, field in enumerate(fields):
        if field.lower() in MISSING:
            continue
        value = float(field) if NUMBER.fullmatch(field) else np.inf
        if not abs(value) < 3e38:
            received = f"{where}: '{field[:40]}' as value {position + 1}"
            raise DataError(received, "numbers within 3e38, or ? for a missing one", "correct the line")
        numbers[position] = value
    return numbers


def as_labels(texts: Sequence[str]) -> np.ndarray:
    """Labels of a file: whole numbers, numbers, or names; `1.0000000e+00` is the class 1.

    Shapes: returns (items,) of int64, float64 or strings.
    """
    if not all(NUMBER.fullmatch(text) for text in texts):
        return np.array(texts)
    numbers = np.array([float(text) for text in texts])
    if np.isfinite(numbers).all() and (numbers == np.rint(numbers)).all() and np.abs(numbers).max() < 2**53:
        return numbers.astype(np.int64)
    return numbers
