"""The threshold of scores and the events above it."""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.anomaly_events import anomaly_events, score_threshold_from


def test_log_normal_scores_exceed_the_threshold_at_the_rate():
    random = np.random.default_rng(0)
    scores = np.exp(random.normal(-1, 0.5, 200_000))
    assert score_threshold_from(scores, 0.01) == pytest.approx(np.exp(-1 + 0.5 * 2.326), rel=0.02)
    assert (scores > score_threshold_from(scores, 0.01)).mean() == pytest.approx(0.01, rel=0.1)


def test_anomalies_among_the_scores_hardly_move_it():
    scores = np.exp(np.random.default_rng(0).normal(0, 0.5, 10_000))
    clean = score_threshold_from(scores, 0.001)
    scores[:500] = 100
    assert score_threshold_from(scores, 0.001) == pytest.approx(clean, rel=0.2)
    assert np.quantile(scores, 0.999) == 100


def test_steps_without_a_score_and_zeros():
    assert score_threshold_from([np.nan, 2.0, 2.0, 2.0]) == pytest.approx(2)
    assert score_threshold_from([0.0, 0.0, 0.0]) < 1e-200
    for scores in ([], [np.nan], [1.0, -1.0]):
        with pytest.raises(DataError, match="scores"):
            score_threshold_from(scores)
    with pytest.raises(ConfigError, match="false_alarm_rate"):
        score_threshold_from([1.0], 0)


def test_runs_and_what_is_merged():
    above = np.array([1, 1, 0, 1, 0, 0, 1, 0], bool)
    assert anomaly_events(above).tolist() == [[0, 2], [3, 4], [6, 7]]
    assert anomaly_events(above, merge=1).tolist() == [[0, 4], [6, 7]]
    assert anomaly_events(above, merge=2).tolist() == [[0, 7]]
    assert anomaly_events(np.zeros(4, bool)).shape == (0, 2)
    with pytest.raises(ConfigError, match="bool"):
        anomaly_events(np.zeros(4))
