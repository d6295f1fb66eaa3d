r"""Word vectors of a fastText model (`.bin`): the mean of the vectors of a word and of its n-grams.

    vector(w) = 1 / |G(w)| \sum_{g in G(w)} z_g

where G(w) holds the word itself, if the model has it, and its character n-grams in `<w>`, each by its hash.

Reference: Bojanowski, Grave, Joulin and Mikolov, "Enriching Word Vectors with Subword Information", TACL 2017
(arXiv 1607.04606); the layout of the file is that of `fasttext.cc`, version 12.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from hibiscus.data.text.vector_table import VectorTable, check_content
from hibiscus.errors import DataError

__all__ = ["MAGIC", "ngram_hashes", "read_fasttext"]

MAGIC = struct.pack("<i", 793_712_314)
ARGUMENTS = "<12id"  # dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn, ...
DICTIONARY = "<3i2q"  # entries, words, labels, tokens, pruned n-grams
LONGEST_WORD = 2**12  # bytes
MAX_GRAM = 30  # characters
BLOCK = 2**25  # bytes of vectors that are in memory at a time


@dataclass(frozen=True)
class _Layout:
    """What a model says of itself, and the rows of the words of the vocabulary.

    Args:
        dimensions: numbers in a vector.
        words: of the model.
        buckets: of the hashes.
        shortest, longest: n-grams in characters.
        rows: the row of each word of the model that is in the vocabulary.
    """

    dimensions: int
    words: int
    buckets: int
    shortest: int
    longest: int
    rows: dict[str, int]


def read_fasttext(path: Path, stream: IO[bytes], row_of: Mapping[str, int]) -> VectorTable:
    """Reads a model from its beginning to its end; its words are matched in their exact case only.

    Args:
        path: the file, for messages.
        stream: its content, from the beginning.
        row_of: the row of each word of the vocabulary.

    Raises:
        DataError: damaged, quantized, or of another version.
    """
    try:
        layout, examples = _read_layout(path, stream, row_of)
        table = VectorTable(path, row_of, layout.dimensions)
        table.examples = examples
        rows, columns = _read_shape(path, stream)
        if columns != layout.dimensions or rows != layout.words + layout.buckets:
            raise _damaged(path, f"a matrix of {rows:,} x {columns:,}")
        check_content(path, 4 * rows * columns)
        parts = _parts(row_of, layout)
        for first, vectors in _blocks(path, stream, rows, columns):
            table.matrix += parts.weights(first, len(vectors)) @ vectors
    except struct.error:
        raise _damaged(path, "the file ends early") from None
    if not np.isfinite(table.matrix).all():
        raise _damaged(path, "values that are no finite numbers")
    table.found[parts.word] = True
    inside = sum(word in layout.rows for word in row_of)
    table.notes.append(
        f"{inside:,} words of the model, {int(table.found.sum()) - inside:,} others by their n-grams"
    )
    return table


def _read_layout(path: Path, stream: IO[bytes], row_of: Mapping[str, int]) -> tuple[_Layout, list[str]]:
    _, version = _unpack(stream, "<2i")
    arguments = _unpack(stream, ARGUMENTS)
    dimensions, buckets, shortest, longest = arguments[0], *arguments[8:11]
    entries, words, labels, _, pruned = _unpack(stream, DICTIONARY)
    if version != 12:
        raise _damaged(path, f"version {version}")
    if min(entries, words, labels, buckets, shortest, dimensions) < 0 or words + labels != entries:
        raise _damaged(path, f"{entries:,} entries, {words:,} words, {buckets:,} buckets")
    if longest > MAX_GRAM:
        raise _damaged(path, f"n-grams of {longest:,} characters")
    if pruned > 0:
        raise DataError(f"{path}: a quantized model", "a model that is not", "take the .bin or .vec file")
    rows, examples = {}, []
    for row in range(entries):
        word, is_label = _read_entry(path, stream)
        if len(examples) < 3:
            examples.append(word[:20])
        if word in row_of and not is_label and row < words:
            rows[word] = row
    return _Layout(dimensions, words, buckets if longest > 0 else 0, shortest, longest, rows), examples


def _read_entry(path: Path, stream: IO[bytes]) -> tuple[str, bool]:
    """A word, which ends with a null byte, and whether it is a label."""
    content = bytearray()
    while (byte := stream.read(1)) != b"\0":
        content += byte
        if not byte or len(content) > LONGEST_WORD:
            raise _damaged(path, "the list of words is damaged")
    _, kind = _unpack(stream, "<qb")
    return content.decode("utf-8", "replace"), kind != 0


def _read_shape(path: Path, stream: IO[bytes]) -> tuple[int, int]:
    (quantized,) = _unpack(stream, "<?")
    if quantized:
        raise DataError(f"{path}: a quantized model", "a model that is not", "take the .bin or .vec file")
    rows, columns = _unpack(stream, "<2q")
    return rows, columns


def _unpack(stream: IO[bytes], form: str) -> Any:
    return struct.unpack(form, stream.read(struct.calcsize(form)))


def _blocks(path: Path, stream: IO[bytes], rows: int, columns: int) -> Iterator[tuple[int, np.ndarray]]:
    """The first row and the values of each stretch of rows."""
    step = max(1, BLOCK // (4 * columns))
    for first in range(0, rows, step):
        size = 4 * columns * min(step, rows - first)
        data = stream.read(size)
        if len(data) < size:
            raise _damaged(
                path, f"{rows:,} vectors, of which {first + len(data) // 4 // columns:,} are there"
            )
        yield first, np.frombuffer(data, "<f4").reshape(-1, columns)


@dataclass(frozen=True)
class _Parts:
    """Which rows of the model each word consists of, by ascending rows.

    Args:
        row: of the model.
        word: the row of the matrix of the vocabulary.
        weight: 1 / the number of parts of this word.
    """

    row: np.ndarray
    word: np.ndarray
    weight: np.ndarray
    words: int

    def weights(self, first: int, count: int) -> Any:
        """The weights of `count` rows of the model from `first` on, a sparse matrix `(words, count)`."""
        from scipy.sparse import coo_array

        inside = slice(*np.searchsorted(self.row, [first, first + count]))
        places = (self.word[inside], self.row[inside] - first)
        return coo_array((self.weight[inside], places), shape=(self.words, count)).tocsr()


def _parts(row_of: Mapping[str, int], layout: _Layout) -> _Parts:
    rows: list[int] = []
    counts: list[int] = []
    for word in row_of:
        before = len(rows)
        rows += [layout.rows[word]] if word in layout.rows else []
        if layout.buckets:
            hashes = ngram_hashes(word, layout.shortest, layout.longest)
            rows += [layout.words + code % layout.buckets for code in hashes]
        counts.append(len(rows) - before)
    row = np.array(rows, np.int64)
    word = np.repeat(np.array([*row_of.values()], np.int64), counts)
    weight = np.repeat(1 / np.maximum(counts, 1), counts).astype(np.float32)
    order = np.argsort(row, kind="stable")
    return _Parts(row[order], word[order], weight[order], len(row_of))


def ngram_hashes(word: str, shortest: int, longest: int) -> list[int]:
    """The hash of each character n-gram of `<word>`: FNV-1a over bytes that are extended with their sign."""
    if word == "</s>":
        return []
    characters, codes = f"<{word}>", []
    for start in range(len(characters)):
        for end in range(start + 1, min(start + longest, len(characters)) + 1):
            length, at_edge = end - start, start == 0 or end == len(characters)
            if length >= shortest and not (length == 1 and at_edge):
                codes.append(_fnv(characters[start:end].encode("utf-8", "replace")))
    return codes


def _fnv(content: bytes) -> int:
    code = 2_166_136_261
    for byte in content:
        code = ((code ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16_777_619) & 0xFFFFFFFF
    return code


def _damaged(path: Path, what: str) -> DataError:
    return DataError(f"{os.fspath(path)}: {what}", "a model of fastText 0.2 or later", "download it again")
