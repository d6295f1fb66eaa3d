import datetime
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hibiscus.data.tables.file_hints import FileHints
from hibiscus.data.tables.table_options import TableOptions
from hibiscus.data.tables.time_columns import read_time_column
from hibiscus.data.tables.times import TimeFormat, count_dates

FORMATS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%Y%m%d",
    "%Y-%m-%dT%H:%M:%SZ",
    "%d %B %Y %H:%M:%S",
)


@given(st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2199, 1, 1)), st.sampled_from(FORMATS))
def test_what_python_writes_is_read_back(time, form):
    text = time.strftime(form)
    assert TimeFormat("dmy").read(text) == datetime.datetime.strptime(text, form)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2023-01-05T10:00:00+02:00", datetime.datetime(2023, 1, 5, 8)),
        ("2023-01-05 10:00:00 EST", datetime.datetime(2023, 1, 5, 15)),
        ("12:30 AM", datetime.datetime(1970, 1, 1, 0, 30)),
        ("12:30 pm", datetime.datetime(1970, 1, 1, 12, 30)),
        ("1.2.99", datetime.datetime(1999, 2, 1)),
        ("31.02.2020", None),
        ("13:61", None),
        ("1.2.3", None),
        ("10.0.0.1", None),
        ("hello", None),
        ("5", None),
    ],
)
def test_other_forms(text, time):
    assert TimeFormat("dmy").read(text) == time


def test_orders():
    votes = count_dates(Counter({"13/01/2020": 2, "01/13/2020": 1, "01/02/2020": 4, "05/05/2020": 1}))
    assert (votes.day_first, votes.month_first, votes.either) == (2, 1, 4)


def test_formats_of_columns():
    def read(name, texts, **options):
        found = read_time_column(name, Counter(texts), TableOptions(**options), FileHints())
        return found and (found.order, found.count, found.fraction)

    assert read("x", ["13/01/2020", "01/02/2020"]) == ("dmy", "", 1.0)
    assert read("x", ["99-12-31", "98-01-02"]) == ("ymd", "", 1.0)
    assert read("x", ["20201231", "20210102"]) == ("mdy", "", 1.0)
    assert read("x", ["20201331", "20210102"]) is None
    assert read("x", ["1672912345", "1672912346"]) is None
    assert read("created_at", ["1672912345", "1672912346"]) == ("mdy", "seconds", 1.0)
    assert read("ts", ["1672912345000"]) == ("mdy", "milliseconds", 1.0)
    assert read("date", ["44931"]) == ("mdy", "days", 1.0)
    assert read("year", ["2020", "2021"]) is None
    assert read("x", ["2020-01-01", "a", "b"]) == ("mdy", "", 1 / 3)
