"""Times in a format that the user writes as `strptime` takes it, and years and months without a century."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping

from hibiscus.errors import ConfigError

__all__ = ["MAX_LENGTH", "check_time_format", "guess_year_months", "read_pattern", "unclear_times"]

DIRECTIVES = "aAbBdHIjmMpSfyYzZGVuwWU%"
DATED = frozenset("yYGmdjHI")  # one of which says when
WEEKS = frozenset("VWU")  # of a year, which are no date without a day of the week
WEEKDAYS = frozenset("uwaA")
LONE_DIGIT = re.compile(r"(?<!\d)(\d)(?!\d)")
TWO_PARTS = re.compile(r"([0-9]{1,2})([-/])([0-9]{2})")
MAX_LENGTH = 100  # characters of a format
MONTHS = frozenset(range(1, 13))


def check_time_format(pattern: str) -> str:
    """The option `time_format`.

    Raises:
        ConfigError: it is no format for dates or times.
    """
    if len(pattern) > MAX_LENGTH:
        raise ConfigError(
            f"time_format={pattern}", f"at most {MAX_LENGTH} characters", "time_format=%Y-%m-%d"
        )
    expected = "a format such as %d.%m.%Y or %Y-%m-%d %H:%M, as strptime of Python takes it"
    directives = re.findall(r"%(.?)", pattern)
    unknown = next((one for one in directives if one not in DIRECTIVES or not one), None)
    if unknown is not None:
        fix = "one of " + " ".join(f"%{letter}" for letter in DIRECTIVES)
        raise ConfigError(f"time_format={pattern}: there is no %{unknown}", expected, fix)
    if DATED.isdisjoint(directives):
        raise ConfigError(f"time_format={pattern}: it holds no date", expected, "time_format=%Y-%m-%d")
    return pattern


def read_pattern(text: str, pattern: str) -> datetime.datetime | None:
    """The time in a text (UTC, without a zone), None if the text is written otherwise.

    Numbers may have one digit instead of two, and weeks begin on Monday unless a day is given.
    """
    directives = set(re.findall(r"%(.)", pattern))
    texts = (text,) if "f" in directives else (text, LONE_DIGIT.sub(r"0\1", text))
    if directives & WEEKS and directives.isdisjoint(WEEKDAYS):
        pattern, texts = f"{pattern} %u", tuple(f"{each} 1" for each in texts)
    for each in texts:
        try:
            time = datetime.datetime.strptime(each, pattern)
            return time if time.tzinfo is None else time.astimezone(datetime.UTC).replace(tzinfo=None)
        except (ValueError, OverflowError):
            continue
    return None


def guess_year_months(values: Mapping[str, int]) -> str:
    """The format of years and months such as `1-01`, if all months are there and the years are no months.

    Returns:
        a format, or an empty text if it could be another one.
    """
    parts = [TWO_PARTS.fullmatch(text) for text in values]
    found = [part for part in parts if part is not None]
    if len(found) < len(parts) or len(separators := {part[2] for part in found}) != 1:
        return ""
    first, last = ({int(part[index]) for part in found} for index in (1, 3))
    separator = separators.pop()
    if last == MONTHS and not first >= MONTHS:
        return f"%y{separator}%m"
    return f"%m{separator}%y" if first == MONTHS and not last >= MONTHS else ""


def unclear_times(name: str, values: Mapping[str, int]) -> tuple[str, ...]:
    """A note on a column named as a time, whose dates have two parts and can be read in several ways."""
    if not values or not all(map(TWO_PARTS.fullmatch, values)):
        return ()
    example = next(iter(values))
    sign = example.strip("0123456789")
    forms = ", ".join(f"%{a}{sign}%{b}" for a, b in (("y", "m"), ("m", "y"), ("m", "d"), ("d", "m")))
    return (f"column '{name}': '{example}' can be read in several ways; time_format= one of {forms} decides",)
