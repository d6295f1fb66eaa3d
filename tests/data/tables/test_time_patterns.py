import datetime
from collections import Counter

import pytest

from hibiscus.data.tables.time_patterns import (
    check_time_format,
    guess_year_months,
    read_pattern,
    unclear_times,
)
from hibiscus.errors import ConfigError

MONTHS = [f"{month:02d}" for month in range(1, 13)]


@pytest.mark.parametrize(
    ("text", "pattern", "time"),
    [
        ("1-01", "%y-%m", datetime.datetime(2001, 1, 1)),
        ("12-1", "%y-%m", datetime.datetime(2012, 1, 1)),
        ("5.3.20 7:05", "%d.%m.%y %H:%M", datetime.datetime(2020, 3, 5, 7, 5)),
        ("1749", "%Y", datetime.datetime(1749, 1, 1)),
        ("2019-W07", "%G-W%V", datetime.datetime(2019, 2, 11)),
        ("2019-W07-3", "%G-W%V-%u", datetime.datetime(2019, 2, 13)),
        ("2020-01-01 00:30 +0100", "%Y-%m-%d %H:%M %z", datetime.datetime(2019, 12, 31, 23, 30)),
        ("0.5", "%S.%f", datetime.datetime(1900, 1, 1, 0, 0, 0, 500_000)),
        ("Feb 99", "%b %y", datetime.datetime(1999, 2, 1)),
        ("2020-13", "%Y-%m", None),
        ("", "%Y", None),
        ("0001-01-01 00:00 +0100", "%Y-%m-%d %H:%M %z", None),
    ],
)
def test_formats_of_strptime(text, pattern, time):
    assert read_pattern(text, pattern) == time


@pytest.mark.parametrize("pattern", ["%y-%m", "%Y", "%d.%m.%Y", "%G-W%V", "%Y%j", "100%% %Y"])
def test_formats_with_a_date(pattern):
    assert check_time_format(pattern) == pattern


@pytest.mark.parametrize(
    ("pattern", "received"),
    [("%Q", "there is no %Q"), ("%Y-%", "there is no %"), ("year", "no date"), ("%Y" * 60, "time_format")],
)
def test_other_formats_are_refused(pattern, received):
    with pytest.raises(ConfigError) as caught:
        check_time_format(pattern)
    assert received in caught.value.received
    assert caught.value.expected
    assert caught.value.fix


def test_years_and_months_are_guessed_where_all_months_are_there():
    assert guess_year_months(Counter(f"{year}-{month}" for year in "123" for month in MONTHS)) == "%y-%m"
    assert guess_year_months(Counter(f"{month}/{year}" for year in (98, 99) for month in MONTHS)) == "%m/%y"


@pytest.mark.parametrize(
    "texts",
    [
        [f"{year}-{month}" for year in "123" for month in MONTHS[:11]],
        [f"{year}-{month}" for year in MONTHS for month in MONTHS],
        [f"1-{day:02d}" for day in range(1, 31)],
        ["1-01", "1/02"],
        ["1-01", "spring"],
    ],
)
def test_what_can_be_days_is_not_guessed(texts):
    assert guess_year_months(Counter(texts)) == ""


def test_a_note_says_how_to_read_dates_of_two_parts():
    (note,) = unclear_times("day", Counter(["3-04", "3-05"]))
    assert "'3-04' can be read in several ways" in note
    assert "%y-%m, %m-%y, %m-%d, %d-%m" in note
    assert unclear_times("day", Counter(["3-04", "spring"])) == ()
