"""The classes of boxes, and how large the training part's are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hibiscus.errors import DataError

__all__ = ["CROWD", "PADDING", "BoxPreparation"]

PADDING, CROWD = -1, -2  # classes of rows that are no object; a crowd of class c has CROWD - c
MOST_SIZES = 4000  # enough to lay anchors by


@dataclass(frozen=True)
class BoxPreparation:
    """What was learned from boxes.

    Args:
        names: of the classes, in the order of their numbers.
        counts: boxes of each class in the training part.
        sizes: width and height, as shares of the image's sides, of evenly spaced boxes of the training part.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]
    sizes: tuple[tuple[float, float], ...]
    kind: ClassVar[str] = "boxes"

    @classmethod
    def fit(cls, boxes: np.ndarray, names: Sequence[str], rows: np.ndarray) -> BoxPreparation:
        """Counts the boxes of each class, and takes down how large they are.

        Args:
            boxes: as a Dataset holds them, float32 `(items, most, 5)`.
            names: of the classes.
            rows: positions of the training images.

        Raises:
            DataError: the training part holds no box.
        """
        true = boxes[rows].reshape(-1, 5)
        true = true[true[:, 4] >= 0]
        if not len(true):
            raise DataError("the training images hold no box", "boxes of the things to be found", "look with hibiscus inspect")
        counts = np.bincount(true[:, 4].astype(np.int64), minlength=len(names))
        some = true[np.linspace(0, len(true) - 1, min(len(true), MOST_SIZES)).astype(np.int64)]
        sizes = np.round(some[:, 2:4] - some[:, :2], 5)
        return cls(tuple(names), tuple(counts.tolist()), tuple(map(tuple, sizes.tolist())))

    def encode(self, boxes: np.ndarray) -> np.ndarray:
        """The boxes as they are, once they are known to hold no other class.

        Raises:
            DataError: a class number beyond those of training.
        """
        top = int(boxes[..., 4].max(initial=-1))
        if top >= len(self.names):
            raise DataError(f"boxes of class number {top}", f"0 to {len(self.names) - 1}: {', '.join(self.names)}", "the same classes")
        return boxes

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"kind": self.kind, "names": list(self.names), "counts": list(self.counts), "sizes": [list(pair) for pair in self.sizes]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> BoxPreparation:
        """The same preparation again."""
        return cls(tuple(data["names"]), tuple(data["counts"]), tuple((float(w), float(h)) for w, h in data["sizes"]))
