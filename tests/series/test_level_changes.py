import numpy as np
import pytest

from hibiscus.series import level_changes

T = np.arange(300)


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(size=300)


def test_a_shift_under_a_season(noise):
    values = 4 * np.sin(2 * np.pi * T / 12) + noise + np.where(T < 180, 0.0, 3.0)
    found = level_changes(values, 12)
    assert found.kind == "level"
    assert found.steps == pytest.approx([180], abs=4)
    assert found.cusum > 1.358


def test_around_a_trend_and_of_the_slope(noise):
    trend = level_changes(0.1 * T + noise, verdict="trend-stationary")
    assert (trend.kind, trend.steps) == ("trend removed", ())
    slope = level_changes(np.cumsum(noise + np.where(T < 120, 0.0, 2.0)), verdict="difference-stationary")
    assert slope.kind == "slope"
    assert slope.steps == pytest.approx([120], abs=5)


def test_levels_that_look_like_a_unit_root(noise):
    values = noise + np.where(T < 100, 0.0, np.where(T < 200, 8.0, 3.0))
    found = level_changes(values, verdict="difference-stationary")
    assert found.kind == "level"
    assert found.steps == pytest.approx([100, 200], abs=3)
    walk = level_changes(noise.cumsum(), verdict="difference-stationary")
    assert walk.kind == "slope"
    stairs = level_changes(0.1 * T + 0.1 * noise, verdict="difference-stationary")
    assert (stairs.kind, stairs.steps) == ("slope", ())  # not a level for every few steps of a trend


def test_short_series_have_none():
    assert level_changes(np.arange(11.0)) is None
    assert level_changes(np.ones(12)).steps == ()
