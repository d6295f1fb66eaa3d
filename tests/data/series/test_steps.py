import numpy as np
import pandas as pd
import pytest

from hibiscus.data.series.step_inference import infer_step
from hibiscus.data.series.steps import Step, show_time
from hibiscus.errors import DataError


def stamps(frequency, count=40, start="2019-01-01", zone=None):
    times = pd.date_range(start, periods=count, freq=frequency, tz=zone)
    if zone:
        times = times.tz_convert("UTC").tz_localize(None)
    return np.asarray(times, "datetime64[ns]")


FREQUENCIES = (
    "100ms",
    "s",
    "15min",
    "h",
    "6h",
    "D",
    "B",
    "W",
    "2W",
    "MS",
    "ME",
    "2MS",
    "QS",
    "QE",
    "YS",
    "YE",
)


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_positions_and_times_are_inverse(frequency):
    times = stamps(frequency)
    step = infer_step([times])
    assert np.array_equal(step.positions(times), np.arange(40))
    assert np.array_equal(step.times(times[0], np.arange(40)), times)
    assert np.array_equal(step.times(times[20], np.arange(-20, 20)), times)
    assert np.array_equal(step.following(times[9], 30), times[10:])
    assert Step.from_json(step.to_json()) == step


@pytest.mark.parametrize(
    ("step", "seasons"),
    [
        (Step("hour"), (24, 168)),
        (Step("minute", 15), (96, 672, 4)),
        (Step("day"), (7, 365)),
        (Step("business-day"), (5, 261)),
        (Step("month"), (12,)),
        (Step("month", 2), (6,)),
        (Step("quarter"), (4,)),
        (Step("year"), ()),
        (Step("row"), ()),
    ],
)
def test_seasons(step, seasons):
    assert step.seasons() == seasons


@pytest.mark.parametrize(
    ("step", "text", "option"),
    [
        (Step("hour"), "1 hour", "1h"),
        (Step("minute", 15), "15 minutes", "15min"),
        (Step("month", day=31), "1 month (at its end)", "ME"),
        (Step("quarter"), "1 quarter", "QS"),
        (Step("business-day", 2), "2 business days", "2B"),
    ],
)
def test_names(step, text, option):
    assert str(step) == text
    assert step.option() == option


def test_ends_of_months_follow_the_calendar():
    after = Step("month", day=31).following(np.datetime64("2020-01-31"), 3)
    assert list(after.astype("datetime64[D]").astype(str)) == ["2020-02-29", "2020-03-31", "2020-04-30"]
    after = Step("month", day=30).following(np.datetime64("2021-01-30"), 2)
    assert list(after.astype("datetime64[D]").astype(str)) == ["2021-02-28", "2021-03-30"]


def test_gaps_are_positions_without_a_time():
    times = np.delete(stamps("h"), [3, 4, 9])
    assert Step("hour").positions(times)[:7].tolist() == [0, 1, 2, 5, 6, 7, 8]


def test_rows_are_counted():
    times = np.arange(5).astype("datetime64[ns]")
    assert Step("row").positions(times).tolist() == [0, 1, 2, 3, 4]
    assert Step("row").following(times[-1], 2).astype(int).tolist() == [5, 6]


def test_midnights_of_a_zone_with_daylight_saving_time_are_one_day_apart():
    times = stamps("D", 400, zone="Europe/Berlin")
    step = infer_step([times])
    assert np.array_equal(step.positions(times), np.arange(400))
    assert np.array_equal(step.times(times[0], [0, 1, 399]), stamps("D", 400)[[0, 1, 399]])


def test_irregular_times_are_named():
    times = stamps("h")
    times[5] += np.timedelta64(7, "s")
    step = infer_step([times])
    assert np.flatnonzero(step.off_grid(times)).tolist() == [5]
    with pytest.raises(
        DataError, match="1 time of 40 not on a grid of 1 hour: 2019-01-01 05:00:07"
    ) as caught:
        step.positions(times)
    assert "resample=1h" in caught.value.fix


def test_the_grid_is_that_of_most_times():
    times = stamps("MS")
    times[0] += np.timedelta64(3, "D")
    assert np.flatnonzero(Step("month").off_grid(times)).tolist() == [0]


def test_show_time_leaves_out_what_is_zero():
    assert show_time(np.datetime64("2020-01-01")) == "2020-01-01"
    assert show_time(np.datetime64("2020-01-01T05")) == "2020-01-01 05:00"


def test_irregular_times_are_averaged_to_a_usual_step():
    times = stamps("h") + np.random.default_rng(0).integers(0, 10**12, 40).astype("timedelta64[ns]")
    with pytest.raises(DataError) as caught:
        infer_step([times]).positions(times)
    assert caught.value.fix.startswith(("resample=1h ", "resample=D "))
