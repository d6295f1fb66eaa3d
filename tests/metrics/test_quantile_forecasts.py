"""Metrics of quantiles against scikit-learn and their definitions."""

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from hibiscus.errors import DataError
from hibiscus.metrics.catalog import get_metric
from hibiscus.metrics.forecasting import in_sample_errors
from hibiscus.metrics.quantile_forecasts import interval_metrics, pinball_loss, quantile_metrics

LEVELS = [0.1, 0.5, 0.9]


def test_pinball_agrees_with_scikit_learn_where_targets_are_observed():
    rng = np.random.default_rng(0)
    q, t = rng.normal(size=(6, 4, 2, 3)), rng.normal(size=(6, 4, 2))
    observed = rng.random(t.shape) < 0.8
    found = pinball_loss(q, t, LEVELS, observed)
    for v in range(2):
        seen = observed[..., v]
        losses = [
            mean_pinball_loss(t[..., v][seen], q[..., v, i][seen], alpha=level)
            for i, level in enumerate(LEVELS)
        ]
        assert found[0, v] == pytest.approx(np.mean(losses))


def test_the_true_quantile_has_the_lowest_loss():
    draws = np.random.default_rng(0).normal(size=(4000, 1, 1))
    losses = {
        value: pinball_loss(np.full((4000, 1, 1, 1), value), draws, [0.9])[0, 0] for value in (0.8, 1.28, 1.8)
    }
    assert min(losses, key=lambda value: losses[value]) == 1.28


def test_weighted_scaled_pinball_by_hand():
    training = [np.array([[1.0], [3.0], [1.0]]), np.array([[10.0], [20.0], [30.0]])]  # steps of 2 and of 10
    q = np.zeros((2, 1, 1, 1))
    t = np.array([[[4.0]], [[5.0]]])
    found = quantile_metrics(q, t, [0.5], series=[0, 1], scale=in_sample_errors(training))
    weights = np.array([5 / 3, 20])
    assert found["pinball"] == pytest.approx((2 + 2.5) / 2)
    expected = (weights * [2 / 2, 2.5 / 10]).sum() / weights.sum()
    assert found["weighted_scaled_pinball"] == pytest.approx(expected)


def test_a_constant_series_has_no_scaled_loss():
    q, t = np.zeros((1, 1, 1, 1)), np.ones((1, 1, 1))
    assert "weighted_scaled_pinball" not in quantile_metrics(
        q, t, [0.5], scale=in_sample_errors([np.ones((4, 1))])
    )


def test_intervals_contain_what_their_level_says():
    t = np.arange(10.0).reshape(5, 2, 1)
    low, high = np.full(t.shape, 1.0), np.full(t.shape, 4.5)
    assert interval_metrics(low, high, t) == {"coverage": 0.4, "width": 3.5}
    observed = t > 1
    assert interval_metrics(low, high, t, observed)["coverage"] == 3 / 8
    draws = np.random.default_rng(0).normal(size=(20_000, 1, 1))
    q = np.broadcast_to([-1.2816, 0, 1.2816], (20_000, 1, 1, 3))
    found = quantile_metrics(q, draws, LEVELS)
    assert found["interval_coverage_80"] == pytest.approx(0.8, abs=0.01)
    assert found["interval_width_80"] == pytest.approx(2.5632)
    assert all(get_metric(name).description for name in found)
    assert "80 %" in get_metric("interval_coverage_80").label


def test_pairs_of_levels_are_the_intervals():
    q = np.zeros((1, 1, 1, 4))
    names = quantile_metrics(q, np.zeros((1, 1, 1)), [0.0125, 0.25, 0.75, 0.9875])
    assert {name for name in names if "coverage" in name} == {
        "interval_coverage_50",
        "interval_coverage_97.5",
    }
    assert all(get_metric(name).description for name in names)


def test_errors():
    with pytest.raises(DataError, match="levels"):
        pinball_loss(np.zeros((1, 1, 1, 2)), np.zeros((1, 1, 1)), [0.5])
    with pytest.raises(DataError, match="between 0 and 1"):
        pinball_loss(np.zeros((1, 1, 1, 1)), np.zeros((1, 1, 1)), [1.0])
