"""Word vectors as text: GloVe, word2vec's text format, and fastText's `.vec`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import numpy as np

from hibiscus.data.text.vector_table import VectorTable, check_content
from hibiscus.errors import DataError

__all__ = ["HEADER", "LONGEST_LINE", "numbers_in", "read_lines"]

HEADER = re.compile(rb"\s*(\d{1,12})[ \t]+(\d{1,12})\s*")  # of word2vec and fastText: words, dimensions
LONGEST_LINE = 2**20  # bytes; 10,000 dimensions take a third of it
SAMPLE = 20  # lines from which the number of dimensions is seen


def read_lines(path: Path, stream: IO[bytes], row_of: Mapping[str, int]) -> VectorTable:
    """Reads a word and its numbers from each line; words may contain spaces.

    Args:
        path: the file, for messages.
        stream: its content.
        row_of: the row of each word of the vocabulary.

    Raises:
        DataError: no word vectors, or too many lines that are none.
    """
    lines = _lines(path, stream)
    sample = [line for _, line in zip(range(SAMPLE), lines, strict=False)]
    header = HEADER.fullmatch(sample[0]) if sample and numbers_in(sample[0]) < 2 else None
    counts = Counter(numbers_in(line) for line in sample[1 if header else 0 :])
    dimensions = max(counts, key=lambda count: (counts[count], count), default=0)
    if dimensions < 2:
        start = sample[0][:60].decode("utf-8", "replace").strip() if sample else ""
        received = f"{path}: no word vectors; it begins with {start!r}"
        raise DataError(received, "a word and its numbers on each line", "take a file of GloVe or fastText")
    table = VectorTable(path, row_of, dimensions)
    if header and int(header[2]) != dimensions:
        table.notes.append(f"{dimensions} dimensions, although the first line says {int(header[2])}")
    stream.seek(0)
    number = 0
    for number, line in enumerate(_lines(path, stream), 1):
        if number > 1 or not header:
            _read_line(table, line, f"line {number}")
    number -= bool(header)
    if header and int(header[1]) != number:
        table.notes.append(f"{number:,} vectors, although the first line says {int(header[1]):,}")
    table.finish(number, "lines")
    return table


def _lines(path: Path, stream: IO[bytes]) -> Iterator[bytes]:
    size = 0
    while line := stream.readline(LONGEST_LINE):
        size += len(line)
        check_content(path, size)
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            received = f"{path}: a line of more than {LONGEST_LINE:,} bytes"
            raise DataError(received, "a word and its numbers on each line", "take a file of GloVe")
        yield line


def _read_line(table: VectorTable, line: bytes, where: str) -> None:
    line = line.replace(b"\t", b" ").rstrip()
    fields: list[bytes] = []
    if line.count(b" ") != table.dimensions:  # a word with spaces, or something else
        fields = line.rsplit(None, table.dimensions)
        if len(fields) != table.dimensions + 1 or not all(map(_is_number, fields[1:])):
            table.fault(where, f"{numbers_in(line)} numbers after a word, not {table.dimensions}")
            return
    word = (fields[0] if fields else line[: line.index(b" ")]).decode("utf-8", "replace")
    row = table.row(word)
    if row is None:
        return
    fields = fields or line.split(b" ")
    if not all(map(_is_number, fields[1:])):
        table.fault(where, "a value that is not a number")
        return
    table.put(row, word, np.array(fields[1:]).astype(np.float64).astype(np.float32), where)


def numbers_in(line: bytes) -> int:
    """How many numbers a line ends with, its first field left out."""
    count = 0
    for field in reversed(line.split()[1:]):
        if not _is_number(field):
            break
        count += 1
    return count


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return b"_" not in field
