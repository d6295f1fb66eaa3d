"""Values that may stand for a missing one (`-999`, `9999-12-31`), and numbers among other signs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hibiscus.data.tables.numbers import PLAIN_NUMBER

__all__ = ["decorated_number", "placeholder_note"]

NEGATIVE = re.compile(r"-9{2,6}(\.0*)?")
POSITIVE = re.compile(r"9{3,6}(\.0*)?")
DATE = re.compile(r"(9999-12-31|1900-01-01|0001-01-01|31[./]12[./]9999|12/31/9999|01[./]01[./]1900)\b.*")
MUCH_LARGER = 10  # than all other numbers
DECORATED = re.compile(r"[^\w\s.,+-]*[-+]?[0-9]+([.,][0-9]+)?\s?[^\w\s.,-]*(\[[0-9]{1,2}\])?")


def placeholder_note(name: str, values: Mapping[str, int]) -> list[str]:
    """A note on a number or date that occurs repeatedly, unlike all others, and may be none.

    Args:
        name: of the column.
        values: the texts that are numbers or times, and their counts.
    """
    found = next((text for text in values if values[text] > 1 and _is_unlike(text, values)), None)
    if found is None:
        return []
    kind = "date" if DATE.fullmatch(found) else "number"
    count = f"{found} occurs {values[found]:,} times"
    return [f"column '{name}': {count} and is used as a {kind}; missing={found} reads it as missing"]


def _is_unlike(text: str, values: Mapping[str, int]) -> bool:
    if not (DATE.fullmatch(text) or NEGATIVE.fullmatch(text) or POSITIVE.fullmatch(text)):
        return False
    others = [other for other in values if other != text]
    if DATE.fullmatch(text):
        return not any(other[:2] == text[:2] == "19" or other[-4:] == text[-4:] == "1900" for other in others)
    if NEGATIVE.fullmatch(text):
        return not any(other.startswith("-") for other in others)
    if not POSITIVE.fullmatch(text) or not others or not all(map(PLAIN_NUMBER.fullmatch, others)):
        return False
    return float(text) > MUCH_LARGER * max(abs(float(other)) for other in others)


def decorated_number(values: Mapping[str, int]) -> str:
    """An example of names that are numbers apart from signs around them (`'12`, `0.3**`, `~5`, `7[1]`)."""
    numbers = [text for text in values if DECORATED.fullmatch(text)]
    odd = [text for text in numbers if not PLAIN_NUMBER.fullmatch(text)]
    return odd[0] if len(values) > 2 and odd and len(numbers) >= 0.95 * len(values) else ""
