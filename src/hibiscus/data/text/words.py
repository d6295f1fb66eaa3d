r"""Texts as tokens: words by the rules of Unicode, and punctuation marks, each a token of its own.

The boundaries are those of Unicode Standard Annex 29, except that an underscore, a colon, and a period
between letters separate words, as in `end.Then`; so does a hyphen.

- A word is a run of letters and digits of any script with their combining marks. An apostrophe between them
  belongs to it (`don't`), and so do a comma and a period between digits (`1,234.50`).
- Chinese characters, Hiragana, Thai, Lao, Khmer and Burmese letters are tokens of their own, since these
  scripts have no spaces between words; there, characters or byte pairs are the better tokens.
- Everything else that is visible is a token of one character. An emoji is one with its modifiers, and so
  are a flag, and several emojis joined by zero-width joiners.
- White space, control characters, and the marks of direction and of line breaks are no tokens. Texts are
  brought to the composed form of Unicode (NFC), so both spellings of an accent are the same word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import compress, repeat
from typing import Any

import numpy as np

from hibiscus.data.encoding import valid_unicode

__all__ = ["LONGEST_TOKEN", "number_tokens", "split_tokens", "texts_together"]

LONGEST_TOKEN = 100  # characters; what is longer is no word of a language, and is divided
KNOWN = 2**17  # stretches between white space whose tokens are remembered
TOGETHER = 2**24  # characters of the texts that are numbered at a time
ASCII = re.compile(r"[a-z\d]+(?:'[a-z\d]+|(?<=\d)[.,](?=\d)[a-z\d]+)*|[!-~]", re.IGNORECASE)
LINE = "\n"
ASCII_LINES = re.compile(f"{ASCII.pattern}|{LINE}", re.IGNORECASE)
SINGLE = (  # scripts without spaces
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\ua9e0-\ua9ff\uaa60-\uaadf"
    "\u3005\u3007\u3041-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
JOINERS = "\u200c\u200d"  # they have a meaning between letters of Persian and Hindi, and between emojis
MODIFIERS = "\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\U000e0100-\U000e01ef"  # of emojis and ideographs
LAST_MARK = 0x1F000  # combining marks have smaller code points
INVISIBLE = dict.fromkeys(
    (0xAD, 0x61C, 0x180E, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
)


def split_tokens(text: str, lower: bool = True) -> list[str]:
    """The words and punctuation marks of a text, in order.

    Args:
        text: any text.
        lower: whether in lower case.

    Example:
        >>> split_tokens("Don't panic: it costs $1,234.50!")
        ["don't", 'panic', ':', 'it', 'costs', '$', '1,234.50', '!']
    """
    tokens: list[str] = []
    for stretch in text.split():
        # No token contains white space, and most stretches occur often: each is divided once.
        tokens += _known(stretch, lower) if len(stretch) <= LONGEST_TOKEN else _divided(stretch, lower)
    return tokens


def number_tokens(
    texts: Iterable[str], number_of: Mapping[str, int], unknown: int | None, lower: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the tokens of texts, each distinct stretch between white space divided once.

    Args:
        texts: N texts.
        number_of: the vocabulary, numbers from 0.
        unknown: the number of all other tokens; None to leave them out.
        lower: whether tokens are in lower case.

    Returns:
        All numbers, int32 (tokens,), and how many each text has, int64 (N,).
    """
    flat, lengths = [np.zeros(0, np.int32)], [np.zeros(0, np.int64)]
    for some in texts_together(texts):
        stretches, ends = _stretches(some)
        numbers, starts, counts = _number_stretches(
            stretches.dictionary.to_pylist(), number_of, unknown, lower
        )
        index = stretches.indices.to_numpy()
        count = counts[index]
        after = np.cumsum(count)
        flat.append(numbers[np.arange(count.sum()) + np.repeat(starts[index] - after + count, count)])
        lengths.append(np.diff(np.append(0, after)[ends], prepend=0))
    return np.concatenate(flat), np.concatenate(lengths)


