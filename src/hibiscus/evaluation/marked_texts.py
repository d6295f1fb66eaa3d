"""Texts as report items, with a number for each token: how much it decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hibiscus.evaluation.plain_data import Number, PlainItem, expect

__all__ = ["MarkedText", "MarkedTexts", "mark_tokens"]

TOKENS = 120  # shown of a text
FARTHEST = 200  # characters between two tokens of a text, such as white space


@dataclass(frozen=True)
class MarkedText(PlainItem):
    """A text in pieces, which joined are the text or a part of it; a piece without a number is no token."""

    kind: ClassVar[str] = "marked-text"
    caption: str
    pieces: Sequence[str]
    values: Sequence[Number] | NDArray

    def _check(self) -> None:
        expect(len(self.values) == len(self.pieces), self.caption, f"{len(self.pieces)} values")


@dataclass(frozen=True)
class MarkedTexts(PlainItem):
    """Texts whose tokens are marked by how much they decided.

    `raises` says what a positive number means, `lowers` what a negative one does.
    """

    kind: ClassVar[str] = "texts"
    title: str
    texts: Sequence[MarkedText]
    raises: str
    lowers: str
    note: str = ""

    @classmethod
    def from_json(cls, options: Mapping[str, Any]) -> MarkedTexts:
        """The item from the fields that `fields_to_json` returned."""
        texts = [MarkedText(text["caption"], text["pieces"], text["values"]) for text in options["texts"]]
        return cls(options["title"], texts, options["raises"], options["lowers"], options["note"])


def mark_tokens(caption: str, text: str, tokens: Sequence[str], values: NDArray) -> MarkedText:
    """The text with the numbers of its tokens; of a long one those tokens that have the largest together.

    Args:
        caption: what the text is.
        text: as it was read.
        tokens: in order, as far as the network reads the text; in lower case or not.
        values: of the tokens, (tokens,).
    """
    pieces, numbers = _pieces(text, tokens, [float(value) for value in values])
    places = [place for place, number in enumerate(numbers) if number is not None]
    start, stop = 0, len(pieces)
    if len(places) > TOKENS:
        sums = np.cumsum([0.0, *np.abs(values)])
        first = int(np.argmax(sums[TOKENS:] - sums[:-TOKENS]))
        start, stop = places[first] if first else 0, places[first + TOKENS - 1] + 1
    before, after = ["… "] * (start > 0), [" …"] * (stop < len(pieces))
    shown = [*before, *(_cut(piece) for piece in pieces[start:stop]), *after]
    return MarkedText(caption, shown, [*([None] * len(before)), *numbers[start:stop], *([None] * len(after))])


def _pieces(
    text: str, tokens: Sequence[str], values: Sequence[float]
) -> tuple[list[str], list[float | None]]:
    """The text divided at its tokens; a token that is not found in it stands for itself."""
    lower = text.lower()
    text = text if len(lower) == len(text) else lower  # some letters have a longer lower case
    pieces: list[str] = []
    numbers: list[float | None] = []
    position = 0
    for token, value in zip(tokens, values, strict=True):
        word = token.strip().lower() or token.lower()
        start = lower.find(word, position, position + len(word) + FARTHEST)
        if start < 0:
            between, piece = " ", token
        else:
            between, piece = text[position:start], text[start : start + len(word)]
            position = start + len(word)
        if between:
            pieces.append(between)
            numbers.append(None)
        pieces.append(piece)
        numbers.append(value)
    if position < len(text):
        pieces.append(text[position:])
        numbers.append(None)
    return pieces, numbers


def _cut(piece: str) -> str:
    """The piece; what the network did not read at the end of a text is cut."""
    return piece if len(piece) <= FARTHEST else f"{piece[:FARTHEST]} …"
