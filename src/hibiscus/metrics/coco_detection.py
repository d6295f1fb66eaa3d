"""Average precision of detected boxes as defined by COCO; see `hibiscus.metrics.voc_detection` for curves and
other metrics.

Truths and detections are lists with one array per image, in pixels: truths (k, 6) xmin, ymin, xmax, ymax,
class, crowd (0 or 1); detections (d, 6) xmin, ymin, xmax, ymax, score, class. COCO's metrics come from
faster-coco-eval, which agrees with pycocotools.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hibiscus.errors import DataError
from hibiscus.metrics.voc_detection import checked

__all__ = ["AveragePrecision", "average_precision"]

Array = NDArray[np.float64]
METRICS = [
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
    """COCO's twelve metrics by name, and by class the AP over all levels, the AP at 0.5 and the AR; NaN
    without true boxes.
    """

    metrics: dict[str, float]
    by_class: Array
    by_class50: Array
    recall_by_class: Array


def average_precision(
    truths: Sequence[np.ndarray],
    detections: Sequence[np.ndarray],
    classes: int,
    areas: Sequence[np.ndarray] | None = None,
) -> AveragePrecision:
    r"""Average precision and average recall as defined by COCO.

        map50_95 = mean over classes and the IoU thresholds 0.50, 0.55 ... 0.95
                   of mean(precision at recall 0, 0.01 ... 1)
        map50, map75 at one IoU threshold;  small < 32**2 <= medium < 96**2 <= large in square pixels of the
                     annotated area, which is that of the object's mask where there is one
        ar1, ar10, ar100 = maximum recall with that many detections per image and class,
                           mean over classes and IoU thresholds

    Only the 100 highest-scoring detections of a class in an image count. Detections matched to a crowd are
    ignored. Undefined metrics are NaN.

    Args:
        truths: true boxes of each image.
        detections: detections of each image.
        classes: number of classes.
        areas: annotated area of each true box in square pixels; by default the area of the box.

    Shapes:
        truths (k, 6), detections (d, 6), areas (k,) for each image; returns twelve metrics in [0, 1] and
        three arrays (classes,).

    Raises:
        DataError: when the arrays do not match.

    Reference: Lin et al., "Microsoft COCO: Common Objects in Context", 2014, arXiv 1405.0312; its evaluation
        code.
    """
    truths, detections = checked(truths, detections, classes)
    if areas is not None and list(map(len, areas)) != list(map(len, truths)):
        raise DataError("areas of other boxes", "one area for each true box", "omit areas")
    from faster_coco_eval import COCO, COCOeval_faster  # a tenth of a second to import

    sides = []
    for lists, keys, sizes in (
        (truths, ("category_id", "iscrowd"), areas),
        (detections, ("score", "category_id"), None),
    ):
        side = COCO(print_function=_silent)
        side.dataset = {
            "images": [{"id": number + 1} for number in range(len(lists))],
            "categories": [{"id": label + 1, "name": str(label)} for label in range(classes)],
            "annotations": list(_annotations(lists, keys, sizes)),
        }
        side.createIndex()
        sides.append(side)
    evaluator = COCOeval_faster(sides[0], sides[1], "bbox", print_function=_silent)
    evaluator.run()
    precision, recall = (
        evaluator.eval["precision"],
        evaluator.eval["recall"],
    )  # (levels, points, classes, areas, limits); recall without points
    return AveragePrecision(
        {name: _or_nan(value) for name, value in zip(METRICS, evaluator.stats, strict=False)},
        np.array([_mean(precision[:, :, label, 0, -1]) for label in range(classes)]),
        np.array([_mean(precision[0, :, label, 0, -1]) for label in range(classes)]),
        np.array([_mean(recall[:, label, 0, -1]) for label in range(classes)]),
    )


def _annotations(
    lists: Sequence[Array], keys: tuple[str, str], areas: Sequence[np.ndarray] | None
) -> Iterator[dict[str, float | int | list[float]]]:
    """The rows as COCO's dictionaries, with the keys for their last two columns."""
    number = 0
    for image, rows in enumerate(lists):
        for index, (x, y, right, bottom, *rest) in enumerate(rows.tolist()):
            number += 1
            box = [x, y, right - x, bottom - y]
            area = box[2] * box[3] if areas is None else float(areas[image][index])
            row = {"id": number, "image_id": image + 1, "bbox": box, "area": area, "iscrowd": 0}
            row |= {
                key: value if key == "score" else int(value) + (key == "category_id")
                for key, value in zip(keys, rest, strict=True)
            }
            yield row


def _mean(values: Array) -> float:
    """Mean over the defined values; COCO writes -1 for undefined ones."""
    counted = values[values > -1]
    return float(counted.mean()) if counted.size else float("nan")


def _or_nan(value: float) -> float:
    return float(value) if value > -1 else float("nan")


def _silent(*_: object) -> None:
    """Replaces the print function of faster-coco-eval."""
