"""Predicted boxes of images, with the boxes drawn on them."""

from __future__ import annotations

from typing import Any

import numpy as np

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.detection import in_pixels
from hibiscus.evaluation.draw_boxes import above_score, draw_boxes

__all__ = ["box_predictions"]


def box_predictions(
    detections: np.ndarray, data: PreparedData, part: str, classes: list[str], score: float
) -> dict[str, Any]:
    """What `predict` of a detector returns.

    Returns:
        `found`, the number of detections per class as text; `boxes` float64 `(items, max boxes, 6)`: edges in
        pixels of each image, score, and class, -1 for padding; `size` `(items, 2)`, height and width of the
        images; `box_classes`, the names of the classes; `overlay` uint8 `(items, height, width, 3)`, with the
        boxes above the score threshold.
    """
    sizes, images = data.file_sizes(part), data.rows("image", part)
    valid = [above_score(rows, classes, score) for rows in detections]
    counts = []
    for boxes, _ in valid:
        numbers = np.bincount(boxes[:, 5].astype(np.int64), minlength=len(classes))
        counts.append(
            ", ".join(f"{count} {name}" for count, name in zip(numbers, classes, strict=True) if count)
            or "nothing"
        )
    return {
        "found": counts,
        "boxes": np.stack(
            [
                np.where(rows[:, 5:] >= 0, in_pixels(rows, size), rows)
                for rows, size in zip(detections, sizes, strict=True)
            ]
        ),
        "size": sizes,
        "box_classes": classes,
        "overlay": np.stack(
            [draw_boxes(image, boxes, names) for image, (boxes, names) in zip(images, valid, strict=True)]
        ),
    }
