"""Whether a column holds times, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hibiscus.data.tables.column_reading import ColumnReading
from hibiscus.data.tables.file_hints import FileHints
from hibiscus.data.tables.number_columns import MAX_UNREAD
from hibiscus.data.tables.numbers import PLAIN_NUMBER
from hibiscus.data.tables.table_options import TableOptions
from hibiscus.data.tables.text_forms import has_digits
from hibiscus.data.tables.time_patterns import guess_year_months
from hibiscus.data.tables.time_zones import zone_notes
from hibiscus.data.tables.times import ORDERS, DateVotes, TimeFormat, count_dates

__all__ = ["TimeColumnFormat", "is_named_time", "read_time_column"]

NAMED = re.compile(
    r"(?i)(.*[ _.-])?(date|datum|time|zeit|timestamp|ts|datetime|when|day|month|monat|period|created|updated"
    r"|modified|start|end)"
    r"([ _.-]?(at|on|utc|ms))?|(?-i:.*[a-z](Date|Time|At))"
)
YEAR = re.compile(r"(?i)(.*[ _.-])?(year|yr|jahr|année|annee|año|anno|ano)")
COMPACT = re.compile(
    r"(?:19|20|21)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:T?[0-9]{4}(?:[0-9]{2})?)?"
)
SHORT_NUMBER = re.compile(r"[0-9]{4,14}(?:\.[0-9]+)?")
MONTH = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])")  # only in a column that is named as a time
MIN_FRACTION = 0.95  # of the values of a column that the format of the user reads
COUNTS = {  # of a column named as a time: the numbers from 1990 to 2100, and what they count
    "seconds": (6.3e8, 4.2e9),
    "milliseconds": (6.3e11, 4.2e12),
    "days": (32_800, 73_100),
}


@dataclass(frozen=True)
class TimeColumnFormat:
    """The format in which most values of a column are times; see `NumberColumnFormat`."""

    order: str
    count: str
    read: Mapping[str, int]
    unread: Mapping[str, int]
    notes: tuple[str, ...]
    pattern: str = ""

    @property
    def fraction(self) -> float:
        """The fraction of the values that are times."""
        read, unread = sum(self.read.values()), sum(self.unread.values())
        return read / (read + unread) if read else 0.0

    def reading(self, missing: frozenset[str]) -> ColumnReading:
        """The reading of the column; the few texts that are no times count as missing."""
        words = tuple(sorted({*missing, *self.unread}))
        return ColumnReading(
            "time", order=self.order, count=self.count, time_format=self.pattern, missing=words
        )


def is_named_time(name: str) -> bool:
    """Whether a column is named as one of times."""
    return NAMED.fullmatch(name) is not None or YEAR.fullmatch(name) is not None


def read_time_column(
    name: str, values: Mapping[str, int], options: TableOptions, hints: FileHints
) -> TimeColumnFormat | None:
    """The best format for the times of a column; None if there are none. See `read_number_column`."""
    if not has_digits(values):
        return None
    chosen = options.role.get(name) == "time"
    if known := _by_pattern(name, values, options, chosen):
        return known
    numbers = list(filter(SHORT_NUMBER.fullmatch, values))
    count, notes = "", []
    if numbers and len(numbers) >= 0.95 * len(values):
        compact = all(map(COMPACT.fullmatch, numbers))
        compact = compact or (bool(NAMED.fullmatch(name)) and all(map(MONTH.fullmatch, numbers)))
        if not compact:
            count = _counted(name, numbers, chosen)
            if not count:
                return None
            since = "" if count == "years" else f" since {_since(count)}"
            notes.append(f"column '{name}' read as times: its numbers are {count}{since}")
        else:
            notes.append(f"column '{name}' read as dates: {numbers[0]} is {TimeFormat().read(numbers[0])}")
        if notes and not chosen:
            notes[-1] += f"; role.{name}=number reads numbers"
    elif not chosen and _mostly_numbers(values):
        return None
    votes = DateVotes() if count else count_dates(values)
    order, about = _order(name, votes, options, hints)
    style = TimeFormat(order, count)
    read, unread = _divided(values, style)
    if not read:
        return None
    about = (*notes, *_unread_notes(name, unread), *about, *zone_notes(name, read, style))
    return TimeColumnFormat(order, count, read, unread, tuple(note for note in about if note))


def _by_pattern(
    name: str, values: Mapping[str, int], options: TableOptions, chosen: bool
) -> TimeColumnFormat | None:
    """The column in the format of the user, or as years and months without a century; None if it is neither.

    Numbers are times only where the name of the column or the user says so.
    """
    named = chosen or is_named_time(name)
    pattern = options.time_format or ""
    if not pattern or (not named and _mostly_numbers(values)):
        pattern = guess_year_months(values) if named else ""
    if not pattern:
        return None
    style, notes = TimeFormat(pattern=pattern), []
    read, unread = _divided(values, style)
    if sum(read.values()) < MIN_FRACTION * sum(values.values()):
        return None
    example = next(iter(read))
    if pattern != options.time_format:
        notes = [
            f"column '{name}' can be read in several ways: {example} is read as {style.read(example):%B %Y} "
            f"(time_format={pattern}); another time_format reads it otherwise"
        ]
    elif "%y" in pattern:
        notes = [f"column '{name}': years of two digits are read as 1969 to 2068"]
    notes += _unread_notes(name, unread) + zone_notes(name, read, style)
    return TimeColumnFormat("mdy", "", read, unread, tuple(notes), pattern)


def _divided(values: Mapping[str, int], style: TimeFormat) -> tuple[dict[str, int], dict[str, int]]:
    """The values that are times, and the others, with their counts."""
    read = {text: count for text, count in values.items() if style.read(text) is not None}
    return read, {text: count for text, count in values.items() if text not in read}


def _unread_notes(name: str, unread: Mapping[str, int]) -> list[str]:
    if not unread:
        return []
    shown = ", ".join(f"'{text[:30]}' ({count:,})" for text, count in list(unread.items())[:MAX_UNREAD])
    return [f"column '{name}' read as times, with these values as missing: {shown}"]


def _mostly_numbers(values: Mapping[str, int]) -> bool:
    """Whether too many values are numbers for a column of times."""
    numbers = sum(count for text, count in values.items() if PLAIN_NUMBER.fullmatch(text))
    return numbers > 0.05 * sum(values.values())


def _counted(name: str, numbers: list[str], chosen: bool) -> str:
    """What numbers count that are times: only where the name of the column or the user says that they are."""
    if not (chosen or NAMED.fullmatch(name)):
        return ""
    limits = [float(text) for text in numbers]
    low, high = min(limits), max(limits)
    if chosen and low >= 1 and high < 9999:
        return "years"
    return next((count for count, (least, most) in COUNTS.items() if least <= low and high <= most), "")


def _since(count: str) -> str:
    return "1900, as spreadsheets count" if count == "days" else "1970"


def _order(name: str, votes: DateVotes, options: TableOptions, hints: FileHints) -> tuple[str, list[str]]:
    """The order of day and month, and notes where it is in doubt."""
    notes = []
    if votes.short_years:
        notes.append(f"column '{name}': years of two digits are read as 1969 to 2068")
    if options.day_first is not None:
        return ("dmy" if options.day_first else "mdy"), notes
    known = {"dmy": votes.day_first, "mdy": votes.month_first, "ymd": votes.year_first}
    order = max(ORDERS, key=lambda key: known[key])
    if known[order]:
        return order, notes
    order = hints.order or ("dmy" if votes.dots else "mdy")
    if votes.either:
        time = TimeFormat(order).read(votes.example)
        other = str(order != "dmy").lower()
        notes.append(
            f"column '{name}' can be read in two ways: {votes.example} is read as {time:%d %B %Y}; "
            f"day_first={other} reads it otherwise"
        )
    return order, notes
