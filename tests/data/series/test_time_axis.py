import numpy as np
import pytest

from hibiscus.data.series.time_axis import read_time_axis


def days(*numbers):
    return np.array([f"2020-01-{number:02d}" for number in numbers], "datetime64[ns]")


def test_gaps_and_the_grid():
    axis = read_time_axis(days(6, 7, 8, 11, 12), range(5))
    assert str(axis.step) == "1 day"
    assert [(str(gap.before)[:10], str(gap.after)[:10], gap.missing) for gap in axis.gaps] == [
        ("2020-01-08", "2020-01-11", 2)
    ]
    np.testing.assert_array_equal(axis.on_grid(np.arange(5.0)), [0, 1, 2, np.nan, np.nan, 3, 4])
    assert axis.times.tolist() == days(*range(6, 13)).tolist()
    assert axis.sorted


def test_rows_out_of_order_at_one_time_and_without_a_time():
    times = days(3, 1, 2, 2, 4)
    times[4] = np.datetime64("NaT")
    axis = read_time_axis(times, range(5))
    assert axis.duplicates == ((2, 3),)
    assert axis.without == (4,)
    assert not axis.sorted
    assert axis.on_grid(np.arange(5.0)).tolist() == [1, 2, 0]


def test_a_few_times_between_the_steps_are_left_out():
    times = np.array("2020-01-01T00", "datetime64[ns]") + np.arange(40) * np.timedelta64(1, "h")
    times[7] += np.timedelta64(10, "m")
    axis = read_time_axis(times, range(40))
    assert axis.off_grid == (7,)
    assert not axis.irregular
    assert np.isnan(axis.on_grid(np.arange(40.0))[7])


def test_irregular_times_are_counted_as_rows():
    rng = np.random.default_rng(0)
    times = np.sort(np.datetime64("2020-01-01", "ns") + rng.integers(0, 10**15, 30))
    axis = read_time_axis(times, range(30))
    assert axis.irregular
    assert axis.off_grid == ()
    assert str(axis.step) == "1 row"
    assert axis.on_grid(np.arange(30.0)).tolist() == list(range(30))


def test_a_few_rows_years_apart_do_not_make_a_grid_of_seconds():
    times = np.array(["2000-01-01T00:00:00", "2000-01-01T00:00:01", "2020-01-01", "2021-05-05"])
    axis = read_time_axis(times.astype("datetime64[ns]"), range(4))
    assert axis.irregular
    assert len(axis.times) == 4


@pytest.mark.parametrize("times", [None, days(), days(5)])
def test_no_times_and_single_rows(times):
    rows = range(0 if times is None else len(times))
    axis = read_time_axis(times, rows)
    assert len(axis.rows) == len(rows)
    assert len(axis.on_grid(np.arange(3.0))) == len(rows)
