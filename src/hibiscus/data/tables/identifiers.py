"""Whether a column only identifies its rows, and whether names are categories or text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hibiscus.data.tables.column_counts import Column

__all__ = ["UNNAMED", "are_ids", "role_of_names", "variant_note", "why_identifier"]

IDENTIFIER = re.compile(r"(?i:(.*[ _.-])?(id|ids|uuid|guid|key|index|idx|no|nr|row|#))$|[A-Za-z]*[a-z]I[Dd]$")
CODES = re.compile(r"(?i:(.*[ _.-])?(id|ids|key|code))$|[A-Za-z]*[a-z]I[Dd]$")
INDEX = re.compile(r"[-+]?[0-9]{1,15}(\.0*)?")  # a data frame with gaps writes 1.0
UNNAMED = re.compile(r"column_\d+|Unnamed: \d+")  # as this package and pandas name a column without a name
MANY = 50  # categories of which each gets a feature
WORDS = 3  # of a text on average


def why_identifier(column: Column, numbers: Mapping[str, int]) -> str:
    """Why numbers only identify the rows; empty if they are inputs.

    Args:
        column: the whole column.
        numbers: its texts that are numbers.
    """
    whole = all(INDEX.fullmatch(text) for text in numbers)
    if not whole or len(numbers) < sum(column.counts.values()) or len(numbers) < 2:
        return ""
    change = f"role.{column.name}=number uses it"
    if column.header and not column.named:
        return f"column '{column.name}' left out: an index, a different whole number in every row; {change}"
    values = sorted(int(float(text)) for text in numbers)
    running = values in (list(range(len(values))), list(range(1, len(values) + 1)))
    if running and not column.header and column.name == "column_1":
        return f"column '{column.name}' left out: it numbers the rows; {change}"
    if column.header and IDENTIFIER.match(column.name):
        return f"column '{column.name}' left out: it only identifies the row; {change}"
    return ""


def are_ids(column: Column, numbers: Mapping[str, int]) -> bool:
    """Whether whole numbers of a column are identifiers that occur several times, as that of a customer."""
    whole = all(INDEX.fullmatch(text) for text in numbers)
    return whole and column.header and bool(CODES.match(column.name)) and len(numbers) < sum(numbers.values())


def role_of_names(column: Column, counts: Mapping[str, int]) -> tuple[str, str]:
    """`category`, `text` or `identifier`, and a note on it.

    Args:
        column: the whole column.
        counts: its values without missing ones.
    """
    distinct, known = len(counts), sum(counts.values())
    words = sum(len(text.split()) for text in list(counts)[:10_000]) / max(1, min(distinct, 10_000))
    if words >= WORDS and (distinct > MANY or distinct > known / 2):
        return "text", ""
    unique = distinct == known or (bool(IDENTIFIER.match(column.name)) and distinct > 0.9 * known)
    if known >= 10 and unique:
        note = f"column '{column.name}' left out: it only identifies the row; role.{column.name}=text uses it"
        return "identifier", note
    if distinct > MANY:
        note = (
            f"column '{column.name}': {distinct:,} different names, of which the {MANY} most frequent become "
            f"categories; role.{column.name}=text reads words"
        )
        return "category", note
    return "category", ""


def variant_note(column: Column) -> tuple[str, ...]:
    """A note on names that differ only in upper and lower case or in spaces, and stay different."""
    variants: dict[str, list[str]] = {}
    for text in column.counts:
        variants.setdefault("".join(text.casefold().split()), []).append(text)
    pair = next((texts for texts in variants.values() if len(texts) > 1), None)
    if pair is None:
        return ()
    shown = " and ".join(f"'{text[:40]}'" for text in pair[:3])
    return (f"column '{column.name}': {shown} count as different names, as they are spelled",)
