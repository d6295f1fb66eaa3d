"""Word vectors in word2vec's binary format: a line of two counts, then each word and its float32 numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np

from hibiscus.data.text.vector_table import MAX_DIMENSIONS, VectorTable, check_content
from hibiscus.errors import DataError

__all__ = ["read_word2vec"]

BLOCK = 2**22
LONGEST_WORD = 2**12  # bytes


def read_word2vec(
    path: Path, stream: IO[bytes], row_of: Mapping[str, int], count: int, dimensions: int
) -> VectorTable:
    """Reads the vectors behind the first line.

    Args:
        path: the file, for messages.
        stream: its content behind the first line.
        row_of: the row of each word of the vocabulary.
        count: of the words, by the first line.
        dimensions: by the first line.

    Raises:
        DataError: it ends early, or is no such file.
    """
    table = VectorTable(path, row_of, min(dimensions, MAX_DIMENSIONS + 1))
    check_content(path, 4 * dimensions * count)
    size, data, start = 4 * dimensions, b"", 0
    for number in range(1, count + 1):
        while (space := data.find(b" ", start)) < 0 or len(data) <= space + size:
            block = stream.read(BLOCK)
            too_long = (space if space >= 0 else len(data)) - start > LONGEST_WORD
            if not block or too_long:
                received = f"{path}: vector {number:,} of {count:,} is incomplete"
                raise DataError(received, "word2vec's binary format", "download it again")
            data, start = data[start:] + block, 0
        word = data[start:space].lstrip(b"\n").decode("utf-8", "replace")
        start = space + 1 + size
        if (row := table.row(word)) is not None:
            vector = np.frombuffer(data, "<f4", dimensions, space + 1)
            table.put(row, word, vector, f"the vector of {word[:30]!r}")
    table.finish(count, "vectors")
    return table
