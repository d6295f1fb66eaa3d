import numpy as np
import pytest

from hibiscus.data.series.time_order import as_nanoseconds, order_rows
from hibiscus.errors import DataError

IDS = [f"row {row}" for row in range(1, 7)]


def ordered(*texts, series=None, group=None):
    times = np.array(texts, "datetime64[ns]")
    series = np.zeros(len(times), np.int64) if series is None else np.array(series)
    return order_rows(times, series, IDS, "sales.csv", "day", group)


def test_a_sorted_file_stays_as_it_is():
    order = ordered("2020-01-01", "2020-01-02", "2020-01-04")
    assert order.rows.tolist() == [0, 1, 2]
    assert order.bounds.tolist() == [0, 3]
    assert order.notes == ()


def test_an_unsorted_file_is_sorted_with_a_note():
    order = ordered("2020-01-02", "2020-01-01", "2020-01-04")
    assert order.rows.tolist() == [1, 0, 2]
    assert order.notes == ("rows sorted by 'day': row 2 was earlier than the row before it",)


def test_series_follow_each_other():
    texts = ("2020-01-01", "2020-01-01", "2020-01-02", "2020-01-02")
    order = ordered(*texts, series=[1, 0, 1, 0], group="shop")
    assert order.rows.tolist() == [1, 3, 0, 2]
    assert order.bounds.tolist() == [0, 2, 4]
    assert order.notes == ()


def test_duplicates_are_refused_with_their_rows_and_the_fix():
    with pytest.raises(DataError) as caught:
        ordered("2020-01-02", "2020-01-01", "2020-01-01", "2020-01-02")
    assert caught.value.received == (
        "sales.csv: 2 rows of column 'day' at the same time as another row "
        "(row 2 and row 3: 2020-01-01; row 1 and row 4: 2020-01-02)"
    )
    assert caught.value.fix.startswith("group=COLUMN")


def test_duplicates_of_a_group_name_it():
    with pytest.raises(DataError) as caught:
        ordered("2020-01-01", "2020-01-01", series=[0, 0], group="shop")
    assert caught.value.expected == "one row for each time and value of 'shop'"
    assert "group=" not in caught.value.fix


def test_the_hour_that_a_clock_repeats_is_explained():
    with pytest.raises(DataError) as caught:
        ordered("2020-10-25T01:00", "2020-10-25T02:00", "2020-10-25T02:00", "2020-10-25T03:00")
    assert "offset from UTC" in caught.value.fix


def test_rows_without_a_time_are_named():
    with pytest.raises(DataError, match=r"1 row without a time in column 'day' \(first: row 2\)"):
        ordered("2020-01-01", "NaT")


@pytest.mark.parametrize("year", ["0001", "1600", "2262", "9999"])
def test_times_out_of_range_are_named(year):
    times = np.array(["2020-01-01", f"{year}-12-31"], "datetime64[us]")
    with pytest.raises(DataError, match=rf"sales.csv: 1 row .*row 2, {year}-12-31"):
        as_nanoseconds(times, IDS, "sales.csv", "day")


def test_times_in_range_are_converted():
    times = np.array(["1749-01-01", "NaT"], "datetime64[us]")
    stamps = as_nanoseconds(times, IDS, "sales.csv", "day")
    assert stamps.dtype == "datetime64[ns]"
    assert str(stamps[0])[:10] == "1749-01-01"
    assert np.isnat(stamps[1])
