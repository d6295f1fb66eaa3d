r"""Texts as numbers: a tokenizer for the most frequent words, with multi-hot, count and tf-idf vectors.

    idf(word) = ln((1 + N) / (1 + df(word))) + 1,    tfidf(text, word) = count idf / norm of the text's row

with N texts, df of which contain the word (scikit-learn's convention: smoothed, rows of Euclidean length 1).
All of it is learned by `Tokenizer.fit`, on the training part only.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict  # Pydantic needs this one below Python 3.12

from hibiscus.errors import ConfigError, DataError, nearest
from hibiscus.typed_values import Count, Flag, typed_value

__all__ = [
    "STOP_WORDS",
    "Tokenizer",
    "check_text",
    "check_texts",
    "check_whole",
    "drop_low_tfidf",
    "multi_hot",
    "split_words",
    "tfidf_scores",
]

# Letters and digits of any script; an apostrophe inside a word belongs to it ("don't").
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
MODES = ("binary", "count", "freq", "tfidf")
STOP_WORDS = frozenset(
    WORD.findall(
        """
    a about after again all also am an and any are as at be because been before being below between both but
    by can could did do does doing down during each few for from further had has have having he her here
    hers herself him himself his how i if in into is it its itself just me more most my myself no nor not
    now of off on once only or other our ours ourselves out over own same she should so some such than that
    the their theirs them themselves then there these they this those through to too under until up very was
    we were what when where which while who whom why will with would you your yours yourself yourselves i'm
    you're he's she's it's we're they're i've you've we've they've isn't aren't wasn't weren't don't doesn't
    didn't """
    )
)


def split_words(text: str) -> list[str]:
    """The lower-case words of a text without its punctuation."""
    return WORD.findall(check_text(text).lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))


def check_text(text: Any) -> str:
    """Returns the text if it is a string."""
    if not isinstance(text, str):
        received = f"a text of type {type(text).__name__}: {text!r:.40}"
        raise DataError(received, "a string", "drop or replace missing texts first")
    return text


def check_texts(texts: Iterable[str]) -> Sequence[str]:
    """Rejects a single string, which would be read as a list of characters."""
    if isinstance(texts, str):
        raise DataError(f"one string: {texts!r:.40}", "a list of texts", "wrap it in a list: [text]")
    return texts if isinstance(texts, Sequence) else list(texts)


