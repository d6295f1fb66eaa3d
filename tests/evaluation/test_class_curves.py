"""The drawn curves have the areas that scikit-learn computes."""

import numpy as np
import pytest
from sklearn import metrics

from hibiscus.evaluation.class_curves import CLASSES, POINTS, ranking_curves

RNG = np.random.default_rng(0)


def test_two_classes_have_one_curve_of_the_second():
    p, y = RNG.dirichlet(np.ones(2), 80), RNG.integers(0, 2, 80)
    roc, recall = ranking_curves(p, y, ["no", "yes"])
    expected = metrics.roc_curve(y, p[:, 1], drop_intermediate=False)
    np.testing.assert_allclose([roc.series[0].x, roc.series[0].y], expected[:2])
    assert roc.series[0].name == f"yes ({metrics.roc_auc_score(y, p[:, 1]):.3f})"
    assert recall.series[0].name == f"yes ({metrics.average_precision_score(y, p[:, 1]):.3f})"
    assert [roc.diagonal, recall.diagonal, roc.shares] == [True, False, True]


def test_long_curves_keep_their_ends_and_their_area():
    y = RNG.integers(0, 2, 20_000)
    second = np.clip(0.5 + 0.2 * RNG.normal(size=20_000) + 0.2 * (y - 0.5), 0, 1)
    roc, _ = ranking_curves(np.stack([1 - second, second], 1), y, ["no", "yes"])
    (line,) = roc.series
    assert len(line.x) <= POINTS
    assert (line.x[0], line.y[0], line.x[-1], line.y[-1]) == (0, 0, 1, 1)
    assert metrics.auc(line.x, line.y) == pytest.approx(metrics.roc_auc_score(y, second), abs=2e-3)


def test_the_worst_of_many_classes_are_shown():
    p, y = RNG.dirichlet(np.ones(12), 300), RNG.integers(0, 12, 300)
    p[y == 3] = np.eye(12)[3]
    names = [f"c{k}" for k in range(12)]
    roc, _ = ranking_curves(p, y, names)
    areas = [metrics.roc_auc_score(y == k, p[:, k]) for k in range(12)]
    assert [line.name.split()[0] for line in roc.series] == [
        f"c{k}" for k in sorted(np.argsort(areas)[:CLASSES])
    ]
    assert "8 of 12 classes with the smallest area" in roc.note


def test_items_of_one_class_have_no_curves():
    assert ranking_curves(np.full((4, 2), 0.5), np.zeros(4, int), ["no", "yes"]) == []
