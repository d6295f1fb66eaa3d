"""Predicted boxes; the overlays are tested with the method."""

import numpy as np

from hibiscus.data.open import open_data
from hibiscus.data.preparation import BoxPreparation, ImagePreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.box_predictions import box_predictions


def test_boxes_below_the_threshold_are_kept_but_not_counted():
    dataset = open_data("scenes")
    boxes = BoxPreparation.fit(dataset.fields["boxes"], dataset.names["boxes"], np.arange(9))
    image = ImagePreparation(48, 64, 3, (0.5,) * 3, (0.25,) * 3, "squash")
    data = PreparedData(dataset, Preparation({"image": image, "boxes": boxes}), {"inputs": np.arange(2)})
    rows = [[0.5, 0.25, 1, 0.5, 0.9, 0], [0, 0, 0.5, 0.5, 0.2, 1], [0, 0, 0, 0, 0, -1]]
    detections = np.array([rows, rows[::-1]], np.float32)
    found = box_predictions(detections, data, "inputs", list(boxes.names), 0.5)
    assert found["found"] == ["1 disc", "1 disc"]
    assert found["boxes"][0].tolist() == [
        [32, 12, 64, 24, np.float32(0.9), 0],
        [0, 0, 32, 24, np.float32(0.2), 1],
        [0, 0, 0, 0, 0, -1],
    ]
    assert (
        box_predictions(detections, data, "inputs", list(boxes.names), 0.1)["found"][0] == "1 disc, 1 square"
    )
