"""Texts as sequences of one-hot vectors, by word, character or hash."""

from __future__ import annotations

import string
import zlib
from collections.abc import Iterable

import numpy as np

from hibiscus.data.text.tokenizer import Tokenizer, check_text, check_texts, check_whole, split_words

__all__ = ["character_one_hot", "hashing_one_hot", "word_one_hot"]


def word_one_hot(texts: Iterable[str], tokenizer: Tokenizer, max_length: int = 10) -> np.ndarray:
    """The first `max_length` words of each text: float32 (N, max_length, words + 1); [i, j, 0] is never set.

    Word j stays at position j: the rows of unknown words and stop words are zero.
    """
    index = tokenizer.fitted()
    rows = [[index.get(word, 0) for word in split_words(text)] for text in check_texts(texts)]
    return _one_hot(rows, max_length, len(index) + 1)


def character_one_hot(texts: Iterable[str], max_length: int = 50) -> np.ndarray:
    """The first `max_length` characters as float32 (N, max_length, 101) over `string.printable`."""
    index = {character: number for number, character in enumerate(string.printable, start=1)}
    rows = [
        [index.get(character, 0) for character in check_text(text)[:max_length]]
        for text in check_texts(texts)
    ]
    return _one_hot(rows, max_length, len(index) + 1)


def hashing_one_hot(texts: Iterable[str], dimension: int = 1000, max_length: int = 10) -> np.ndarray:
    """Words without a vocabulary, column crc32(word) mod dimension: float32 (N, max_length, dimension).

    Words may collide in a column, more often the smaller `dimension` is; a fitted `Tokenizer` has no
    collisions.
    """
    dimension = check_whole("dimension", dimension)  # crc32 and not hash(), which differs between processes
    rows = [
        [zlib.crc32(word.encode()) % dimension + 1 for word in split_words(text)]
        for text in check_texts(texts)
    ]
    return _one_hot(rows, max_length, dimension + 1)[:, :, 1:]


def _one_hot(rows: list[list[int]], max_length: int, width: int) -> np.ndarray:
    """Indices, 0 for none, as float32 (N, max_length, width)."""
    result = np.zeros((len(rows), check_whole("max_length", max_length), width), np.float32)
    for sample, row in zip(result, rows, strict=True):
        kept = np.array(row[:max_length], np.int64)
        positions = np.flatnonzero(kept)
        sample[positions, kept[positions]] = 1
    return result
