r"""Dates and times as people write them: ISO, `31.12.2020`, `1/5/23 10:30 PM`, `05-Jan-2023`, `Jan 5, 2023`.

The order of day and month is decided once for a column, on its training part, and applied in every file.
"""

from __future__ import annotations

import contextlib
import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass

from hibiscus.data.tables.numbers import PLAIN_NUMBER
from hibiscus.data.tables.text_forms import ISO_TIME, all_digits, has_digits
from hibiscus.data.tables.time_patterns import read_pattern

__all__ = ["EPOCH", "DateVotes", "TimeFormat", "count_dates"]

EPOCH = datetime.datetime(1970, 1, 1)
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janv janvier ene enero", "feb february februar fev fevr fevrier febrero",
            "mar march mär märz mrz mars marzo", "apr april avr avril abr abril", "may mai mayo",
            "jun june juni juin junio", "jul july juli juil juillet julio", "aug august août aout ago agosto",
            "sep sept september septembre septiembre", "oct october okt oktober octobre octubre",
            "nov november novembre noviembre", "dec december dez dezember déc decembre dic diciembre",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
ZONES = {
    "Z": 0, "UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2,
}  # fmt: skip
CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[aApP])\.?[mM]\.?)?\s*(?P<zone>Z|[A-Z]{3,4}|(?:UTC|GMT)?[-+]\d{2}:?(?:\d{2})?)?"
    r"(?: \([^)]*\))?"
)
REST = rf"(?:(?:T|,?\s+|\s+at\s+){CLOCK})?"
WEEKDAY = re.compile(r"(?i)(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so)[a-z]*[.,]?\s+(?=\S)")
NAME = r"(?P<name>[^\W\d_]{3,10})\.?"
FORMS = [
    re.compile(pattern + REST)
    for pattern in (
        r"(?P<year>\d{4})(?P<separator>[-/.])(?P<month>\d{1,2})(?:(?P=separator)(?P<day>\d{1,2}))?",
        r"(?P<first>\d{1,2})(?P<separator>[-/.])(?P<second_part>\d{1,2})(?P=separator)(?P<last>\d{4}|\d{2})",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\.?\s+|[-/.]){NAME}(?:,?\s+|[-/.])(?P<last>\d{{4}}|\d{{2}})",
        rf"{NAME}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<last>\d{{4}})",
        rf"{NAME}[-/,\s]\s*(?P<last>\d{{4}}|\d{{2}})",
        rf"(?P<year>\d{{4}})[-/ ]{NAME}[-/ ](?P<day>\d{{1,2}})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:T?(?P<h>\d{2})(?P<m>\d{2})(?P<s>\d{2})?)?",
    )
] + [
    re.compile(rf"{NAME}\s+(?P<day>\d{{1,2}})\s+{CLOCK}\s+(?P<last>\d{{4}})"),
    re.compile(r"(?P<year>\d{4})[-/ ]?[Qq](?P<quarter>[1-4])"),
    re.compile(r"(?P<year>\d{4})-?W(?P<week>\d{2})(?:-?(?P<weekday>[1-7]))?"),
    re.compile(r"[Qq](?P<quarter>[1-4])[-/ ]?(?P<last>\d{4})"),
    re.compile(r"(?P<year>\d{4})(?P<month>\d{2})"),
    re.compile(CLOCK.replace("{1,2}", "{1,3}", 1)),
]  # fmt: skip
WORD = re.compile(r"[^\W\d_]+")
NO_WORDS = re.compile(r"[0-9 ./:-]+")
ORDERS = {"dmy": (2, 1, 0), "mdy": (2, 0, 1), "ymd": (0, 1, 2)}  # where year, month and day stand
PIVOT = 69  # two digits from here on are a year of the 20th century (POSIX)
LAST_YEAR = 2200  # of digits without separators


@dataclass(frozen=True)
class TimeFormat:
    """How the times of a column are written.

    Args:
        order: of the parts of `01/02/03`: `dmy`, `mdy` or `ymd`.
        count: for numbers what they count: `seconds` or `milliseconds` since 1970 (Unix), `days` (Excel),
            or `years`.
        pattern: of the user, as `strptime` takes it.
    """

    order: str = "mdy"
    count: str = ""
    pattern: str = ""

    def read(self, text: str) -> datetime.datetime | None:
        """The time in a text (UTC, without a zone), None if there is none."""
        if self.pattern:
            return read_pattern(text, self.pattern)
        if self.count:
            return _counted(text, self.count)
        if ISO_TIME.fullmatch(text):
            with contextlib.suppress(
                ValueError
            ):  # also the 24th hour and the 60th second, which are read below
                return datetime.datetime.fromisoformat(text)
        if not _may_be_time(text):
            return None
        text = _without_weekday(text)
        for form in FORMS:
            match = form.fullmatch(text)
            if match:
                try:
                    return _time(match.groupdict(), self.order)
                except (ValueError, OverflowError, KeyError):
                    return None
        return None


