import numpy as np
import pytest
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.tsa.stattools import acf, pacf

from hibiscus.series import autocorrelation, correlation_bound, ljung_box, partial_autocorrelation
from hibiscus.series.series_values import call_quietly


def slow(values, lags):
    """The definition, step by step."""
    centered = values - values.mean()
    total = sum(x * x for x in centered)
    return [
        sum(centered[t] * centered[t + h] for t in range(len(values) - h)) / total for h in range(lags + 1)
    ]


@pytest.fixture(params=[0, 1, 2])
def wandering(request):
    rng = np.random.default_rng(request.param)
    return np.convolve(rng.normal(size=300), [1, 0.7, 0.3, -0.2])[:300] + 5


def test_autocorrelation_is_the_definition_and_that_of_statsmodels(wandering):
    own = autocorrelation(wandering, 20)
    np.testing.assert_allclose(own, slow(wandering, 20), atol=1e-12)
    np.testing.assert_allclose(own, call_quietly(acf, wandering, nlags=20)[0], atol=1e-12)
    assert len(autocorrelation(wandering)) == 25  # 10 log10(300) lags, and lag 0


@pytest.mark.parametrize("method", ["ywm", "ldbiased"])
def test_partial_autocorrelation_is_that_of_statsmodels(wandering, method):
    other = call_quietly(pacf, wandering, nlags=30, method=method)[0]
    np.testing.assert_allclose(partial_autocorrelation(wandering, 30), other, atol=1e-9)


def test_ljung_box_is_that_of_statsmodels(wandering):
    other = acorr_ljungbox(wandering, lags=[12], model_df=2)
    own = ljung_box(wandering, 12, fitted=2)
    assert own.statistic == pytest.approx(other["lb_stat"].iloc[0], abs=1e-9)
    assert own.p_value == pytest.approx(other["lb_pvalue"].iloc[0], abs=1e-9)


def test_white_noise_stays_within_the_bound_and_ar_1_cuts_off():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=4000)
    inside = np.abs(autocorrelation(noise, 200)[1:]) < correlation_bound(4000)
    assert 0.9 < inside.mean() < 0.99
    assert ljung_box(noise).p_value > 0.01
    series = np.zeros(4000)
    for t in range(1, 4000):
        series[t] = 0.8 * series[t - 1] + noise[t]
    partial = partial_autocorrelation(series, 5)
    assert partial[1] == pytest.approx(0.8, abs=0.05)
    assert np.abs(partial[2:]).max() < 0.05


def test_a_constant_has_no_autocorrelation():
    assert autocorrelation(np.full(10, 0.1), 3).tolist() == [1, 0, 0, 0]
    assert partial_autocorrelation(np.full(10, 0.1), 3).tolist() == [1, 0, 0, 0]
