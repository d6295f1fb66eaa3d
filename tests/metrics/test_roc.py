"""Curves and areas against scikit-learn; thresholds against a search over all of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from hibiscus.errors import DataError
from hibiscus.metrics.roc import best_class_threshold, macro_ranking_metrics, roc_auc, threshold_curve


def scores(seed, items, digits=2):
    """Scores with ties."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, items)
    y[:2] = 0, 1
    return np.round(rng.uniform(size=items) * 0.6 + 0.4 * y * rng.uniform(size=items), digits), y


@given(st.integers(0, 10_000), st.integers(2, 200))
@settings(deadline=None, max_examples=60)
def test_curves_are_those_of_scikit_learn(seed, items):
    s, y = scores(seed, items)
    curve = threshold_curve(s, y)
    fpr, tpr, thresholds = sk.roc_curve(y, s, drop_intermediate=False)
    np.testing.assert_allclose(curve.false_positive_rate, fpr[1:])
    np.testing.assert_allclose(curve.recall, tpr[1:])
    np.testing.assert_allclose(curve.thresholds, thresholds[1:])
    precision, recall, _ = sk.precision_recall_curve(y, s)
    np.testing.assert_allclose(curve.precision[::-1], precision[:-1])
    np.testing.assert_allclose(curve.recall[::-1], recall[:-1])
    assert roc_auc(s, y) == pytest.approx(sk.roc_auc_score(y, s))


@given(st.integers(0, 10_000), st.integers(10, 200), st.integers(2, 6))
@settings(deadline=None, max_examples=40)
def test_areas_over_classes_are_those_of_scikit_learn(seed, items, classes):
    rng = np.random.default_rng(seed)
    p, y = rng.dirichlet(np.ones(classes), items), np.arange(items) % classes
    ours = macro_ranking_metrics(p, y)
    if classes == 2:
        assert ours["roc_auc"] == pytest.approx(sk.roc_auc_score(y, p[:, 1]))
        assert ours["average_precision"] == pytest.approx(sk.average_precision_score(y, p[:, 1]))
    else:
        one_hot = np.eye(classes)[y]
        assert ours["roc_auc"] == pytest.approx(sk.roc_auc_score(y, p, multi_class="ovr", average="macro"))
        assert ours["average_precision"] == pytest.approx(sk.average_precision_score(one_hot, p))


def test_classes_without_items_do_not_count():
    p, y = np.random.default_rng(0).dirichlet(np.ones(4), 30), np.arange(30) % 3
    ours = macro_ranking_metrics(p, y)
    assert ours["roc_auc"] == pytest.approx(np.mean([sk.roc_auc_score(y == k, p[:, k]) for k in range(3)]))
    assert macro_ranking_metrics(p, np.zeros(30, int)) == {}
    assert np.isnan(roc_auc([0.2, 0.3], [1, 1]))


@pytest.mark.parametrize("metric", ["f1", "balanced_accuracy"])
@pytest.mark.parametrize("seed", range(10))
def test_no_other_threshold_is_better(metric, seed):
    s, y = scores(seed, 60, 1)
    function = sk.f1_score if metric == "f1" else sk.balanced_accuracy_score
    threshold = best_class_threshold(s, y, metric)
    best = max(function(y, s >= other) for other in np.linspace(0.005, 1.005, 101))
    assert 0 < threshold < 1
    assert function(y, s >= threshold) == pytest.approx(best)


def test_one_class_alone_has_no_best_threshold():
    assert best_class_threshold([0.1, 0.9], [0, 0], "f1") == 0.5


@pytest.mark.parametrize("bad", [([0.1], [0, 1]), ([], []), ([np.nan, 0.2], [0, 1])])
def test_errors(bad):
    with pytest.raises(DataError, match=r"\(N,\)"):
        roc_auc(*bad)
