"""ARIMA forecasts against statsmodels from each origin, without the future."""

import sys
import warnings

import numpy as np
import pytest
from tests.evaluation.forecast_tasks import expect_no_look_ahead, seasonal_series, task_of

from hibiscus.errors import DataError, MissingExtraError
from hibiscus.evaluation import arima_orders, statistical_forecasts
from hibiscus.evaluation.arima_orders import ArimaOrder, FittedArima
from hibiscus.evaluation.forecast_task import OneSeries
from hibiscus.evaluation.statistical_forecasts import arima_forecast, filter_forecasts

AIRLINE = ArimaOrder(p=0, d=1, q=1, P=0, D=1, Q=1)


@pytest.fixture
def few_fits(monkeypatch):
    """A search of few models, which is faster."""
    monkeypatch.setattr(arima_orders, "FITS", 3)
    monkeypatch.setattr(statistical_forecasts, "SEASONAL_FITS", 3)


def model_of(order, ar=(), ma=(), seasonal_ar=(), seasonal_ma=(), mean=0.0):
    return FittedArima(order, ar, ma, seasonal_ar, seasonal_ma, mean, 0.5, 0.0)


@pytest.mark.parametrize(
    ("model", "season"),
    [
        (model_of(AIRLINE, ma=(-0.4,), seasonal_ma=(-0.6,)), 4),
        (model_of(ArimaOrder(2, 0, 1, constant=True), ar=(0.5, 0.2), ma=(0.3,), mean=20.0), 1),
        (
            model_of(ArimaOrder(1, 1, 0, P=1, constant=True), ar=(0.5,), seasonal_ar=(0.4,), mean=0.1),
            4,
        ),
        (model_of(ArimaOrder(d=2, q=2), ma=(-0.9, 0.2)), 1),
    ],
)
def test_forecasts_are_those_of_statsmodels_with_the_history_up_to_each_origin(model, season):
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    x, origins = seasonal_series(60, 4, 1)[:, 0], np.array([40, 47, 52])
    found, _ = filter_forecasts(OneSeries(x, 40, origins, season, 6), model, season)
    order, constant = model.order, model.mean * (1 - sum(model.ar)) * (1 - sum(model.seasonal_ar))
    params = [*model.ar, *model.ma, *model.seasonal_ar, *model.seasonal_ma, model.variance]
    for i, origin in enumerate(origins):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reference = SARIMAX(
                x[:origin],
                order=(order.p, order.d, order.q),
                seasonal_order=(order.P, order.D, order.Q, season if order.P or order.Q else 0),
                trend="c" if order.constant else None,
            )
            expected = reference.smooth([constant, *params] if order.constant else params).forecast(6)
        np.testing.assert_allclose(found[i], expected, rtol=1e-6)


def test_it_does_not_know_the_future(few_fits):
    def sarima(task):
        return arima_forecast(task, seasonal=True).values

    expect_no_look_ahead(sarima, steps=60, fitted=45, season=4, variables=1)


def test_a_season_is_forecast_and_the_model_named(few_fits):
    x = seasonal_series(100, 4, 1)
    task = task_of(x, fitted=80, season=4, horizon=8)
    found = arima_forecast(task, seasonal=True)
    assert np.abs(found.values - task.targets()).mean() < 1.5  # the noise alone gives about 0.9
    assert found.models[0].startswith("ARIMA(")
    assert ")4" in found.models[0]
    assert "Ljung-Box" in found.models[0]


@pytest.mark.parametrize("season", [1, 25])
def test_a_season_out_of_range(season):
    with pytest.raises(DataError, match=f"season of {season} steps"):
        arima_forecast(task_of(np.arange(99.0), fitted=60, season=season), seasonal=True)


def test_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.tsa", None)
    with pytest.raises(MissingExtraError, match="statsmodels"):
        arima_forecast(task_of(np.arange(60.0), fitted=50))


def test_the_scale_of_the_values_does_not_matter(few_fits):
    x = seasonal_series(70, 1, 1)
    small = arima_forecast(task_of(x, fitted=60)).values
    large = arima_forecast(task_of(1e9 + 1e6 * x, fitted=60)).values
    np.testing.assert_allclose((large - 1e9) / 1e6, small, rtol=1e-4)


def test_short_and_constant_series(few_fits):
    assert statistical_forecasts.LONGEST_SEASON == 24
    for x in (np.full(20, 4.0), np.arange(20.0), np.array([1.0, 2.0] * 10)):
        assert np.isfinite(arima_forecast(task_of(x, fitted=10, horizon=3)).values).all()
