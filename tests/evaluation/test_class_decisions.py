"""The reliability diagram and the sentence on the threshold."""

import numpy as np
import pytest

from hibiscus.evaluation.class_decisions import ClassDecisions, calibration_item, threshold_note

LABEL = np.random.default_rng(0).choice(3, 60)


def with_confidence(predicted, confidence):
    """Probabilities with this confidence in the predicted class; the other classes share the rest."""
    probabilities = np.repeat((1 - np.asarray(confidence, float))[:, None] / 2, 3, axis=1)
    probabilities[np.arange(len(predicted)), predicted] = confidence
    return probabilities


def test_calibration_omits_bins_with_fewer_than_five_items():
    confidence = np.repeat([0.9, 0.7, 0.5], [40, 16, 4])
    correct = np.arange(60) % 4 > 0  # accuracy 3/4 in each bin
    p = with_confidence(np.where(correct, LABEL, (LABEL + 1) % 3), confidence)
    (series,) = calibration_item(p, LABEL, ClassDecisions()).series
    np.testing.assert_allclose([series.x, series.y], [[0.7, 0.9], [0.75, 0.75]])


def test_both_diagrams_and_errors_are_shown_with_a_temperature():
    correct = np.arange(60) % 4 > 0
    predicted = np.where(correct, LABEL, (LABEL + 1) % 3)
    before, after = (
        with_confidence(predicted, np.full(60, 0.95)),
        with_confidence(predicted, np.full(60, 0.75)),
    )
    item = calibration_item(after, LABEL, ClassDecisions(temperature=2.5, uncalibrated=before))
    assert [(line.name, line.x, line.y) for line in item.series] == [
        ("before", pytest.approx((0.95,)), (0.75,)),
        ("after", (0.75,), (0.75,)),
    ]
    assert "temperature of 2.5 was fitted on the validation part" in item.note
    assert "calibration error is 20.00% before and 0.00% after" in item.note


def test_the_threshold_in_words():
    assert threshold_note(ClassDecisions(), "yes") == ""
    note = threshold_note(ClassDecisions(0.3127, option="f1"), "yes")
    assert note == (
        "yes is predicted where its probability is at least 0.313, the threshold with the best F1 of yes on "
        "the validation part."
    )
    assert threshold_note(ClassDecisions(0.2, option=0.2), "yes").endswith("at least 0.2.")
