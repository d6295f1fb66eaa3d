"""Which baselines apply, and what is said of those that do not."""

import sys

import numpy as np
import pytest
from tests.evaluation.forecast_tasks import seasonal_series, task_of

from hibiscus.evaluation import arima_orders, forecast_comparison, statistical_forecasts
from hibiscus.evaluation.forecast_comparison import baseline_forecasts


@pytest.fixture(autouse=True)
def few_fits(monkeypatch):
    """A search of few models, which is faster."""
    monkeypatch.setattr(arima_orders, "FITS", 2)
    monkeypatch.setattr(statistical_forecasts, "SEASONAL_FITS", 2)


def test_all_apply_to_a_positive_series_with_a_season():
    task = task_of(seasonal_series(60, 4, 1), fitted=50, season=4)
    found = {baseline.name: baseline for baseline in baseline_forecasts(task)}
    assert list(found) == [
        *("naive", "seasonal naive", "naive average", "moving average", "drift", "simple smoothing", "Holt"),
        *("Holt-Winters, additive", "Holt-Winters, multiplicative", "Theta", "AR", "boosted trees"),
        *("ARIMA", "SARIMA"),
    ]
    for baseline in found.values():
        assert baseline.values.shape == task.targets().shape, baseline.model
        assert np.isfinite(baseline.values).all()
    assert found["SARIMA"].model.startswith("ARIMA(")


def test_some_do_not_apply_and_say_why(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.tsa", None)
    x = seasonal_series(60, 4, 2) - 30
    found = {baseline.name: baseline for baseline in baseline_forecasts(task_of(x, fitted=50, season=4))}
    assert "positive" not in found["Holt-Winters, additive"].model
    assert found["Holt-Winters, multiplicative"].values is None
    assert "falls to" in found["Holt-Winters, multiplicative"].model
    assert found["VAR"].values is not None
    assert "pip install 'hibiscus[series]'" in found["ARIMA"].model


def test_none_with_a_season_apply_without_one():
    found = {baseline.name for baseline in baseline_forecasts(task_of(np.arange(40.0), fitted=30))}
    assert not [name for name in found if "easonal" in name or "Winters" in name or name in ("SARIMA", "VAR")]


def test_many_series_get_the_baselines_that_are_not_fitted(monkeypatch):
    monkeypatch.setattr(forecast_comparison, "FITTED", 2)
    task = task_of(*(seasonal_series(40, 4, 1, seed) for seed in range(3)), fitted=30)
    found = list(baseline_forecasts(task))
    assert {baseline.name for baseline in found if baseline.values is not None} == {
        *("naive", "naive average", "moving average", "drift", "ARIMA")
    }
    assert "left out: 3 series, more than 2" in {baseline.model for baseline in found}


def test_a_baseline_that_diverges_is_left_out():
    t = np.arange(60.0)
    values = {baseline.name: baseline for baseline in baseline_forecasts(task_of(1e305 * t, fitted=30))}
    assert all(np.isfinite(b.values).all() for b in values.values() if b.values is not None)


def test_a_later_value_that_is_not_positive_keeps_multiplicative_seasons_and_is_named():
    x = seasonal_series(60, 4, 1)
    x[54] = 0
    found = {baseline.name: baseline for baseline in baseline_forecasts(task_of(x, fitted=50, season=4))}
    assert found["Holt-Winters, multiplicative"].values is not None
    assert found["Holt-Winters, multiplicative"].model.endswith("additive after a value that is not positive")
    assert "not positive" not in found["Holt-Winters, additive"].model
