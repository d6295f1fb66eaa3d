"""Converts values of untrusted JSON to plain types: mappings, lists, texts, numbers and paths."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

__all__ = [
    "as_integer",
    "as_list",
    "as_mapping",
    "as_number",
    "as_optional_number",
    "as_text",
    "clean",
    "inside",
]

LARGEST = 1e150  # of a number; the differences and ratios that an axis needs overflow beyond
LONGEST_TEXT = 20_000  # characters; longer text is cut
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def as_mapping(value: Any) -> dict[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return list(value) if isinstance(value, (list, tuple)) else []


def as_text(value: Any) -> str:
    """Text for any value; nothing for None."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def as_number(value: Any) -> float:
    """The value as a float; NaN if it is not a number (null, "NaN", text, true), infinite above 1e150."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return math.nan
    try:
        number = float(value)
        return math.copysign(math.inf, number) if abs(number) > LARGEST else number
    except (ValueError, OverflowError):
        return math.nan


def as_optional_number(value: Any) -> float | None:
    """As `as_number`, but None if there is no value."""
    return as_number(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else None


def as_integer(value: Any) -> int | None:
    """The value if it is a whole number of usual size, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18 else None


def clean(value: Any) -> Any:
    """Removes invalid characters from all text: control characters, direction overrides, lone surrogates."""
    if isinstance(value, str):
        return UNPRINTABLE.sub("\ufffd", value[:LONGEST_TEXT])
    if isinstance(value, dict):
        return {clean(str(key)): clean(content) for key, content in value.items()}
    return [clean(content) for content in value] if isinstance(value, list) else value


def inside(folder: Path, name: Any) -> Path | None:
    """The file of that name within a folder, or None if it is missing or outside the folder."""
    if not isinstance(name, str) or not name:
        return None
    try:
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder.resolve()) and path.is_file() else None
    except (OSError, ValueError):
        return None
