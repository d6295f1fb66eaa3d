"""Detectors without a network on a series with a planted anomaly."""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus.evaluation.anomaly_baselines import anomaly_baselines
from hibiscus.evaluation.scored_series import ScoredSeries
from hibiscus.series.moving_z_score import moving_z_score


def series(variables=1, train=100, spike=8.0):
    random, steps = np.random.default_rng(0), 300
    season = np.sin(2 * np.pi * np.arange(steps) / 12)[:, None]
    values = season + random.normal(0, 0.2, (steps, variables))
    values[200, 0] += spike
    inside = np.arange(steps) == 200
    days = np.arange(float(steps))
    return ScoredSeries("", [""] * steps, days, values, values, days, days >= 150, inside, train)


@pytest.mark.parametrize("variables", [1, 2])
def test_all_find_a_spike(variables):
    detectors, notes = anomaly_baselines([series(variables)], 12, 0.001)
    assert [detector.name.split()[0] for detector in detectors] == ["moving", "VAR", "S-H-ESD,"]
    assert not notes
    for detector in detectors:
        scores = np.nan_to_num(detector.scores[0])
        assert scores.argmax() == 200
        assert scores[200] > detector.threshold
        assert detector.errors[0].shape == (300, variables)


def test_the_z_score_and_its_errors():
    one = series()
    detector = anomaly_baselines([one], 12, 0.001)[0][0]
    assert np.array_equal(detector.scores[0], moving_z_score(one.values[:, 0], 12), equal_nan=True)
    expected = abs(one.values[50, 0] - one.values[38:50, 0].mean())
    assert detector.errors[0][50, 0] == pytest.approx(expected)


def test_without_a_training_part_there_is_no_var():
    detectors, notes = anomaly_baselines([series(train=0)], 12, 0.001)
    assert len(detectors) == 2
    assert notes == ["0 training steps of 1 variables"]
