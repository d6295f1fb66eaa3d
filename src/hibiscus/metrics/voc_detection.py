"""Detected boxes against true ones, counted by hand: curves, VOC's average precision, figures at one threshold, and a baseline.

Truths and detections are lists with one array per image: truths (k, 6) xmin, ymin, xmax, ymax, class, crowd (0 or 1); detections
(d, 6) xmin, ymin, xmax, ymax, score, class.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hibiscus.errors import ConfigError, DataError

__all__ = ["Found", "PrecisionRecall", "checked", "found_at", "mean_boxes", "precision_recall", "voc_precision"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PrecisionRecall:
    """Precision and recall of a class as the score falls, at one level of overlap: a point for each detection that counts."""

    label: int
    level: float
    precision: Array
    recall: Array
    score: Array
    truths: int


@dataclass(frozen=True)
class Found:
    """By class at one score and overlap: precision, recall, mean IoU of the matched boxes (not a number over nothing), and counts."""

    precision: Array
    recall: Array
    mean_iou: Array
    hits: NDArray[np.int64]
    detections: NDArray[np.int64]
    truths: NDArray[np.int64]


def precision_recall(
    truths: Sequence[np.ndarray], detections: Sequence[np.ndarray], classes: int, levels: Iterable[float] = (0.5, 0.75)
) -> list[PrecisionRecall]:
    """Curves of precision over recall, of each class at each level of overlap.

    From the best score down, a detection goes to the free truth of its class that it overlaps most, if by the level or more: a hit.
    What goes to none is a false alarm, unless it lies in a crowd.

    Args:
        truths: of each image.
        detections: of each image.
        classes: how many there are.
        levels: of overlap, in (0, 1].

    Shapes:
        as `average_precision`; returns one curve for each class and level, class after class.

    Raises:
        DataError: when the arrays do not fit.
        ConfigError: a level outside (0, 1].
    """
    truths, detections = checked(truths, detections, classes)
    return [_curve(truths, detections, kind, level, False) for kind in range(classes) for level in levels]


def voc_precision(truths: Sequence[np.ndarray], detections: Sequence[np.ndarray], classes: int, level: float = 0.5) -> Array:
    r"""Average precision of each class as Pascal VOC counts it since 2010: the area under the curve, made to fall.

        ap = sum((recall_n+1 - recall_n) * max(precision from recall_n+1 on))

    A detection goes to the truth that it overlaps most; where that was found already, it is a false alarm. Crowds count as VOC's
    difficult objects: neither way.

    Args:
        truths: of each image.
        detections: of each image.
        classes: how many there are.
        level: of overlap (VOC: 0.5).

    Shapes:
        as `average_precision`; returns (classes,), not a number for a class without truths.

    Raises:
        DataError: when the arrays do not fit.
        ConfigError: a level outside (0, 1].

    Reference: Everingham et al., "The Pascal Visual Object Classes Challenge: A Retrospective", IJCV 111, 2015.
    """
    truths, detections = checked(truths, detections, classes)
    found = np.full(classes, np.nan)
    for kind in range(classes):
        curve = _curve(truths, detections, kind, level, True)
        if curve.truths:
            best = np.maximum.accumulate(curve.precision[::-1])[::-1]
            found[kind] = (np.diff(curve.recall, prepend=0) * best).sum()
    return found


def found_at(truths: Sequence[np.ndarray], detections: Sequence[np.ndarray], classes: int, score: float = 0.5, level: float = 0.5) -> Found:
    r"""What a person sees who draws every box above a score.

        precision = hits / detections,   recall = hits / truths,   mean_iou = mean(IoU of the hits)

    Args:
        truths: of each image.
        detections: of each image.
        classes: how many there are.
        score: detections of this score or more are drawn.
        level: of overlap from which a box is found, in (0, 1].

    Shapes:
        as `average_precision`; returns arrays (classes,).

    Raises:
        DataError: when the arrays do not fit.
        ConfigError: a level outside (0, 1].
    """
    truths, detections = checked(truths, detections, classes)
    drawn = [rows[rows[:, 4] >= score] for rows in detections]
    hits, counts, wanted, overlap = (np.zeros(classes) for _ in range(4))
    for kind in range(classes):
        _, hit, value, wanted[kind] = _judged(truths, drawn, kind, level, False)
        hits[kind], counts[kind], overlap[kind] = hit.sum(), len(hit), value[hit].sum()
    whole = [x.astype(np.int64) for x in (hits, counts, wanted)]
    return Found(_ratio(hits, counts), _ratio(hits, wanted), _ratio(overlap, hits), *whole)


def mean_boxes(truths: Sequence[np.ndarray], classes: int) -> Array:
    """The detector that does not look: of each class its mean box, sure by the share of training images that hold the class.

    Give its rows as the detections of every test image. Edges should be in a unit that all images share; crowds are left out.

    Args:
        truths: of each training image.
        classes: how many there are.

    Shapes:
        truths (k, 6) for each image; returns (classes that occur, 6): xmin, ymin, xmax, ymax, score, class.

    Raises:
        DataError: when the arrays do not fit.
    """
    truths, _ = checked(truths, [np.zeros((0, 6))] * len(truths), classes)
    plain = [rows[rows[:, 5] == 0] for rows in truths]
    every = np.concatenate([np.zeros((0, 6)), *plain])
    found = []
    for kind in range(classes):
        own = every[every[:, 4] == kind]
        if len(own):
            found.append([*own[:, :4].mean(0), np.mean([bool((rows[:, 4] == kind).any()) for rows in plain]), kind])
    return np.array(found, dtype=np.float64).reshape(-1, 6)


def _curve(truths: Sequence[Array], detections: Sequence[Array], kind: int, level: float, voc: bool) -> PrecisionRecall:
    score, hit, _, wanted = _judged(truths, detections, kind, level, voc)
    order = np.argsort(-score, kind="stable")
    hits = hit[order].cumsum()
    recall = hits / wanted if wanted else np.full(len(hits), np.nan)
    return PrecisionRecall(kind, level, hits / np.arange(1, len(hits) + 1), recall, score[order], wanted)


def _judged(
    truths: Sequence[Array], detections: Sequence[Array], kind: int, level: float, voc: bool
) -> tuple[Array, NDArray[np.bool_], Array, int]:
    """Of all detections of a class that count: score, whether it hits, its overlap; and how many truths there are."""
    if not 0 < level <= 1:
        raise ConfigError(f"an overlap of {level}", "above 0 and at most 1", "use 0.5")
    scores, hits, overlaps, wanted = [], [], [], 0
    for truth, rows in zip(truths, detections, strict=True):
        truth, rows = truth[truth[:, 4] == kind], rows[rows[:, 5] == kind]
        crowd = truth[:, 5] != 0
        wanted += int((~crowd).sum())
        rows = rows[np.argsort(-rows[:, 4], kind="stable")]
        overlap = _overlap(rows, truth, crowd)
        free = ~crowd
        for row, values in zip(rows, overlap, strict=True):
            open_to = np.where(~crowd if voc else free, values, -1)
            best = int(open_to.argmax()) if len(values) else -1
            hit = best >= 0 and open_to[best] >= level and bool(free[best])
            if not hit and (values[crowd] >= level).any():
                continue
            if hit:
                free[best] = False
            scores.append(row[4])
            hits.append(hit)
            overlaps.append(values[best] if hit else 0.0)
    return np.array(scores, dtype=np.float64), np.array(hits, dtype=bool), np.array(overlaps, dtype=np.float64), wanted


def _overlap(boxes: Array, truth: Array, crowd: NDArray[np.bool_]) -> Array:
    """IoU of boxes and truths (d, k); with a crowd the share of the box that lies in it."""
    low = np.maximum(boxes[:, None, :2], truth[None, :, :2])
    high = np.minimum(boxes[:, None, 2:4], truth[None, :, 2:4])
    inside = np.clip(high - low, 0, None).prod(-1)
    area, other = (boxes[:, 2:4] - boxes[:, :2]).prod(-1)[:, None], (truth[:, 2:4] - truth[:, :2]).prod(-1)
    union = np.where(crowd, area, area + other - inside)
    return np.divide(inside, union, out=np.zeros_like(inside), where=union > 0)


def checked(truths: Sequence[np.ndarray], detections: Sequence[np.ndarray], classes: int) -> tuple[list[Array], list[Array]]:
    """Both as lists of (n, 6) float64 arrays with classes in range and finite numbers."""
    if len(truths) != len(detections) or len(truths) == 0 or classes < 1:
        raise DataError(
            f"truths of {len(truths)} images, detections of {len(detections)}, {classes} classes",
            "as many of the one as of the other, at least one, and a class or more",
            "give an image without boxes an array of shape (0, 6)",
        )
    found = [
        [np.asarray(rows, dtype=np.float64).reshape(-1, 6) if np.size(rows) % 6 == 0 else rows for rows in x] for x in (truths, detections)
    ]
    for lists, what, column in ((found[0], "truths", 4), (found[1], "detections", 5)):
        for number, rows in enumerate(lists):
            kind = rows[:, column] if rows.ndim == 2 and rows.shape[1] == 6 else None
            if kind is None or not np.isfinite(rows).all() or ((kind < 0) | (kind >= classes) | (kind % 1 != 0)).any():
                raise DataError(
                    f"{what} of image {number}, shape {rows.shape}",
                    f"(n, 6) finite numbers, classes 0 to {classes - 1} in column {column}",
                    "truths: xmin, ymin, xmax, ymax, class, crowd; detections: xmin, ymin, xmax, ymax, score, class",
                )
    return found[0], found[1]


def _ratio(top: Array, bottom: Array) -> Array:
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)
