import numpy as np
import pytest

from hibiscus.series import candidate_seasons, detrend, seasonal_strength


def lengths(values, calendar=()):
    return [one.season for one in candidate_seasons(values, calendar)]


@pytest.mark.parametrize("seed", range(3))
def test_the_season_of_simulated_series(seed):
    rng = np.random.default_rng(seed)
    t = np.arange(600)
    wave = np.sin(2 * np.pi * t / 24)
    assert lengths(wave + 0.01 * t + rng.normal(0, 0.8, 600)) == [24]
    assert lengths(wave + rng.normal(0, 0.3, 600).cumsum())[0] == 24  # on a random walk
    spikes = np.where(t % 30 == 0, 5.0, 0.0) + rng.normal(0, 0.5, 600)
    assert lengths(spikes)[0] == 30
    assert lengths(rng.normal(size=600)) == []
    assert lengths(rng.normal(size=600).cumsum(), (24, 168)) == []


def test_a_week_of_days_that_differ_is_found_beside_the_day():
    rng = np.random.default_rng(0)
    t = np.arange(24 * 7 * 6)
    weekend = (t // 24 % 7 >= 5) * 1.0
    values = np.sin(2 * np.pi * t / 24) * (1 - 0.7 * weekend) + weekend + rng.normal(0, 0.1, len(t))
    assert sorted(lengths(values)) == [24, 168]
    day = np.sin(2 * np.pi * t / 24) + rng.normal(0, 0.1, len(t))
    assert lengths(day, (24, 168)) == [24]  # a week explains no more than a day


def test_a_season_of_the_calendar_is_taken_where_it_is_near():
    rng = np.random.default_rng(1)
    t = np.arange(3000)
    values = np.sin(2 * np.pi * t / 365.25) + rng.normal(0, 0.7, 3000)
    assert lengths(values, (7, 365))[0] == 365


def test_a_cycle_whose_length_varies_is_named_so():
    rng = np.random.default_rng(0)
    phase = np.cumsum(2 * np.pi / 40 * (1 + 0.15 * np.repeat(rng.normal(size=50), 40)))
    (first, *_) = candidate_seasons(np.sin(phase) + rng.normal(0, 0.2, 2000))
    assert first.varies
    assert 34 <= first.season <= 46


def test_the_strength_does_not_reward_long_seasons():
    noise = np.random.default_rng(0).normal(size=400)
    assert max(seasonal_strength(noise, season) for season in (4, 50, 150)) < 0.06
    assert seasonal_strength(np.resize([1.0, 2, 4], 300), 3) == pytest.approx(1)


def test_short_constant_and_straight_series_have_none():
    assert lengths(np.ones(50)) == []
    assert lengths(np.arange(3.0)) == []
    assert lengths(np.arange(50.0)) == []
    np.testing.assert_allclose(detrend(np.arange(50.0) ** 2), 0, atol=1e-9)
