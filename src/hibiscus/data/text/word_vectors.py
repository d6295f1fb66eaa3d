"""Word vectors from the files of GloVe, word2vec and fastText, as a matrix for the words of a vocabulary.

The format is seen from the content. A file of any size is read once from its beginning to its end, and only
the vectors of the vocabulary are kept; nothing in it is executed.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np

from hibiscus.data.text.fasttext_model import MAGIC, read_fasttext
from hibiscus.data.text.vector_lines import HEADER, LONGEST_LINE, numbers_in, read_lines
from hibiscus.data.text.vector_table import VectorTable
from hibiscus.data.text.word2vec_binary import read_word2vec
from hibiscus.errors import DataError
from hibiscus.plurals import plural

__all__ = ["WordVectors", "read_word_vectors"]


@dataclass(frozen=True)
class WordVectors:
    """The vectors of a vocabulary.

    Args:
        matrix: float32 `(words, dimensions)`; zeros for words without a vector.
        found: bool `(words,)`, which words have a vector.
        notes: what the user should know about the file.
    """

    matrix: np.ndarray
    found: np.ndarray
    notes: list[str]

    def coverage(self, counts: Sequence[int] | np.ndarray) -> dict[str, float]:
        """The fraction of the `words` and that of the running `tokens` that have a vector.

        Args:
            counts: how often each word of the vocabulary occurs.
        """
        counts = np.asarray(counts, np.float64)
        return {
            "words": float(self.found.mean()) if len(self.found) else 0.0,
            "tokens": float((self.found * counts).sum() / max(1.0, counts.sum())),
        }


def read_word_vectors(file: str | os.PathLike[str], words: Sequence[str]) -> WordVectors:
    """Reads the vectors of some words from a file, text or binary, also compressed as `.gz`.

    - GloVe and word2vec as text, fastText's `.vec`: a word and its numbers on each line, with or without a
      first line of two counts.
    - word2vec as binary.
    - fastText's models, `.bin`: the mean of the vectors of a word and of its character n-grams, so that
      words that the model does not contain have a vector too.

    Of a word that the file has twice, the first vector is taken. A word that it has in another case only
    (`Paris` for `paris`) gets the first of these; notes tell how often either occurred.

    Args:
        file: the file.
        words: the vocabulary, distinct words.

    Raises:
        DataError: no such file, no word vectors, damaged, or none of the words in it.
    """
    path = Path(file).expanduser()
    row_of = {word: row for row, word in enumerate(words)}
    try:
        with _opened(path) as stream:
            table = _read(path, stream, row_of)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path}: cannot be read ({reason})", "a file of word vectors", "check it") from None
    if not table.found.any():
        received = f"{path}: none of the {len(words):,} words of the vocabulary, {_examples(words)}"
        expected = f"words such as those of the file: {', '.join(table.examples)}"
        raise DataError(received, expected, "take a file of this language, or lower=true")
    return WordVectors(table.matrix, table.found, [f"{path.name}: {note}" for note in _notes(table)])


def _opened(path: Path) -> IO[bytes]:
    if not path.is_file():  # a pipe would block forever
        problem = "a folder" if path.is_dir() else "not a file" if path.exists() else "no such file"
        raise DataError(f"{path}: {problem}", "a file of word vectors", "word_vectors=glove.6B.100d.txt")
    with path.open("rb") as stream:
        zipped = stream.read(2) == b"\x1f\x8b"
    return cast("IO[bytes]", gzip.open(path, "rb")) if zipped else path.open("rb")


def _read(path: Path, stream: IO[bytes], row_of: Mapping[str, int]) -> VectorTable:
    if stream.read(len(MAGIC)) == MAGIC:
        stream.seek(0)
        return read_fasttext(path, stream, row_of)
    stream.seek(0)
    header = HEADER.fullmatch(stream.readline(LONGEST_LINE))
    if header and not numbers_in(stream.readline(LONGEST_LINE)):
        stream.seek(header.end())
        return read_word2vec(path, stream, row_of, int(header[1]), int(header[2]))
    stream.seek(0)
    return read_lines(path, stream, row_of)


def _notes(table: VectorTable) -> list[str]:
    notes = list(table.notes)
    if table.repeated:
        notes.append(f"{plural(table.repeated, 'word')} twice, of which the first vector was taken")
    if other := int(table.other_case.sum()):
        notes.append(f"{plural(other, 'word')} in another case only, such as capitals")
    return notes


def _examples(words: Sequence[str]) -> str:
    return ", ".join(word[:20] for word in words[:3])
