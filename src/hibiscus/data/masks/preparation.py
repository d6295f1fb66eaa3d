"""The classes of masks, and the number of pixels of each in the training part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hibiscus.data.dataset import IGNORED
from hibiscus.errors import DataError
from hibiscus.typed_values import Count, expect, typed_value

__all__ = ["MaskPreparation"]


@dataclass(frozen=True)
class MaskPreparation:
    """The preparation learned from masks.

    Args:
        names: the class names, in the order of their numbers.
        counts: the number of pixels of each class in the training part.
    """

    names: tuple[str, ...]
    counts: tuple[Count, ...]
    kind: ClassVar[str] = "mask"

    @classmethod
    def fit(cls, masks: np.ndarray, names: Sequence[str], rows: np.ndarray) -> MaskPreparation:
        """Counts the pixels of each class.

        Args:
            masks: class numbers uint8 `(items, height, width)`.
            names: the class names.
            rows: the indices of the training images.

        Raises:
            DataError: fewer than two classes, or no pixel of a known class.
        """
        if len(names) < 2:
            fix = "name the classes in classes.txt, one per line"
            raise DataError(f"masks of {len(names)} classes", "at least two classes", fix)
        counts = np.zeros(256, np.int64)
        for row in rows:  # larger chunks would not be faster, and take more memory
            counts += np.bincount(masks[row].ravel(), minlength=256)
        if not counts[:IGNORED].sum():
            received = "no pixel of the training masks belongs to a known class"
            raise DataError(received, "pixels of at least two classes", "check the masks")
        return cls(tuple(names), tuple(counts[: len(names)].tolist()))

    def encode(self, masks: np.ndarray) -> np.ndarray:
        """The masks unchanged, after checking that they contain no other class.

        Raises:
            DataError: a class number beyond those of training.
        """
        top = max((int(mask.max(initial=0, where=mask != IGNORED)) for mask in masks), default=0)
        if top >= len(self.names):
            expected = f"0 to {len(self.names) - 1}: {', '.join(self.names)}"
            raise DataError(f"masks with class number {top}", expected, "use the classes of training")
        return masks

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"kind": self.kind, "names": list(self.names), "counts": list(self.counts)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MaskPreparation:
        """The saved preparation."""
        saved = typed_value(cls, data)
        expect(2 <= len(saved.names) <= IGNORED, f"from 2 to {IGNORED} names")
        expect(len(saved.counts) == len(saved.names), "a count for each name")
        return saved
