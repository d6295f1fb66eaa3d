"""What is computed for the past of a series does not change when only its future does."""

import numpy as np
import pandas as pd
import pytest
import torch

from data.series.series_data import daily, prepared
from hibiscus.data.config import DataConfig
from hibiscus.data.series.grid import series_grid
from hibiscus.data.series.imputation import IMPUTATIONS, NEED_FUTURE, impute
from hibiscus.data.series.resampling import parse_resampling, step_indices
from hibiscus.data.series.series_windows import Windows
from hibiscus.data.series.transforms import TRANSFORMS, Transforms
from hibiscus.errors import ConfigError

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
        fitted = Transforms.fit(values[:TRAIN], "ab", kind, differences[0], differences[1], SEASON)
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


# The options of series that are applied before a network sees a value, each with values that have an effect.
OPTIONS = {
    "season": [{"season": 7, "impute": "seasonal"}],
    "split_at": [{"split_at": "2024-03-20,2024-04-05"}, {"split_at": "2024-03-20,2024-04-05,2024-04-28"}],
    "train_window": [{"train_window": 40}],
    "gap": [{"gap": 5}],
    "resample": [{"resample": "2D"}, {"resample": "W,sum"}, {"resample": "12h"}],
    "impute": [{"impute": rule, "season": 7} for rule in sorted(set(IMPUTATIONS) - set(NEED_FUTURE))],
    "look_ahead": [{"look_ahead": True}],
    "transform": [{"transform": kind} for kind in TRANSFORMS],
    "difference": [{"difference": 1}, {"difference": 2, "transform": "log"}],
    "seasonal_difference": [{"seasonal_difference": 1, "season": 7}],
    "known_future": [{"known_future": "price"}],
    "horizon": [{"horizon": 3}],
    "target": [{"target": "a", "split_at": "2024-03-20,2024-04-05"}],
    "group": [{"group": "shop"}],
}
CASES = [case for cases in OPTIONS.values() for case in cases]


def test_every_option_of_series_is_tested():
    """An option that the description assigns to series belongs into the table above."""
    named = {
        name
        for name, field in DataConfig.model_fields.items()
        if (field.description or "").startswith("series:")
    }
    assert named <= set(OPTIONS)


def table(values, grouped):
    frame = daily(STEPS, a=values[:, 0], b=values[:, 1], price=np.arange(STEPS) % 5 + 1)
    frame["shop"] = "x"
    if not grouped:
        return frame.drop(columns="shop")
    return pd.concat([frame, frame.assign(shop="y", a=frame["a"] + 1)], ignore_index=True)


def grid_of(values, options):
    return series_grid(prepared(table(values, "group" in options), **options))


@pytest.mark.parametrize("options", CASES, ids=str)
def test_the_preparation_learns_from_the_training_part_alone(options):
    cells = grid_of(series(), options)
    last = cells.index.times[cells.cells_of("train")].max() + cells.index.step.nanoseconds
    first = np.searchsorted(table(series(), False)["date"].to_numpy(), last)
    changed = grid_of(with_another_future(series(), first), options)
    assert changed.preparation == cells.preparation
    assert not np.array_equal(changed.raw, cells.raw)


@pytest.mark.parametrize("cut", [100, 112])
@pytest.mark.parametrize("options", CASES, ids=str)
def test_the_grid_and_its_windows_before_a_change(options, cut):
    before, after = grid_of(series(), options), grid_of(with_another_future(series(), cut), options)
    times, moment = before.index.times, np.datetime64("2024-01-01", "ns") + np.timedelta64(cut, "D")
    past = times + before.index.step.nanoseconds <= moment
    for name in ("values", "raw", "observed", "future", "calendar", "part"):
        assert np.array_equal(getattr(before, name)[past], getattr(after, name)[past]), name
    assert np.array_equal(before.static, after.static)
    assert not np.array_equal(before.raw[~past], after.raw[~past])
    inputs = [next(Windows(grid, 10, 1).iterate(np.flatnonzero(past)[12:60])) for grid in (before, after)]
    for name in ("series", "target", "observed"):
        assert torch.equal(inputs[0][name], inputs[1][name])


def test_linear_interpolation_is_noticed_in_the_grid():
    options = {"impute": "linear", "look_ahead": True}
    before, after = (grid_of(values, options) for values in (series(), with_another_future(series(), 80)))
    assert not np.array_equal(before.raw[:80], after.raw[:80])
    with pytest.raises(ConfigError, match="impute=linear"):
        grid_of(series(), {"impute": "linear"})
