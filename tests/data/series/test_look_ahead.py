"""What is computed for the past of a series does not change when only its future does."""

import numpy as np
import pytest

from hibiscus.data.series.imputation import IMPUTATIONS, NEED_FUTURE, impute
from hibiscus.data.series.resampling import parse_resampling, step_indices
from hibiscus.data.series.transforms import TRANSFORMS, Transforms

STEPS, TRAIN, SEASON = 120, 60, 7
CUTS = (TRAIN, 75, 119)  # the first step of the future


def series(seed=0):
    """Positive values of two variables with a gap of several steps and single missing values."""
    generator = np.random.default_rng(seed)
    values = generator.uniform(1, 9, (STEPS, 2))
    values[generator.random((STEPS, 2)) < 0.2] = np.nan
    values[70:90] = np.nan
    return values


def with_another_future(values, cut):
    """Other values from a step on: some that were missing are there, and others are missing."""
    changed = values.copy()
    changed[cut:] = series(seed=1)[cut:] * 50 + 3
    return changed


def differs_before(compute, cut):
    """Whether a computation gives other results for the past if only the future is another one."""
    values = series()
    before, after = compute(values), compute(with_another_future(values, cut))
    assert not np.array_equal(before[cut:], after[cut:], equal_nan=True)  # the change is visible at all
    return not np.array_equal(before[:cut], after[:cut], equal_nan=True)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("rule", sorted(set(IMPUTATIONS) - set(NEED_FUTURE)))
def test_imputation(rule, cut):
    fallback = np.nanmean(series()[:TRAIN], axis=0)
    assert not differs_before(lambda values: impute(values, rule, SEASON, fallback), cut)


@pytest.mark.parametrize("rule", NEED_FUTURE)
def test_the_rules_that_look_ahead_are_noticed(rule):
    assert differs_before(lambda values: impute(values, rule, SEASON, np.zeros(2)), 80)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("differences", [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1)])
@pytest.mark.parametrize("kind", TRANSFORMS)
def test_transforms(kind, differences, cut):
    def compute(values):
        fitted = Transforms.fit(values[:TRAIN], "ab", kind, *differences, SEASON)
        return fitted.forward(values)

    assert not differs_before(compute, cut)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("step", ["h", "4h", "D", "W", "MS", "ME", "B", "2h,sum", "30min"])
def test_resampling(step, cut):
    """The steps that end before the change are the same; the one that holds it is not yet over."""
    resampling = parse_resampling(step)
    times = np.datetime64("2020-01-30T00", "ns") + np.arange(STEPS) * np.timedelta64(3600, "s")
    ended = step_indices(times, resampling.step)
    ended = int(ended[cut] - ended[0])
    (grid, before), (same, after) = (
        resampling.apply(times, values) for values in (series(), with_another_future(series(), cut))
    )
    assert np.array_equal(grid, same)
    assert np.array_equal(before[:ended], after[:ended], equal_nan=True)
    assert not np.array_equal(before, after, equal_nan=True)
