r"""Sentence embeddings: the interface, and averages of word vectors.

    mean:    $s = \frac{1}{n} \sum_t v_{w_t}$
    tf-idf:  $s = \sum_t a_{w_t} v_{w_t} / \sum_t a_{w_t}$,   $a_w = \ln\frac{1 + N}{1 + \mathrm{df}(w)} + 1$

over the words $w_1 \dots w_n$ of a sentence that have a vector, with N texts of which df(w) contain the word.
Frequent words such as `the` tell little about a sentence, and the second has less of them.

Reference: Wieting et al., "Towards universal paraphrastic sentence embeddings", 2015, arXiv 1511.08198.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal, Protocol, Self

import numpy as np

from hibiscus.data.text.word_vectors import WordVectors
from hibiscus.data.text.words import split_tokens

__all__ = ["SentenceEmbedder", "Weighting", "WordAverages"]

Weighting = Literal["mean", "tf-idf"]


class SentenceEmbedder(Protocol):
    """Maps sentences to vectors; `name` identifies it, and `notes` tell what the user should know."""

    name: str
    notes: list[str]

    def fit(self, texts: Sequence[str]) -> Self:
        """Learns from texts, if there is something to learn."""
        ...

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """The embeddings of texts, float32 `(texts, dimension)`."""
        ...


class WordAverages:
    """The mean of the vectors of the words of a sentence; zeros for one without a known word.

    Args:
        name: of the word vectors.
        read: returns the vectors of distinct words.
        weighting: `mean`, or `tf-idf` with the frequencies of the texts to which it was fitted.
    """

    def __init__(
        self, name: str, read: Callable[[Sequence[str]], WordVectors], weighting: Weighting = "mean"
    ):
        self.name, self.read, self.weighting = f"{weighting} of {name}", read, weighting
        self.documents = 0
        self.document_counts = Counter[str]()
        self.notes: list[str] = []

    def fit(self, texts: Sequence[str]) -> WordAverages:
        """Counts the texts, and those that contain each word."""
        self.documents = len(texts)
        self.document_counts = Counter(word for text in texts for word in set(split_tokens(text)))
        return self

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """The embeddings of texts, float32 `(texts, dimension)`.

        Raises:
            DataError: the vectors cannot be read, or no word has one.
        """
        rows = [split_tokens(text) for text in texts]
        counts = Counter(word for row in rows for word in row)
        words = sorted(counts)
        vectors = self.read(words)
        number = {word: index for index, word in enumerate(words) if vectors.found[index]}
        weight = np.array([self._weight(word) for word in words], np.float32)
        embeddings = np.zeros((len(rows), vectors.matrix.shape[1]), np.float32)
        for row, embedding in zip(rows, embeddings, strict=True):
            if known := [number[word] for word in row if word in number]:
                embedding[:] = weight[known] @ vectors.matrix[known] / weight[known].sum()
        coverage = vectors.coverage([counts[word] for word in words])["tokens"]
        self.notes = [*vectors.notes, f"{coverage:.1%} of the words and punctuation marks have a vector"]
        if empty := int((~embeddings.any(1)).sum()):
            self.notes.append(f"{empty:,} of {len(texts):,} texts have no word with a vector")
        return embeddings

    def _weight(self, word: str) -> float:
        if self.weighting == "mean":
            return 1.0
        return math.log((1 + self.documents) / (1 + self.document_counts[word])) + 1
