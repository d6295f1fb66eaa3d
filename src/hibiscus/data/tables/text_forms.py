"""Forms of texts that are recognized fast, so that most texts need no further look."""

from __future__ import annotations

import re
from collections.abc import Collection

__all__ = ["ISO_TIME", "all_digits", "has_digits"]

ISO_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?")
DIGIT = re.compile(r"\d")  # of any script


def has_digits(texts: Collection[str]) -> bool:
    """Whether a text contains a digit of any script; without one, no text is a number or a date."""
    return DIGIT.search(" ".join(texts)) is not None


def all_digits(texts: Collection[str]) -> bool:
    """Whether all texts (there is at least one, and none is empty) consist of the digits 0 to 9."""
    joined = "".join(texts)
    return joined.isascii() and joined.isdigit()
