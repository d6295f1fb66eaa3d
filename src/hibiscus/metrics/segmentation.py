r"""Metrics of semantic segmentation from one confusion matrix over all images: n_{tc} pixels of class t are
predicted as c.

    IoU_c = n_cc / (sum_t n_tc + sum_c' n_cc' - n_cc),    mIoU = mean over the classes that occur
    Dice_c = 2 n_cc / (sum_t n_tc + sum_c' n_cc'),        pixel accuracy = sum_c n_cc / sum_tc n_tc

The background counts as a class; pixels without a label are ignored. Some papers report the mean over images
of the mIoU over the classes in each image, which hides false positives in images without the class; it is
returned as `image_miou`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np

from hibiscus.errors import DataError

__all__ = [
    "SegmentationSums",
    "confusion_matrices",
    "iou_and_dice",
    "most_frequent_class",
    "segmentation_metrics",
]

IGNORED = 255


def confusion_matrices(predicted: np.ndarray, mask: np.ndarray, classes: int) -> np.ndarray:
    """The confusion matrix of the pixels of each image: true class (row) against predicted class (column).

    Args:
        predicted: class numbers, integer `(items, height, width)`.
        mask: true class numbers of the same shape; 255 is ignored.
        classes: number of classes.

    Returns:
        int64 `(items, classes, classes)`.

    Raises:
        DataError: shapes that differ.
    """
    if predicted.shape != mask.shape or predicted.ndim != 3:
        shapes = f"predictions {predicted.shape} and masks {mask.shape}"
        raise DataError(shapes, "one shape (items, height, width)", "resize both to one size")
    matrices = np.zeros((len(predicted), classes * classes), np.int64)
    for matrix, image, truth in zip(matrices, predicted, mask, strict=True):
        known = truth != IGNORED
        matrix[:] = np.bincount(
            truth[known].astype(np.int64) * classes + image[known], minlength=classes * classes
        )
    return matrices.reshape(-1, classes, classes)


class SegmentationSums:
    """The metrics of a set of images that is added in batches; no matrix of a single image is kept.

    Args:
        classes: number of classes.
    """

    def __init__(self, classes: int):
        self.total = np.zeros((classes, classes), np.int64)
        self._correct, self._known, self._miou = [], [], []

    def add(self, matrices: np.ndarray) -> np.ndarray:
        """Adds the confusion matrices of images; returns the pixel accuracy of each, 0 without labels."""
        self.total += matrices.sum(0)
        known, correct = matrices.sum((1, 2)), np.trace(matrices, axis1=1, axis2=2)
        with np.errstate(invalid="ignore", divide="ignore"):
            image_iou = np.where(matrices.sum(2) > 0, iou_and_dice(matrices)[0], np.nan)
        self._correct.append(correct)
        self._known.append(known)
        self._miou.append(np.array([_mean(row) for row in image_iou]))
        return correct / np.maximum(1, known)

    def metrics(self) -> dict[str, float]:
        """As `segmentation_metrics`."""
        correct, known, miou = (np.concatenate(rows) for rows in (self._correct, self._known, self._miou))
        (iou, dice), labeled = iou_and_dice(self.total), known > 0
        return {
            "miou": _mean(iou),
            "dice": _mean(dice),
            "pixel_accuracy": float(correct.sum() / max(1, known.sum())),
            "image_accuracy": float((correct[labeled] / known[labeled]).mean()) if labeled.any() else 0.0,
            "image_miou": _mean(miou[labeled]),
        }


def segmentation_metrics(matrices: np.ndarray) -> dict[str, float]:
    """The metrics of a whole set of images.

    Args:
        matrices: the confusion matrix of each image, int64 `(items, classes, classes)`.

    Returns:
        `miou`, `dice` (mean over the classes that occur), `pixel_accuracy` over all pixels, `image_accuracy`
        (mean over images), `image_miou` (mean over images of the mean IoU of the classes in its true mask),
        each in [0, 1].
    """
    sums = SegmentationSums(matrices.shape[-1])
    sums.add(matrices)
    return sums.metrics()


def iou_and_dice(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """IoU and Dice of each class, NaN where it is neither true nor predicted; `(..., classes, classes)` to
    two of `(..., classes)`.
    """
    hits = np.diagonal(confusion, axis1=-2, axis2=-1).astype(np.float64)
    areas = confusion.sum(-1) + confusion.sum(-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return hits / (areas - hits), 2 * hits / areas


def most_frequent_class(masks: Iterable[np.ndarray], classes: int) -> np.ndarray:
    """The most frequent class at each position over a set of masks, uint8 `(height, width)`: a prediction
    that ignores the image.

    At positions without any label it is the most frequent class overall.
    """
    masks = iter(masks)
    first = next(masks)
    counts = np.zeros((classes, *first.shape), np.int32)
    for mask in itertools.chain([first], masks):
        for number in range(classes):
            counts[number] += mask == number
    best = counts.argmax(0)
    return np.where(counts.any(0), best, counts.sum((1, 2)).argmax()).astype(np.uint8)


def _mean(values: np.ndarray) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else 0.0
