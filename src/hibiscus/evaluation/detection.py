"""Evaluation of object detection: average precision, precision-recall curves, metrics by class, images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hibiscus.data.dataset import CROWD, PADDING
from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.evaluation.draw_boxes import above_score, draw_boxes
from hibiscus.evaluation.items import Curve, Gallery, ReportItem, Series, Table
from hibiscus.metrics.coco_detection import AveragePrecision, average_precision
from hibiscus.metrics.score_threshold import best_score_threshold
from hibiscus.metrics.voc_detection import (
    ThresholdMetrics,
    mean_boxes,
    metrics_at_threshold,
    precision_recall,
    voc_precision,
)
from hibiscus.training.method import Evaluation

__all__ = [
    "choose_score_threshold",
    "evaluate_boxes",
    "in_pixels",
    "mean_average_precision",
]

EXAMPLES, LARGEST_ERRORS, MAX_CURVES, MAX_POINTS = 6, 4, 8, 200
SCALE = 2  # factor by which images are enlarged, so that lines and labels are legible


def in_pixels(boxes: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Converts the first four columns of rows from fractions of the sides to pixels; `size` is (height,
    width).
    """
    scaled = boxes.astype(np.float64)
    scaled[:, :4] *= np.array([size[1], size[0], size[1], size[0]])
    return scaled


def ground_truth(data: PreparedData, part: str, sizes: np.ndarray | None = None) -> list[np.ndarray]:
    """The true boxes of each image, `(k, 6)`: edges (pixels; fractions without `sizes`), class and crowd
    flag.
    """
    truths = []
    for index, rows in enumerate(data.values("boxes", part)):
        boxes = rows[rows[:, 4] != PADDING]
        crowd = boxes[:, 4] <= CROWD
        edges = boxes if sizes is None else in_pixels(boxes, sizes[index])
        truths.append(
            np.column_stack([edges[:, :4], np.where(crowd, CROWD - boxes[:, 4], boxes[:, 4]), crowd]).astype(
                np.float64
            )
        )
    return truths


def annotated_areas(data: PreparedData, part: str, sizes: np.ndarray) -> list[np.ndarray] | None:
    """The annotated area in pixels of each true box of each image; None if they are those of the boxes."""
    fractions = data.dataset.fields.get("box_areas")
    if fractions is None:
        return None
    rows = np.asarray(fractions)[data.parts[part]].astype(np.float64)
    return [
        values[boxes[:, 4] != PADDING] * size.prod()
        for values, boxes, size in zip(rows, data.values("boxes", part), sizes, strict=True)
    ]


def _pixel_detections(detections: np.ndarray, sizes: np.ndarray) -> list[np.ndarray]:
    """The detections of each image, `(d, 6)`, in pixels of the image file and without padding."""
    return [in_pixels(rows[rows[:, 5] >= 0], size) for rows, size in zip(detections, sizes, strict=True)]


def mean_average_precision(
    detections: np.ndarray, data: PreparedData, part: str, classes: Sequence[str]
) -> dict[str, float]:
    """`map50`, `map50_95` and, if defined, `map75` of a part."""
    sizes = data.file_sizes(part)
    metrics = average_precision(
        ground_truth(data, part, sizes), _pixel_detections(detections, sizes), len(classes)
    ).metrics
    return {
        name: value
        for name, value in metrics.items()
        if name in ("map50", "map50_95") or (name == "map75" and value == value)
    }


def choose_score_threshold(
    detections: np.ndarray, data: PreparedData, part: str, classes: Sequence[str]
) -> float | None:
    """The score threshold with the highest F1 on a part; None if no box is right at any threshold."""
    sizes = data.file_sizes(part)
    truths, rows = ground_truth(data, part, sizes), _pixel_detections(detections, sizes)
    best = best_score_threshold(truths, rows, len(classes))
    return best[0] if best is not None else None


def evaluate_boxes(
    detections: np.ndarray,
    data: PreparedData,
    part: str,
    classes: list[str],
    score: float,
    throughput: float,
    chosen: bool = False,
) -> Evaluation:
    """Metrics, baselines and report items of detections on a part.

    Args:
        detections: `(items, max boxes, 6)`: relative edges, score, class; class -1 is padding.
        data: prepared data.
        part: which of its parts.
        classes: the names of the classes.
        score: minimum score of boxes that are drawn and count in precision and recall.
        throughput: images per second.
        chosen: whether the score was chosen on the validation part.
    """
    sizes = data.file_sizes(part)
    truths, rows = ground_truth(data, part, sizes), _pixel_detections(detections, sizes)
    areas = annotated_areas(data, part, sizes)
    ap, voc = average_precision(truths, rows, len(classes), areas), voc_precision(truths, rows, len(classes))
    at_threshold = metrics_at_threshold(truths, rows, len(classes), score)
    mean = mean_boxes(ground_truth(data, "train"), len(classes))
    baseline = [in_pixels(mean, size) for size in sizes]
    baselines = {
        "mean box of each class": _metrics(
            average_precision(truths, baseline, len(classes), areas),
            voc_precision(truths, baseline, len(classes)),
            metrics_at_threshold(truths, baseline, len(classes), score),
        )
    }
    how = " (the best F1 on the validation part)" if chosen else ""
    note = f"Precision, recall and matched IoU: at a score of at least {score:.3g}{how} and an IoU of 0.5."
    note += f" Throughput: {throughput:,.0f} images per second."
    report_items: list[ReportItem] = [
        _examples(detections, data, part, classes, score),
        _by_class(ap, voc, at_threshold, classes, note),
        *_curves(truths, rows, classes),
        _largest_errors(detections, truths, rows, data, part, classes, score),
    ]
    return Evaluation(_metrics(ap, voc, at_threshold), baselines, report_items)


