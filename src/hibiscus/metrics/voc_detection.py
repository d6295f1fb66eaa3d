"""Detected against true boxes: precision-recall curves, VOC's average precision, metrics at one score
threshold, and a baseline.

Truths and detections are lists with one array per image: truths (k, 6) xmin, ymin, xmax, ymax, class, crowd
(0 or 1); detections (d, 6) xmin, ymin, xmax, ymax, score, class.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hibiscus.errors import ConfigError, DataError

__all__ = [
    "PrecisionRecall",
    "ThresholdMetrics",
    "checked",
    "mean_boxes",
    "metrics_at_threshold",
    "precision_recall",
    "voc_precision",
]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PrecisionRecall:
    """Precision and recall of a class at one IoU threshold: a point for each detection, in the order of
    falling scores.
    """

    label: int
    level: float
    precision: Array
    recall: Array
    score: Array
    truths: int


@dataclass(frozen=True)
class ThresholdMetrics:
    """By class at one score and IoU threshold: precision, recall, mean IoU of the matched boxes (NaN where
    undefined), and counts.
    """

    precision: Array
    recall: Array
    matched_iou: Array
    hits: NDArray[np.int64]
    detections: NDArray[np.int64]
    truths: NDArray[np.int64]


def precision_recall(
    truths: Sequence[np.ndarray],
    detections: Sequence[np.ndarray],
    classes: int,
    levels: Iterable[float] = (0.5, 0.75),
) -> list[PrecisionRecall]:
    """Precision-recall curves of each class at each IoU threshold.

    In the order of falling scores, each detection is matched to the unmatched true box of its class with the
    highest IoU, if that reaches the threshold. A detection without a match is a false positive, unless it
    lies in a crowd.

    Args:
        truths: true boxes of each image.
        detections: detections of each image.
        classes: number of classes.
        levels: IoU thresholds, in (0, 1].

    Shapes:
        as `average_precision`; returns one curve for each class and level, class after class.

    Raises:
        DataError: when the arrays do not match.
        ConfigError: a level outside (0, 1].
    """
    truths, detections = checked(truths, detections, classes)
    return [_curve(truths, detections, label, level, False) for label in range(classes) for level in levels]


def voc_precision(
    truths: Sequence[np.ndarray], detections: Sequence[np.ndarray], classes: int, level: float = 0.5
) -> Array:
    r"""Average precision of each class as defined by Pascal VOC since 2010: the area under the monotone
    precision-recall curve.

        ap = sum((recall_n+1 - recall_n) * max(precision from recall_n+1 on))

    As in VOC's development kit, a detection is assigned to the true box with the highest IoU, difficult ones
    included. If that IoU reaches the threshold, it is a hit the first time, a false positive when the box is
    matched already, and does not count when the box is difficult. Difficult objects (here: crowds) are not
    counted in the recall. The kit adds a pixel to the sides of boxes; here edges are not pixels.

    Args:
        truths: true boxes of each image.
        detections: detections of each image.
        classes: number of classes.
        level: IoU threshold (VOC: 0.5).

    Shapes:
        as `average_precision`; returns (classes,), NaN for a class without true boxes.

    Raises:
        DataError: when the arrays do not match.
        ConfigError: a level outside (0, 1].

    Reference: Everingham et al., "The Pascal Visual Object Classes Challenge: A Retrospective", IJCV 111,
        2015.
    """
    truths, detections = checked(truths, detections, classes)
    ap = np.full(classes, np.nan)
    for label in range(classes):
        curve = _curve(truths, detections, label, level, True)
        if curve.truths:
            envelope = np.maximum.accumulate(curve.precision[::-1])[::-1]
            ap[label] = (np.diff(curve.recall, prepend=0) * envelope).sum()
    return ap


def metrics_at_threshold(
    truths: Sequence[np.ndarray],
    detections: Sequence[np.ndarray],
    classes: int,
    score: float = 0.5,
    level: float = 0.5,
) -> ThresholdMetrics:
    r"""Precision and recall of the boxes above a score threshold.

        precision = hits / detections,   recall = hits / truths,   matched_iou = mean(IoU of the hits)

    Args:
        truths: true boxes of each image.
        detections: detections of each image.
        classes: number of classes.
        score: the score threshold.
        level: IoU threshold of a match, in (0, 1].

    Shapes:
        as `average_precision`; returns arrays (classes,).

    Raises:
        DataError: when the arrays do not match.
        ConfigError: a level outside (0, 1].
    """
    truths, detections = checked(truths, detections, classes)
    kept = [rows[rows[:, 4] >= score] for rows in detections]
    hits, counts, true_counts, total_iou = (np.zeros(classes) for _ in range(4))
    for label in range(classes):
        _, is_hit, iou, true_counts[label] = _match(truths, kept, label, level, False)
        hits[label], counts[label], total_iou[label] = is_hit.sum(), len(is_hit), iou[is_hit].sum()
    integers = [values.astype(np.int64) for values in (hits, counts, true_counts)]
    return ThresholdMetrics(
        _ratio(hits, counts), _ratio(hits, true_counts), _ratio(total_iou, hits), *integers
    )


def mean_boxes(truths: Sequence[np.ndarray], classes: int) -> Array:
    """A detector that ignores the image: the mean box of each class, scored by the fraction of training
    images that hold the class.

    Use its rows as the detections of every test image. Edges should be in a unit that all images share;
    crowds are left out.

    Args:
        truths: true boxes of each training image.
        classes: number of classes.

    Shapes:
        truths (k, 6) for each image; returns (classes that occur, 6): xmin, ymin, xmax, ymax, score, class.

    Raises:
        DataError: when the arrays do not match.
    """
    truths, _ = checked(truths, [np.zeros((0, 6))] * len(truths), classes)
    images = [rows[rows[:, 5] == 0] for rows in truths]
    boxes = np.concatenate([np.zeros((0, 6)), *images])
    means = []
    for label in range(classes):
        of_class = boxes[boxes[:, 4] == label]
        if len(of_class):
            means.append(
                [
                    *of_class[:, :4].mean(0),
                    np.mean([bool((rows[:, 4] == label).any()) for rows in images]),
                    label,
                ]
            )
    return np.array(means, dtype=np.float64).reshape(-1, 6)


def _curve(
    truths: Sequence[Array], detections: Sequence[Array], label: int, level: float, voc: bool
) -> PrecisionRecall:
    score, is_hit, _, true_count = _match(truths, detections, label, level, voc)
    order = np.argsort(-score, kind="stable")
    hits = is_hit[order].cumsum()
    recall = hits / true_count if true_count else np.full(len(hits), np.nan)
    return PrecisionRecall(label, level, hits / np.arange(1, len(hits) + 1), recall, score[order], true_count)


def _match(
    truths: Sequence[Array], detections: Sequence[Array], label: int, level: float, voc: bool
) -> tuple[Array, NDArray[np.bool_], Array, int]:
    """Score, whether it is a hit, and IoU of all detections of a class that count; and the number of true
    boxes.
    """
    if not 0 < level <= 1:
        raise ConfigError(f"an IoU threshold of {level}", "above 0 and at most 1", "use 0.5")
    scores, hits, overlaps, true_count = [], [], [], 0
    for truth, rows in zip(truths, detections, strict=True):
        truth, rows = truth[truth[:, 4] == label], rows[rows[:, 5] == label]
        crowd = truth[:, 5] != 0
        true_count += int((~crowd).sum())
        rows = rows[np.argsort(-rows[:, 4], kind="stable")]
        overlap = _overlap(rows, truth, crowd & (not voc))
        free = ~crowd
        for row, values in zip(rows, overlap, strict=True):
            candidates = values if voc else np.where(free, values, -1)
            best = int(candidates.argmax()) if len(values) else -1
            reached = best >= 0 and candidates[best] >= level
            hit = reached and bool(free[best])
            in_crowd = reached and bool(crowd[best]) if voc else (values[crowd] >= level).any()
            if not hit and in_crowd:
                continue
            if hit:
                free[best] = False
            scores.append(row[4])
            hits.append(hit)
            overlaps.append(values[best] if hit else 0.0)
    return (
        np.array(scores, dtype=np.float64),
        np.array(hits, dtype=bool),
        np.array(overlaps, dtype=np.float64),
        true_count,
    )


def _overlap(boxes: Array, truth: Array, crowd: NDArray[np.bool_]) -> Array:
    """IoU of detections and true boxes (d, k); with a crowd, the fraction of the detection inside it."""
    low = np.maximum(boxes[:, None, :2], truth[None, :, :2])
    high = np.minimum(boxes[:, None, 2:4], truth[None, :, 2:4])
    inside = np.clip(high - low, 0, None).prod(-1)
    area, other = (boxes[:, 2:4] - boxes[:, :2]).prod(-1)[:, None], (truth[:, 2:4] - truth[:, :2]).prod(-1)
    union = np.where(crowd, area, area + other - inside)
    return np.divide(inside, union, out=np.zeros_like(inside), where=union > 0)


def checked(
    truths: Sequence[np.ndarray], detections: Sequence[np.ndarray], classes: int
) -> tuple[list[Array], list[Array]]:
    """Both as lists of (n, 6) float64 arrays, checked for finite numbers and class numbers in range."""
    if len(truths) != len(detections) or len(truths) == 0 or classes < 1:
        raise DataError(
            f"truths of {len(truths)} images, detections of {len(detections)}, {classes} classes",
            "one array for each image in both lists, at least one image and one class",
            "use an array of shape (0, 6) for an image without boxes",
        )
    arrays = [
        [np.asarray(rows, dtype=np.float64).reshape(-1, 6) if np.size(rows) % 6 == 0 else rows for rows in x]
        for x in (truths, detections)
    ]
    for lists, what, column in ((arrays[0], "truths", 4), (arrays[1], "detections", 5)):
        for number, rows in enumerate(lists):
            label = rows[:, column] if rows.ndim == 2 and rows.shape[1] == 6 else None
            if (
                label is None
                or not np.isfinite(rows).all()
                or ((label < 0) | (label >= classes) | (label % 1 != 0)).any()
            ):
                raise DataError(
                    f"{what} of image {number}, shape {rows.shape}",
                    f"(n, 6) finite numbers, classes 0 to {classes - 1} in column {column}",
                    "columns xmin, ymin, xmax, ymax, then class and crowd, or score and class",
                )
    return arrays[0], arrays[1]


def _ratio(top: Array, bottom: Array) -> Array:
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)
