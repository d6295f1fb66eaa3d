"""Naive forecasts by hand, and that none of them knows the future."""

import numpy as np
import pytest
from tests.evaluation.forecast_tasks import expect_no_look_ahead, task_of

from hibiscus.evaluation.forecast_baselines import (
    drift,
    moving_average,
    moving_window,
    naive,
    naive_average,
    seasonal_naive,
)
from hibiscus.evaluation.forecast_task import OneSeries

X = np.array([1.0, 4.0, 2.0, 8.0, 6.0, 9.0, 3.0, 5.0, 7.0])


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [
        (naive, [6, 6, 6]),
        (seasonal_naive, [8, 6, 8]),  # a season of 2
        (naive_average, [21 / 5] * 3),
        (moving_average, [7, 7, 7]),
        (drift, [6 + 5 / 4, 6 + 10 / 4, 6 + 15 / 4]),
    ],
)
def test_by_hand(baseline, expected):
    found = baseline(task_of(X, fitted=5, origins=[5], season=2, horizon=3))
    np.testing.assert_allclose(found[0, :, 0], expected)


@pytest.mark.parametrize("baseline", [naive, seasonal_naive, naive_average, moving_average, drift])
def test_none_knows_the_future(baseline):
    expect_no_look_ahead(baseline)
    expect_no_look_ahead(baseline, season=1)


def test_the_seasonal_naive_forecast_is_exact_for_a_repeated_season():
    x = np.tile([3.0, 1.0, 4.0, 1.0, 5.0], 8)
    task = task_of(x, fitted=20, season=5, horizon=12)
    np.testing.assert_array_equal(seasonal_naive(task), task.targets())


def test_a_season_longer_than_the_history_repeats_the_last_value():
    task = task_of(X, fitted=5, season=7, horizon=2)
    np.testing.assert_array_equal(seasonal_naive(task)[0, :, 0], [6, 6])
    np.testing.assert_array_equal(seasonal_naive(task)[-1, :, 0], [1, 4])


def test_drift_is_exact_for_a_line():
    task = task_of(3 + 2 * np.arange(20.0), fitted=5)
    np.testing.assert_allclose(drift(task), task.targets())


def test_the_window_of_the_moving_average_fits_the_series():
    rng = np.random.default_rng(0)
    origins = np.array([300])
    noise = OneSeries(rng.normal(size=(310, 1)), 300, origins, 1, 5)
    walk = OneSeries(rng.normal(size=(310, 1)).cumsum(0), 300, origins, 1, 5)
    assert moving_window(noise) >= 40
    assert moving_window(walk) == 2
    assert moving_window(OneSeries(noise.x, 300, origins, 12, 5)) == 12
    assert moving_window(OneSeries(noise.x, 3, origins, 1, 5)) == 1
