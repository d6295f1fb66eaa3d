r"""doc2vec: a vector for each text from which its words can be predicted, by the package gensim.

    maximize  $\sum_w \log \sigma(u_w \cdot d) + \sum_{k=1}^{K} \log \sigma(-u_{n_k} \cdot d)$    over d and u

for the words w of a text with vector d, and noise words $n_k$ (distributed bag of words). The vector of a new
text is found in the same way, with the vectors u of training.

Reference: Le, Mikolov, "Distributed representations of sentences and documents", 2014, arXiv 1405.4053.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from hibiscus.data.text.words import split_tokens
from hibiscus.errors import DataError, MissingExtraError
from hibiscus.progress import step

__all__ = ["Doc2Vec"]

FREQUENT, MIN_COUNT = 10_000, 5  # words and punctuation marks from which on a rare word is left out


class Doc2Vec:
    """Trains a model on the texts of `fit`; it needs thousands of them to be of use.

    Args:
        dimension: of the embeddings.
        epochs: passes over the texts, and over a new text.
        seed: random seed; with it, equal texts give equal embeddings.

    Raises:
        MissingExtraError: gensim is not installed.
    """

    name = "doc2vec"

    def __init__(self, dimension: int = 100, epochs: int = 40, seed: int = 0):
        try:
            import gensim.models.doc2vec
        except ImportError as error:
            raise MissingExtraError(
                "doc2vec: gensim is not installed", "the package gensim", "pip install 'hibiscus[text]'"
            ) from error
        self._gensim: Any = gensim.models.doc2vec
        self.dimension, self.epochs, self.seed = dimension, epochs, seed
        self.notes: list[str] = []
        self.model: Any = None

    def fit(self, texts: Sequence[str]) -> Doc2Vec:
        """Trains the vectors of words on texts.

        Raises:
            DataError: no text has a word.
        """
        rows = [split_tokens(text) for text in texts]
        count = sum(map(len, rows))
        if not count:
            raise DataError(f"no words in {len(texts)} texts", "texts with words", "check the texts")
        documents = [self._gensim.TaggedDocument(row, [number]) for number, row in enumerate(rows)]
        with step("training doc2vec"), self._stable_hashes():
            self.model = self._gensim.Doc2Vec(
                documents,
                dm=0,
                vector_size=self.dimension,
                min_count=MIN_COUNT if count >= FREQUENT else 1,
                sample=1e-4 if count >= FREQUENT else 0,
                negative=5,
                epochs=self.epochs,
                workers=1,  # several give another result each time
                seed=self.seed,
                hashfxn=_hash,
            )
        return self

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """The embeddings of texts, float32 `(texts, dimension)`; zeros for those without a known word.

        Raises:
            DataError: before `fit`.
        """
        if self.model is None:
            raise DataError("doc2vec without training", "texts to train on", "call fit(texts) first")
        embeddings = np.zeros((len(texts), self.dimension), np.float32)
        known = self.model.wv.key_to_index
        with step("embedding sentences", len(texts)) as computing, self._stable_hashes():
            for text, embedding in zip(texts, embeddings, strict=True):
                words = [word for word in split_tokens(text) if word in known]
                if words:
                    self.model.random.seed(self.seed)
                    embedding[:] = self.model.infer_vector(words, epochs=self.epochs)
                computing.advance()
        if empty := int((~embeddings.any(1)).sum()):
            self.notes = [f"{empty:,} of {len(texts):,} texts have no word that occurs in the training texts"]
        return embeddings

    @contextmanager
    def _stable_hashes(self) -> Iterator[None]:
        """The first vector of a text depends on Python's hash of it, which differs from process to process:
        replaced by a checksum.
        """
        draw = self._gensim.pseudorandom_weak_vector
        self._gensim.pseudorandom_weak_vector = functools.partial(draw, hashfxn=_hash)
        try:
            yield
        finally:
            self._gensim.pseudorandom_weak_vector = draw


def _hash(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))
