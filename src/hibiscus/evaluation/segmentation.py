"""What the report shows of segmentation: figures beside a rival that does not look, a row for each class, and pictures."""

from __future__ import annotations

import colorsys

import numpy as np

from hibiscus.data.masks.preparation import IGNORED
from hibiscus.data.prepared import PreparedData, evenly
from hibiscus.evaluation.items import Exhibit, Gallery, Matrix, Table
from hibiscus.metrics.segmentation import class_figures, common_class, confusion_of, segmentation_metrics
from hibiscus.training.method import Examination

__all__ = ["IGNORED", "colours_of", "examine_segments", "painted"]

SHOWN, WORST, MOST_SHOWN_CLASSES, MOST_MASKS = 6, 4, 30, 2000


def colours_of(classes: int) -> np.ndarray:
    """A colour for each class number, uint8 `(256, 3)`: the first dark, the others well apart; what is ignored white."""
    table = np.full((256, 3), 255, np.uint8)
    for number in range(classes):
        hue = (0.08 + number * 0.618034) % 1.0  # the golden ratio never comes back near where it was
        rgb = (0.16, 0.16, 0.19) if number == 0 else colorsys.hsv_to_rgb(hue, 0.75 - 0.25 * (number % 2), 0.95 - 0.2 * (number % 3 == 2))
        table[number] = np.round(255 * np.array(rgb))
    return table


def painted(picture: np.ndarray, mask: np.ndarray, classes: int, share: float = 0.55) -> np.ndarray:
    """A picture uint8 `(height, width, 1 or 3)`, in grey, with the classes of its pixels over it as colours, `(height, width, 3)`."""
    base = picture if picture.shape[2] == 1 else picture[..., :3] @ np.array([[0.299], [0.587], [0.114]])
    return np.round((1 - share) * base + share * colours_of(classes)[mask]).astype(np.uint8)


def examine_segments(given: np.ndarray, data: PreparedData, part: str, classes: list[str]) -> Examination:
    """Figures, baselines and exhibits of answers on a part.

    Args:
        given: class numbers uint8 `(items, height, width)`.
        data: prepared data.
        part: which of its parts.
        classes: the names.
    """
    truth, count = data.values("mask", part), len(classes)
    confusions = confusion_of(given, truth, count)
    train = data.values("mask", "train")
    common = common_class(train[evenly(len(train), MOST_MASKS)], count)
    rival = confusion_of(np.broadcast_to(common, truth.shape), truth, count)
    whole = confusions.sum(0)
    iou, overlap = class_figures(whole)
    named = {f"iou_{_word(name)}": float(value) for name, value in zip(classes, iou, strict=True) if not np.isnan(value)}
    figures = segmentation_metrics(confusions)
    exhibits: list[Exhibit] = [
        _examples(given, truth, data, part, classes),
        _by_class(whole, iou, overlap, classes),
        _worst(given, truth, confusions, data, part, classes),
    ]
    if count <= MOST_SHOWN_CLASSES:
        shares = whole / np.maximum(1, whole.sum(1, keepdims=True))
        note = "Each row: of the pixels that truly are of this class, the share that was given each class."
        exhibits.append(Matrix("What is taken for what", classes, classes, np.round(shares, 3), note))
    return Examination({**figures, **named}, {"commonest class at each place": segmentation_metrics(rival)}, exhibits)


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
    rows = evenly(len(given), SHOWN)
    note = "Left the picture, then the true classes, then the answer. Evenly spaced, not chosen."
    return Gallery("Pictures, truth, and answer", *_strips(rows, given, truth, data, part, classes), note, _key(classes))


def _worst(given: np.ndarray, truth: np.ndarray, confusions: np.ndarray, data: PreparedData, part: str, classes: list[str]) -> Gallery:
    right = np.trace(confusions, axis1=1, axis2=2) / np.maximum(1, confusions.sum((1, 2)))
    rows = np.argsort(right, kind="stable")[:WORST]
    note = "The pictures with most wrong pixels: look here first, for masks are often wrong too."
    return Gallery("The worst", *_strips(rows, given, truth, data, part, classes), note, _key(classes))


def _strips(
    rows: np.ndarray, given: np.ndarray, truth: np.ndarray, data: PreparedData, part: str, classes: list[str]
) -> tuple[list[np.ndarray], list[str]]:
    """Picture, truth and answer side by side, and a caption for each."""
    pictures, names = data.values("image", part)[rows], data.ids(part)
    strips, captions = [], []
    for picture, row in zip(pictures, rows, strict=True):
        plain = np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture
        sides = [plain, *(painted(picture, mask[row], len(classes)) for mask in (truth, given))]
        gap = np.full((picture.shape[0], 4, 3), 255, np.uint8)
        strips.append(np.concatenate([sides[0], gap, sides[1], gap, sides[2]], axis=1))
        known = truth[row] != IGNORED
        right = (given[row] == truth[row])[known].mean() if known.any() else 0.0
        captions.append(f"{names[row]}: {right:.1%} of the pixels right")
    return strips, captions


def _key(classes: list[str]) -> list[tuple[str, str]]:
    """The colours that classes are painted in."""
    colours = colours_of(len(classes))[: min(len(classes), MOST_SHOWN_CLASSES)]
    return [(name, "#" + bytes(colour).hex()) for name, colour in zip(classes, colours, strict=False)] + [("not known", "#ffffff")]
