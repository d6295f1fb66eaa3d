"""Calibrated quantiles of forecasts."""

import numpy as np
import pytest

from hibiscus.networks.forecast_intervals import ForecastIntervals, around, conformal_offsets, fewest_errors

LEVELS = (0.1, 0.5, 0.9)


def test_offsets_are_order_statistics_of_the_errors():
    errors = np.random.default_rng(0).permutation(np.arange(1.0, 20))[:, None, None]
    offsets = conformal_offsets(np.repeat(errors, 3, axis=2), LEVELS)
    assert offsets.tolist() == [[2.0, 10.0, 18.0]]  # ranks 2, 10 and ceil(20 * 0.9) = 18 of 19
    few = conformal_offsets(np.repeat(errors[:3], 3, axis=2), LEVELS)
    assert few[0, 0] == errors[:3].min()
    assert few[0, 2] == errors[:3].max()


def test_missing_targets_are_left_out():
    errors = np.full((30, 2, 3), np.nan)
    errors[:19, 0] = np.arange(1.0, 20)[:, None]
    assert conformal_offsets(errors, LEVELS).tolist() == [[2.0, 10.0, 18.0], [0.0, 0.0, 0.0]]


@pytest.mark.parametrize("scale", [0.3, 3.0])
def test_intervals_cover_what_they_say_whatever_the_network_says(scale):
    random, intervals = np.random.default_rng(0), ForecastIntervals(2, 1, LEVELS)
    point = random.normal(size=(4000, 2, 1))
    target = point + scale * random.normal(size=(4000, 2, 1))
    forecasts = np.repeat(point[..., None], 3, axis=3)
    intervals.fit(forecasts[:2000], target[:2000])
    bounds = intervals.calibrated(forecasts[2000:])
    inside = (target[2000:] >= bounds[..., 0]) & (target[2000:] <= bounds[..., 2])
    assert inside.mean() == pytest.approx(0.8, abs=0.02)
    assert (np.diff(bounds, axis=3) >= 0).all()


def test_they_are_saved_with_the_weights_and_know_which_target_was_there():
    first, second = ForecastIntervals(1, 2, LEVELS), ForecastIntervals(1, 2, LEVELS)
    target = np.stack([np.arange(9.0)[:, None], np.full((9, 1), np.nan)], axis=2)
    first.fit(np.zeros((9, 1, 2, 3)), target)
    second.load_state_dict(first.state_dict())
    zeros = np.zeros((1, 1, 2, 3))
    np.testing.assert_array_equal(second.calibrated(zeros), first.calibrated(zeros))
    assert second.is_fitted.tolist() == [True, False]


def test_an_interval_never_excludes_its_forecast():
    bounds = np.array([[1.0, 2.0, 3.0], [5.0, 6.0, 7.0], [-3.0, -2.0, -1.0]])
    found = around(np.array([2.5, 4.0, 0.0]), bounds, LEVELS)
    assert found.tolist() == [[1.0, 2.5, 3.0], [4.0, 4.0, 7.0], [-3.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("levels", "fewest"), [(LEVELS, 9), ((0.05, 0.5), 19), ((0.5,), 1), ((0.25, 0.5), 3)]
)
def test_the_fewest_errors_with_a_quantile_among_them(levels, fewest):
    assert fewest_errors(levels) == fewest
    outer = max(max(level, 1 - level) for level in levels)
    assert np.ceil((fewest + 1) * outer - 1e-9) <= fewest
    assert np.ceil(fewest * outer - 1e-9) > fewest - 1


def test_few_forecasts_share_the_errors_of_all_steps():
    intervals = ForecastIntervals(10, 1, LEVELS)
    intervals.fit(np.zeros((2, 10, 1, 3)), np.arange(20.0).reshape(2, 10, 1))
    assert intervals.offsets[:, 0].unique(dim=0).tolist() == [[1.0, 9.0, 18.0]]


def test_one_point_forecast_serves_all_quantiles():
    errors = np.random.default_rng(0).normal(size=(50, 4, 1))
    repeated = conformal_offsets(np.repeat(errors, 3, axis=2), LEVELS)
    np.testing.assert_array_equal(conformal_offsets(errors, LEVELS), repeated)
