"""The evaluation of anomaly scores with and without labels, and what the report shows."""

from __future__ import annotations

import dataclasses

import numpy as np

from evaluation.test_anomaly_baselines import series
from hibiscus.evaluation.anomaly_detection import evaluate_anomalies


def scored(inside=None):
    one = series()
    scores = np.full(300, 0.5)
    scores[[199, 200, 201, 250]] = 2.0
    times = [f"2024-{1 + step // 28:02d}-{1 + step % 28:02d}" for step in range(300)]
    return dataclasses.replace(
        one, scores=scores, times=times, inside=one.inside if inside is None else inside
    )


def evaluate(one, labeled):
    return evaluate_anomalies([one], 1.0, {"standardized_mae": 0.1}, 2, 12, 6, 0.001, labeled)


def test_labeled_windows_give_metrics_of_windows_for_all_detectors():
    found = evaluate(scored(), True)
    assert found.metrics["window_recall"] == 1
    assert found.metrics["window_precision"] == 0.25  # two steps beside a window of one, and an event
    assert found.metrics["events"] == 2
    assert list(found.baselines)[1] == "moving z-score, best threshold in hindsight"
    usual, best = list(found.baselines.values())[:2]
    assert best["window_f1"] >= usual["window_f1"]
    assert all({"standardized_mae", "window_f1"} <= metrics.keys() for metrics in found.baselines.values())


def test_without_labels_the_report_shows_the_series_with_scores_and_events():
    found = evaluate(scored(np.zeros(300, bool)), False)
    assert "window_f1" not in found.metrics
    assert found.metrics["events"] == 2
    values, scores, events = found.report_items
    assert [line.name for line in values.series] == ["value", "alarm"]
    assert [line.name for line in scores.series] == ["score", "threshold"]
    assert len(events.rows) == 2
    assert events.rows[0][:2] == ("2024-08-04", "2024-08-06")


def test_the_events_say_whether_they_are_labeled():
    events = evaluate(scored(), True).report_items[-1]
    assert [row[-1] for row in events.rows] == ["yes", "no"]


def test_a_long_series_is_thinned_without_losing_its_extremes():
    from hibiscus.evaluation.anomaly_detection import _thinned

    values = np.random.default_rng(0).normal(size=20_000)
    chosen = _thinned(values)
    assert len(chosen) <= 1400
    assert {values.argmax(), values.argmin()} <= set(chosen.tolist())
