"""How good are detected boxes: average precision as COCO and as VOC count it, curves, and figures at one threshold.

Truths and detections are lists with one array per picture, in pixels: truths (k, 6) xmin, ymin, xmax, ymax, class, crowd (0 or 1);
detections (d, 6) xmin, ymin, xmax, ymax, score, class. COCO's figures come from faster-coco-eval, which counts as pycocotools does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hibiscus.errors import ConfigError, DataError

__all__ = [
    "AveragePrecision",
    "Found",
    "PrecisionRecall",
    "average_precision",
    "found_at",
    "mean_boxes",
    "precision_recall",
    "voc_precision",
]

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


def average_precision(truths: Sequence[np.ndarray], detections: Sequence[np.ndarray], classes: int) -> AveragePrecision:
    r"""Average precision and average recall as COCO counts them.

        map50_95 = mean over classes and the overlaps 0.50, 0.55 ... 0.95 of mean(precision at recall 0, 0.01 ... 1)
        map50, map75 at one overlap;  small < 32**2 <= medium < 96**2 <= large in square pixels
        ar1, ar10, ar100 = highest recall with as many detections of a picture and class, the mean over classes and overlaps

    At most 100 detections of a class in a picture count, the best. A detection on a crowd counts neither way. Figures over nothing
    are not a number.

    Args:
        truths: of each picture.
        detections: of each picture.
        classes: how many there are.

    Shapes:
        truths (k, 6), detections (d, 6) for each picture; returns twelve figures in [0, 1] and three arrays (classes,).

    Raises:
        DataError: when the arrays do not fit.

    Reference: Lin et al., "Microsoft COCO: Common Objects in Context", 2014, arXiv 1405.0312; its evaluation code.
    """
    truths, detections = _checked(truths, detections, classes)
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


def precision_recall(
    truths: Sequence[np.ndarray], detections: Sequence[np.ndarray], classes: int, levels: Iterable[float] = (0.5, 0.75)
) -> list[PrecisionRecall]:
    """Curves of precision over recall, of each class at each level of overlap.

    From the best score down, a detection goes to the free truth of its class that it overlaps most, if by the level or more: a hit.
    What goes to none is a false alarm, unless it lies in a crowd.

    Args:
        truths: of each picture.
        detections: of each picture.
        classes: how many there are.
        levels: of overlap, in (0, 1].

    Shapes:
        as `average_precision`; returns one curve for each class and level, class after class.

    Raises:
        DataError: when the arrays do not fit.
        ConfigError: a level outside (0, 1].
    """
    truths, detections = _checked(truths, detections, classes)
    return [_curve(truths, detections, kind, level, False) for kind in range(classes) for level in levels]


def voc_precision(truths: Sequence[np.ndarray], detections: Sequence[np.ndarray], classes: int, level: float = 0.5) -> Array:
    r"""Average precision of each class as Pascal VOC counts it since 2010: the area under the curve, made to fall.

        ap = sum((recall_n+1 - recall_n) * max(precision from recall_n+1 on))

    A detection goes to the truth that it overlaps most; where that was found already, it is a false alarm. Crowds count as VOC's
    difficult objects: neither way.

    Args:
        truths: of each picture.
        detections: of each picture.
        classes: how many there are.
        level: of overlap (VOC: 0.5).

    Shapes:
        as `average_precision`; returns (classes,), not a number for a class without truths.

    Raises:
        DataError: when the arrays do not fit.
        ConfigError: a level outside (0, 1].

    Reference: Everingham et al., "The Pascal Visual Object Classes Challenge: A Retrospective", IJCV 111, 2015.
    """
    truths, detections = _checked(truths, detections, classes)
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
        truths: of each picture.
        detections: of each picture.
        classes: how many there are.
        score: detections of this score or more are drawn.
        level: of overlap from which a box is found, in (0, 1].

    Shapes:
        as `average_precision`; returns arrays (classes,).

    Raises:
        DataError: when the arrays do not fit.
        ConfigError: a level outside (0, 1].
    """
    truths, detections = _checked(truths, detections, classes)
    drawn = [rows[rows[:, 4] >= score] for rows in detections]
    hits, counts, wanted, overlap = (np.zeros(classes) for _ in range(4))
    for kind in range(classes):
        _, hit, value, wanted[kind] = _judged(truths, drawn, kind, level, False)
        hits[kind], counts[kind], overlap[kind] = hit.sum(), len(hit), value[hit].sum()
    whole = [x.astype(np.int64) for x in (hits, counts, wanted)]
    return Found(_ratio(hits, counts), _ratio(hits, wanted), _ratio(overlap, hits), *whole)


def mean_boxes(truths: Sequence[np.ndarray], classes: int) -> Array:
    """The detector that does not look: of each class its mean box, sure by the share of training pictures that hold the class.

    Give its rows as the detections of every test picture. Edges should be in a unit that all pictures share; crowds are left out.

    Args:
        truths: of each training picture.
        classes: how many there are.

    Shapes:
        truths (k, 6) for each picture; returns (classes that occur, 6): xmin, ymin, xmax, ymax, score, class.

    Raises:
        DataError: when the arrays do not fit.
    """
    truths, _ = _checked(truths, [np.zeros((0, 6))] * len(truths), classes)
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


def _annotations(lists: Sequence[Array], keys: tuple[str, str]) -> Iterator[dict[str, float | int | list[float]]]:
    """The rows as COCO's dictionaries; their two last columns are called so."""
    number = 0
    for picture, rows in enumerate(lists):
        for x, y, right, low, *rest in rows.tolist():
            number += 1
            box = [x, y, right - x, low - y]
            row = {"id": number, "image_id": picture + 1, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            row |= {key: value if key == "score" else int(value) + (key == "category_id") for key, value in zip(keys, rest, strict=True)}
            yield row


def _checked(truths: Sequence[np.ndarray], detections: Sequence[np.ndarray], classes: int) -> tuple[list[Array], list[Array]]:
    """Both as lists of (n, 6) float64 arrays with classes in range and finite numbers."""
    if len(truths) != len(detections) or len(truths) == 0 or classes < 1:
        raise DataError(
            f"truths of {len(truths)} pictures, detections of {len(detections)}, {classes} classes",
            "as many of the one as of the other, at least one, and a class or more",
            "give a picture without boxes an array of shape (0, 6)",
        )
    found = [
        [np.asarray(rows, dtype=np.float64).reshape(-1, 6) if np.size(rows) % 6 == 0 else rows for rows in x] for x in (truths, detections)
    ]
    for lists, what, column in ((found[0], "truths", 4), (found[1], "detections", 5)):
        for number, rows in enumerate(lists):
            kind = rows[:, column] if rows.ndim == 2 and rows.shape[1] == 6 else None
            if kind is None or not np.isfinite(rows).all() or ((kind < 0) | (kind >= classes) | (kind % 1 != 0)).any():
                raise DataError(
                    f"{what} of picture {number}, shape {rows.shape}",
                    f"(n, 6) finite numbers, classes 0 to {classes - 1} in column {column}",
                    "truths: xmin, ymin, xmax, ymax, class, crowd; detections: xmin, ymin, xmax, ymax, score, class",
                )
    return found[0], found[1]


def _ratio(top: Array, bottom: Array) -> Array:
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)


def _mean(values: Array) -> float:
    """Of those that are counted; COCO writes -1 where there is nothing to count."""
    counted = values[values > -1]
    return float(counted.mean()) if counted.size else float("nan")


def _or_nan(value: float) -> float:
    return float(value) if value > -1 else float("nan")


def _silent(*_: object) -> None:
    """What faster-coco-eval prints with."""
