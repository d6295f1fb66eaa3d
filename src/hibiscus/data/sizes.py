"""Sizes of files and of memory as text: `500MB`, `1.7 GB`."""

from __future__ import annotations

import math
import re

from hibiscus.errors import ConfigError
from hibiscus.plurals import plural

__all__ = ["parse_size", "size_option", "size_text"]

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def parse_size(name: str, text: str, example: str) -> int:
    """Bytes from a size such as `500MB` or `5GB`.

    Args:
        name: of the environment variable, for the message.
        text: its value.
        example: a value for the message.

    Raises:
        ConfigError: not a size.
    """
    match = re.fullmatch(r"\s*([\d.]+)\s*([kmgt]?)i?b?\s*", text.lower())
    try:
        return int(float(match[1]) * UNITS[match[2]])  # type: ignore[index]
    except (TypeError, ValueError, OverflowError):
        expected = f"a size such as 500MB or {example}"
        raise ConfigError(f"{name}={text[:80]}", expected, f"{name}={example}") from None


def size_text(size: float) -> str:
    """A number of bytes with its unit: `1.3 GB`."""
    if size < 1000:
        return plural(round(size), "byte")
    unit = next(unit for unit in "tgmk" if size >= UNITS[unit])
    return f"{size / UNITS[unit]:,.1f} {unit.upper()}B"


def size_option(size: float) -> str:
    """The same rounded up, as `parse_size` reads it: `2GB`."""
    unit = next((unit for unit in "tgmk" if size >= UNITS[unit]), "")
    return f"{math.ceil(size / UNITS[unit])}{unit.upper()}B"
