r"""Byte-pair encoding: the most frequent pairs of neighboring pieces become new pieces, starting from bytes.

Every text can be encoded, and `decode(encode(text)) == text`: there are no unknown tokens. Pairs are merged
within words, numbers and runs of marks, each with the space before it. The package `tokenizers` does the
work; the merges are saved as plain numbers, from which the pieces follow.

Reference: Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units", ACL
2016 (arXiv 1508.07909); on bytes as in Radford et al., "Language Models are Unsupervised Multitask Learners",
2019.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import islice
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict  # Pydantic needs this one below Python 3.12

from hibiscus.data.encoding import valid_unicode
from hibiscus.data.text.words import texts_together
from hibiscus.errors import ConfigError, DataError, MissingExtraError
from hibiscus.typed_values import typed_value

__all__ = ["MAX_PIECES", "BytePairs"]

BYTES = 256
MAX_PIECES = 100_000
LONGEST_PIECE = 48  # bytes; it also limits what a damaged file can make of few merges
LONGEST_RUN = 64  # characters within which pairs are merged: a line of 100 MB takes no longer than many lines
BLOCK = 2**14  # characters that the package gets as one text; it needs 200 bytes of memory for each
TOGETHER = 2**20  # characters that it gets at a time
# Contractions, words with their marks, numbers, other marks, white space before a word, other white space.
RUNS = (
    r"'(?:s|t|re|ve|m|ll|d)\b| ?[\p{L}\p{M}]{1,LONGEST}| ?\p{N}{1,LONGEST}"
    r"| ?[^\s\p{L}\p{M}\p{N}]{1,LONGEST}|\s{1,LONGEST}(?!\S)|\s{1,LONGEST}"
).replace("LONGEST", str(LONGEST_RUN))

Pair = tuple[int, int]


class SavedBytePairs(TypedDict):
    """Byte pairs as `BytePairs.to_json` saves them."""

    merges: Annotated[
        list[tuple[Annotated[int, Field(strict=True, ge=0)], Annotated[int, Field(strict=True, ge=0)]]],
        Field(max_length=MAX_PIECES),
    ]


class BytePairs:
    """Texts as pieces of words: piece i < 256 is the byte i, each other one joins two that come before it.

    Args:
        merges: the indices of two pieces that are merged, in the order in which this is done. Each merge
            makes a new piece, unless another one has made the same.

    Raises:
        ValueError: a merge of a piece that does not exist yet, or into more than `LONGEST_PIECE` bytes; or
            more than `MAX_PIECES` merges.

    Example:
        >>> pairs = BytePairs.fit(["low lower lowest", "low low"], size=258)
        >>> [piece.decode() for piece in pairs.pieces[256:]]
        ['lo', 'low']
        >>> pairs.decode(pairs.encode(["slow"])[0])
        'slow'
    """

    def __init__(self, merges: Sequence[Pair]):
        pieces = [bytes([number]) for number in range(BYTES)]
        index = {piece: number for number, piece in enumerate(pieces)}
        if len(merges) > MAX_PIECES:
            raise ValueError(f"{len(merges):,} merges, more than {MAX_PIECES:,}")
        for place, (first, second) in enumerate(merges):
            if not (0 <= first < len(pieces) and 0 <= second < len(pieces)):
                raise ValueError(f"merge {place} is of the pieces {first} and {second} of {len(pieces)}")
            piece = pieces[first] + pieces[second]
            if len(piece) > LONGEST_PIECE:
                raise ValueError(f"merge {place} makes a piece of {len(piece)} bytes, over {LONGEST_PIECE}")
            if piece not in index:
                index[piece] = len(pieces)
                pieces.append(piece)
        self.merges, self.pieces = [*merges], pieces

    def __len__(self) -> int:
        return len(self.pieces)

    @classmethod
    def fit(cls, texts: Iterable[str], size: int) -> BytePairs:
        """Learns the pieces, on the training texts only; the same texts in any order give the same pieces.

        Args:
            texts: the training texts.
            size: the number of pieces, 256 or more; fewer result if no pair occurs twice.

        Raises:
            ConfigError: a size out of this range.
            MissingExtraError: the package `tokenizers` is not installed.
        """
        if not BYTES <= size <= MAX_PIECES:
            expected = f"{BYTES} (one piece for each byte) to {MAX_PIECES:,}"
            raise ConfigError(f"{size} byte pairs", expected, "vocabulary_size=8000")
        library = _library()
        learner = library.Tokenizer(library.models.BPE())
        learner.pre_tokenizer = _runs(library)
        trainer = library.trainers.BpeTrainer(
            vocab_size=size,
            min_frequency=2,
            show_progress=False,
            initial_alphabet=library.pre_tokenizers.ByteLevel.alphabet(),
            max_token_length=LONGEST_PIECE,
        )
        learner.train_from_iterator((block for text in texts for block in _blocks(text)), trainer)
        return cls(_as_indices(json.loads(learner.to_str())["model"]["merges"]))

    def encode(self, texts: Iterable[str]) -> list[list[int]]:
        """Each text as indices of `pieces`, 0 to `len(self) - 1`."""
        rows: list[list[int]] = []
        for some in texts_together(texts, TOGETHER):
            blocks = [list(_blocks(text)) for text in some]
            flat = [block for of_text in blocks for block in of_text]
            encoded = iter(self._encoder.encode_batch_fast(flat, add_special_tokens=False))
            rows += [[index for one in islice(encoded, len(each)) for index in one.ids] for each in blocks]
        return rows

    def decode(self, indices: Iterable[int]) -> str:
        """The text; bytes that are no UTF-8, as a generated or cut text may have them, become U+FFFD."""
        joined = []
        for index in indices:
            if not 0 <= index < len(self.pieces):
                expected, fix = f"0 to {len(self.pieces) - 1}", "decode with the pairs that encoded"
                raise DataError(f"the piece {index}", expected, fix)
            joined.append(self.pieces[index])
        return b"".join(joined).decode("utf-8", "replace")

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"merges": [list(pair) for pair in self.merges]}

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> BytePairs:
        """The byte pairs that `to_json` saved; nothing but numbers is read.

        Raises:
            ValueError: damaged; the message names the entry.
        """
        return cls(typed_value(SavedBytePairs, saved)["merges"])

    @cached_property
    def _encoder(self) -> Any:
        """The encoder of the package `tokenizers`, built from the merges and from nothing that is saved."""
        library = _library()
        spelled = ["".join(_letters()[byte] for byte in piece) for piece in self.pieces]
        model = library.models.BPE(
            vocab={piece: number for number, piece in enumerate(spelled)},
            merges=[(spelled[first], spelled[second]) for first, second in self.merges],
        )
        encoder = library.Tokenizer(model)
        encoder.pre_tokenizer = _runs(library)
        return encoder


def _blocks(text: str) -> Iterator[str]:
    """A long text in blocks, which begin with a space where there is one."""
    start, text = 0, valid_unicode(text)
    while len(text) - start > BLOCK:
        space = text.rfind(" ", start + BLOCK // 2, start + BLOCK)
        end = space if space >= 0 else start + BLOCK
        yield text[start:end]
        start = end
    yield text[start:]


def _as_indices(merges: Iterable[tuple[str, str]]) -> list[Pair]:
    """The merges of the package, which spells bytes as letters, as indices of pieces."""
    byte_of = {letter: byte for byte, letter in enumerate(_letters())}
    index = {bytes([number]): number for number in range(BYTES)}
    pairs = []
    for pair in merges:
        first, second = (bytes(byte_of[letter] for letter in piece) for piece in pair)
        pairs.append((index[first], index[second]))
        index.setdefault(first + second, len(index))
    return pairs


@cache
def _letters() -> list[str]:
    """The letter that stands for each byte in the package: itself if it is visible, otherwise one above."""
    visible = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(BYTES, 2 * BYTES))
    return [chr(byte) if byte in visible else chr(next(others)) for byte in range(BYTES)]


def _runs(library: Any) -> Any:
    """Divides a text into the runs within which pairs are merged, as bytes."""
    steps = [
        library.pre_tokenizers.Split(library.Regex(RUNS), "isolated"),
        library.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ]
    return library.pre_tokenizers.Sequence(steps)


def _library() -> Any:
    try:
        import tokenizers
    except ImportError:
        raise MissingExtraError(
            "byte pairs require the package tokenizers", "the extra text", "pip install 'hibiscus[text]'"
        ) from None
    return tokenizers