def check_whole(name: str, value: Any) -> int:
    """Returns the value if it is an integer from 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ConfigError(f"{name}={value!r}", "an integer from 1", f"choose {name} in this range")
    return int(value)


class SavedTokenizer(TypedDict):
    """A tokenizer as `Tokenizer.to_dict` saves it."""

    top: Annotated[int, Field(strict=True, ge=1)]
    words: list[str]
    document_counts: list[Count]
    documents: Count
    stop_words: list[str] | Flag


class Tokenizer:
    """Words as indices 1, 2, ... by decreasing frequency; 0 is padding, unknown words are dropped.

    Args:
        top: the largest number of words to keep, from 1 (1,000: Chollet, notebook 6.1).
        stop_words: True for the built-in English list, or a list of words; they are not counted.

    Example:
        >>> tokenizer = Tokenizer(top=3).fit(["The cat sat.", "The cat ran!"])
        >>> tokenizer.words
        ['cat', 'the', 'ran']
        >>> tokenizer.decode(tokenizer.encode(["the dog sat; the cat ran"])[0])
        ['the', 'the', 'cat', 'ran']
    """

    def __init__(self, top: int = 1000, stop_words: bool | Iterable[str] = False):
        self.top = check_whole("top", top)
        if isinstance(stop_words, str):
            raise ConfigError(
                f"stop_words={stop_words!r}", "True, False or a list of words", "wrap it in a list"
            )
        chosen = STOP_WORDS if stop_words is True else stop_words or ()
        self.stop_words = frozenset(word.lower() for word in chosen)
        self.words: list[str] = []
        self.index: dict[str, int] = {}
        self.document_counts: list[int] = []
        self.documents = 0

    def fit(self, texts: Iterable[str]) -> Tokenizer:
        """Learns the vocabulary; words of equal count are sorted alphabetically, so it is reproducible."""
        counts, documents = Counter[str](), Counter[str]()
        texts = check_texts(texts)
        for text in texts:
            words = split_words(text)
            counts.update(words)
            documents.update(set(words))
        ranked = sorted((-count, word) for word, count in counts.items() if word not in self.stop_words)
        words = [word for _, word in ranked[: self.top]]
        if not words:
            fix = "check the column, or the stop words"
            raise DataError(f"no words in {len(texts)} texts", "texts with words", fix)
        self._set(words, [documents[word] for word in words], len(texts))
        return self

    def _set(self, words: list[str], document_counts: list[int], documents: int) -> None:
        self.words, self.document_counts, self.documents = words, document_counts, documents
        self.index = {word: number for number, word in enumerate(words, start=1)}

    def fitted(self) -> dict[str, int]:
        """The index of each word; raises DataError before `fit`."""
        if not self.index:
            fix = "call fit(texts) with the training texts first"
            raise DataError("a tokenizer without words", "a fitted tokenizer", fix)
        return self.index

    def encode(self, texts: Iterable[str]) -> list[list[int]]:
        """Each text as its known words' indices, 1 to len(words), in order."""
        index = self.fitted()
        return [[index[word] for word in split_words(text) if word in index] for text in check_texts(texts)]

    def decode(self, indices: Iterable[int]) -> list[str]:
        """Indices back to words; 0 (padding) is skipped."""
        words, indices = ["", *self.fitted()], [int(number) for number in indices]
        outside = [number for number in indices if not 0 <= number < len(words)]
        if outside:
            expected, fix = f"0 to {len(words) - 1}", "decode with the tokenizer that encoded"
            raise DataError(f"word index {outside[0]}", expected, fix)
        return [words[number] for number in indices if number]

    def matrix(self, texts: Iterable[str], mode: str = "binary") -> np.ndarray:
        """Texts as rows of float32, (N, len(words)); column j is `words[j]`.

        Args:
            texts: N texts.
            mode: "binary" 1 if the word occurs; "count" its number of occurrences; "freq" its fraction of the
                known words of the text; "tfidf" as in the formula of the module.
        """
        if mode not in MODES:
            raise ConfigError(f"mode={mode!r}", f"one of {', '.join(MODES)}", nearest(str(mode), MODES))
        rows = self.encode(texts)
        width, lengths = len(self.words), np.array([len(row) for row in rows], dtype=np.int64)
        columns = np.fromiter((number - 1 for row in rows for number in row), np.int64, int(lengths.sum()))
        cells = np.repeat(np.arange(len(rows)), lengths) * width + columns
        result = np.zeros((len(rows), width), np.float32)
        if mode == "binary":
            result.ravel()[cells] = 1
            return result
        np.add.at(result.ravel(), cells, 1)
        if mode == "freq":
            result /= np.maximum(lengths, 1)[:, None]
        elif mode == "tfidf":
            result *= np.array([_idf(self.documents, count) for count in self.document_counts], np.float32)
            norms = np.sqrt(np.einsum("ij,ij->i", result, result))[:, None]
            result /= np.where(norms > 0, norms, 1)
        return result

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, from which `from_dict` restores the tokenizer."""
        keys = ("top", "words", "document_counts", "documents")
        return {key: getattr(self, key) for key in keys} | {"stop_words": sorted(self.stop_words)}

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Tokenizer:
        """The tokenizer that `to_dict` saved.

        Raises:
            DataError: it is damaged.
        """
        try:
            read = typed_value(SavedTokenizer, saved)
        except ValueError as error:
            received = f"a saved tokenizer that cannot be read ({error})"
            raise DataError(received, "the output of to_dict", "fit it again") from error
        tokenizer = cls(read["top"], read["stop_words"])
        words, counts, documents = read["words"], read["document_counts"], read["documents"]
        if len(set(words)) != len(counts) or len(words) != len(counts):
            received = f"a saved tokenizer with {len(words)} words and {len(counts)} counts"
            raise DataError(received, "one count for each distinct word", "fit it again")
        tokenizer._set(words, counts, documents)
        return tokenizer


def _idf(documents: int, count: int) -> float:
    return math.log((1 + documents) / (1 + count)) + 1


def multi_hot(
    texts: Iterable[str], top: int = 1000, stop_words: bool | Iterable[str] = True
) -> tuple[np.ndarray, Tokenizer]:
    """Fits a tokenizer and marks the words of each text: float32 (N, words) of 0 and 1, and the tokenizer."""
    texts = check_texts(texts)
    tokenizer = Tokenizer(top, stop_words).fit(texts)
    return tokenizer.matrix(texts), tokenizer


def tfidf_scores(texts: Iterable[str], split: Callable[[str], list[str]] = split_words) -> dict[str, float]:
    """The highest tf-idf of each word in any text, in (0, 1]: low for words that characterize no text."""
    counted = [Counter(split(text)) for text in check_texts(texts)]
    documents = Counter(word for counts in counted for word in counts)
    idf = {word: _idf(len(counted), count) for word, count in documents.items()}
    scores = dict.fromkeys(documents, 0.0)
    for counts in counted:
        weights = {word: count * idf[word] for word, count in counts.items()}
        norm = math.hypot(*weights.values())
        for word, weight in weights.items():
            scores[word] = max(scores[word], weight / norm)
    return scores


def drop_low_tfidf(
    texts: Iterable[str], keep: int | None = None, threshold: float | None = None
) -> list[str]:
    """Texts without the words of low tf-idf, in lower case and joined by spaces, as input of `Tokenizer.fit`.

    Args:
        texts: the training texts; others need no filter, as the fitted tokenizer drops unknown words.
        keep: the number of words to keep, those with the highest `tfidf_scores`; give this or `threshold`.
        threshold: the smallest score to keep, 0 to 1.
    """
    if (keep is None) == (threshold is None):
        raise ConfigError(
            f"keep={keep}, threshold={threshold}", "one of the two", "pass keep=5000 or threshold=0.1"
        )
    texts = check_texts(texts)
    scores = tfidf_scores(texts)
    if keep is not None:
        ranked = sorted(scores, key=lambda word: (-scores[word], word))
        kept = set(ranked[: check_whole("keep", keep)])
    elif threshold is None or isinstance(threshold, bool) or not 0 <= threshold <= 1:
        raise ConfigError(f"threshold={threshold!r}", "0 to 1", "scores of a text have Euclidean length 1")
    else:
        kept = {word for word, score in scores.items() if score >= threshold}
    return [" ".join(word for word in split_words(text) if word in kept) for text in texts]
