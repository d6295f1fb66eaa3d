"""The classes of masks, and how many pixels of the training part each has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hibiscus.errors import DataError

__all__ = ["IGNORED", "MaskPreparation"]

IGNORED = 255  # the class number of pixels of which nothing is known


@dataclass(frozen=True)
class MaskPreparation:
    """What was learned from masks.

    Args:
        names: of the classes, in the order of their numbers.
        counts: pixels of each class in the training part.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]
    kind: ClassVar[str] = "mask"

    @classmethod
    def fit(cls, masks: np.ndarray, names: Sequence[str], rows: np.ndarray) -> MaskPreparation:
        """Counts the pixels of each class.

        Args:
            masks: class numbers uint8 `(items, height, width)`.
            names: of the classes.
            rows: positions of the training images.

        Raises:
            DataError: fewer than two classes, or no pixel of a known class.
        """
        if len(names) < 2:
            raise DataError(f"masks of {len(names)} classes", "at least two", "name them in classes.txt, one a line")
        counts = np.zeros(256, np.int64)
        for row in rows:  # a few images at a time would be no faster, and take more memory
            counts += np.bincount(masks[row].ravel(), minlength=256)
        if not counts[:IGNORED].sum():
            raise DataError("no pixel of the training masks is of a known class", "pixels of two classes", "look at the masks")
        return cls(tuple(names), tuple(counts[: len(names)].tolist()))

    def encode(self, masks: np.ndarray) -> np.ndarray:
        """The masks as they are, once they are known to hold no other class.

        Raises:
            DataError: a class number beyond those of training.
        """
        top = max((int(some.max(initial=0, where=some != IGNORED)) for some in masks), default=0)
        if top >= len(self.names):
            raise DataError(f"masks with class number {top}", f"0 to {len(self.names) - 1}: {', '.join(self.names)}", "the same classes")
        return masks

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"kind": self.kind, "names": list(self.names), "counts": list(self.counts)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MaskPreparation:
        """The same preparation again."""
        return cls(tuple(data["names"]), tuple(data["counts"]))