def texts_together(texts: Iterable[str], characters: int = TOGETHER) -> Iterator[list[str]]:
    """Texts of about so many characters at a time, so that the memory does not grow with their number."""
    some: list[str] = []
    size = 0
    for text in texts:
        some.append(text)
        size += len(text)
        if size > characters:
            yield some
            some, size = [], 0
    if some:
        yield some


def _stretches(texts: list[str]) -> tuple[Any, np.ndarray]:
    """The stretches between white space of all texts, as an Arrow array with a dictionary, and their ends."""
    import pyarrow as pa
    import pyarrow.compute

    pc: Any = pyarrow.compute
    try:
        column = pa.array(texts, pa.large_string())
    except UnicodeEncodeError:  # lone halves of surrogate pairs, which JSON can hold
        column = pa.array([valid_unicode(text) for text in texts], pa.large_string())
    stretches = pc.utf8_split_whitespace(column)
    return stretches.flatten().dictionary_encode(), stretches.offsets.to_numpy()[1:]


def _number_stretches(
    stretches: list[str], number_of: Mapping[str, int], unknown: int | None, lower: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The numbers of the tokens of all stretches, and where those of each start, and how many it has.

    Stretches of ASCII are divided in one pass of the pattern over all of them, each on a line of its own.
    """
    plain = [stretch.isascii() and len(stretch) <= LONGEST_TOKEN for stretch in stretches]
    lines = "".join(map(LINE.__add__, compress(stretches, plain)))
    tokens = ASCII_LINES.findall(lines.lower() if lower else lines)
    order = np.argsort(np.logical_not(plain), kind="stable")
    for place in order[sum(plain) :].tolist():
        tokens += [LINE, *_divided(stretches[place], lower)]
    at_line, left_out = -1, -2
    found = {**number_of, LINE: at_line}
    default = left_out if unknown is None else unknown
    numbers = np.fromiter(map(found.get, tokens, repeat(default)), np.int32, len(tokens))
    kept = numbers >= 0
    by_line = np.bincount(np.cumsum(numbers == at_line)[kept] - 1, minlength=len(stretches))
    starts, counts = np.empty((2, len(stretches)), np.int64)
    starts[order], counts[order] = np.cumsum(by_line) - by_line, by_line
    return numbers[kept], starts, counts


@lru_cache(KNOWN)
def _known(stretch: str, lower: bool) -> tuple[str, ...]:
    return tuple(_divided(stretch, lower))


def _divided(stretch: str, lower: bool) -> list[str]:
    """The tokens of a stretch without white space."""
    if lower:
        stretch = stretch.lower()
    if stretch.isascii():
        tokens = ASCII.findall(stretch)
    else:
        stretch = unicodedata.normalize("NFC", stretch).translate(INVISIBLE)
        stretch = stretch.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
        tokens = [token for token in _any_script().findall(stretch) if token.strip(JOINERS)]
    if len(stretch) <= LONGEST_TOKEN:
        return tokens
    return [
        token[start : start + LONGEST_TOKEN]
        for token in tokens
        for start in range(0, len(token), LONGEST_TOKEN)
    ]


@cache
def _any_script() -> re.Pattern[str]:
    r"""The pattern for all scripts: `\w` contains no combining marks, without which many words fall apart."""
    marks = _ranges(code for code in range(LAST_MARK) if unicodedata.category(chr(code))[0] == "M")
    mark = f"[{marks}{JOINERS}{MODIFIERS}]"
    letters = rf"[^\W_{SINGLE}]+(?:{mark}+[^\W_{SINGLE}]*)*"
    symbol = rf"[^\s\0-\x1f\x7f-\x9f\u200b]{mark}*"
    return re.compile(
        rf"{letters}(?:'{letters}|(?<=\d)[.,](?=\d){letters})*"
        rf"|[\U0001f1e6-\U0001f1ff]{{2}}|{symbol}(?:(?<=\u200d){symbol})*"
    )


def _ranges(codes: Iterable[int]) -> str:
    """Code points in ascending order as the inside of a character class."""
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
