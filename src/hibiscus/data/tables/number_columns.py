"""Whether a column holds numbers, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from hibiscus.data.tables.column_reading import ColumnReading
from hibiscus.data.tables.file_hints import FileHints
from hibiscus.data.tables.numbers import MAGNITUDES, PLAIN_NUMBER, DecimalVotes, NumberFormat, count_votes
from hibiscus.data.tables.table_options import TableOptions
from hibiscus.data.tables.text_forms import all_digits

__all__ = ["NumberColumnFormat", "is_postal", "read_number_column"]

POSTAL = re.compile(
    r"(?i)(.*[ _.-])?(zip|zip_?code|plz|post(al)?[ _-]?code|phone|tel(efon|ephone)?|isbn|ean|sku|iban)"
)
THOUSANDS = re.compile(r"[0-9][,.'\u2019_\s\u00a0\u202f][0-9]{3}(?![0-9])")
MAX_FINITE = 300  # digits of a number that is surely finite
MAX_UNREAD = 5  # texts that a note lists


@dataclass(frozen=True)
class NumberColumnFormat:
    """The format in which most values of a column are numbers.

    Args:
        decimal, unit, magnitudes: see `NumberFormat`.
        read: the texts that are numbers in it, with their counts.
        unread: the texts that are none.
        notes: what the user should know.
    """

    decimal: str
    unit: str
    magnitudes: bool
    read: Mapping[str, int]
    unread: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def fraction(self) -> float:
        """The fraction of the values that are numbers."""
        read, unread = sum(self.read.values()), sum(self.unread.values())
        return read / (read + unread)

    @property
    def plain(self) -> bool:
        """Whether the numbers are written as Python writes them."""
        return self.decimal == "." and all(map(PLAIN_NUMBER.fullmatch, self.read))

    def reading(self, missing: frozenset[str]) -> ColumnReading:
        """The reading of the column; the few texts that are no numbers count as missing."""
        words = tuple(sorted({*missing, *self.unread}))
        return ColumnReading("number", self.decimal, self.unit, self.magnitudes, missing=words)


def read_number_column(
    name: str, values: Mapping[str, int], options: TableOptions, hints: FileHints
) -> NumberColumnFormat | None:
    """The best format for the numbers of a column; None if there are none.

    Args:
        name: of the column.
        values: its distinct texts and their counts, without missing values.
        options: of the user.
        hints: what other columns of the file say.
    """
    votes = count_votes(values)
    if not votes.numbers:
        return None
    decimal, note = _decimal(name, votes, options, hints)
    unit, magnitudes, about = _unit(name, votes)
    style = NumberFormat(decimal, unit, magnitudes)
    bare = decimal == "." and not unit and all_digits(values) and max(map(len, values)) < MAX_FINITE
    read = values if bare else {text: values[text] for text in values if _is_finite(style.read(text))}
    unread = {text: count for text, count in values.items() if text not in read}
    notes = [note, about]
    if unread:
        shown = ", ".join(f"'{text[:30]}' ({count:,})" for text, count in list(unread.items())[:MAX_UNREAD])
        more = f" and {len(unread) - MAX_UNREAD} more" if len(unread) > MAX_UNREAD else ""
        notes.append(
            f"column '{name}' read as numbers, with these values as missing: {shown}{more}; "
            f"role.{name}=category keeps them"
        )
    grouped = next(filter(THOUSANDS.search, read), None) if THOUSANDS.search("|".join(read)) else None
    if not note and not about and decimal == "," and votes.comma:
        notes.append(f"column '{name}' read as numbers with a decimal comma")
    elif not note and not about and grouped is not None and not PLAIN_NUMBER.fullmatch(grouped):
        notes.append(f"column '{name}' read as numbers: '{grouped}' is {style.read(grouped):.15g}")
    return NumberColumnFormat(decimal, unit, magnitudes, read, unread, tuple(note for note in notes if note))


def _is_finite(number: float | None) -> bool:
    return number is not None and isfinite(number)


def _decimal(name: str, votes: DecimalVotes, options: TableOptions, hints: FileHints) -> tuple[str, str]:
    """The decimal sign, and a note where the numbers can be read in two ways."""
    if options.decimal != "auto":
        return {"point": ".", "comma": ","}[options.decimal], ""
    if votes.point != votes.comma:
        return ("." if votes.point > votes.comma else ","), ""
    if not votes.either:
        return hints.decimal or ".", ""
    comma_written = "," in votes.example
    decimal = hints.decimal or ("," if comma_written and hints.separator == ";" else ".")
    read = NumberFormat(decimal, *_unit(name, votes)[:2]).read(votes.example)
    other = "comma" if decimal == "." else "point"
    shown = f"'{votes.example}' is read as {read:.15g}" if read is not None else f"'{votes.example}'"
    return decimal, f"column '{name}' can be read in two ways: {shown}; decimal={other} reads it otherwise"


def _unit(name: str, votes: DecimalVotes) -> tuple[str, bool, str]:
    """The unit of most numbers, whether the units are magnitudes, and a note on them."""
    units = {unit: count for unit, count in (votes.units or {}).items() if unit}
    if not units:
        return "", False, ""
    if set(units) <= MAGNITUDES.keys():
        return "", True, f"column '{name}' read as numbers: {', '.join(units)} multiply them"
    unit = max(units, key=lambda key: (units[key], key))
    bare = (votes.units or {}).get("", 0)
    if bare > 0.05 * (bare + sum(units.values())) and units[unit] < bare:
        return "", False, ""
    if len(units) > 1 and units[unit] < 0.95 * sum(units.values()):
        return unit, False, f"column '{name}' has several units: {', '.join(list(units)[:5])}"
    example = " (12.5% is 12.5)" if unit == "%" else ""
    return unit, False, f"column '{name}' read as numbers in {unit}{example}"


def is_postal(name: str) -> bool:
    """Whether a name is that of numbers that nobody adds: postcodes, telephone numbers, ISBN."""
    return bool(POSTAL.fullmatch(name))