def _metrics(ap: AveragePrecision, voc: np.ndarray, at_threshold: ThresholdMetrics) -> dict[str, float]:
    """The metrics of COCO and VOC and those at the score threshold, by name, without undefined ones."""
    metrics = dict(ap.metrics)
    metrics["voc_ap50"] = _mean(voc)
    hits, detections, truths = (
        at_threshold.hits.sum(),
        at_threshold.detections.sum(),
        at_threshold.truths.sum(),
    )
    metrics["precision"] = hits / detections if detections else np.nan
    metrics["recall"] = hits / truths if truths else np.nan
    metrics["matched_iou"] = _mean(at_threshold.matched_iou)
    return {name: float(value) for name, value in metrics.items() if value == value}


def _mean(values: np.ndarray) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def _by_class(
    ap: AveragePrecision, voc: np.ndarray, at_threshold: ThresholdMetrics, classes: list[str], note: str
) -> Table:
    columns = [
        "class",
        "AP50",
        "AP50-95",
        "VOC AP50",
        "precision",
        "recall",
        "matched IoU",
        "true boxes",
        "predicted boxes",
    ]
    values = (
        ap.by_class50,
        ap.by_class,
        voc,
        at_threshold.precision,
        at_threshold.recall,
        at_threshold.matched_iou,
    )
    rows = [
        [
            name,
            *(_cell(column[i]) for column in values),
            int(at_threshold.truths[i]),
            int(at_threshold.detections[i]),
        ]
        for i, name in enumerate(classes)
    ]
    return Table("Metrics by class", columns, rows, note)


def _cell(value: float) -> float | str:
    return float(value) if value == value else "-"


def _curves(truths: list[np.ndarray], rows: list[np.ndarray], classes: list[str]) -> list[ReportItem]:
    """Precision-recall curves at three IoU thresholds, for the first few classes."""
    plots: list[ReportItem] = []
    levels = (0.5, 0.75, 0.9)
    curves = [
        curve
        for curve in precision_recall(truths, rows, len(classes), levels)
        if curve.truths and len(curve.recall)
    ]
    for level in levels:
        lines = []
        for curve in [curve for curve in curves if curve.level == level][:MAX_CURVES]:
            points = evenly_spaced(len(curve.recall), MAX_POINTS)
            lines.append(Series(classes[curve.label], curve.recall[points], curve.precision[points]))
        if lines:
            title = f"Precision-recall curves at an IoU of {level:g}"
            note = "Each point: all boxes above a score; correct if a true box has at least this IoU."
            plots.append(Curve(title, "recall", "precision", lines, False, note, shares=True))
    return plots


def _panels(
    indices: np.ndarray,
    detections: np.ndarray,
    data: PreparedData,
    part: str,
    classes: list[str],
    score: float,
) -> tuple[list[np.ndarray], list[str]]:
    """Images with the true and predicted boxes side by side, each with a caption."""
    images, truth, ids = data.rows("image", part), data.values("boxes", part), data.ids(part)
    panels, captions = [], []
    for index in indices:
        true = truth[index][truth[index][:, 4] >= 0]
        predicted, names = above_score(detections[index], classes, score)
        left = draw_boxes(images[index], true, [""] * len(true), SCALE)
        right = draw_boxes(images[index], predicted, names, SCALE)
        panels.append(np.concatenate([left, np.full((left.shape[0], 6, 3), 255, np.uint8), right], axis=1))
        captions.append(f"{ids[index]}: {len(true)} true boxes, {len(predicted)} predicted")
    return panels, captions


def _examples(
    detections: np.ndarray, data: PreparedData, part: str, classes: list[str], score: float
) -> Gallery:
    indices = evenly_spaced(len(detections), EXAMPLES)
    note = f"Left: true boxes. Right: predictions with a score of at least {score:.3g}. Evenly spaced items."
    return Gallery("Examples", *_panels(indices, detections, data, part, classes, score), note)


def _largest_errors(
    detections: np.ndarray,
    truths: list[np.ndarray],
    rows: list[np.ndarray],
    data: PreparedData,
    part: str,
    classes: list[str],
    score: float,
) -> Gallery:
    """The images with the most false positives and false negatives."""
    errors = []
    for truth, predicted in zip(truths, rows, strict=True):
        counts = metrics_at_threshold([truth], [predicted], len(classes), score)
        errors.append(int(counts.truths.sum() + counts.detections.sum() - 2 * counts.hits.sum()))
    indices = np.argsort(-np.array(errors), kind="stable")[:LARGEST_ERRORS]
    panels, captions = _panels(indices, detections, data, part, classes, score)
    captions = [
        f"{caption}; {errors[index]} errors" for caption, index in zip(captions, indices, strict=True)
    ]
    note = "The images with the most false positives and negatives. Check them first: boxes may be missing."
    return Gallery("Largest errors", panels, captions, note)
