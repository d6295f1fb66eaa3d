"""What the report shows of detection: average precision beside mean boxes, curves, a row for each class, and images with boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hibiscus.data.dataset import CROWD, PADDING
from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.evaluation.draw_boxes import drawn, sure
from hibiscus.evaluation.items import Curve, Gallery, ReportItem, Series, Table
from hibiscus.metrics.coco_detection import AveragePrecision, average_precision
from hibiscus.metrics.voc_detection import Found, found_at, mean_boxes, precision_recall, voc_precision
from hibiscus.training.method import Evaluation

__all__ = ["answers", "evaluate_boxes", "in_pixels", "precision_of"]

SHOWN, WORST, CURVES, POINTS = 6, 4, 8, 200
SCALE = 2  # times an image's size, for thin lines and small words
TITLE = "Average precision"


def in_pixels(boxes: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Rows whose first four columns are shares of the sides, in pixels of an image of (height, width)."""
    scaled = boxes.astype(np.float64)
    scaled[:, :4] *= np.array([size[1], size[0], size[1], size[0]])
    return scaled


def truths_of(data: PreparedData, part: str, sizes: np.ndarray | None = None) -> list[np.ndarray]:
    """The true boxes of each image of a part, `(k, 6)`: edges in pixels (in shares without `sizes`), class and whether a crowd."""
    found = []
    for place, rows in enumerate(data.values("boxes", part)):
        own = rows[rows[:, 4] != PADDING]
        crowd = own[:, 4] <= CROWD
        edges = own if sizes is None else in_pixels(own, sizes[place])
        found.append(np.column_stack([edges[:, :4], np.where(crowd, CROWD - own[:, 4], own[:, 4]), crowd]).astype(np.float64))
    return found


def split(found: np.ndarray, sizes: np.ndarray) -> list[np.ndarray]:
    """The detections of each image in its own pixels, `(d, 6)`."""
    return [in_pixels(rows[rows[:, 5] >= 0], size) for rows, size in zip(found, sizes, strict=True)]


def precision_of(found: np.ndarray, data: PreparedData, part: str, classes: Sequence[str]) -> dict[str, float]:
    """The average precisions of a part, by name; those over nothing left out, but for the two that may decide."""
    sizes = data.file_sizes(part)
    figures = average_precision(truths_of(data, part, sizes), split(found, sizes), len(classes)).figures
    return {name: value for name, value in figures.items() if name in ("map50", "map50_95") or (name == "map75" and value == value)}


def evaluate_boxes(found: np.ndarray, data: PreparedData, part: str, classes: list[str], score: float, rate: float) -> Evaluation:
    """Figures, baselines and report items of detections on a part.

    Args:
        found: `(items, most, 6)`: edges in shares, score, class, -1 for no more.
        data: prepared data.
        part: which of its parts.
        classes: the names.
        score: from which a box is shown, and counted in precision and recall.
        rate: images that were read in a second.
    """
    sizes = data.file_sizes(part)
    truths, rows = truths_of(data, part, sizes), split(found, sizes)
    whole = average_precision(truths, rows, len(classes))
    at, voc = found_at(truths, rows, len(classes), score), voc_precision(truths, rows, len(classes))
    blind = mean_boxes(truths_of(data, "train"), len(classes))
    baseline = [in_pixels(blind, size) for size in sizes]
    baselines = {"mean box of each class": _figures(truths, baseline, classes, score)}
    report_items: list[ReportItem] = [
        _examples(found, data, part, classes, score),
        _by_class(whole.by_class50, whole.by_class, voc, at, classes, score, rate),
        *_curves(truths, rows, classes),
        _worst(found, truths, rows, data, part, classes, score),
    ]
    return Evaluation(_told(whole, voc, at), baselines, report_items)


def _figures(truths: list[np.ndarray], rows: list[np.ndarray], classes: Sequence[str], score: float) -> dict[str, float]:
    """COCO's figures, VOC's, and what stands above a score; those over nothing left out."""
    return _told(
        average_precision(truths, rows, len(classes)),
        voc_precision(truths, rows, len(classes)),
        found_at(truths, rows, len(classes), score),
    )


def _told(whole: AveragePrecision, voc: np.ndarray, at: Found) -> dict[str, float]:
    """The figures of a set by name."""
    figures = dict(whole.figures)
    figures["voc_ap50"] = _mean(voc)
    hits, given, true = at.hits.sum(), at.detections.sum(), at.truths.sum()
    figures["precision"] = hits / given if given else np.nan
    figures["recall"] = hits / true if true else np.nan
    figures["matched_iou"] = _mean(at.mean_iou)
    return {name: float(value) for name, value in figures.items() if value == value}


def _mean(values: np.ndarray) -> float:
    good = values[~np.isnan(values)]
    return float(good.mean()) if len(good) else float("nan")


