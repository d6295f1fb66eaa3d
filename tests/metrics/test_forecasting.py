"""Each metric of point forecasts against its definition, written out one value at a time."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hibiscus.errors import DataError
from hibiscus.metrics.catalog import get_metric
from hibiscus.metrics.forecasting import (
    error_by_step,
    in_sample_errors,
    mean_metrics,
    point_metrics,
    skill,
    standardized_metrics,
)


def by_hand(forecast, target, observed, training, season):
    """The metrics of one variable of one series from lists of numbers, as the papers write them."""
    pairs = [(f, t) for f, t, o in zip(forecast, target, observed, strict=True) if o]
    errors = [abs(f - t) for f, t in pairs]
    naive = [abs(training[i] - training[i - season]) for i in range(season, len(training))]
    mae, mse = sum(errors) / len(errors), sum(e * e for e in errors) / len(errors)
    return {
        "mae": mae,
        "mse": mse,
        "rmse": math.sqrt(mse),
        "smape": sum(2 * abs(f - t) / (abs(f) + abs(t)) for f, t in pairs) / len(pairs),
        "mase": mae / (sum(naive) / len(naive)),
        "rmsse": math.sqrt(mse / (sum(e * e for e in naive) / len(naive))),
    }


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))
@settings(deadline=None, max_examples=40)
def test_all_agree_with_their_definitions(seed, season, groups, variables):
    rng = np.random.default_rng(seed)
    f, t = rng.normal(size=(2, 6, 5, variables))
    observed = rng.random(t.shape) < 0.7
    series = np.arange(6) % groups
    observed[:groups, 0] = True  # each variable of each series has a target
    training = [rng.normal(size=(9, variables)) for _ in range(groups)]
    scale = in_sample_errors(training, season)
    found = point_metrics(f, np.where(observed, t, np.nan), observed, series=series, scale=scale)
    for g in range(groups):
        for v in range(variables):
            arrays = (values[series == g][..., v].ravel() for values in (f, t, observed))
            expected = by_hand(*arrays, training[g][:, v], season)
            for name, value in expected.items():
                assert found[name][g, v] == pytest.approx(value), name
    assert mean_metrics(found)["mase"] == pytest.approx(found["mase"].mean())


def test_figures_by_hand():
    training = np.array([[1.0], [3.0], [2.0], [6.0]])  # steps of 2, 1 and 4
    scale = in_sample_errors([training])
    assert (scale.absolute, scale.step, scale.squared) == (7 / 3, 7 / 3, 7)
    assert scale.volume == 3
    found = mean_metrics(point_metrics([[[5.0], [7.0]]], [[[6.0], [4.0]]], scale=scale))
    assert found["mae"] == 2
    assert found["mase"] == pytest.approx(6 / 7)
    assert found["rmsse"] == pytest.approx(math.sqrt(5 / 7))
    assert found["smape"] == pytest.approx((2 / 11 + 6 / 11) / 2)


def test_mase_of_the_seasonal_naive_forecast_of_a_repeated_season_is_about_one():
    rng = np.random.default_rng(0)
    x = np.tile([0.0, 5.0, 2.0, 9.0], 500) + rng.normal(size=2000)
    training, future = x[:1000, None], x[1000:, None]
    scale = in_sample_errors([training], 4)
    found = mean_metrics(point_metrics(x[None, 996:1996, None], future[None], scale=scale))
    assert found["mase"] == pytest.approx(1, abs=0.1)
    assert in_sample_errors([training], 1).absolute > 3 * scale.absolute  # without the season


def test_symmetric_mape_lies_between_0_and_2():
    assert point_metrics([[[1.0]]], [[[-1.0]]])["smape"] == 2
    assert point_metrics([[[0.0]]], [[[0.0]]])["smape"] == 0
    assert get_metric("test/smape").percent
    assert "200 %" in get_metric("test/smape").description


def test_missing_targets_and_constant_series():
    f, t = np.zeros((1, 2, 3)), np.ones((1, 2, 3))
    t[..., 1] = np.nan
    constant = np.zeros((5, 3))
    constant[:, 0] = range(5)
    found = point_metrics(f, t, scale=in_sample_errors([constant]))
    assert np.isnan(found["mae"][0]).tolist() == [False, True, False]
    assert np.isnan(found["mase"][0]).tolist() == [False, True, True]  # constant in training: undefined
    assert mean_metrics(found)["mase"] == 1
    assert "mase" not in mean_metrics(point_metrics(f, t, scale=in_sample_errors([np.ones((5, 3))])))


def test_missing_values_of_the_training_part_and_short_parts():
    x = np.array([[0.0], [np.nan], [4.0], [6.0]])
    assert in_sample_errors([x]).absolute == 2  # only the last step has two values
    assert np.isnan(in_sample_errors([x[:1]]).absolute).all()
    assert in_sample_errors([x], 7).absolute == 2  # no whole season
    assert in_sample_errors([x], 2).absolute == 4


def test_a_series_without_origins_has_no_value():
    scale = in_sample_errors([np.arange(5.0)[:, None]] * 3)
    found = point_metrics(np.zeros((2, 1, 1)), np.ones((2, 1, 1)), series=[0, 2], scale=scale)
    assert np.isnan(found["mase"][:, 0]).tolist() == [False, True, False]


def test_standardized_metrics_are_those_of_standardized_values():
    rng = np.random.default_rng(1)
    f, t = rng.normal(size=(2, 4, 6, 3))
    sd = np.array([0.5, 2.0, 10.0])
    found = standardized_metrics(f, t, sd=sd)
    assert found["standardized_mse"] == pytest.approx(((f / sd - t / sd) ** 2).mean())
    assert found["standardized_mae"] == pytest.approx(np.abs(f / sd - t / sd).mean())
    with pytest.raises(DataError, match="constant"):
        standardized_metrics(f, t, sd=[1, 0, 1])


def test_error_by_step_and_skill():
    f, t = np.zeros((3, 2, 2)), np.ones((3, 2, 2))
    t[:, 1, 0] = 4
    t[0, 1, 0] = np.nan
    assert error_by_step(f, t).tolist() == [1, 2.5]
    assert skill(3, 4) == 0.25
    assert skill(5, 4) == -0.25
    assert math.isnan(skill(1, 0))
    assert get_metric("skill").percent


@pytest.mark.parametrize(
    ("f", "t", "word"),
    [
        (np.zeros((2, 3)), np.zeros((2, 3)), r"\(2, 3\)"),
        (np.zeros((2, 3, 1)), np.zeros((2, 2, 1)), r"\(2, 2, 1\)"),
        (np.zeros((1, 1, 1)), np.full((1, 1, 1), np.nan), "no observed"),
        (np.full((1, 1, 1), np.nan), np.zeros((1, 1, 1)), "1 forecasts"),
    ],
)
def test_errors(f, t, word):
    with pytest.raises(DataError, match=word):
        point_metrics(f, t)
    with pytest.raises(DataError, match="season"):
        in_sample_errors([np.zeros((3, 1))], 0)
