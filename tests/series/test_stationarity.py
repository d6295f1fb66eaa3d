import numpy as np
import pytest
from statsmodels.tsa import stattools

from hibiscus.errors import DataError
from hibiscus.series import adf, kpss, stationarity
from hibiscus.series.series_values import call_quietly


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(size=400)


@pytest.mark.parametrize("trend", [False, True])
def test_both_are_those_of_statsmodels(noise, trend):
    walk, kind = noise.cumsum(), "ct" if trend else "c"
    other = call_quietly(stattools.adfuller, walk, regression=kind, autolag="AIC")[0]
    own = adf(walk, trend)
    assert (own.statistic, own.p_value, own.lags) == pytest.approx(other[:3], abs=1e-9)
    assert own.critical_values == pytest.approx(other[4])
    other = call_quietly(stattools.kpss, walk, regression=kind)[0]
    own = kpss(walk, trend)
    assert (own.statistic, own.p_value, own.lags) == pytest.approx(other[:3], abs=1e-9)


def test_kpss_is_its_formula(noise):
    test = kpss(noise)
    e = noise - noise.mean()
    n = len(e)
    variance = e @ e / n
    for lag in range(1, test.lags + 1):
        variance += 2 * (1 - lag / (test.lags + 1)) * (e[lag:] @ e[:-lag]) / n
    assert test.statistic == pytest.approx((np.cumsum(e) ** 2).sum() / n**2 / variance, abs=1e-9)


def test_the_verdict_on_series_with_known_truth():
    draws = np.random.default_rng(0).normal(size=(20, 200))
    trends = [stationarity(0.05 * np.arange(200) + noise).verdict for noise in draws]
    walks = [stationarity(noise.cumsum()).verdict for noise in draws]
    flat = [stationarity(noise).verdict for noise in draws]
    assert trends.count("trend-stationary") >= 15
    assert walks.count("difference-stationary") >= 14
    assert flat.count("stationary") >= 15
    assert stationarity(draws[0].cumsum()).advice == "take differences"


def test_noise_is_stationary(noise):
    assert stationarity(noise).verdict == "stationary"


def test_a_level_that_changes_and_too_few_steps(noise):
    shifted = noise + np.where(np.arange(400) < 200, 0, 1.0)
    assert stationarity(shifted).verdict == "both tests reject"
    assert stationarity(np.random.default_rng(0).normal(size=12)).verdict in ("undecided", "stationary")
    with pytest.raises(DataError, match="a series of 11 steps"):
        stationarity(noise[:11])


def test_the_bound_of_a_p_value_is_a_note(noise):
    test = kpss(noise.cumsum())
    assert test.p_value == 0.01
    assert "only a bound" in test.notes[0]


def test_a_constant_is_stationary():
    assert stationarity(np.ones(50)).verdict == "stationary"