def _by_class(ap50: np.ndarray, ap: np.ndarray, voc: np.ndarray, at: Found, classes: list[str], score: float, rate: float) -> Table:
    columns = ["class", "AP50", "AP50-95", "VOC AP50", "precision", "recall", "mean IoU", "true boxes", "boxes given"]
    rows = [
        [
            name,
            *(_cell(values[i]) for values in (ap50, ap, voc, at.precision, at.recall, at.mean_iou)),
            int(at.truths[i]),
            int(at.detections[i]),
        ]
        for i, name in enumerate(classes)
    ]
    note = f"Precision, recall and the IoU of matched boxes: of the boxes with a score of {score:g} or more, at an overlap of 0.5."
    note += f" {rate:,.0f} images were read in a second."
    return Table("Class by class", columns, rows, note)


def _cell(value: float) -> float | str:
    return float(value) if value == value else "-"


def _curves(truths: list[np.ndarray], rows: list[np.ndarray], classes: list[str]) -> list[ReportItem]:
    """Precision over recall at three overlaps, for the first few classes."""
    found: list[ReportItem] = []
    curves = [curve for curve in precision_recall(truths, rows, len(classes), (0.5, 0.75, 0.9)) if curve.truths and len(curve.recall)]
    for level in (0.5, 0.75, 0.9):
        lines = []
        for curve in [curve for curve in curves if curve.level == level][:CURVES]:
            some = evenly_spaced(len(curve.recall), POINTS)
            lines.append(Series(classes[curve.label], curve.recall[some], curve.precision[some]))
        if lines:
            note = "Each point: all boxes from some score on. A box is right if it overlaps a true one of its class by this much."
            found.append(Curve(f"Precision over recall at an overlap of {level:g}", "recall", "precision", lines, False, note, shares=True))
    return found


def _strips(
    places: np.ndarray, found: np.ndarray, data: PreparedData, part: str, classes: list[str], score: float
) -> tuple[list[np.ndarray], list[str]]:
    """The true boxes and the given ones side by side, and a caption for each."""
    images, truth, names = data.values("image", part), data.values("boxes", part), data.ids(part)
    strips, captions = [], []
    for place in places:
        true = truth[place][truth[place][:, 4] >= 0]
        given, words = sure(found[place], classes, score)
        sides = [drawn(images[place], true, [""] * len(true), SCALE), drawn(images[place], given, words, SCALE)]
        strips.append(np.concatenate([sides[0], np.full((sides[0].shape[0], 6, 3), 255, np.uint8), sides[1]], axis=1))
        captions.append(f"{names[place]}: {len(true)} boxes, {len(given)} given")
    return strips, captions


def _examples(found: np.ndarray, data: PreparedData, part: str, classes: list[str], score: float) -> Gallery:
    note = f"Left the true boxes, right those given with a score of {score:g} or more. Evenly spaced images, not chosen."
    return Gallery("Truth, and answer", *_strips(evenly_spaced(len(found), SHOWN), found, data, part, classes, score), note)


def _worst(
    found: np.ndarray, truths: list[np.ndarray], rows: list[np.ndarray], data: PreparedData, part: str, classes: list[str], score: float
) -> Gallery:
    """The images with most boxes missed or invented."""
    wrong = []
    for truth, given in zip(truths, rows, strict=True):
        at = found_at([truth], [given], len(classes), score)
        wrong.append(int(at.truths.sum() + at.detections.sum() - 2 * at.hits.sum()))
    places = np.argsort(-np.array(wrong), kind="stable")[:WORST]
    strips, captions = _strips(places, found, data, part, classes, score)
    captions = [f"{caption}; {wrong[place]} missed or invented" for caption, place in zip(captions, places, strict=True)]
    return Gallery("The worst", strips, captions, "Look here first: boxes are often missing in the truth too.")


def answers(found: np.ndarray, data: PreparedData, part: str, classes: list[str], score: float) -> dict[str, Any]:
    """What `predict` gives.

    Returns:
        `found`, how many of what in words; `boxes` float64 `(items, most, 6)`: edges in each image's own pixels, score, and class,
        -1 for no more; `size` `(items, 2)`, height and width of the images; `box_classes`, the names; `overlay` uint8
        `(items, height, width, 3)`, the surest drawn.
    """
    sizes, images = data.file_sizes(part), data.values("image", part)
    shown = [sure(rows, classes, score) for rows in found]
    counts = []
    for own, _ in shown:
        numbers = np.bincount(own[:, 5].astype(np.int64), minlength=len(classes))
        counts.append(", ".join(f"{count} {name}" for count, name in zip(numbers, classes, strict=True) if count) or "nothing")
    return {
        "found": counts,
        "boxes": np.stack([np.where(rows[:, 5:] >= 0, in_pixels(rows, size), rows) for rows, size in zip(found, sizes, strict=True)]),
        "size": sizes,
        "box_classes": classes,
        "overlay": np.stack([drawn(image, *some) for image, some in zip(images, shown, strict=True)]),
    }
