r"""Texts as sequences of token numbers, with a vocabulary that is learned from the training part only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from itertools import chain, pairwise
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from hibiscus.data.tables.columns import as_texts
from hibiscus.data.text.byte_pairs import BytePairs, Pair
from hibiscus.data.text.vocabulary import learn_vocabulary
from hibiscus.data.text.word_pieces import WordPieces
from hibiscus.data.text.words import number_tokens, split_tokens
from hibiscus.errors import DataError
from hibiscus.tokens import END, PADDING, SPECIAL, UNKNOWN, TokenShape
from hibiscus.typed_values import Count, Flag, expect, typed_value

__all__ = ["TextPreparation", "TokenKind", "raw_texts"]

TokenKind = Literal["word", "character", "bpe", "word-piece"]
LONGEST = 512  # tokens of a text by default, if the training part has longer ones
FITTING = 0.995  # the fraction of the training texts that are not cut by default
NO_SPACE_BEFORE = re.compile(r" (?=[.,;:!?%)\]}’”])|(?<=[(\[{“‘$]) ")


@dataclass(frozen=True)
class TextPreparation:
    r"""A text as numbers of its tokens: those of `tokens.SPECIAL` first, then the vocabulary.

    Tokens that are not in the vocabulary become `UNKNOWN`, or are left out. Texts of more than `max_length`
    tokens are cut there.

    Shapes: N texts give int32 (N, max_length), `PADDING` after the end of each.

    Args:
        column: the column of the table; empty if the texts have no column.
        tokens: `word` (words and punctuation marks), `character`, `bpe` (byte pairs), or `word-piece`
            (those of MiniLM).
        vocabulary: the words or characters, by decreasing frequency; empty for byte pairs.
        max_length: the largest number of tokens of a text.
        lower: whether words are in lower case.
        unknown: whether tokens outside the vocabulary become `UNKNOWN`; otherwise they are left out.
        ends: whether each text ends with the token `END`.
        merges: of byte pairs.
        documents: the number of training texts.
        document_counts: how many of them contain each token, those of `tokens.SPECIAL` included.

    Example:
        texts = TextPreparation.fit(["a good story", "a bad story"])
        texts.encode(["a story"]), texts.decode([4, 5])
    """

    column: str
    tokens: TokenKind
    vocabulary: tuple[str, ...]
    max_length: Annotated[int, Field(ge=1, le=2**20)]
    lower: Flag = True
    unknown: Flag = True
    ends: Flag = False
    merges: tuple[Pair, ...] = ()
    documents: Count = 0
    document_counts: tuple[Count, ...] = ()
    kind: ClassVar[str] = "text"

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        *,
        column: str = "",
        tokens: TokenKind = "word",
        vocabulary_size: int = 20_000,
        min_count: int = 1,
        max_length: int | None = None,
        lower: bool = True,
        stop_words: bool = False,
        min_tfidf: float = 0.0,
        ends: bool = False,
        pairs: BytePairs | None = None,
    ) -> TextPreparation:
        r"""Learns from the training texts.

        Args:
            texts: of the training part only.
            column: their column.
            tokens: the kind of tokens.
            vocabulary_size: the largest number of words, characters or byte pairs.
            min_count: the number of times that a word has to occur.
            max_length: the largest number of tokens; by default 99.5 % of the texts are not cut, and it is at
                most 512.
            lower: whether words are in lower case.
            stop_words: whether English stop words are left out.
            min_tfidf: words whose highest tf-idf in any text is lower are left out.
            ends: whether each text ends with the token `END`.
            pairs: byte pairs that were learned from these texts and others, instead of from these alone.

        Raises:
            DataError: the texts have no tokens.
            MissingExtraError: byte pairs without the package `tokenizers`.
        """
        found: dict[str, Any]
        if tokens == "bpe":
            pairs = pairs or BytePairs.fit(texts, vocabulary_size)
            found = {"merges": tuple(pairs.merges), "vocabulary": ()}
        elif tokens == "word-piece":
            found = {"vocabulary": ()}
        else:
            split = partial(_split, tokens=tokens, lower=lower)
            words = learn_vocabulary(texts, split, vocabulary_size, min_count, stop_words, min_tfidf)
            found = {"vocabulary": words}
        unknown = not (stop_words or min_tfidf)
        learned = cls(
            column=column, tokens=tokens, max_length=1, lower=lower, unknown=unknown, ends=ends,
            documents=len(texts), **found,
        )  # fmt: skip
        rows = learned.number_lists(texts)
        lengths = [len(row) for row in rows]
        if not any(lengths):
            received = f"no {'words' if tokens == 'word' else 'tokens'} in {len(lengths)} texts"
            raise DataError(received, "texts with words", "check the column, or the stop words")
        fitting = min(LONGEST, int(np.quantile(lengths, FITTING, method="nearest"))) + ends
        counts = Counter(chain.from_iterable(map(set, rows)))
        return replace(
            learned,
            max_length=max_length or max(1, fitting),
            document_counts=tuple(counts[number] for number in range(learned.shape.vocabulary)),
        )

    @property
    def shape(self) -> TokenShape:
        """The shape of a text as the input of a network."""
        return TokenShape(self.max_length, len(SPECIAL) + len(self._pairs or self.vocabulary))

    @property
    def idf(self) -> np.ndarray:
        """The inverse document frequency of each token, float32 (vocabulary,): see `tokenizer`."""
        counts = np.array(self.document_counts, np.float32)
        return np.log((1 + self.documents) / (1 + counts)) + 1

    def encode(self, texts: Iterable[str]) -> np.ndarray:
        """The texts as token numbers, int32 (N, max_length); nothing is learned from them."""
        numbers, lengths = self._numbers(texts)
        kept = np.minimum(lengths, self.max_length - self.ends)
        rows = np.repeat(np.arange(len(lengths)), lengths)
        steps = np.arange(len(numbers)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        inside = steps < kept[rows]
        encoded = np.full((len(lengths), self.max_length), PADDING, np.int32)
        encoded[rows[inside], steps[inside]] = numbers[inside]
        if self.ends:
            encoded[np.arange(len(kept)), kept] = END
        return encoded

    def number_lists(self, texts: Iterable[str]) -> list[list[int]]:
        """The token numbers of each text, neither cut nor padded."""
        numbers, lengths = self._numbers(texts)
        flat, ends = numbers.tolist(), np.cumsum(lengths).tolist()
        return [flat[start:end] for start, end in pairwise([0, *ends])]

    def _numbers(self, texts: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
        """The token numbers of all texts, and how many each has."""
        if self.tokens == "word":
            return number_tokens(texts, self._index, UNKNOWN if self.unknown else None, self.lower)
        if self._pairs is not None:
            rows = self._pairs.encode(texts)
            shift = len(SPECIAL)
        else:
            rows = [[self._index.get(character, UNKNOWN) for character in text] for text in texts]
            shift = 0
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        return np.fromiter(chain.from_iterable(rows), np.int32, int(lengths.sum())) + shift, lengths

    def token_lists(self, texts: Iterable[str]) -> list[list[str]]:
        """The tokens of each text as they are encoded, but neither cut nor replaced by `UNKNOWN`."""
        if self._pairs is not None:
            return [[self._pairs.decode([piece]) for piece in row] for row in self._pairs.encode(texts)]
        if self.unknown:
            return [self._split(text) for text in texts]
        return [[token for token in self._split(text) if token in self._index] for text in texts]

    def decode(self, numbers: Iterable[int]) -> str:
        """The text of token numbers up to the first `END`; padding is left out.

        Raises:
            DataError: a number outside the vocabulary.
        """
        kept: list[int] = []
        for number in map(int, numbers):
            if not 0 <= number < self.shape.vocabulary:
                expected = f"0 to {self.shape.vocabulary - 1}"
                raise DataError(f"the token {number}", expected, "decode with the preparation that encoded")
            if number == END:
                break
            if number != PADDING:
                kept.append(number)
        if self._pairs is not None:
            return self._pairs.decode(number - len(SPECIAL) for number in kept if number >= len(SPECIAL))
        words = [self.name_of(number) for number in kept]
        return "".join(words) if self.tokens == "character" else NO_SPACE_BEFORE.sub("", " ".join(words))

    def name_of(self, number: int) -> str:
        """The token of a number as text."""
        if number < len(SPECIAL):
            return SPECIAL[number]
        place = number - len(SPECIAL)
        return self.vocabulary[place] if self._pairs is None else self._pairs.decode([place])

    def unknown_share(self, texts: Iterable[str]) -> float:
        """The fraction of the tokens of some texts that are not in the vocabulary."""
        if self._pairs is not None:
            return 0.0
        counts = Counter(chain.from_iterable(map(self._split, texts)))
        known = sum(count for token, count in counts.items() if token in self._index)
        return 1 - known / max(1, counts.total())

    def _split(self, text: str) -> list[str]:
        return _split(text, self.tokens, self.lower)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.vocabulary, start=len(SPECIAL))}

    @cached_property
    def _pairs(self) -> BytePairs | WordPieces | None:
        if self.tokens == "word-piece":
            return WordPieces()
        return BytePairs(self.merges) if self.tokens == "bpe" else None

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TextPreparation:
        """The saved preparation."""
        saved = typed_value(cls, data)
        expect(len(set(saved.vocabulary)) == len(saved.vocabulary), "distinct tokens")
        expect(bool(saved.vocabulary) == (saved.tokens in ("word", "character")), "a vocabulary, or pieces")
        size = saved.shape.vocabulary  # raises if the merges are damaged
        expect(len(saved.document_counts) == size, f"{size} counts of documents")
        return saved


def _split(text: str, tokens: TokenKind, lower: bool) -> list[str]:
    return list(text) if tokens == "character" else split_tokens(text, lower)


def raw_texts(values: Any) -> np.ndarray:
    """A column of texts as an object array of strings, empty where a text is missing."""
    pairs = zip(values, as_texts(values), strict=True)
    return np.array([value if isinstance(value, str) else text or "" for value, text in pairs], dtype=object)
