"""Figures of segmentation, held against scikit-learn and torchmetrics, and against what is easily got
wrong.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, jaccard_score

from hibiscus.errors import DataError
from hibiscus.metrics.segmentation import (
    confusion_matrices,
    iou_and_dice,
    most_frequent_class,
    segmentation_metrics,
)


def some(seed=0, classes=5, items=4):
    draw = np.random.default_rng(seed)
    truth, given = draw.integers(0, classes, (2, items, 9, 11))
    given = np.where(draw.random(truth.shape) < 0.5, truth, given)
    truth[draw.random(truth.shape) < 0.15] = 255
    return given.astype(np.uint8), truth.astype(np.uint8)


def test_the_matrix_is_that_of_scikit_learn():
    given, truth = some()
    known = truth != 255
    expected = confusion_matrix(truth[known], given[known], labels=range(5))
    assert np.array_equal(confusion_matrices(given, truth, 5).sum(0), expected)


def test_iou_is_that_of_scikit_learn_and_torchmetrics():
    from torchmetrics.classification import MulticlassJaccardIndex

    given, truth = some(1)
    known = truth != 255
    metrics = segmentation_metrics(confusion_matrices(given, truth, 5))
    assert metrics["miou"] == pytest.approx(jaccard_score(truth[known], given[known], average="macro"))
    other = MulticlassJaccardIndex(5, ignore_index=255)(
        torch.from_numpy(given).long(), torch.from_numpy(truth).long()
    )
    assert metrics["miou"] == pytest.approx(float(other), abs=1e-6)
    assert metrics["pixel_accuracy"] == pytest.approx((truth == given)[known].mean())


def test_a_class_that_is_invented_costs_the_whole_and_not_the_image_mean():
    truth, given = np.zeros((2, 4, 4), np.uint8), np.zeros((2, 4, 4), np.uint8)
    truth[1, :2] = 1
    given[:, :2] = 1  # invented in the first image, right in the second
    metrics = segmentation_metrics(confusion_matrices(given, truth, 3))
    assert metrics["miou"] == pytest.approx(
        (16 / 24 + 8 / 16) / 2
    )  # the third class occurs nowhere and counts nowhere
    assert metrics["image_miou"] == pytest.approx((0.5 + 1.0) / 2)
    assert metrics["image_accuracy"] == pytest.approx(0.75)
    assert np.isnan(iou_and_dice(confusion_matrices(given, truth, 3).sum(0))[0][2])


def test_dice_follows_from_iou():
    iou, dice = iou_and_dice(confusion_matrices(*some(2), 5).sum(0))
    np.testing.assert_allclose(dice, 2 * iou / (1 + iou))


def test_images_of_which_nothing_is_known_count_nowhere():
    given, truth = some(3)
    truth[0] = 255
    whole, rest = (
        segmentation_metrics(confusion_matrices(given, truth, 5)),
        segmentation_metrics(confusion_matrices(given[1:], truth[1:], 5)),
    )
    assert whole == rest


def test_the_commonest_class_at_each_place():
    masks = np.array([[[0, 1, 255]], [[2, 1, 255]], [[2, 0, 255]]], np.uint8)
    assert most_frequent_class(masks, 3).tolist() == [[2, 1, 0]]


def test_shapes_that_differ_are_refused():
    with pytest.raises(DataError, match="one shape"):
        confusion_matrices(np.zeros((1, 2, 2), np.uint8), np.zeros((1, 2, 3), np.uint8), 2)
