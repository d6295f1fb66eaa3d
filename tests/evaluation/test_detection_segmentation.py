"""The reports of detection and segmentation: distinct colors, drawn boxes and masks, metrics and
baselines.
"""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus.data.open import open_data
from hibiscus.data.preparation import ImagePreparation, MaskPreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.draw_boxes import draw_boxes
from hibiscus.evaluation.segmentation import colors_of, draw_mask, evaluate_segments
from hibiscus.methods.augmentation import AugmentationConfig
from hibiscus.methods.segment.base import SegmentationConfig, SegmentationMethod


def test_colors_are_apart_and_what_is_ignored_is_white():
    table = colors_of(12).astype(int)
    apart = np.abs(table[:12, None] - table[None, :12]).sum(2)
    assert apart[~np.eye(12, dtype=bool)].min() > 30
    assert table[255].tolist() == [255, 255, 255]
    gray = draw_mask(np.full((4, 4, 1), 100, np.uint8), np.full((4, 4), 1, np.uint8), 3)
    assert gray.shape == (4, 4, 3)
    assert np.array_equal(gray[0, 0], np.round(0.45 * 100 + 0.55 * colors_of(3)[1]).astype(np.uint8))


def test_boxes_are_drawn_where_they_are():
    image = draw_boxes(np.zeros((40, 60, 1), np.uint8), np.array([[0.25, 0.25, 0.75, 0.75, 0]]), [""])
    rows, columns = np.nonzero(image.any(2))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (10, 29, 15, 44)
    assert draw_boxes(np.zeros((8, 8, 3), np.uint8), np.zeros((0, 6)), [], scale=2).shape == (16, 16, 3)


def test_words_at_the_right_edge_stay_in_the_image():
    box = np.array([[0.9, 0.5, 1.0, 0.9, 0]])
    image = draw_boxes(np.zeros((100, 200, 3), np.uint8), box, ["soda 100%"])
    columns = np.flatnonzero(image[:45].any((0, 2)))  # the words' ground, above the box
    assert len(columns) > 50, "as wide as the words are"


def test_perfect_masks_have_perfect_metrics_and_the_baseline_has_not():
    dataset = open_data("scenes")
    parts = {"train": np.arange(60), "test": np.arange(60, 90)}
    preparation = Preparation({
        "image": ImagePreparation(48, 64, 3, (0.5,) * 3, (0.25,) * 3, "squash"),
        "mask": MaskPreparation.fit(dataset.fields["mask"], dataset.names["mask"], parts["train"]),
    })  # fmt: skip
    data = PreparedData(dataset, preparation, parts)
    evaluated = evaluate_segments(
        np.array_split(dataset.fields["mask"][60:90], 4), data, "test", list(dataset.names["mask"])
    )
    assert (
        evaluated.metrics["miou"]
        == evaluated.metrics["iou_disc"]
        == evaluated.metrics["image_accuracy"]
        == pytest.approx(1)
    )
    assert evaluated.baselines["most frequent class at each position"]["miou"] < 0.3
    assert [report_item.title for report_item in evaluated.report_items][:2] == [
        "Examples",
        "Metrics by class",
    ]


def test_augmentation_is_an_option_of_segmentation():
    assert issubclass(SegmentationConfig, AugmentationConfig)
    assert SegmentationConfig(flip=False, scale_range=0.5, cutout=3).build_augment().scale_range == 0.5
    assert SegmentationMethod.needs == {"image", "mask"}
