"""Boosted trees on lags: they learn a season, follow a trend, and do not know the future."""

import numpy as np
from tests.evaluation.forecast_tasks import expect_no_look_ahead, task_of

from hibiscus.evaluation.boosted_forecasts import boosted_forecast, chosen_lags
from hibiscus.evaluation.forecast_baselines import naive


def test_it_does_not_know_the_future():
    expect_no_look_ahead(boosted_forecast, variables=1)


def test_a_season_with_a_trend_is_learned():
    t = np.arange(150)
    x = 0.5 * t + 10 * np.sin(2 * np.pi * t / 12)
    task = task_of(x, fitted=120, season=12, horizon=12)
    error = np.abs(boosted_forecast(task) - task.targets()).mean()
    assert error < 0.2 * np.abs(naive(task) - task.targets()).mean()


def test_lags_fit_the_series():
    assert chosen_lags(1000, 1) == list(range(2, 13))
    assert chosen_lags(1000, 24) == list(range(2, 26))
    assert chosen_lags(3000, 365) == [*range(2, 13), 364, 365, 366]
    assert chosen_lags(10, 12) == [2, 3]
    assert chosen_lags(4, 12) == [1]


def test_a_short_series():
    x = np.arange(12.0)
    assert np.isfinite(boosted_forecast(task_of(x, fitted=2))).all()
    assert np.isfinite(boosted_forecast(task_of(x, fitted=6))).all()
