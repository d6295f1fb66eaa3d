import numpy as np
import pytest

from hibiscus.errors import DataError
from hibiscus.series import describe_series
from hibiscus.series.description import fill_gaps

T = np.arange(240)


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(size=240)


def test_a_growing_season_is_multiplicative_and_differenced_twice(noise):
    level = np.exp(5 + 0.01 * T + 0.02 * noise.cumsum())
    about = describe_series(level * np.exp(0.3 * np.sin(2 * np.pi * T / 12) + 0.02 * noise), (12,))
    assert (about.structure.season, about.structure.model, about.structure.transform) == (
        12,
        "multiplicative",
        "log",
    )
    assert (about.difference, about.seasonal_difference) == (1, 1)
    assert about.structure.seasonal_strength > 0.9
    assert len(about.correlations) == len(about.partial) == 41


def test_noise_needs_nothing(noise):
    about = describe_series(noise)
    assert about.structure.seasons == ()
    assert about.stationarity.verdict == "stationary"
    assert (about.difference, about.seasonal_difference, about.structure.transform) == (0, 0, "none")
    assert about.changes.steps == ()
    assert about.entropy > 0.8 * about.entropy_of_noise


def test_a_change_of_level_is_found_without_the_season(noise):
    season = 3 * np.sin(2 * np.pi * T / 12)
    about = describe_series(season + noise + np.where(T < 150, 0.0, 4.0), (12,))
    assert about.changes.kind == "level"
    assert about.changes.steps == pytest.approx([150], abs=3)


def test_a_change_of_slope_is_one_of_the_differences(noise):
    about = describe_series(np.cumsum(noise + np.where(T < 100, 0.0, 2.0)))
    assert about.changes.kind == "slope"
    assert about.changes.steps == pytest.approx([100], abs=5)


def test_a_cycle_whose_length_varies_is_no_season_to_difference():
    rng = np.random.default_rng(0)
    phase = np.cumsum(2 * np.pi / 40 * (1 + 0.15 * np.repeat(rng.normal(size=50), 40)))
    about = describe_series(np.sin(phase) + rng.normal(0, 0.2, 2000))
    assert about.structure.season is not None
    assert about.structure.steady_season is None
    assert about.seasonal_difference == 0


def test_missing_values_are_filled_and_counted(noise):
    values = noise.copy()
    values[[0, 50, 51]] = np.nan
    about = describe_series(values)
    assert (about.steps, about.missing, about.used) == (240, 3, 239)
    assert fill_gaps(np.array([np.nan, 1, np.nan, 3, np.nan])).tolist() == [1, 2, 3]
    assert len(fill_gaps(np.array([np.nan]))) == 0


@pytest.mark.parametrize("values", [np.full(50, 0.1), [1.0, 2.0], [np.nan, 3.0]])
def test_constant_and_too_short(values):
    assert describe_series(values).constant


@pytest.mark.parametrize("steps", [3, 4, 5, 7, 8, 11, 12, 13, 20, 25])
@pytest.mark.parametrize("shape", [np.sin, np.sqrt, np.exp])
def test_short_series_of_every_length(steps, shape):
    about = describe_series(shape(np.arange(float(steps))), (4, 12))
    assert not about.constant
    assert about.steps == steps


def test_infinity_is_refused():
    with pytest.raises(DataError, match="inf at step 1"):
        describe_series([1.0, np.inf, 2.0])


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_the_unit_does_not_matter(noise, unit):
    values = 10 + np.sin(2 * np.pi * T / 12) + 0.2 * noise
    about, other = describe_series(values, (12,)), describe_series(values * unit, (12,))
    assert other.structure.seasons[0].season == about.structure.seasons[0].season == 12
    assert other.stationarity.adf.statistic == pytest.approx(about.stationarity.adf.statistic)
