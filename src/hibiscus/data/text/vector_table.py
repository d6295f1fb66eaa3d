"""Where the readers of word-vector files put the vectors that belong to a vocabulary."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np

from hibiscus.data.memory_limit import check_memory
from hibiscus.errors import DataError

__all__ = ["MAX_DIMENSIONS", "VectorTable", "check_content"]

MAX_DIMENSIONS = 10_000
ANY_CONTENT = 2**29  # bytes of vectors up to which it does not matter how small their file is
MAX_RATIO = 300  # bytes of vectors for each byte of a compressed file
MAX_FAULTS = 10  # and at most one of a hundred vectors
MAX_NAMED = 3  # faults in a message
MAX_EXAMPLES = 3  # words of the file in a message


class VectorTable:
    """The vectors that were found so far.

    Args:
        path: the file, for messages.
        row_of: the row of each word of the vocabulary.
        dimensions: numbers in a vector.

    Raises:
        DataError: absurdly many dimensions, or a matrix that is too large for the memory.
    """

    def __init__(self, path: str | os.PathLike[str], row_of: Mapping[str, int], dimensions: int):
        if not 1 <= dimensions <= MAX_DIMENSIONS:
            received = f"{os.fspath(path)}: vectors of {dimensions:,} numbers"
            raise DataError(received, f"1 to {MAX_DIMENSIONS:,}", "download the file again")
        check_memory(path, len(row_of) * dimensions * 4)
        self.path, self.row_of, self.dimensions = os.fspath(path), row_of, dimensions
        self.matrix = np.zeros((len(row_of), dimensions), np.float32)
        self.found, self.other_case = np.zeros(len(row_of), bool), np.zeros(len(row_of), bool)
        self.examples: list[str] = []
        self.repeated = 0
        self.notes: list[str] = []
        self._in_lower_case: dict[str, int] = {}
        for word, row in row_of.items():
            self._in_lower_case.setdefault(word.lower(), row)
        self._faults: list[str] = []
        self._fault_count = 0

    def row(self, word: str) -> int | None:
        """The row that waits for the vector of a word of the file, if there is one."""
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(word[:20])
        row = self.row_of.get(word)
        if row is None:
            row = self._in_lower_case.get(word.lower())
            return None if row is None or self.found[row] else row
        if self.found[row] and not self.other_case[row]:
            self.repeated += 1
            return None
        return row

    def put(self, row: int, word: str, vector: np.ndarray, where: str) -> None:
        """Keeps a vector, unless it has values that are no finite numbers.

        Args:
            row: from `row`.
            word: as the file spells it.
            vector: `(dimensions,)`.
            where: it is in the file, for messages.
        """
        if not np.isfinite(vector).all():
            self.fault(where, "a value that is not a finite number")
            return
        self.matrix[row] = vector
        self.found[row], self.other_case[row] = True, word not in self.row_of

    def fault(self, where: str, what: str) -> None:
        """Counts what cannot be used."""
        self._fault_count += 1
        if len(self._faults) < MAX_NAMED:
            self._faults.append(f"{where}: {what}")

    def finish(self, count: int, unit: str) -> None:
        """Adds a note on the faults.

        Args:
            count: of the vectors in the file.
            unit: what they stand in, such as lines.

        Raises:
            DataError: too many faults.
        """
        if not self._fault_count:
            return
        skipped = f"{self._fault_count:,} of {count:,} {unit} cannot be used: {'; '.join(self._faults)}"
        if self._fault_count > max(MAX_FAULTS, count // 100):
            expected = f"a word and {self.dimensions} numbers each"
            raise DataError(f"{self.path}: {skipped}", expected, "download the file again")
        self.notes.append(skipped)


def check_content(path: str | os.PathLike[str], size: int) -> None:
    """Refuses a small file that goes on forever once it is decompressed, or that says so.

    Args:
        path: the file.
        size: bytes that were read so far, or that it declares.

    Raises:
        DataError: absurdly many.
    """
    if size > ANY_CONTENT and size > MAX_RATIO * (stored := os.stat(path).st_size):
        received = f"{os.fspath(path)}: {size:,} bytes of vectors in a file of {stored:,} bytes"
        raise DataError(received, f"at most {MAX_RATIO} times its size", "download the file again")
