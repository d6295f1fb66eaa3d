"""Metrics of several labels against scikit-learn's."""

import numpy as np
import pytest
from sklearn import metrics

from hibiscus.errors import DataError
from hibiscus.metrics.label_metrics import average_precision, best_threshold, multi_label_metrics, per_label

RNG = np.random.default_rng(0)
Y = (RNG.random((200, 4)) < [0.5, 0.2, 0.05, 0.3]).astype(int)
P = np.clip(np.round(0.3 * Y + 0.7 * RNG.random((200, 4)), 2), 0, 1)  # rounded, so that there are ties


def test_metrics_are_scikit_learns():
    predicted = P >= 0.6
    expected = {
        "map": metrics.average_precision_score(Y, P, average="macro"),
        "micro_f1": metrics.f1_score(Y, predicted, average="micro"),
        "macro_f1": metrics.f1_score(Y, predicted, average="macro"),
        "exact_match": metrics.accuracy_score(Y, predicted),
    }
    assert multi_label_metrics(P, Y, 0.6) == pytest.approx(expected)


def test_rows_of_labels_are_scikit_learns():
    columns = metrics.precision_recall_fscore_support(Y, P >= 0.6)
    for k, row in enumerate(per_label(P, Y, 0.6)):
        assert [row["precision"], row["recall"], row["f1"], row["support"]] == pytest.approx(
            [column[k] for column in columns]
        )
        assert row["average_precision"] == pytest.approx(metrics.average_precision_score(Y[:, k], P[:, k]))


def test_the_threshold_has_the_best_micro_f1():
    threshold = best_threshold(P, Y)
    grid = np.linspace(0.005, 0.995, 100)  # between all probabilities, which have two digits
    best = max(metrics.f1_score(Y, t <= P, average="micro") for t in grid)
    assert metrics.f1_score(Y, threshold <= P, average="micro") == pytest.approx(best)
    assert best_threshold([[0.2], [0.8]], [[0], [1]]) == pytest.approx(0.5)
    assert best_threshold([[0.2], [0.8]], [[0], [0]]) == 0.5
    assert best_threshold([[0.2], [0.2]], [[1], [1]]) == pytest.approx(0.1)


def test_labels_without_items_do_not_count():
    y, p = np.array([[1, 0], [0, 0]]), np.array([[0.9, 0.1], [0.2, 0.3]])
    assert np.isnan(average_precision(p[:, 1], y[:, 1]))
    assert multi_label_metrics(p, y, 0.5) == {"map": 1, "micro_f1": 1, "macro_f1": 1, "exact_match": 1}
    assert np.isnan(per_label(p, y, 0.5)[1]["recall"])


@pytest.mark.parametrize(
    ("p", "y"),
    [
        ([[0.5]], [[2]]),
        ([[1.5]], [[1]]),
        ([[0.5]], [[1, 0]]),
        (np.zeros((0, 2)), np.zeros((0, 2))),
        ([[np.nan]], [[1]]),
    ],
)
def test_arrays_that_do_not_fit(p, y):
    with pytest.raises(DataError):
        multi_label_metrics(p, y, 0.5)
