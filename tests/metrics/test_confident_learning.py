"""Confident learning against an example counted by hand, and against a form with loops."""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus.errors import DataError
from hibiscus.metrics.confident_learning import (
    confident_classes,
    confident_joint,
    normalized_margins,
    suspected_label_errors,
)

# thresholds: class 0 (0.9 + 0.8 + 0.1) / 3 = 0.6, class 1 (0.7 + 0.6 + 0.35) / 3 = 0.55
P = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7], [0.4, 0.6], [0.65, 0.35]])
LABELS = np.array([0, 0, 0, 1, 1, 1])


def looped_joint(p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The confident joint as in equation 1 of the paper, item by item."""
    classes = p.shape[1]
    thresholds = {}
    for j in range(classes):
        own = [p[k][j] for k in range(len(p)) if labels[k] == j]
        if own:
            thresholds[j] = sum(own) / len(own)
    joint = np.zeros((classes, classes), int)
    for k in range(len(p)):
        above = [j for j, threshold in thresholds.items() if p[k][j] >= threshold]
        if above:
            joint[labels[k]][max(above, key=lambda j: p[k][j])] += 1
    return joint


def test_the_confident_joint_of_an_example():
    assert confident_joint(P, LABELS).tolist() == [[2, 1], [1, 2]]
    assert confident_classes(P, LABELS).tolist() == [0, 0, 1, 1, 1, 0]
    assert suspected_label_errors(P, LABELS).tolist() == [2, 5]  # margins -0.8 and -0.3
    np.testing.assert_allclose(normalized_margins(P, LABELS), [0.8, 0.6, -0.8, 0.4, 0.2, -0.3])


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_the_confident_joint_equals_the_form_with_loops(classes):
    rng = np.random.default_rng(classes)
    p, labels = rng.dirichlet(np.ones(classes), 200), rng.integers(0, classes, 200)
    assert confident_joint(p, labels).tolist() == looped_joint(p, labels).tolist()


def test_a_class_without_items_is_suggested_to_nobody():
    p = np.array([[0.1, 0.2, 0.7], [0.2, 0.7, 0.1], [0.6, 0.3, 0.1]])
    assert confident_joint(p, [0, 1, 0])[:, 2].sum() == 0


def test_planted_errors_are_found_and_come_first():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 400)
    p = np.full((400, 4), 0.05)
    p[np.arange(400), truth] = 0.85
    labels, flipped = truth.copy(), rng.permutation(400)[:20]
    labels[flipped] = (labels[flipped] + 1) % 4
    assert sorted(suspected_label_errors(p, labels)) == sorted(flipped)


def test_items_of_which_the_model_is_unsure_are_not_suspected():
    p = np.array([[0.9, 0.1], [0.48, 0.52], [0.1, 0.9], [0.1, 0.9]])
    assert suspected_label_errors(p, [0, 0, 1, 1]).tolist() == []


@pytest.mark.parametrize("labels", [[0, 1], [0, 1, 2, 0, 1, 1], [0, 0, 0, -1, 1, 1]])
def test_labels_that_do_not_belong_to_the_probabilities(labels):
    with pytest.raises(DataError, match="use the probabilities of the items"):
        suspected_label_errors(P, labels)
