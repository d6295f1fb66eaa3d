"""Metrics of a detector over several series: events do not go from one to the next."""

from __future__ import annotations

import numpy as np

from data.series.series_data import daily, prepared
from hibiscus.data.series.grid import series_grid
from hibiscus.evaluation.scored_series import ScoredSeries, detection_metrics, scored_series


def one(scores, inside, name=""):
    count = len(scores)
    days, values = np.arange(float(count)), np.zeros((count, 1))
    evaluated = days >= 2
    return ScoredSeries(
        name, [f"2024-01-{day + 1:02d}" for day in range(count)], days, values, values,
        np.array(scores, float), evaluated, np.array(inside, bool), 2,
    )  # fmt: skip


def test_only_evaluated_steps_count():
    series = [one([9, 9, 0, 9, 0, 0], [1, 1, 0, 0, 1, 0], "x"), one([9, np.nan, 9, 0, 0, 9], [0] * 6, "y")]
    found = detection_metrics(series, [part.scores for part in series], 1.0, 0, labeled=True)
    assert found["alarm_rate"] == 3 / 8
    assert found["events"] == 3
    assert found["windows_found"] == 0
    assert found["false_alarms"] == 3


def test_events_of_two_series_stay_apart():
    series = [one([0, 0, 0, 9], [0] * 4), one([9, 9, 9, 0], [0] * 4)]
    found = detection_metrics(series, [part.scores for part in series], 1.0, 5, labeled=False)
    assert found == {"alarm_rate": 0.5, "events": 2.0}


def test_each_series_ends_with_its_last_value():
    grid = series_grid(prepared(daily(60), horizon=3))
    scores, inside = np.arange(63.0), np.arange(63) == 50
    (found,) = scored_series(grid, scores, inside, "test")
    assert len(found.times) == len(found.raw) == len(found.values) == len(found.scores) == 60
    assert found.days[-1] == 59
    assert found.train_steps == len(grid.cells_of("train"))
    assert found.evaluated.sum() == len(grid.cells_of("test"))
    assert found.inside.sum() == 1
