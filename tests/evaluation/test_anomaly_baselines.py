"""Detectors without a network on a series with a planted anomaly."""

from __future__ import annotations

import dataclasses

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
    detectors, notes = anomaly_baselines([series(variables)], 12, 6, 0.001)
    assert [detector.name.split()[0] for detector in detectors] == ["moving", "seasonal", "VAR", "S-H-ESD,"]
    assert not notes
    for detector in detectors:
        scores = np.nan_to_num(detector.scores[0])
        assert scores.argmax() in range(200, 218)  # the seasonal naive expects it again one season later
        assert scores[200:206].max() > detector.threshold


def test_the_z_score_of_several_variables_is_the_largest():
    one = series(2)
    detector = anomaly_baselines([one], 12, 6, 0.001)[0][0]
    expected = np.maximum(*(moving_z_score(column, 12) for column in one.values.T))
    assert np.array_equal(detector.scores[0], expected, equal_nan=True)
    assert np.isnan(detector.standardized_mae)


@pytest.mark.parametrize(("horizon", "lag"), [(6, 12), (12, 12), (13, 24)])
def test_the_seasonal_naive_knows_nothing_of_the_horizon(horizon, lag):
    one = series()
    detector = anomaly_baselines([one], 12, horizon, 0.001)[0][1]
    error = np.abs(one.values[lag:] - one.values[:-lag])[:, 0]
    assert detector.scores[0][200] == pytest.approx(error[201 - lag - horizon : 201 - lag].mean())
    assert detector.standardized_mae == pytest.approx(error[150 - lag :].mean())


def test_detectors_that_need_a_training_part_are_left_out_without_one():
    detectors, notes = anomaly_baselines([series(train=0)], 12, 6, 0.001)
    assert [detector.name.split()[0] for detector in detectors] == ["moving", "S-H-ESD,"]
    assert notes == ["0 scores", "0 training steps of 1 variables"]


def test_only_the_detector_that_looks_ahead_changes_with_the_future():
    one, later = series(), series()
    later.values[250:] = 50.0
    first, second = (anomaly_baselines([part], 12, 6, 0.001)[0] for part in (one, later))
    same = [
        np.array_equal(a.scores[0][:250], b.scores[0][:250], equal_nan=True)
        for a, b in zip(first, second, strict=True)
    ]
    assert same == [True, True, True, False]


def test_a_series_that_is_too_short_for_a_detector_does_not_stop_the_others():
    one = series()
    names = ("times", "days", "raw", "values", "scores", "evaluated", "inside")
    short = {name: getattr(one, name)[-15:] for name in names}
    silent = np.full(300, np.nan)
    others = [dataclasses.replace(one, **short, train_steps=0), dataclasses.replace(one, scores=silent)]
    alone, (detectors, notes) = (anomaly_baselines(part, 12, 6, 0.001) for part in ([one], [one, *others]))
    for detector, own in zip(detectors, alone[0], strict=True):
        assert np.array_equal(detector.scores[0], own.scores[0], equal_nan=True)
        assert detector.threshold == own.threshold
        assert [len(scores) for scores in detector.scores] == [300, 15, 300]
        assert np.isnan(detector.scores[2]).all()
    assert [np.isnan(detector.scores[1]).all() for detector in detectors] == [False, True, True, True]
    assert notes[0] == "seasonal naive for 1 of 3 series: 15 steps, a lag of 12 and a horizon of 6"
    assert notes[1:] == [
        "VAR residuals for 1 of 3 series: 0 training steps of 1 variables",
        "S-H-ESD for 1 of 3 series: 15 steps and season=12",
    ]
