"""The grid of time steps: rows in any order, gaps, several series."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hibiscus.data.open import open_data
from hibiscus.data.series.resampling import parse_resampling
from hibiscus.data.series.steps import Step
from hibiscus.data.series.time_index import RowNames, TimeIndex, index_of, row_times
from hibiscus.data.tables.column_reading import ColumnReading
from hibiscus.errors import DataError


def rows(count, file="sales.csv"):
    return RowNames(file, [f"row {number}" for number in range(1, count + 1)], "day")


def days(*numbers):
    return np.datetime64("2024-01-01", "ns") + np.array(numbers) * np.timedelta64(1, "D")


def test_rows_in_any_order_and_a_gap():
    index = TimeIndex.of(rows(4), days(5, 0, 1, 2), None)
    assert index.step == Step("day")
    assert index.cells.tolist() == [5, 0, 1, 2]
    assert index.bounds.tolist() == [0, 6]
    np.testing.assert_array_equal(index.times, days(*range(6)))
    assert index.labels(np.array([4])) == ["2024-01-05"]


def test_series_stand_one_after_another_each_with_room_for_a_forecast():
    times, groups = days(0, 0, 1, 1, 2), np.array(["b", "a", "b", "a", "b"])
    index = TimeIndex.of(rows(5), times, groups, room=2)
    assert index.names == ("a", "b")
    assert index.bounds.tolist() == [0, 4, 9]
    assert index.cells.tolist() == [4, 0, 5, 1, 6]
    np.testing.assert_array_equal(index.times, days(0, 1, 2, 3, 0, 1, 2, 3, 4))
    assert index.series_of(np.array([0, 3, 4, 8])).tolist() == [0, 0, 1, 1]


def test_months_have_no_gaps_though_their_lengths_differ():
    times = pd.date_range("2023-11-01", periods=6, freq="MS").to_numpy().astype("datetime64[ns]")
    index = TimeIndex.of(rows(6), times, None, room=2)
    assert index.cells.tolist() == list(range(6))
    assert index.labels(np.array([6, 7])) == ["2024-05-01", "2024-06-01"]


def test_rows_without_times_are_counted_in_each_series():
    index = TimeIndex.of(rows(4), None, np.array([1, 2, 1, 2]), room=1)
    assert index.cells.tolist() == [0, 3, 1, 4]
    assert index.labels(np.array([0, 2])) == ["1", "3"]


def test_two_rows_at_one_time_are_refused_with_their_numbers():
    with pytest.raises(DataError, match=r"(?s)row 2 and row 4: 2024-01-02.*group=COLUMN"):
        TimeIndex.of(rows(4), days(0, 1, 2, 1), None)
    with pytest.raises(DataError, match=r"one row for each time and value of 'shop'"):
        TimeIndex.of(replace(rows(3), group="shop"), days(0, 1, 1), np.array(["a", "a", "a"]))


@pytest.mark.parametrize("resampling", [None, parse_resampling("1h")])
def test_a_row_without_a_time_and_times_that_do_not_fit_are_refused(resampling):
    frame = pd.DataFrame({"day": ["2024-01-01", "", "2024-01-03"]})
    times = row_times(frame, rows(3), ColumnReading("time"))
    with pytest.raises(DataError, match=r"1 row without a time in column 'day' \(first: row 2\)"):
        TimeIndex.of(rows(3), times, None, resampling=resampling)
    frame = pd.DataFrame({"day": ["2024-01-01", "9999-12-31"]})
    with pytest.raises(DataError, match="a time out of range in column 'day'"):
        row_times(frame, rows(2), ColumnReading("time"))


def test_resampled_rows_share_a_cell_and_empty_steps_have_none():
    times = np.datetime64("2024-01-01T00:10", "ns") + np.array([0, 20, 130, 40]) * np.timedelta64(1, "m")
    index = TimeIndex.of(rows(4), times, None, resampling=parse_resampling("1h"), room=1)
    assert index.cells.tolist() == [0, 0, 2, 0]
    assert index.labels(np.arange(4))[::3] == ["2024-01-01 00:00:00", "2024-01-01 03:00:00"]


def test_times_are_exact_to_a_microsecond():
    frame = pd.DataFrame({"day": ["2024-01-01 00:00:00.123456", "2024-01-01 00:00:01"]})
    read = row_times(frame, rows(2), ColumnReading("time"))
    assert read.tolist() == [1704067200123456000, 1704067201000000000]


def test_a_group_that_is_no_column():
    frame = pd.DataFrame({"day": pd.date_range("2024", periods=3), "x": [1.0, 2.0, 4.0]})
    with pytest.raises(DataError, match="group=shop: no such column"):
        index_of(open_data(frame), "shop")


def test_times_between_the_steps_are_named_with_their_rows_and_the_file():
    times = days(*range(20))
    times[7] += np.timedelta64(3, "h")
    with pytest.raises(
        DataError, match=r"sales.csv: 1 time of 20 not on a grid of 1 day: row 8: 2024-01-08 03:00"
    ):
        TimeIndex.of(rows(20), times, None)


@pytest.mark.parametrize("resampling", [None, parse_resampling("1min")])
def test_one_time_of_another_century_does_not_make_millions_of_steps(resampling):
    minutes = np.datetime64("2024-01-01", "ns") + np.arange(3000) * np.timedelta64(1, "m")
    times = np.append(minutes, np.datetime64("1970-01-01", "ns"))
    with pytest.raises(
        DataError, match=r"3,001 rows on 28,[\d,]+ steps of 1 minute .*1970-01-01.* to 2024-01-01"
    ):
        TimeIndex.of(rows(3001), times, None, resampling=resampling)
