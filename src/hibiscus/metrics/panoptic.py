r"""Panoptic segmentation: one map with the class of each pixel and, for things, its instance; and panoptic
quality.

    PQ_c = sum over matched pairs of IoU / (TP + FP / 2 + FN / 2) = SQ_c RQ_c
    SQ_c = mean IoU of the pairs,    RQ_c = F1 of recognition

A predicted and a true segment of one class are matched if their IoU exceeds 0.5, which makes the match
unique. Unlabeled pixels are ignored. PQ, SQ and RQ are means over the classes that occur as true or
predicted.

Reference: Kirillov et al., "Panoptic Segmentation", 2019, arXiv 1801.00868.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hibiscus.errors import DataError

__all__ = ["PanopticMap", "PanopticQuality", "instance_panoptic", "merge_panoptic"]

VOID = 0
IGNORED = 255
MARGIN = 0.1  # annotated boxes and outlines of one object differ by a few percent of its sides
MIN_FRACTION = 0.0001  # of the image that a segment covers, so that stray pixels are not segments


@dataclass(frozen=True)
class PanopticMap:
    """Segments of one image.

    Args:
        segments: int32 `(height, width)`: the number of each pixel's segment, from 1; 0 for none.
        classes: class of each segment, from the first.
        things: whether each segment is an instance of a thing class, or stuff.
    """

    segments: np.ndarray
    classes: tuple[int, ...]
    things: tuple[bool, ...]


def merge_panoptic(
    mask: np.ndarray,
    boxes: np.ndarray,
    thing_of: dict[int, int],
    min_fraction: float = MIN_FRACTION,
    margin: float = MARGIN,
) -> PanopticMap:
    """Merges boxes and a semantic mask: each pixel of a thing class belongs to the first box of that class
    that contains it.

    Pixels outside all boxes belong to the first box within a margin, since a box that is slightly too small
    would cut off its object; other pixels belong to no segment. All pixels of a stuff class form one segment.

    Args:
        mask: class numbers uint8 `(height, width)`, 255 for unlabeled pixels.
        boxes: rows of xmin, ymin, xmax, ymax as fractions of the sides and a class, in order of precedence.
        thing_of: from the class of a box to that of the mask.
        min_fraction: smaller segments, as a fraction of the image, are dropped.
        margin: width of the margin around a box, as a fraction of its sides.
    """
    segments, classes, things = np.zeros(mask.shape, np.int32), [], []
    selected: list[np.ndarray] = []
    for row in boxes:
        window, label = _window(row, mask.shape), thing_of.get(int(row[-1]))
        pixels = (
            (mask[window] == label) & (segments[window] == VOID)
            if label is not None
            else np.zeros((0,), bool)
        )
        if pixels.sum() > min_fraction * mask.size:
            classes.append(int(label or 0))
            things.append(True)
            selected.append(row)
            segments[window][pixels] = len(classes)
    for number, row in enumerate(selected, 1):
        window = _window(row, mask.shape, margin)
        segments[window][(mask[window] == classes[number - 1]) & (segments[window] == VOID)] = number
    for label in np.setdiff1d(np.unique(mask), [*thing_of.values(), IGNORED]):
        pixels = mask == label
        if pixels.sum() > min_fraction * mask.size:
            classes.append(int(label))
            things.append(False)
            segments[pixels] = len(classes)
    return PanopticMap(segments, tuple(classes), tuple(things))


def instance_panoptic(
    mask: np.ndarray, instances: np.ndarray, labels: Sequence[int], thing_of: dict[int, int]
) -> PanopticMap:
    """The true map of an image whose objects are annotated pixel by pixel, in no need of merging.

    Args:
        mask: class numbers uint8 `(height, width)`, 255 for unlabeled pixels.
        instances: for each pixel the number of its object, from 1; 0 for none.
        labels: the class of each object among the boxes; negative for objects that do not count.
        thing_of: from the class of a box to that of the mask.
    """
    segments, classes, things = np.zeros(mask.shape, np.int32), [], []
    for number, label in enumerate(labels, 1):
        pixels = instances == number
        if int(label) in thing_of and pixels.any():
            classes.append(thing_of[int(label)])
            things.append(True)
            segments[pixels] = len(classes)
    for label in np.setdiff1d(np.unique(mask), [*thing_of.values(), IGNORED]):
        pixels = (mask == label) & (instances == 0)
        if pixels.any():
            classes.append(int(label))
            things.append(False)
            segments[pixels] = len(classes)
    return PanopticMap(segments, tuple(classes), tuple(things))


def _window(row: np.ndarray, shape: tuple[int, ...], margin: float = 0.0) -> tuple[slice, slice]:
    """The pixels of a box given as fractions of the sides, with a margin given as a fraction of the box."""
    low, high = row[:2], row[2:4]
    border = margin * (high - low)
    left, top = np.round((low - border) * shape[::-1]).astype(int)
    right, bottom = np.round((high + border) * shape[::-1]).astype(int)
    return np.s_[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]


@dataclass
class PanopticQuality:
    """Counts matched segments, false positives and false negatives over images.

    Args:
        classes: number of classes.
    """

    classes: int
    overlap: np.ndarray = field(init=False)  # sum of the IoU of matched segments, by class
    counts: np.ndarray = field(init=False)  # matched segments, false positives and false negatives, by class

    def __post_init__(self) -> None:
        self.overlap, self.counts = np.zeros(self.classes), np.zeros((self.classes, 3), np.int64)

    def add(self, given: PanopticMap, true: PanopticMap, known: np.ndarray | None = None) -> None:
        """Counts one image.

        Args:
            given: the predicted map.
            true: the true map.
            known: bool `(height, width)`, which pixels are labeled; all if None.

        Raises:
            DataError: maps of different sizes.
        """
        if given.segments.shape != true.segments.shape:
            received = f"maps of {given.segments.shape} and {true.segments.shape} pixels"
            raise DataError(received, "one size", "resize both to one size")
        inside = np.ones(true.segments.shape, bool) if known is None else known
        rows, columns = len(true.classes) + 1, len(given.classes) + 1
        codes = true.segments[inside].astype(np.int64) * columns + given.segments[inside]
        shared = np.bincount(codes, minlength=rows * columns).reshape(rows, columns)
        true_area, given_area = shared.sum(1), shared.sum(0)
        paired_true, paired_given = set(), set()
        for i, j in zip(*np.nonzero(shared[1:, 1:]), strict=True):
            both = shared[i + 1, j + 1]
            iou = both / (true_area[i + 1] + given_area[j + 1] - both)
            if iou > 0.5 and true.classes[i] == given.classes[j]:
                self.overlap[true.classes[i]] += iou
                self.counts[true.classes[i], 0] += 1
                paired_true.add(i)
                paired_given.add(j)
        full_area = np.bincount(given.segments.ravel(), minlength=columns)
        for j, label in enumerate(
            given.classes
        ):  # segments that lie mostly on unlabeled pixels are not errors
            self.counts[label, 1] += j not in paired_given and given_area[j + 1] > full_area[j + 1] / 2
        for i, label in enumerate(true.classes):
            self.counts[label, 2] += i not in paired_true and true_area[i + 1] > 0

    def by_class(self) -> np.ndarray:
        """PQ, SQ and RQ of each class, `(classes, 3)`; NaN where it is neither true nor predicted, SQ 0
        without matches.
        """
        matched, false_positives, false_negatives = self.counts.T
        with np.errstate(invalid="ignore", divide="ignore"):
            recognition = matched / (matched + false_positives / 2 + false_negatives / 2)
            undefined = np.where(np.isnan(recognition), np.nan, 0.0)
            segmentation = np.where(matched > 0, self.overlap / np.maximum(1, matched), undefined)
        return np.stack([recognition * segmentation, segmentation, recognition], 1)

    def figures(self, kinds: Sequence[int] | None = None) -> dict[str, float]:
        """`pq`, `sq` and `rq`: the means over a list of classes (all by default) that occur as true or
        predicted.
        """
        rows = self.by_class() if kinds is None else self.by_class()[list(kinds)]
        rows = rows[~np.isnan(rows[:, 0])]
        means = rows.mean(0) if len(rows) else np.zeros(3)
        return dict(zip(("pq", "sq", "rq"), means.tolist(), strict=True))
