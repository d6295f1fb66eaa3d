"""Metrics of anomalies in windows, on cases small enough to count by hand."""

from __future__ import annotations

import time

import numpy as np
import pytest

from hibiscus.errors import DataError
from hibiscus.metrics.anomaly_windows import best_window_threshold, count_false_alarms, window_metrics

WINDOWS = [[10, 20], [40, 50]]  # a span is 10 steps


def alarms(*runs, steps=100):
    scores = np.zeros(steps)
    for start, stop in runs:
        scores[start:stop] = 1
    return scores


def test_windows_found_and_false_alarms():
    found = window_metrics(alarms((12, 13), (70, 72)), 0.5, WINDOWS)
    assert found["windows_found"] == 1
    assert found["false_alarms"] == 1
    assert found["window_precision"] == 0.5
    assert found["window_recall"] == 0.5
    assert found["window_f1"] == 0.5
    assert found["detection_delay"] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("runs", "merge", "expected"),
    [
        ([(70, 71)], 0, 1),
        ([(70, 71), (73, 74)], 0, 2),
        ([(70, 71), (73, 74)], 2, 1),
        ([(60, 70)], 0, 1),
        ([(60, 71)], 0, 2),  # longer than a span
        ([(15, 29)], 0, 0),  # goes on after the window for less than a span
        ([(15, 30)], 0, 1),
        ([(0, 10)], 0, 1),  # ends where the window begins
        ([(0, 100)], 0, 8),
    ],
)
def test_false_alarms_are_counted_in_spans(runs, merge, expected):
    assert count_false_alarms(alarms(*runs) > 0, WINDOWS, merge) == expected


def test_an_alarm_that_never_ends_is_not_perfect():
    found = window_metrics(np.ones(100), 0.5, WINDOWS)
    assert found["window_recall"] == 1
    assert found["window_precision"] == pytest.approx(2 / 10)


def test_pointwise_metrics_are_those_of_numpy():
    random = np.random.default_rng(0)
    scores, inside = random.random(100), np.zeros(100, bool)
    inside[10:20] = inside[40:50] = True
    found = window_metrics(scores, 0.7, WINDOWS)
    above = scores > 0.7
    assert found["point_precision"] == pytest.approx(inside[above].mean())
    assert found["point_recall"] == pytest.approx(above[inside].mean())
    order = np.argsort(-scores)
    precision = np.cumsum(inside[order]) / np.arange(1, 101)
    assert found["point_average_precision"] == pytest.approx(precision[inside[order]].mean())


def test_no_alarm_and_no_window():
    silent = window_metrics(np.full(100, np.nan), 0.5, WINDOWS)
    assert silent["window_f1"] == silent["window_recall"] == silent["false_alarms"] == 0
    unlabeled = window_metrics(alarms((5, 6), (8, 9)), 0.5, np.empty((0, 2)))
    assert unlabeled["false_alarms"] == 2
    assert np.isnan(unlabeled["window_f1"])


def test_the_best_threshold_in_hindsight():
    scores = alarms((70, 72))
    scores[[15, 45]] = 3, 2
    scores[90] = np.nan
    level = best_window_threshold(scores, WINDOWS)
    assert 1 <= level < 2
    assert window_metrics(scores, level, WINDOWS)["window_f1"] == 1


@pytest.mark.parametrize("merge", [0, 3])
def test_the_best_threshold_is_that_of_the_metrics(merge):
    random = np.random.default_rng(1)
    scores = random.random(500)
    scores[random.integers(0, 500, 20)] = np.nan
    windows = [[10, 30], [200, 203], [400, 450]]
    level = best_window_threshold(scores, windows, merge)
    best = window_metrics(scores, level, windows, merge)["window_f1"]
    others = [window_metrics(scores, value, windows, merge)["window_f1"] for value in scores[:60]]
    assert best >= max(others) - 1e-12


def test_many_steps_take_no_second(monkeypatch):
    random = np.random.default_rng(0)
    scores, windows = random.random(20_000), [[1000, 1050], [9000, 9050]]
    monkeypatch.setattr("hibiscus.metrics.anomaly_windows.average_precision", None)  # not for each threshold
    start = time.process_time()
    best_window_threshold(scores, windows, 5)
    assert time.process_time() - start < 1


def test_windows_that_make_no_sense_are_refused():
    with pytest.raises(DataError, match=r"\[90, 101\)"):
        window_metrics(alarms(), 0.5, [[90, 101]])
    with pytest.raises(DataError, match=r"\[10, 20\) and one from 15 on"):
        window_metrics(alarms(), 0.5, [[10, 20], [15, 30]])
