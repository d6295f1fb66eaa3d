"""The score threshold with the best F1."""

import numpy as np
import pytest

from hibiscus.metrics.score_threshold import best_score_threshold
from hibiscus.metrics.voc_detection import metrics_at_threshold


@pytest.mark.parametrize("seed", range(5))
def test_no_other_threshold_has_a_higher_f1(seed):
    rng = np.random.default_rng(seed)
    truths, detections = [], []
    for _ in range(8):
        low = rng.random((4, 2)) * 90
        boxes = np.concatenate([low, low + 10 + rng.random((4, 2)) * 30], 1)
        labels = rng.integers(0, 3, 4)
        truths.append(np.column_stack([boxes, labels, rng.random(4) < 0.2]))
        again = rng.integers(0, 4, 7)
        near = boxes[again] + rng.normal(size=(7, 4)) * 4
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        detections.append(np.column_stack([near, rng.integers(1, 12, 7) / 12, labels[again]]))

    def f1(score):
        found = metrics_at_threshold(truths, detections, 3, score)
        return 2 * found.hits.sum() / (found.detections.sum() + found.truths.sum())

    threshold, best = best_score_threshold(truths, detections, 3)
    assert f1(threshold) == pytest.approx(best)
    assert best == pytest.approx(max(f1(score) for score in np.linspace(0.01, 1, 400)))


def test_by_hand():
    truth = [np.array([[0, 0, 10, 10, 0, 0], [20, 20, 30, 30, 0, 0.0]])]
    found = [np.array([[0, 0, 10, 10, 0.3, 0], [20, 20, 30, 30, 0.2, 0], [50, 50, 60, 60, 0.1, 0.0]])]
    assert best_score_threshold(truth, found, 1) == (pytest.approx(0.15), 1.0)
    assert best_score_threshold(truth, [found[0][:2]], 1) == (0.2, 1.0)
    assert best_score_threshold(truth, [found[0][2:]], 1) is None
    assert best_score_threshold(truth, [np.zeros((0, 6))], 1) is None