@dataclass
class DateVotes:
    """How many rows have a day before, or after, the month, and how many can be either."""

    day_first: int = 0
    month_first: int = 0
    either: int = 0
    year_first: int = 0
    dots: int = 0
    short_years: int = 0
    example: str = ""


def count_dates(counts: Mapping[str, int]) -> DateVotes:
    """Counts what the texts of a column say about the order of day and month."""
    votes = DateVotes()
    if not has_digits(counts) or all_digits(counts):
        return votes
    for text, count in counts.items():
        if text.isalpha() or PLAIN_NUMBER.fullmatch(text) or ISO_TIME.fullmatch(text):
            continue
        starts_as_date = text[:1].isdecimal() or WEEKDAY.match(text)
        match = FORMS[1].fullmatch(_without_weekday(text)) if starts_as_date else None
        if match is None:
            continue
        first, second, short = int(match["first"]), int(match["second_part"]), len(match["last"]) == 2
        votes.short_years += count * short
        votes.dots += count * (match["separator"] == ".")
        if first > 31:
            votes.year_first += count
        elif first > 12 >= second:
            votes.day_first += count
        elif second > 12 >= first:
            votes.month_first += count
        elif first != second:
            votes.either += count
            votes.example = votes.example or text
    return votes


def _may_be_time(text: str) -> bool:
    """Whether a text starts as times do: with a digit, a day of the week, a month or a quarter."""
    if text[:1].isdecimal() or WEEKDAY.match(text):
        return True
    word = WORD.match(text)
    return word is not None and (word[0].lower() in MONTHS or word[0][0] in "Qq")


def _without_weekday(text: str) -> str:
    return text if NO_WORDS.fullmatch(text) else WEEKDAY.sub("", text, count=1)


def _time(part: dict[str, str | None], order: str) -> datetime.datetime:
    year, month, day = part.get("year"), part.get("month"), part.get("day")
    if part.get("first"):
        parts = (part["first"], part["second_part"], part["last"])
        year, month, day = (parts[index] for index in ORDERS[order])
        if len(str(day)) > 2:  # a year of four digits comes last in every order
            raise ValueError(str(day))
    year = year or part.get("last")
    if quarter := part.get("quarter"):
        month = str(3 * int(quarter) - 2)
    if part.get("name"):
        month = str(MONTHS[str(part["name"]).lower()])
    if part.get("separator") is None and part.get("h"):
        part = {**part, "hour": part["h"], "minute": part["m"], "second": part["s"]}
    if week := part.get("week"):
        return datetime.datetime.fromisocalendar(int(str(year)), int(week), int(part.get("weekday") or 1))
    if year is None:  # a time of the day
        date = EPOCH
    else:
        number = int(year)
        if len(year) == 2:
            number += 1900 if number >= PIVOT else 2000
        date = datetime.datetime(number, int(month or 1), int(day or 1))
    return date + _clock(part)


def _clock(part: dict[str, str | None]) -> datetime.timedelta:
    """The time since midnight in UTC."""
    if part.get("hour") is None:
        return datetime.timedelta()
    hour, minute, second = (int(part.get(name) or 0) for name in ("hour", "minute", "second"))
    half = (part.get("half") or "").lower()
    of_a_day = part.get("year") or part.get("last") or part.get("first")
    if (of_a_day and hour > 24) or minute > 59 or second > 60 or (half and not 1 <= hour <= 12):
        raise ValueError(f"{hour}:{minute}")
    if half:
        hour = hour % 12 + 12 * (half == "p")
    micro = int((part.get("fraction") or "0")[:6].ljust(6, "0"))
    return datetime.timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micro) - _zone(part)


def _zone(part: dict[str, str | None]) -> datetime.timedelta:
    zone = part.get("zone")
    if not zone:
        return datetime.timedelta()
    match = re.fullmatch(r"(?:UTC|GMT)?([-+])(\d{2}):?(\d{2})?", zone)
    if match is None:
        return datetime.timedelta(hours=ZONES[zone])
    offset = datetime.timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return -offset if match[1] == "-" else offset


def _counted(text: str, count: str) -> datetime.datetime | None:
    try:
        number = float(text)
        if count == "days":  # Excel counts from 1900 and takes that for a leap year
            return datetime.datetime(1899, 12, 30) + datetime.timedelta(days=number)
        if count == "years":
            start, end = (datetime.datetime(int(number) + after, 1, 1) for after in (0, 1))
            return start + (number % 1) * (end - start)
        return EPOCH + datetime.timedelta(seconds=number / (1000 if count == "milliseconds" else 1))
    except (ValueError, OverflowError):
        return None
