"""What the report shows of segmentation: figures beside a rival that does not look, a row for each class, and images."""

from __future__ import annotations

import colorsys

import numpy as np

from hibiscus.data.dataset import IGNORED
from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.evaluation.items import Gallery, Matrix, ReportItem, Table
from hibiscus.metrics.segmentation import class_figures, common_class, confusion_of, segmentation_metrics
from hibiscus.training.method import Evaluation

__all__ = ["IGNORED", "colors_of", "evaluate_segments", "painted"]

SHOWN, WORST, MOST_SHOWN_CLASSES, MOST_MASKS = 6, 4, 30, 2000


def colors_of(classes: int) -> np.ndarray:
    """A colour for each class number, uint8 `(256, 3)`: the first dark, the others well apart; what is ignored white."""
    table = np.full((256, 3), 255, np.uint8)
    for number in range(classes):
        hue = (0.08 + number * 0.618034) % 1.0  # the golden ratio never comes back near where it was
        rgb = (0.16, 0.16, 0.19) if number == 0 else colorsys.hsv_to_rgb(hue, 0.75 - 0.25 * (number % 2), 0.95 - 0.2 * (number % 3 == 2))
        table[number] = np.round(255 * np.array(rgb))
    return table


def painted(image: np.ndarray, mask: np.ndarray, classes: int, share: float = 0.55) -> np.ndarray:
    """An image uint8 `(height, width, 1 or 3)`, in grey, with the classes of its pixels over it as colours, `(height, width, 3)`."""
    base = image if image.shape[2] == 1 else image[..., :3] @ np.array([[0.299], [0.587], [0.114]])
    return np.round((1 - share) * base + share * colors_of(classes)[mask]).astype(np.uint8)


def evaluate_segments(given: np.ndarray, data: PreparedData, part: str, classes: list[str]) -> Evaluation:
    """Figures, baselines and report items of answers on a part.

    Args:
        given: class numbers uint8 `(items, height, width)`.
        data: prepared data.
        part: which of its parts.
        classes: the names.
    """
    truth, count = data.values("mask", part), len(classes)
    confusions = confusion_of(given, truth, count)
    train = data.values("mask", "train")
    common = common_class(train[evenly_spaced(len(train), MOST_MASKS)], count)
    baseline = confusion_of(np.broadcast_to(common, truth.shape), truth, count)
    whole = confusions.sum(0)
    iou, overlap = class_figures(whole)
    named = {f"iou_{_word(name)}": float(value) for name, value in zip(classes, iou, strict=True) if not np.isnan(value)}
    figures = segmentation_metrics(confusions)
    report_items: list[ReportItem] = [
        _examples(given, truth, data, part, classes),
        _by_class(whole, iou, overlap, classes),
        _worst(given, truth, confusions, data, part, classes),
    ]
    if count <= MOST_SHOWN_CLASSES:
        shares = whole / np.maximum(1, whole.sum(1, keepdims=True))
        note = "Each row: of the pixels that truly are of this class, the share that was given each class."
        report_items.append(Matrix("What is taken for what", classes, classes, np.round(shares, 3), note))
    return Evaluation({**figures, **named}, {"commonest class at each place": segmentation_metrics(baseline)}, report_items)


def _word(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name.lower()).strip("_")


def _by_class(whole: np.ndarray, iou: np.ndarray, overlap: np.ndarray, classes: list[str]) -> Table:
    true, given = whole.sum(1), whole.sum(0)
    rows = [
        [name, float(iou[i]), float(overlap[i]), *_rates(whole[i, i], true[i], given[i]), float(true[i] / max(1, whole.sum()))]
        for i, name in enumerate(classes)
        if true[i] + given[i]
    ]
    note = "Over all pixels of the part at once. Pixels of no known class count nowhere; every other class counts, the background too."
    return Table("Class by class", ["class", "IoU", "Dice", "recall", "precision", "share of the pixels"], rows, note)


def _rates(hit: int, true: int, given: int) -> tuple[float, float]:
    return float(hit / max(1, true)), float(hit / max(1, given))


def _examples(given: np.ndarray, truth: np.ndarray, data: PreparedData, part: str, classes: list[str]) -> Gallery:
    rows = evenly_spaced(len(given), SHOWN)
    note = "Left the image, then the true classes, then the answer. Evenly spaced, not chosen."
    return Gallery("Images, truth, and answer", *_strips(rows, given, truth, data, part, classes), note, _key(classes))


def _worst(given: np.ndarray, truth: np.ndarray, confusions: np.ndarray, data: PreparedData, part: str, classes: list[str]) -> Gallery:
    right = np.trace(confusions, axis1=1, axis2=2) / np.maximum(1, confusions.sum((1, 2)))
    rows = np.argsort(right, kind="stable")[:WORST]
    note = "The images with most wrong pixels: look here first, for masks are often wrong too."
    return Gallery("The worst", *_strips(rows, given, truth, data, part, classes), note, _key(classes))


def _strips(
    rows: np.ndarray, given: np.ndarray, truth: np.ndarray, data: PreparedData, part: str, classes: list[str]
) -> tuple[list[np.ndarray], list[str]]:
    """Image, truth and answer side by side, and a caption for each."""
    images, names = data.values("image", part)[rows], data.ids(part)
    strips, captions = [], []
    for image, row in zip(images, rows, strict=True):
        plain = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
        sides = [plain, *(painted(image, mask[row], len(classes)) for mask in (truth, given))]
        gap = np.full((image.shape[0], 4, 3), 255, np.uint8)
        strips.append(np.concatenate([sides[0], gap, sides[1], gap, sides[2]], axis=1))
        known = truth[row] != IGNORED
        right = (given[row] == truth[row])[known].mean() if known.any() else 0.0
        captions.append(f"{names[row]}: {right:.1%} of the pixels right")
    return strips, captions


def _key(classes: list[str]) -> list[tuple[str, str]]:
    """The colours that classes are painted in."""
    colors = colors_of(len(classes))[: min(len(classes), MOST_SHOWN_CLASSES)]
    return [(name, "#" + bytes(color).hex()) for name, color in zip(classes, colors, strict=False)] + [("not known", "#ffffff")]
