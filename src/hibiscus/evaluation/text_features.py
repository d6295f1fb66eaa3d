r"""Counts of words and pairs of words, the features of linear text classifiers, as sparse matrices.

    tfidf(text, term) = (1 + ln count) (ln((1 + N) / (1 + df(term))) + 1) / norm of the text's row

with N training texts, df of which contain the term: sublinear counts, smoothed, rows of Euclidean length 1.

Reference: Salton, Buckley, "Term-weighting approaches in automatic text retrieval", 1988.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hibiscus.data.text.words import split_tokens
from hibiscus.errors import DataError

__all__ = ["SparseRows", "TermCounts", "tfidf"]

SparseRows = Any  # scipy.sparse.csr_array, whose types are incomplete


class TermCounts:
    """Counts words and pairs of neighboring words; those that no training text contains are not counted.

    Args:
        texts: the training texts.

    Raises:
        DataError: no text contains a word.
    """

    def __init__(self, texts: Sequence[str]):
        self.words: dict[str, int] = {}
        for text in texts:
            for word in split_tokens(text):
                self.words.setdefault(word, len(self.words) + 1)  # 0 is an unknown word
        if not self.words:
            raise DataError(f"no words in {len(texts)} texts", "texts with words", "check the column")
        _, codes = self._codes(texts)
        self.terms: NDArray[np.int64] = np.unique(codes)

    def __len__(self) -> int:
        return len(self.terms)

    def counts(self, texts: Sequence[str]) -> SparseRows:
        """How often each term of the training texts occurs: float32 (texts, terms)."""
        from scipy.sparse import csr_array

        rows, codes = self._codes(texts)
        columns = np.searchsorted(self.terms, codes)
        known = columns < len(self.terms)
        known[known] = self.terms[columns[known]] == codes[known]
        place = rows[known].astype(np.int32), columns[known].astype(np.int32)  # liblinear takes no others
        entries = np.ones(len(place[0]), np.float32), place
        return csr_array(entries, shape=(len(texts), len(self.terms)))  # adds the counts up

    def _codes(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The text and the number of each term: of a word its own, of a pair `first * (words + 1) + second`.

        Terms with an unknown word have a negative number.
        """
        lists = [[self.words.get(word, 0) for word in split_tokens(text)] for text in texts]
        lengths = np.array([len(words) for words in lists], np.int64)
        row = np.repeat(np.arange(len(texts)), lengths)
        word = np.fromiter((number for words in lists for number in words), np.int64, int(lengths.sum()))
        pair = np.flatnonzero(row[1:] == row[:-1])
        first, second = word[pair], word[pair + 1]
        pairs = np.where((first > 0) & (second > 0), first * (len(self.words) + 1) + second, -1)
        return np.concatenate([row, row[pair]]), np.concatenate([np.where(word > 0, word, -1), pairs])


def tfidf(train: SparseRows, *others: SparseRows) -> list[SparseRows]:
    """The counts of the training texts and of others as tf-idf, with frequencies of the training texts."""
    frequency = np.bincount(train.indices, minlength=train.shape[1])
    idf = np.log((1 + train.shape[0]) / (1 + frequency)) + 1
    weighted = []
    for counts in (train, *others):
        matrix = counts.astype(np.float64)
        matrix.data = (1 + np.log(matrix.data)) * idf[matrix.indices]
        norms = np.sqrt(np.bincount(_row_numbers(matrix), matrix.data**2, matrix.shape[0]))
        matrix.data /= norms[_row_numbers(matrix)]
        weighted.append(matrix)
    return weighted


def _row_numbers(matrix: SparseRows) -> NDArray[np.int64]:
    """The row of each entry."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
