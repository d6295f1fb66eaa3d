"""Tokens as numbers: the special ones, and the shape of a text as the input of a network."""

from __future__ import annotations

__all__ = ["END", "PADDING", "SPECIAL", "START", "UNKNOWN", "TokenShape"]

PADDING, UNKNOWN, START, END = range(4)  # the numbers before those of the vocabulary
SPECIAL = ("<padding>", "<unknown>", "<start>", "<end>")  # how they are written


class TokenShape(tuple[int, int]):
    """The input shape `(steps, vocabulary)` of texts: one-hot vectors that are given by their indices.

    A batch is int64 `(batch, steps)` with up to `steps` tokens, 0 (`PADDING`) after the end of each text.

    Args:
        steps: the largest number of tokens of a text.
        vocabulary: the number of different tokens, the special ones included.
    """

    def __new__(cls, steps: int, vocabulary: int) -> TokenShape:
        """The pair."""
        return super().__new__(cls, (steps, vocabulary))

    @property
    def steps(self) -> int:
        """The largest number of tokens of a text."""
        return self[0]

    @property
    def vocabulary(self) -> int:
        """The number of different tokens."""
        return self[1]
