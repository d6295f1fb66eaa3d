"""Counts with the noun in the right number."""

from __future__ import annotations

__all__ = ["plural"]


def plural(count: int, one: str, many: str = "") -> str:
    """`1 item`, `2 items`.

    Args:
        count: how many.
        one: the words after 1.
        many: those after any other number, if they are not those with an s at the end.
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
