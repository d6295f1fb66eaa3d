"""The classes of bounding boxes, and the sizes of the boxes of the training part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from hibiscus.errors import DataError
from hibiscus.typed_values import Count, Names, expect, typed_value

__all__ = ["BoxPreparation"]

MAX_SIZES = 4000  # enough to fit anchors
Fraction = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1.01)]  # after rounding


@dataclass(frozen=True)
class BoxPreparation:
    """The preparation learned from bounding boxes.

    Args:
        names: the class names, in the order of their numbers.
        counts: the number of boxes of each class in the training part.
        sizes: width and height, as fractions of the image's sides, of evenly spaced boxes of the training
            part.
    """

    names: Names
    counts: tuple[Count, ...]
    sizes: tuple[tuple[Fraction, Fraction], ...]
    kind: ClassVar[str] = "boxes"

    @classmethod
    def fit(cls, boxes: np.ndarray, names: Sequence[str], rows: np.ndarray) -> BoxPreparation:
        """Counts the boxes of each class and records their sizes.

        Args:
            boxes: in the form of a Dataset, float32 `(items, rows, 5)`.
            names: the class names.
            rows: the indices of the training images.

        Raises:
            DataError: the training part contains no boxes.
        """
        objects = boxes[rows].reshape(-1, 5)
        objects = objects[objects[:, 4] >= 0]
        if not len(objects):
            fix = "check the data with hibiscus inspect"
            raise DataError("no boxes in the training images", "boxes of the objects to detect", fix)
        counts = np.bincount(objects[:, 4].astype(np.int64), minlength=len(names))
        sample = objects[np.linspace(0, len(objects) - 1, min(len(objects), MAX_SIZES)).astype(np.int64)]
        sizes = np.round(sample[:, 2:4] - sample[:, :2], 5)
        return cls(tuple(names), tuple(counts.tolist()), tuple(map(tuple, sizes.tolist())))

    def encode(self, boxes: np.ndarray) -> np.ndarray:
        """The boxes unchanged, after checking that they contain no other class.

        Raises:
            DataError: a class number beyond those of training.
        """
        top = int(boxes[..., 4].max(initial=-1))
        if top >= len(self.names):
            expected = f"0 to {len(self.names) - 1}: {', '.join(self.names)}"
            raise DataError(f"boxes of class number {top}", expected, "use the classes of training")
        return boxes

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        sizes = [list(pair) for pair in self.sizes]
        return {"kind": self.kind, "names": list(self.names), "counts": list(self.counts), "sizes": sizes}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> BoxPreparation:
        """The saved preparation."""
        saved = typed_value(cls, data)
        expect(len(saved.counts) == len(saved.names), "a count for each name")
        return saved
