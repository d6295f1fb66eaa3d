from collections import Counter

import pytest

from hibiscus.data.tables.time_zones import zone_notes
from hibiscus.data.tables.times import TimeFormat


def notes(*texts):
    return zone_notes("t", Counter(texts), TimeFormat())


@pytest.mark.parametrize(
    "texts", [("2020-01-01",), ("2020-01-01 10:00",), ("2020-01-01T10:00Z", "2020-01-01T11:00Z")]
)
def test_no_zones_and_utc_need_no_note(texts):
    assert notes(*texts) == []


def test_other_zones_are_shown_in_utc():
    (note,) = notes("2020-03-29T01:00+01:00", "2020-03-29T03:00+02:00")
    assert note.endswith("read in UTC, 2020-03-29T01:00+01:00 as 2020-03-29 00:00:00")
    (note,) = notes("2020-01-01 10:00 PM EST", "2020-01-01 11:00 PM EST")
    assert note.endswith("2020-01-01 10:00 PM EST as 2020-01-02 03:00:00")


def test_times_without_a_zone_beside_others_are_counted():
    assert notes("2020-01-01T10:00Z", "2020-01-01 11:00") == [
        "column 't': 1 time has no zone and is read as UTC, beside times with zones"
    ]
