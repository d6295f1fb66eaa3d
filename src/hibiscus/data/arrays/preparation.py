"""The scale of vectors and series of numbers, learned from the training part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hibiscus.data.arrays.series_gaps import is_padded, padded_to
from hibiscus.data.lazy_rows import chunks
from hibiscus.errors import DataError
from hibiscus.typed_values import Flag, Number, Positive, Sizes, expect, typed_value

__all__ = ["ArrayPreparation"]


@dataclass(frozen=True)
class ArrayPreparation:
    r"""Standardizes each feature: prepared = (x - mean) / std, over items (and steps, for series).

    With `by_series`, mean and std are those of each series instead, so that its level and its scale are lost.

    Args:
        shape: of one item, `(features,)` or `(steps, features)`.
        mean: of each feature over the training part.
        std: of each feature over the training part; 1 for a constant feature.
        padded: whether series may end before the last step, with NaN after their end.
        by_series: whether each series is standardized by itself.
    """

    shape: Sizes
    mean: tuple[Number, ...]
    std: tuple[Positive, ...]
    padded: Flag = False
    by_series: Flag = False
    kind: ClassVar[str] = "array"

    @classmethod
    def fit(cls, values: np.ndarray, padded: bool = False, by_series: bool = False) -> ArrayPreparation:
        """Learns from the training part.

        Args:
            values: float `(items, features)` or `(items, steps, features)`, NaN after the end of a series.
            padded: whether series of this or of another part end before the last step.
            by_series: whether each series is standardized by itself.
        """
        flat = values.reshape(-1, values.shape[-1]).astype(np.float64)
        flat = flat[~np.isnan(flat).all(1)] if padded else flat
        std = flat.std(axis=0)
        mean, std = flat.mean(axis=0).tolist(), np.where(std < 1e-8, 1.0, std).tolist()
        return cls(tuple(values.shape[1:]), tuple(mean), tuple(std), padded, by_series)

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Standardized float32 `(items, *shape)`; NaN after the end of a series.

        Raises:
            DataError: items of another shape than in training, or series of different lengths where all had
                one in training.
        """
        if self.padded and values.ndim == 3 and values.shape[2] == self.shape[1]:
            values = padded_to(values, self.shape[0])
        if tuple(values.shape[1:]) != self.shape:
            received = f"items of shape {tuple(values.shape[1:])}"
            most = "at most " if self.padded else ""
            raise DataError(received, f"{most}{self.shape}, as in training", "reshape or cut them")
        if not self.padded and is_padded(values):
            expected = f"{self.shape[0]} steps, as in training"
            raise DataError("series of different lengths", expected, "resample them to that length")
        encoded = np.empty(values.shape, np.float32)
        for place, chunk in chunks(values):
            mean, std = _by_series(chunk) if self.by_series else (np.array(self.mean), np.array(self.std))
            encoded[place] = (chunk - mean) / std
        return encoded

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        saved = {"kind": self.kind, "shape": list(self.shape), "mean": list(self.mean), "std": list(self.std)}
        return saved | {name: True for name in ("padded", "by_series") if getattr(self, name)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ArrayPreparation:
        """The saved preparation."""
        saved = typed_value(cls, data)
        expect(len(saved.mean) == len(saved.std) == saved.shape[-1], "mean and std of each feature")
        expect(len(saved.shape) == 2 or not (saved.padded or saved.by_series), "(steps, features) of series")
        return saved


def _by_series(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean and the standard deviation of each series over its steps; 1 where it is constant.

    Shapes: (items, steps, features) to (items, 1, features).
    """
    wide = values.astype(np.float64)
    std = np.nanstd(wide, axis=1, keepdims=True)
    return np.nanmean(wide, axis=1, keepdims=True), np.where(std < 1e-8, 1.0, std)
