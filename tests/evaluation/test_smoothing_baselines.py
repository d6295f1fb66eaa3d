"""Exponential smoothing and Theta: against statsmodels, by hand, and without the future."""

import warnings

import numpy as np
import pytest
from tests.evaluation.forecast_tasks import expect_no_look_ahead, seasonal_series, task_of

from hibiscus.errors import DataError
from hibiscus.evaluation.smoothing_baselines import (
    fit_weights,
    holt_forecast,
    holt_winters_forecast,
    smoothing_forecast,
    theta_forecast,
)
from hibiscus.series.smoothing import holt_winters, simple_smoothing


def additive(task):
    return holt_winters_forecast(task, "additive")


def multiplicative(task):
    return holt_winters_forecast(task, "multiplicative")


@pytest.mark.parametrize(
    "baseline", [smoothing_forecast, holt_forecast, additive, multiplicative, theta_forecast]
)
def test_none_knows_the_future(baseline):
    expect_no_look_ahead(baseline, steps=70, fitted=50, season=6, variables=1)


def test_simple_smoothing_by_hand():
    """alpha 0.7: 0.7 x + 0.3 of the level before, as in many introductions."""
    smoothed = simple_smoothing([10.0, 20.0, 0.0], 0.7)
    assert smoothed.forecast(2) == pytest.approx([5.1, 5.1])  # 0.3 * (0.7 * 20 + 0.3 * 10)


def test_the_weight_of_a_level_with_noise_is_found():
    rng = np.random.default_rng(0)
    level, x = 0.0, []
    for noise in rng.normal(size=4000):  # simple smoothing is optimal for this process, with alpha 0.4
        x.append(level + noise)
        level += 0.4 * noise
    weight = fit_weights(np.array(x), lambda y, w: simple_smoothing(y, w[0]), 1)
    assert weight[0] == pytest.approx(0.4, abs=0.03)


@pytest.mark.parametrize("seasonal", ["additive", "multiplicative"])
def test_holt_winters_fits_at_least_as_well_as_statsmodels(seasonal):
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    x, m = seasonal_series(96, 12, 1)[:, 0], 12
    start = holt_winters(x, 0, 0, 0, m, seasonal=seasonal)
    model = ExponentialSmoothing(
        x,
        trend="add",
        seasonal=seasonal[:3],
        seasonal_periods=m,
        initialization_method="known",
        initial_level=start.level[0] - start.trend[0],
        initial_trend=start.trend[0],
        initial_seasonal=start.seasonal[:m],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = model.fit()
    ours = fit_weights(x, lambda y, w: holt_winters(y, *w, m, seasonal=seasonal), 3)
    error = holt_winters(x, *ours, m, seasonal=seasonal).fitted - x
    assert (error**2).sum() <= theirs.sse * 1.001


def test_forecasts_at_every_origin_are_those_of_the_series_up_to_there():
    x = seasonal_series(60, 6, 1)
    task = task_of(x, fitted=40, season=6, horizon=9)
    found = additive(task)
    weights = fit_weights(x[:40, 0], lambda y, w: holt_winters(y, *w, 6), 3)
    for i, origin in enumerate(task.origins):
        np.testing.assert_allclose(found[i, :, 0], holt_winters(x[:origin, 0], *weights, 6).forecast(9))


@pytest.mark.parametrize("season", [1, 12])
def test_theta_agrees_with_statsmodels(season, monkeypatch):
    from statsmodels.tsa.forecasting.theta import ThetaModel

    x = seasonal_series(98, 12, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = ThetaModel(
            x[:96, 0], period=season, deseasonalize=season > 1, use_test=False, method="multiplicative"
        ).fit()
        expected = np.asarray(fitted.forecast(2))
    alpha = float(fitted.params["alpha"])
    monkeypatch.setattr("hibiscus.evaluation.smoothing_baselines.fit_weights", lambda *_: np.array([alpha]))
    found = theta_forecast(task_of(x, fitted=96, season=season, horizon=2))
    np.testing.assert_allclose(found[0, :, 0], expected, rtol=2e-3)  # its initial level is estimated


def test_theta_without_a_season_does_not_adjust():
    x = np.random.default_rng(0).normal(10, 1, 100)
    assert np.ptp(theta_forecast(task_of(x, fitted=90, season=12, horizon=8))[0, :, 0]) < 0.2
    assert np.ptp(theta_forecast(task_of(seasonal_series(), fitted=90, season=12, horizon=8))[0, :, 0]) > 5


def test_short_and_constant_series():
    for baseline in (smoothing_forecast, holt_forecast, theta_forecast):
        x = np.full(12, 3.0)
        np.testing.assert_allclose(baseline(task_of(x, fitted=2, horizon=3)), 3, rtol=1e-6)


def test_multiplicative_seasons_need_positive_values_only_for_fitting():
    x = seasonal_series(60, 6, 1)[:, 0]
    zero = x.copy()
    zero[46] = 0
    tasks = [task_of(values, fitted=40, season=6) for values in (x, zero)]
    found = multiplicative(tasks[1])
    np.testing.assert_array_equal(found[:7], multiplicative(tasks[0])[:7])  # origins up to step 46
    np.testing.assert_array_equal(found[7:], additive(tasks[1])[7:])
    zero[39] = 0
    with pytest.raises(DataError, match="falls to 0"):
        multiplicative(task_of(zero, fitted=40, season=6))
