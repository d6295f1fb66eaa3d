"""Each figure against scikit-learn and torchmetrics, which count in another way, and at the edges."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from torchmetrics.functional.classification import multiclass_calibration_error

from hibiscus.errors import ConfigError, DataError
from hibiscus.metrics.classification import (
    accuracy,
    calibration_curve,
    classification_metrics,
    confusion_matrix,
    per_class,
    top_k_error,
)


def guesses(seed, items, classes, used=None):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, used or classes, items)
    logits = rng.normal(0, 1.5, (items, classes))
    logits[np.arange(items), labels] += 1.5
    p = np.exp(logits)
    return p / p.sum(1, keepdims=True), labels


@given(st.integers(0, 10_000), st.integers(1, 200), st.integers(2, 12), st.data())
@settings(deadline=None, max_examples=60)
def test_all_agree_with_scikit_learn(seed, items, classes, data):
    p, y = guesses(seed, items, classes, data.draw(st.integers(1, classes)))
    guess, names = p.argmax(1), list(range(classes))
    ours = classification_metrics(p, y)
    assert ours["accuracy"] == pytest.approx(sk.accuracy_score(y, guess))
    assert ours["macro_f1"] == pytest.approx(sk.f1_score(y, guess, average="macro", zero_division=0))
    assert ours["balanced_accuracy"] == pytest.approx(
        sk.recall_score(y, guess, labels=np.unique(y), average="macro", zero_division=0)
    )
    assert ours["nll"] == pytest.approx(sk.log_loss(y, p, labels=names))
    assert ours["brier"] == pytest.approx(np.mean(((p - np.eye(classes)[y]) ** 2).sum(1)))
    assert ("top5_error" in ours) == (classes > 5)
    if classes > 5:
        assert ours["top5_error"] == pytest.approx(1 - sk.top_k_accuracy_score(y, p, k=5, labels=names))
    assert ("roc_auc" in ours) == ("average_precision" in ours) == (len(np.unique(y)) > 1)
    if classes == 2 and "roc_auc" in ours:
        assert ours["roc_auc"] == pytest.approx(sk.roc_auc_score(y, p[:, 1]))
    assert (confusion_matrix(p, y) == sk.confusion_matrix(y, guess, labels=names)).all()
    expected = sk.precision_recall_fscore_support(y, guess, labels=names, zero_division=np.nan)
    rows = per_class(p, y)
    for column, name in zip(expected, ["precision", "recall", "f1", "support"], strict=True):
        np.testing.assert_allclose([row[name] for row in rows], column)


@given(st.integers(0, 10_000), st.integers(1, 200), st.integers(2, 8))
@settings(deadline=None, max_examples=30)
def test_calibration_error_is_torchmetrics(seed, items, classes):
    p, y = guesses(seed, items, classes)
    theirs = multiclass_calibration_error(
        torch.from_numpy(p), torch.from_numpy(y), num_classes=classes, n_bins=15
    )
    assert classification_metrics(p, y)["ece"] == pytest.approx(theirs.item(), abs=1e-5)


def test_calibration_curve_by_hand():
    p = np.array([[0.9, 0.1], [0.1, 0.9], [0.85, 0.15], [0.55, 0.45], [1.0, 0.0]])
    curve = calibration_curve(p, [0, 0, 0, 1, 0], bins=5)
    np.testing.assert_array_equal(curve.count, [0, 0, 1, 0, 4])
    np.testing.assert_allclose(curve.confidence, [np.nan, np.nan, 0.55, np.nan, 3.65 / 4])
    np.testing.assert_allclose(curve.accuracy, [np.nan, np.nan, 0, np.nan, 0.75])
    expected = 0.2 * 0.55 + 0.8 * abs(0.75 - 3.65 / 4)
    assert classification_metrics(p, [0, 0, 0, 1, 0], bins=5)["ece"] == pytest.approx(expected)


def test_top_k_is_capped_and_breaks_ties_as_accuracy_does():
    flat, y = np.full((4, 4), 0.25), np.arange(4)
    assert accuracy(flat, y) == 0.25
    assert [top_k_error(flat, y, k) for k in (1, 2, 3, 4, 9)] == [0.75, 0.5, 0.25, 0, 0]
    p, y = guesses(0, 100, 7)
    assert top_k_error(p, y, 1) == pytest.approx(1 - accuracy(p, y))


def test_certain_answers():
    sure = classification_metrics(np.eye(6), np.arange(6))
    assert sure == pytest.approx(
        {
            "accuracy": 1,
            "top5_error": 0,
            "balanced_accuracy": 1,
            "macro_f1": 1,
            "nll": 0,
            "ece": 0,
            "brier": 0,
            "roc_auc": 1,
            "average_precision": 1,
        }
    )
    wrong = classification_metrics(np.eye(2), [1, 0])
    assert wrong["nll"] == pytest.approx(-np.log(np.finfo(float).eps))
    assert wrong["brier"] == 2
    assert wrong["roc_auc"] == 0


def test_a_threshold_decides_between_two_classes():
    p, y = guesses(4, 100, 2)
    predicted = p[:, 1] >= 0.3
    ours = classification_metrics(p, y, threshold=0.3)
    assert ours["accuracy"] == pytest.approx(sk.accuracy_score(y, predicted))
    assert ours["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(y, predicted))
    assert ours["f1"] == pytest.approx(sk.f1_score(y, predicted))
    assert ours["precision"] == pytest.approx(sk.precision_score(y, predicted))
    assert ours["recall"] == pytest.approx(sk.recall_score(y, predicted))
    plain = classification_metrics(p, y)
    assert {name: plain[name] for name in ("nll", "ece", "roc_auc")} == {
        name: ours[name] for name in ("nll", "ece", "roc_auc")
    }
    assert (confusion_matrix(p, y, 0.3) == sk.confusion_matrix(y, predicted)).all()


def test_an_absent_class_has_no_figures_and_does_not_count():
    rows = per_class(np.eye(3)[[0, 1]], [0, 1])
    assert np.isnan([rows[2]["precision"], rows[2]["recall"], rows[2]["f1"]]).all()
    assert rows[2]["support"] == 0
    assert classification_metrics(np.eye(3)[[0, 1]], [0, 1])["macro_f1"] == 1


def test_half_precision_rows_are_summed_to_one():
    p, y = guesses(1, 200, 10)
    half = torch.from_numpy(p).bfloat16().float().numpy()
    assert classification_metrics(half, y)["nll"] == pytest.approx(
        classification_metrics(p, y)["nll"], abs=0.01
    )


@pytest.mark.parametrize(
    ("p", "y", "word"),
    [
        (np.full(4, 0.5), np.zeros(4, int), r"\[1 - p, p\]"),
        (np.full((4, 2), 0.5), np.zeros(3, int), "shape"),
        (np.zeros((0, 2)), np.zeros(0, int), "one item"),
        (np.full((4, 2), 0.5), np.full(4, 2), "from 2 to 2"),
        (np.full((4, 2), 0.5), np.zeros(4), "float64"),
        (np.full((4, 2), 0.9), np.zeros(4, int), "softmax"),
        (np.full((4, 2), np.nan), np.zeros(4, int), "NaN"),
        (np.tile([1.5, -0.5], (4, 1)), np.zeros(4, int), "softmax"),
    ],
)
def test_errors(p, y, word):
    with pytest.raises(DataError, match=word) as caught:
        classification_metrics(p, y)
    assert caught.value.fix


def test_options_out_of_range():
    with pytest.raises(ConfigError, match="k=0"):
        top_k_error(np.eye(2), [0, 1], 0)
    with pytest.raises(ConfigError, match="bins=0"):
        calibration_curve(np.eye(2), [0, 1], 0)


def test_importing_metrics_leaves_the_slow_libraries_alone():
    code = (
        "import sys, hibiscus.metrics; print({'sklearn', 'torch', 'scipy', 'matplotlib', 'PIL'} & "
        "set(sys.modules))"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "set()"
    )
