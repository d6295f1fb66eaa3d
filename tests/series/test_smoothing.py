"""Smoothing against its plain twins, statsmodels and pandas with the same parameters, and by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.holtwinters import ExponentialSmoothing, SimpleExpSmoothing

from hibiscus.errors import ConfigError, DataError
from hibiscus.scratch import exponential_smoothing as plain
from hibiscus.series.smoothing import ewm_mean, holt, holt_winters, simple_smoothing

WEIGHTS = st.floats(0, 1)


def wave(steps=40, season=4, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(steps)
    return 20 + 0.3 * t + 3 * np.sin(2 * np.pi * t / season) + rng.normal(size=steps)


def test_simple_by_hand():
    result = simple_smoothing([10, 20, 30], 0.5)
    assert result.level.tolist() == [10, 15, 22.5]
    assert result.fitted.tolist() == [10, 10, 15]
    assert result.forecast(2).tolist() == [22.5, 22.5]


def test_alpha_zero_is_constant_and_alpha_one_is_the_shifted_series():
    x = wave()
    assert (simple_smoothing(x, 0).fitted == x[0]).all()
    np.testing.assert_allclose(simple_smoothing(x, 1).fitted[1:], x[:-1])


def test_holt_follows_a_line_without_error():
    line = 3 + 2.0 * np.arange(10)
    result = holt(line, 0.4, 0.2)
    np.testing.assert_allclose(result.fitted, line)
    np.testing.assert_allclose(result.forecast(3), [23, 25, 27])
    np.testing.assert_allclose(holt(line, 1, 1, damping=0.5).forecast(2), [21 + 1, 21 + 1.5])


@pytest.mark.parametrize("seasonal", ["additive", "multiplicative"])
def test_holt_winters_follows_a_line_with_a_season(seasonal):
    t, cycle = np.arange(12), np.tile([-1.0, 0.5, 0.5], 4)
    x = 10 + 0.5 * t + cycle if seasonal == "additive" else np.tile([0.5, 1, 1.5], 4) * 8
    result = holt_winters(x[:9], 0.3, 0.2, 0.1, 3, seasonal=seasonal)
    np.testing.assert_allclose(result.fitted, x[:9])
    np.testing.assert_allclose(result.forecast(3), x[9:])


@settings(max_examples=40, deadline=None)
@given(steps=st.integers(1, 30), alpha=WEIGHTS, level=st.floats(-5, 5), seed=st.integers(0, 99))
def test_simple_is_the_twins(steps, alpha, level, seed):
    x = np.random.default_rng(seed).normal(size=steps)
    expected = plain.simple_smoothing(x.tolist(), alpha, level)
    np.testing.assert_allclose(simple_smoothing(x, alpha, level=level).level, expected, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    steps=st.integers(1, 30),
    season=st.integers(2, 6),
    weights=st.tuples(WEIGHTS, WEIGHTS, WEIGHTS),
    damping=WEIGHTS,
    multiplicative=st.booleans(),
    seed=st.integers(0, 99),
)
def test_holt_winters_is_the_twins(steps, season, weights, damping, multiplicative, seed):
    rng = np.random.default_rng(seed)
    x, seasons = rng.uniform(1, 2, steps), rng.uniform(0.5, 1.5, season).tolist()
    kind = "multiplicative" if multiplicative else "additive"
    result = holt_winters(
        x, *weights, season, seasonal=kind, damping=damping, level=1.0, trend=0.1, seasons=seasons
    )
    expected = plain.holt_winters(
        x.tolist(), weights, 1.0, 0.1, seasons, multiplicative=multiplicative, damping=damping
    )
    for found, values in zip((result.level, result.trend, result.seasonal), expected, strict=True):
        np.testing.assert_allclose(found, values, rtol=1e-8, atol=1e-9)
    without = holt(x, *weights[:2], damping=damping, level=1.0, trend=0.1)
    expected = plain.holt_winters(x.tolist(), (*weights[:2], 0.0), 1.0, 0.1, [0.0], damping=damping)
    np.testing.assert_allclose(without.level, expected[0], atol=1e-9)


@pytest.mark.parametrize("seasonal", ["additive", "multiplicative", None])
@pytest.mark.parametrize("damping", [1.0, 0.9])
def test_statsmodels_agrees(seasonal, damping):
    x, seasons = wave(), [1.2, 0.8, 1.1, 0.9]
    model = ExponentialSmoothing(
        x,
        trend="add",
        damped_trend=damping < 1,
        seasonal=None if seasonal is None else seasonal[:3],
        seasonal_periods=4 if seasonal else None,
        initialization_method="known",
        initial_level=19.0,
        initial_trend=0.2,
        initial_seasonal=seasons if seasonal else None,
    )
    theirs = model.fit(
        smoothing_level=0.4,
        smoothing_trend=0.2,
        smoothing_seasonal=0.3 if seasonal else None,
        damping_trend=damping if damping < 1 else None,
        optimized=False,
    )
    state = {"damping": damping, "level": 19.0, "trend": 0.2}
    if seasonal:
        ours = holt_winters(x, 0.4, 0.2, 0.3, 4, seasonal=seasonal, seasons=seasons, **state)
        np.testing.assert_allclose(ours.seasonal, theirs.season, atol=1e-6)
    else:
        ours = holt(x, 0.4, 0.2, **state)
    np.testing.assert_allclose(ours.fitted, theirs.fittedvalues, atol=1e-6)
    np.testing.assert_allclose(ours.level, theirs.level, atol=1e-6)
    np.testing.assert_allclose(ours.trend, theirs.trend, atol=1e-6)
    # statsmodels forecasts whole seasons ahead with the season before the last value, ours after it
    stale = np.arange(1, 10) % 4 == 0 if seasonal else np.zeros(9, bool)
    np.testing.assert_allclose(ours.forecast(9)[~stale], theirs.forecast(9)[~stale], atol=1e-6)


def test_forecasts_are_those_of_the_state_space_form():
    x, seasons = wave(), [1.2, 0.8, 1.1, 0.9]
    model = ETSModel(
        x,
        trend="add",
        seasonal="add",
        seasonal_periods=4,
        initialization_method="known",
        initial_level=19.0,
        initial_trend=0.2,
        initial_seasonal=seasons,
    )
    theirs = model.smooth([0.4, 0.4 * 0.2, 0.3])
    ours = holt_winters(x, 0.4, 0.2, 0.3, 4, level=19.0, trend=0.2, seasons=seasons)
    np.testing.assert_allclose(ours.forecast(9), theirs.forecast(9), atol=1e-6)


def test_statsmodels_agrees_on_simple_smoothing():
    x = wave()
    model = SimpleExpSmoothing(x, initialization_method="known", initial_level=19.0)
    theirs = model.fit(smoothing_level=0.3, optimized=False)
    ours = simple_smoothing(x, 0.3, level=19.0)
    np.testing.assert_allclose(ours.level, theirs.level, atol=1e-6)
    np.testing.assert_allclose(ours.fitted, theirs.fittedvalues, atol=1e-6)


@pytest.mark.parametrize("adjust", [True, False])
def test_ewm_is_that_of_pandas(adjust):
    x = np.random.default_rng(0).normal(size=(20, 2))
    expected = pd.DataFrame(x).ewm(alpha=0.3, adjust=adjust).mean()
    np.testing.assert_allclose(ewm_mean(x, 0.3, adjust=adjust), expected)
    assert ewm_mean(x[:, 0], 1).tolist() == x[:, 0].tolist()


@pytest.mark.parametrize(
    "smooth",
    [
        lambda x: simple_smoothing(x, 0.4).level,
        lambda x: holt(x, 0.4, 0.2).level,
        lambda x: holt_winters(x, 0.4, 0.2, 0.3, 4).level,
        lambda x: holt_winters(x, 0.4, 0.2, 0.3, 4).fitted,
        lambda x: ewm_mean(x, 0.4),
    ],
)
def test_the_future_changes_nothing_in_the_past(smooth):
    x = wave()
    changed = x.copy()
    changed[20:] *= -3
    before, after = smooth(x), smooth(np.abs(changed) + 1)
    np.testing.assert_array_equal(smooth(x)[:20], smooth(changed)[:20])
    assert not np.array_equal(before, after)


def test_what_is_refused():
    with pytest.raises(ConfigError, match=r"alpha=1\.5"):
        simple_smoothing([1, 2], 1.5)
    with pytest.raises(DataError, match="1 step"):
        holt([1.0], 0.5, 0.5)
    with pytest.raises(DataError, match="at least 8"):
        holt_winters(wave(7), 0.5, 0.5, 0.5, 4)
    with pytest.raises(DataError, match="falls to -1"):
        holt_winters([-1.0] * 8, 0.5, 0.5, 0.5, 4, seasonal="multiplicative")
    with pytest.raises(ConfigError, match="seasonal='other'"):
        holt_winters(wave(), 0.5, 0.5, 0.5, 4, seasonal="other")
    with pytest.raises(ConfigError, match="2 values of seasons"):
        holt_winters(wave(), 0.5, 0.5, 0.5, 4, seasons=[1, 2])
    with pytest.raises(ConfigError, match="above 0"):
        ewm_mean([1, 2], 0)
