import numpy as np
import pandas as pd
import pytest

from hibiscus.data.series.step_inference import infer_step
from hibiscus.data.series.steps import Step
from hibiscus.errors import DataError


def stamps(*texts):
    return np.array(texts, "datetime64[ns]")


def dates(frequency, count=40, zone=None):
    times = pd.date_range("2019-01-01", periods=count, freq=frequency, tz=zone)
    if zone:
        times = times.tz_convert("UTC").tz_localize(None)
    return np.asarray(times, "datetime64[ns]")


@pytest.mark.parametrize(
    ("frequency", "step"),
    [
        ("100ms", Step("millisecond", 100)),
        ("s", Step("second")),
        ("15min", Step("minute", 15)),
        ("h", Step("hour")),
        ("D", Step("day")),
        ("B", Step("business-day")),
        ("W", Step("week")),
        ("4W", Step("week", 4)),
        ("MS", Step("month")),
        ("ME", Step("month", day=31)),
        ("2MS", Step("month", 2)),
        ("QS", Step("quarter")),
        ("QE", Step("quarter", day=31)),
        ("YS", Step("year")),
        ("YE", Step("year", day=31)),
    ],
)
def test_step_of_the_calendar(frequency, step):
    assert infer_step([dates(frequency)]) == step


def test_gaps_are_multiples_of_the_most_frequent_difference_that_divides_all():
    times = np.delete(dates("h"), [2, 5, 6, 7, 20])
    assert infer_step([times]) == Step("hour")
    times = np.delete(dates("MS"), [2, 5, 6, 7, 20])
    assert infer_step([times]) == Step("month")
    quarters = dates("15min", 80)
    mostly_half_hours = np.delete(quarters, np.arange(1, 60, 2))
    assert infer_step([mostly_half_hours]) == Step("minute", 15)


def test_a_rare_small_difference_is_irregular_and_not_the_step():
    times = dates("h")
    times[5] += np.timedelta64(1, "s")
    assert infer_step([times]) == Step("hour")


def test_all_series_have_one_step():
    assert infer_step([dates("2h"), dates("h"), dates("h", 1)]) == Step("hour")


def test_two_years_without_a_leap_day_are_years():
    assert infer_step([stamps("2013-01-01", "2014-01-01", "2015-01-01")]) == Step("year")


def test_five_weekdays_without_a_weekend_are_days():
    assert infer_step([stamps("2020-01-06", "2020-01-07", "2020-01-08")]) == Step("day")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Sydney"])
def test_midnights_of_a_zone_are_days_or_months(zone):
    assert infer_step([dates("D", 400, zone)]) == Step("day", rounded=True)
    assert infer_step([dates("MS", 40, zone)]) == Step("month", rounded=True)


def test_two_times_of_a_day_are_no_daylight_saving_time():
    assert infer_step([stamps("2020-01-01T00", "2020-01-01T01", "2020-01-02T00", "2020-01-02T01")]) == Step(
        "hour"
    )


def test_one_time_has_no_step():
    with pytest.raises(DataError, match="one time per series") as caught:
        infer_step([stamps("2020-01-01"), stamps("2020-01-02")])
    assert "group=" in caught.value.fix
