"""Average precision of detected boxes as COCO counts it; curves and all else stand in `hibiscus.metrics.voc_detection`.

Truths and detections are lists with one array per image, in pixels: truths (k, 6) xmin, ymin, xmax, ymax, class, crowd (0 or 1);
detections (d, 6) xmin, ymin, xmax, ymax, score, class. COCO's figures come from faster-coco-eval, which counts as pycocotools does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hibiscus.metrics.voc_detection import checked

__all__ = ["AveragePrecision", "average_precision"]

Array = NDArray[np.float64]
FIGURES = [
    "map50_95",
    "map50",
    "map75",
    "map_small",
    "map_medium",
    "map_large",
    "ar1",
    "ar10",
    "ar100",
    "ar_small",
    "ar_medium",
    "ar_large",
]


@dataclass(frozen=True)
class AveragePrecision:
    """COCO's twelve figures by name, and of each class its AP over all levels, its AP at 0.5 and its AR; not a number without truths."""

    figures: dict[str, float]
    by_class: Array
    by_class50: Array
    recall_by_class: Array


def average_precision(truths: Sequence[np.ndarray], detections: Sequence[np.ndarray], classes: int) -> AveragePrecision:
    r"""Average precision and average recall as COCO counts them.

        map50_95 = mean over classes and the overlaps 0.50, 0.55 ... 0.95 of mean(precision at recall 0, 0.01 ... 1)
        map50, map75 at one overlap;  small < 32**2 <= medium < 96**2 <= large in square pixels
        ar1, ar10, ar100 = highest recall with as many detections of an image and class, the mean over classes and overlaps

    At most 100 detections of a class in an image count, the best. A detection on a crowd counts neither way. Figures over nothing
    are not a number.

    Args:
        truths: of each image.
        detections: of each image.
        classes: how many there are.

    Shapes:
        truths (k, 6), detections (d, 6) for each image; returns twelve figures in [0, 1] and three arrays (classes,).

    Raises:
        DataError: when the arrays do not fit.

    Reference: Lin et al., "Microsoft COCO: Common Objects in Context", 2014, arXiv 1405.0312; its evaluation code.
    """
    truths, detections = checked(truths, detections, classes)
    from faster_coco_eval import COCO, COCOeval_faster  # a tenth of a second to import

    sides = []
    for lists, keys in ((truths, ("category_id", "iscrowd")), (detections, ("score", "category_id"))):
        side = COCO(print_function=_silent)
        side.dataset = {
            "images": [{"id": number + 1} for number in range(len(lists))],
            "categories": [{"id": kind + 1, "name": str(kind)} for kind in range(classes)],
            "annotations": list(_annotations(lists, keys)),
        }
        side.createIndex()
        sides.append(side)
    judge = COCOeval_faster(sides[0], sides[1], "bbox", print_function=_silent)
    judge.run()
    precision, recall = judge.eval["precision"], judge.eval["recall"]  # (levels, points, classes, areas, limits), no points
    return AveragePrecision(
        {name: _or_nan(value) for name, value in zip(FIGURES, judge.stats, strict=False)},
        np.array([_mean(precision[:, :, kind, 0, -1]) for kind in range(classes)]),
        np.array([_mean(precision[0, :, kind, 0, -1]) for kind in range(classes)]),
        np.array([_mean(recall[:, kind, 0, -1]) for kind in range(classes)]),
    )


def _annotations(lists: Sequence[Array], keys: tuple[str, str]) -> Iterator[dict[str, float | int | list[float]]]:
    """The rows as COCO's dictionaries; their two last columns are called so."""
    number = 0
    for image, rows in enumerate(lists):
        for x, y, right, low, *rest in rows.tolist():
            number += 1
            box = [x, y, right - x, low - y]
            row = {"id": number, "image_id": image + 1, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            row |= {key: value if key == "score" else int(value) + (key == "category_id") for key, value in zip(keys, rest, strict=True)}
            yield row


def _mean(values: Array) -> float:
    """Of those that are counted; COCO writes -1 where there is nothing to count."""
    counted = values[values > -1]
    return float(counted.mean()) if counted.size else float("nan")


def _or_nan(value: float) -> float:
    return float(value) if value > -1 else float("nan")


def _silent(*_: object) -> None:
    """What faster-coco-eval prints with."""
