"""Evaluation of semantic segmentation: metrics, a baseline that ignores the image, and images."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable

import numpy as np

from hibiscus.data.dataset import IGNORED
from hibiscus.data.lazy_rows import LazyRows
from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.evaluation.items import Gallery, Matrix, ReportItem, Table
from hibiscus.evaluation.shown_outputs import ShownOutputs
from hibiscus.metrics.segmentation import (
    SegmentationSums,
    confusion_matrices,
    iou_and_dice,
    most_frequent_class,
)
from hibiscus.training.method import Evaluation

__all__ = ["IGNORED", "colors_of", "draw_mask", "evaluate_segments"]

EXAMPLES, LARGEST_ERRORS, MAX_CLASSES, MAX_MASKS = 6, 4, 30, 2000
EXAMPLES_NOTE = (
    "From left to right: image, true mask, predicted mask. Evenly spaced items of the part, not selected."
)
ERRORS_NOTE = "The images with the lowest pixel accuracy. Check them first: their masks may be wrong."


def colors_of(classes: int) -> np.ndarray:
    """Distinct colors for the class numbers, uint8 `(256, 3)`; first one dark, ignored pixels white."""
    table = np.full((256, 3), 255, np.uint8)
    for number in range(classes):
        hue = (0.08 + number * 0.618034) % 1.0  # multiples of the golden ratio give distinct hues
        rgb = (
            (0.16, 0.16, 0.19)
            if number == 0
            else colorsys.hsv_to_rgb(hue, 0.75 - 0.25 * (number % 2), 0.95 - 0.2 * (number % 3 == 2))
        )
        table[number] = np.round(255 * np.array(rgb))
    return table


def draw_mask(image: np.ndarray, mask: np.ndarray, classes: int, opacity: float = 0.55) -> np.ndarray:
    """Draws a mask in color over an image uint8 `(height, width, 1 or 3)` in gray; `(height, width, 3)`."""
    gray = image if image.shape[2] == 1 else image[..., :3] @ np.array([[0.299], [0.587], [0.114]])
    return np.round((1 - opacity) * gray + opacity * colors_of(classes)[mask]).astype(np.uint8)


def evaluate_segments(
    predicted: Iterable[np.ndarray], data: PreparedData, part: str, classes: list[str]
) -> Evaluation:
    """Metrics, baselines and report items of predicted masks on a part.

    Args:
        predicted: class numbers uint8 `(items, height, width)`, in batches.
        data: prepared data.
        part: which of its parts.
        classes: the names of the classes.
    """
    truth, count, done = data.rows("mask", part), len(classes), 0
    train = LazyRows(data.rows("mask", "train").__getitem__, data.subsample("train", MAX_MASKS))
    frequent = most_frequent_class(train, count)
    sums, baseline = SegmentationSums(count), SegmentationSums(count)
    typical = evenly_spaced(len(truth), EXAMPLES)
    shown = ShownOutputs(typical, LARGEST_ERRORS)
    for masks in predicted:
        true = truth[done : done + len(masks)]
        accuracy = sums.add(confusion_matrices(masks, true, count))
        shown.add(masks, -accuracy)
        baseline.add(confusion_matrices(np.broadcast_to(frequent, true.shape), true, count))
        done += len(masks)
    total = sums.total
    iou, dice = iou_and_dice(total)
    class_iou = {
        f"iou_{_identifier(name)}": float(value)
        for name, value in zip(classes, iou, strict=True)
        if not np.isnan(value)
    }
    report_items: list[ReportItem] = [
        _gallery("Examples", typical, shown, data, part, classes, EXAMPLES_NOTE),
        _by_class(total, iou, dice, classes),
        _gallery("Largest errors", shown.largest, shown, data, part, classes, ERRORS_NOTE),
    ]
    if count <= MAX_CLASSES:
        fractions = total / np.maximum(1, total.sum(1, keepdims=True))
        note = "Rows: true class. Columns: predicted class, as a fraction of the pixels of the true class."
        report_items.append(Matrix("Confusion matrix", classes, classes, np.round(fractions, 3), note))
    baselines = {"most frequent class at each position": baseline.metrics()}
    return Evaluation({**sums.metrics(), **class_iou}, baselines, report_items)


def _identifier(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name.lower()).strip("_")


def _by_class(total: np.ndarray, iou: np.ndarray, dice: np.ndarray, classes: list[str]) -> Table:
    true, predicted, hits = total.sum(1), total.sum(0), np.diagonal(total)
    rows = [
        [
            name,
            float(iou[i]),
            float(dice[i]),
            float(hits[i] / max(1, true[i])),
            float(hits[i] / max(1, predicted[i])),
            float(true[i] / max(1, total.sum())),
        ]
        for i, name in enumerate(classes)
        if true[i] + predicted[i]
    ]
    note = "Over all labeled pixels of the part. Every class counts, including the background."
    return Table(
        "Metrics by class", ["class", "IoU", "Dice", "recall", "precision", "fraction of pixels"], rows, note
    )


def _gallery(
    title: str,
    rows: np.ndarray,
    shown: ShownOutputs,
    data: PreparedData,
    part: str,
    classes: list[str],
    note: str,
) -> Gallery:
    """Image, true mask and predicted mask side by side, with captions."""
    images, truth, ids = data.rows("image", part)[rows], data.rows("mask", part)[rows], data.ids(part)
    panels, captions = [], []
    for image, true, predicted, row in zip(images, truth, shown.of(rows), rows, strict=True):
        rgb = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
        overlays = [draw_mask(image, mask, len(classes)) for mask in (true, predicted)]
        gap = np.full((image.shape[0], 4, 3), 255, np.uint8)
        panels.append(np.concatenate([rgb, gap, overlays[0], gap, overlays[1]], axis=1))
        known = true != IGNORED
        accuracy = (predicted == true)[known].mean() if known.any() else 0.0
        captions.append(f"{ids[row]}: pixel accuracy {accuracy:.1%}")
    return Gallery(title, panels, captions, note, _color_key(classes))


def _color_key(classes: list[str]) -> list[tuple[str, str]]:
    """The legend: the colors of the classes."""
    colors = colors_of(len(classes))[: min(len(classes), MAX_CLASSES)]
    return [(name, "#" + bytes(color).hex()) for name, color in zip(classes, colors, strict=False)] + [
        ("ignored", "#ffffff")
    ]
