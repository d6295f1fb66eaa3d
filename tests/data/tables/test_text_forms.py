"""Texts that are recognized fast are read as the general rules read them."""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hibiscus.data.tables import numbers, times
from hibiscus.data.tables.numbers import DecimalVotes, count_votes
from hibiscus.data.tables.text_forms import ISO_TIME, all_digits, has_digits
from hibiscus.data.tables.times import WEEKDAY, DateVotes, TimeFormat, count_dates

PIECES = (
    "0", "1", "9", "12", "2020", "1999", "-", "/", ".", ",", ":", " ", "T", "e", "%", "$", "kg", "k", "'",
    "2020-02-30", "2021-03-04", "2020-01-01 24:00", "2020-01-01T23:59:60", "13.02.2020", "Mon ", "\u017fun ",
    "Jan", "Q2", "AM", "(", ")", "m2", "\u0663", "\u00e9", "\u2009", "1,234.5", "1.234,5", "x", "_", "NA",
)  # fmt: skip
pieces = st.sampled_from(PIECES)
texts = st.tuples(pieces, pieces, pieces).map(lambda parts: "".join(parts).strip() or "0")
columns = st.dictionaries(texts, st.integers(1, 9), max_size=8)

BUSY = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # also on a busy machine


def votes_of_each(counts):
    """The votes of a column, each text by the general rule."""
    votes, units = DecimalVotes(), {}
    for text, count in counts.items():
        match = numbers._match(text)
        body = match["body"].strip() if match else ""
        point, comma = numbers._body(body, "."), numbers._body(body, ",")
        if match is None or (point is None and comma is None):
            continue
        unit = numbers._unit(match)
        units[unit] = units.get(unit, 0) + count
        if point is None or comma is None:
            votes.point += count * (comma is None)
            votes.comma += count * (point is None)
        elif float(point) == float(comma):
            votes.whole += count
        else:
            votes.either += count
            votes.example = votes.example or text
    return votes, units


def time_in(text, order):
    """The time in a text by the first of the general forms."""
    bare = WEEKDAY.sub("", text, count=1)
    match = next((match for form in times.FORMS if (match := form.fullmatch(bare))), None)
    try:
        return None if match is None else times._time(match.groupdict(), order)
    except (ValueError, OverflowError, KeyError):
        return None


@BUSY
@given(columns)
def test_votes_on_decimal_signs(counts):
    votes, units = votes_of_each(counts)
    fast = count_votes(counts)
    assert (fast.point, fast.comma, fast.either, fast.whole) == (
        votes.point, votes.comma, votes.either, votes.whole
    )  # fmt: skip
    assert fast.example == votes.example
    assert dict(fast.units or {}) == units


@BUSY
@given(texts, st.sampled_from(["dmy", "mdy", "ymd"]))
def test_times(text, order):
    assert TimeFormat(order).read(text) == time_in(text, order)


@BUSY
@given(columns)
def test_votes_on_dates(counts):
    expected = DateVotes()
    for text, count in counts.items():
        match = times.FORMS[1].fullmatch(WEEKDAY.sub("", text, count=1))
        if match is None:
            continue
        first, second = int(match["first"]), int(match["second_part"])
        expected.short_years += count * (len(match["last"]) == 2)
        expected.dots += count * (match["separator"] == ".")
        expected.year_first += count * (first > 31)
        expected.day_first += count * (31 >= first > 12 >= second)
        expected.month_first += count * (second > 12 >= first)
        if first <= 12 and second <= 12 and first != second:
            expected.either += count
            expected.example = expected.example or text
    assert count_dates(counts) == expected


@BUSY
@given(st.lists(texts, min_size=1))
def test_digits(column):
    assert has_digits(column) == any(re.search(r"\d", text) for text in column)
    assert all_digits(column) == all(re.fullmatch("[0-9]+", text) for text in column)


def test_common_times():
    assert all(map(ISO_TIME.fullmatch, ("2020-01-02", "2020-01-02 03:04", "2020-01-02T03:04:05")))
    assert not any(map(ISO_TIME.fullmatch, ("2020-1-2", "2020-01-02 3:04", "\u0662020-01-02", "2020-01-02Z")))
    assert TimeFormat().read("2020-01-01 24:00").day == 2
    assert TimeFormat().read("2020-02-30") is None
