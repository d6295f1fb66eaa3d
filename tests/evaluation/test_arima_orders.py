"""Orders of ARIMA models: of simulated series, against statsmodels' likelihood, and by hand."""

import warnings

import numpy as np
import pytest
from scipy.signal import lfilter

from hibiscus.evaluation.arima_orders import ArimaOrder, differences, fit_arma, search_orders


def simulate(ar, ma, steps, seed):
    """An ARMA series: x[t] = sum ar[i] x[t - i] + e[t] + sum ma[j] e[t - j]."""
    noise = np.random.default_rng(seed).normal(size=steps + 300)
    return lfilter([1, *ma], [1, *(-np.asarray(ar))], noise)[300:]


@pytest.mark.parametrize(("ar", "ma", "expected"), [((1.0, -0.5), (), (2, 0, 0)), ((), (0.6,), (0, 0, 1))])
def test_the_order_of_a_simulated_series_is_found(ar, ma, expected):
    """Two of three draws: the lowest criterion is not always that of the true order."""
    orders = [search_orders(simulate(ar, ma, 300, seed), fits=16).order for seed in range(3)]
    assert sum((order.p, order.d, order.q) == expected for order in orders) >= 2


@pytest.mark.parametrize("order", [ArimaOrder(2, 0, 1), ArimaOrder(1, 0, 0, 0, 0, 1), ArimaOrder(0, 0, 2)])
def test_likelihood_and_coefficients_agree_with_statsmodels(order):
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    z = simulate((0.6,), (0.3,), 200, 0)
    ours = fit_arma(z, order, 4)
    season = 4 if order.P or order.Q else 0
    model = SARIMAX(z, order=(order.p, 0, order.q), seasonal_order=(order.P, 0, order.Q, season))
    params = [*ours.ar, *ours.ma, *ours.seasonal_ar, *ours.seasonal_ma, ours.variance]
    assert model.loglike(params) == pytest.approx(order.coefficients + 1 - ours.criterion / 2, abs=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert model.fit(disp=False).aic == pytest.approx(ours.criterion, abs=0.05)


def test_aicc_by_hand():
    z, order = simulate((0.6,), (), 50, 0), ArimaOrder(1, constant=True)
    aic, aicc = (fit_arma(z, order, 1, criterion).criterion for criterion in ("aic", "aicc"))
    assert aicc - aic == pytest.approx(2 * 3 * 4 / (50 - 3 - 1))


def test_differences_of_known_series():
    noise = np.random.default_rng(1).normal(size=300)
    t = np.arange(300)
    assert differences(noise) == (0, 0)
    assert differences(noise.cumsum()) == (1, 0)
    assert differences(noise.cumsum().cumsum()) == (2, 0)
    assert differences(noise + 10 * np.sin(t * np.pi / 6), 12) == (0, 1)
    assert differences(noise, 12) == (0, 0)


def test_ties_go_to_the_model_with_fewer_coefficients():
    x = simulate((1.0, -0.5), (), 300, 0)
    chosen = [search_orders(x, tie=tie, fits=8) for tie in (0, 2, 1e5)]
    assert chosen[0].criterion <= chosen[1].criterion <= chosen[2].criterion
    assert chosen[0].order.coefficients >= chosen[1].order.coefficients
    assert chosen[2].order == ArimaOrder(constant=True)  # the smallest of those that were tried


def test_models_near_the_unit_circle_do_not_count():
    noise = np.random.default_rng(0).normal(size=200)
    assert fit_arma(noise.cumsum() + 50, ArimaOrder(1), 1) is None
    assert fit_arma(np.diff(noise), ArimaOrder(q=1), 1) is None


def test_words():
    assert ArimaOrder(1, 1, 2).words(1) == "ARIMA(1,1,2)"
    assert ArimaOrder(0, 1, 1, 0, 1, 1).words(12) == "ARIMA(0,1,1)(0,1,1)12"
    assert ArimaOrder(1, constant=True).words(1) == "ARIMA(1,0,0) with a constant"
    for order in (ArimaOrder(0, 2, 1), ArimaOrder(5), ArimaOrder(q=5)):
        assert "suspicious" in order.words(1)


def test_a_series_too_short_for_a_model():
    found = search_orders(np.array([1.0, 2.0, 4.0, 3.0]))
    assert found.order.coefficients == 0
    assert found.variance > 0
