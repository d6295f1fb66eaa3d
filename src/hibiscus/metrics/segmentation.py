r"""Figures of segmentation, all from one confusion matrix over the whole set: n_{tc} pixels of class t were given class c.

    IoU_c = n_cc / (sum_t n_tc + sum_c' n_cc' - n_cc),    mIoU = mean over the classes that are true or given anywhere
    Dice_c = 2 n_cc / (sum_t n_tc + sum_c' n_cc'),        pixel accuracy = sum_c n_cc / sum_tc n_tc

The background is a class like others, and pixels of no known class count nowhere. A mean over images of the IoU of the classes
that each holds, as some report it, forgives what is invented where a class is absent; it is given as `image_miou`, and no more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hibiscus.errors import DataError

__all__ = ["class_figures", "common_class", "confusion_of", "segmentation_metrics"]

IGNORED = 255


def confusion_of(given: np.ndarray, mask: np.ndarray, classes: int) -> np.ndarray:
    """How many pixels of each true class (row) were given each class (column), for each image.

    Args:
        given: class numbers, integer `(items, height, width)`.
        mask: true class numbers of the same shape; 255 is left out.
        classes: how many there are.

    Returns:
        int64 `(items, classes, classes)`.

    Raises:
        DataError: shapes that differ.
    """
    if given.shape != mask.shape or given.ndim != 3:
        raise DataError(f"answers {given.shape} and masks {mask.shape}", "one shape (items, height, width)", "bring both to one size")
    found = np.zeros((len(given), classes * classes), np.int64)
    for place, (answer, truth) in enumerate(zip(given, mask, strict=True)):
        known = truth != IGNORED
        found[place] = np.bincount(truth[known].astype(np.int64) * classes + answer[known], minlength=classes * classes)
    return found.reshape(-1, classes, classes)


def segmentation_metrics(confusions: np.ndarray) -> dict[str, float]:
    """The figures of a whole set.

    Args:
        confusions: int64 `(items, classes, classes)`, of each image.

    Returns:
        `miou`, `dice` (mean over the classes that occur), `pixel_accuracy` over all pixels, `image_accuracy` (mean over images),
        `image_miou` (mean over images of the mean IoU of the classes that each truly holds), each in [0, 1].
    """
    whole = confusions.sum(0)
    iou, overlap = class_figures(whole)
    known = confusions.sum((1, 2))
    right = np.trace(confusions, axis1=1, axis2=2)
    some = known > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.where(confusions.sum(2) > 0, class_figures(confusions)[0], np.nan)
    return {
        "miou": _mean(iou),
        "dice": _mean(overlap),
        "pixel_accuracy": float(right.sum() / max(1, known.sum())),
        "image_accuracy": float((right[some] / known[some]).mean()) if some.any() else 0.0,
        "image_miou": _mean(np.array([_mean(row) for row in own[some]])),
    }


def class_figures(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """IoU and Dice of each class, not-a-number where it is neither true nor given; `(..., classes, classes)` to two of `(..., classes)`."""
    hit = np.diagonal(confusion, axis1=-2, axis2=-1).astype(np.float64)
    both = confusion.sum(-1) + confusion.sum(-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return hit / (both - hit), 2 * hit / both


def common_class(masks: Sequence[np.ndarray] | np.ndarray, classes: int) -> np.ndarray:
    """The most frequent class at each place over some masks, uint8 `(height, width)`: what can be said without looking.

    Where nothing is known at a place, the most frequent class of all is taken.
    """
    counts = np.zeros((classes, *np.shape(masks[0])), np.int32)
    for mask in masks:
        for number in range(classes):
            counts[number] += mask == number
    best = counts.argmax(0)
    return np.where(counts.any(0), best, counts.sum((1, 2)).argmax()).astype(np.uint8)


def _mean(values: np.ndarray) -> float:
    good = values[~np.isnan(values)]
    return float(good.mean()) if len(good) else 0.0
