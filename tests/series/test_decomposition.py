import numpy as np
import pytest
from statsmodels.tsa.seasonal import STL, seasonal_decompose

from hibiscus.errors import ConfigError, DataError
from hibiscus.series import decompose, stl


def sales(season, steps=101):
    rng = np.random.default_rng(0)
    t = np.arange(steps)
    return 10 + 0.1 * t + 2 * np.sin(2 * np.pi * t / season) + rng.normal(0, 0.3, steps)


@pytest.mark.parametrize("season", [2, 7, 12])
@pytest.mark.parametrize("model", ["additive", "multiplicative"])
def test_the_classical_decomposition_is_that_of_statsmodels(season, model):
    values = sales(season)
    own, other = decompose(values, season, model), seasonal_decompose(values, model=model, period=season)
    for name, part in (("trend", other.trend), ("seasonal", other.seasonal), ("residual", other.resid)):
        np.testing.assert_allclose(getattr(own, name), part, atol=1e-9, err_msg=name)


def test_stl_is_that_of_statsmodels_and_adds_up():
    values = sales(12)
    own, other = stl(values, 12), STL(values, period=12).fit()
    np.testing.assert_allclose(own.trend, other.trend, atol=1e-9)
    np.testing.assert_allclose(own.trend + own.seasonal + own.residual, values, atol=1e-9)


def test_strengths_are_hyndmans():
    own = decompose(sales(12), 12)
    known = np.isfinite(own.trend)
    rest, trend, season = own.residual[known], own.trend[known], own.seasonal[known]
    assert own.trend_strength == pytest.approx(1 - rest.var() / (trend + rest).var())
    assert own.seasonal_strength == pytest.approx(1 - rest.var() / (season + rest).var())
    noise = decompose(np.random.default_rng(1).normal(size=400), 12)
    assert noise.seasonal_strength < 0.15 < 0.9 < own.seasonal_strength


def test_the_season_and_the_trend_are_found_exactly():
    season = np.array([1.0, -2.0, 1.0])
    values = np.arange(12) + np.resize(season, 12)
    own = decompose(values, 3)
    np.testing.assert_allclose(own.seasonal, np.resize(season, 12), atol=1e-12)
    np.testing.assert_allclose(own.trend[1:-1], np.arange(12)[1:-1], atol=1e-12)
    assert np.isnan(own.trend[[0, -1]]).all()


def test_what_cannot_be_decomposed_is_named():
    with pytest.raises(DataError, match="a series of 20 steps and season=12"):
        decompose(np.ones(20), 12)
    with pytest.raises(DataError, match="values down to -1"):
        decompose(np.resize([-1.0, 2.0], 20), 2, "multiplicative")
    with pytest.raises(ConfigError, match="season=1"):
        stl(np.ones(20), 1)
