r"""Panoptic segmentation: one map that says of each pixel which class it is of and, for things, which of them; and its quality.

    PQ_c = sum over matched pairs of IoU / (TP + FP / 2 + FN / 2) = SQ_c RQ_c,    SQ_c = mean IoU of the pairs,    RQ_c = the F1 of finding

A given and a true segment of one class are a pair if they overlap by more than a half; there is then no second one. Pixels of no known
truth count nowhere. PQ, SQ and RQ are means over the classes that are true or given anywhere.

Reference: Kirillov et al., "Panoptic Segmentation", 2019, arXiv 1801.00868.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hibiscus.errors import DataError

__all__ = ["PanopticMap", "PanopticQuality", "merge_panoptic"]

VOID = 0
IGNORED = 255
MARGIN = 0.1  # boxes and outlines that people drew of one thing differ by some hundredths of its sides
LEAST_SHARE = 0.0001  # of an image that a segment has, so that a stray pixel is none


@dataclass(frozen=True)
class PanopticMap:
    """Segments of one image.

    Args:
        segments: int32 `(height, width)`: the number of the segment of each pixel, from 1; 0 where there is none.
        classes: of each segment, from the first.
        things: whether each is one of several things, or stuff.
    """

    segments: np.ndarray
    classes: tuple[int, ...]
    things: tuple[bool, ...]


def merge_panoptic(
    mask: np.ndarray, boxes: np.ndarray, thing_of: dict[int, int], least_share: float = LEAST_SHARE, margin: float = MARGIN
) -> PanopticMap:
    """Boxes and a mask of classes as one map: each pixel of a thing's class belongs to the first box of that class it lies in.

    Those in no box belong to the first that they lie near, for a box that is a little too small would cut its thing; others are of no
    segment. All pixels of a stuff class are one segment.

    Args:
        mask: class numbers uint8 `(height, width)`, 255 for what is not known.
        boxes: rows of xmin, ymin, xmax, ymax in shares of the sides and a class; earlier ones come first.
        thing_of: the mask's class of each class of boxes.
        least_share: smaller segments, as a share of the image, are dropped.
        margin: how far outside a box is near, as a share of the box's sides.
    """
    segments, classes, things = np.zeros(mask.shape, np.int32), [], []
    kept: list[np.ndarray] = []
    for row in boxes:
        window, kind = _window(row, mask.shape), thing_of.get(int(row[-1]))
        own = (mask[window] == kind) & (segments[window] == VOID) if kind is not None else np.zeros((0,), bool)
        if own.sum() > least_share * mask.size:
            classes.append(int(kind or 0))
            things.append(True)
            kept.append(row)
            segments[window][own] = len(classes)
    for number, row in enumerate(kept, 1):
        window = _window(row, mask.shape, margin)
        segments[window][(mask[window] == classes[number - 1]) & (segments[window] == VOID)] = number
    for kind in np.setdiff1d(np.unique(mask), [*thing_of.values(), IGNORED]):
        own = mask == kind
        if own.sum() > least_share * mask.size:
            classes.append(int(kind))
            things.append(False)
            segments[own] = len(classes)
    return PanopticMap(segments, tuple(classes), tuple(things))


def _window(row: np.ndarray, shape: tuple[int, ...], margin: float = 0.0) -> tuple[slice, slice]:
    """The pixels of a box in shares of the sides, and of a margin about it in shares of its own."""
    low, high = row[:2], row[2:4]
    more = margin * (high - low)
    left, top = np.round((low - more) * shape[::-1]).astype(int)
    right, bottom = np.round((high + more) * shape[::-1]).astype(int)
    return np.s_[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]


@dataclass
class PanopticQuality:
    """Counts pairs, misses and false segments over images.

    Args:
        classes: how many there are.
    """

    classes: int
    overlap: np.ndarray = field(init=False)  # summed over the pairs, by class
    counts: np.ndarray = field(init=False)  # pairs, false segments and misses, by class

    def __post_init__(self) -> None:
        self.overlap, self.counts = np.zeros(self.classes), np.zeros((self.classes, 3), np.int64)

    def add(self, given: PanopticMap, true: PanopticMap, known: np.ndarray | None = None) -> None:
        """Counts one image.

        Args:
            given: the map that was made.
            true: the true one.
            known: bool `(height, width)`, where the truth is known; all if None.

        Raises:
            DataError: maps of different sizes.
        """
        if given.segments.shape != true.segments.shape:
            found = f"maps of {given.segments.shape} and {true.segments.shape} pixels"
            raise DataError(found, "one size", "bring both to one size")
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
        whole = np.bincount(given.segments.ravel(), minlength=columns)
        for j, kind in enumerate(given.classes):  # what lies mostly where nothing is known is no mistake
            self.counts[kind, 1] += j not in paired_given and given_area[j + 1] > whole[j + 1] / 2
        for i, kind in enumerate(true.classes):
            self.counts[kind, 2] += i not in paired_true and true_area[i + 1] > 0

    def by_class(self) -> np.ndarray:
        """PQ, SQ and RQ of each class, `(classes, 3)`; not a number where it is neither true nor given, SQ 0 where nothing is paired."""
        pairs, false, missed = self.counts.T
        with np.errstate(invalid="ignore", divide="ignore"):
            found = pairs / (pairs + false / 2 + missed / 2)
            quality = np.where(pairs > 0, self.overlap / np.maximum(1, pairs), np.where(np.isnan(found), np.nan, 0.0))
        return np.stack([found * quality, quality, found], 1)

    def figures(self, kinds: Sequence[int] | None = None) -> dict[str, float]:
        """`pq`, `sq` and `rq`: the means over some classes, all by default, that are true or given anywhere."""
        rows = self.by_class() if kinds is None else self.by_class()[list(kinds)]
        rows = rows[~np.isnan(rows[:, 0])]
        means = rows.mean(0) if len(rows) else np.zeros(3)
        return dict(zip(("pq", "sq", "rq"), means.tolist(), strict=True))
