"""The scale of vectors and series of numbers, learned from the training part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hibiscus.data.lazy_rows import chunks
from hibiscus.errors import DataError
from hibiscus.typed_values import Number, Positive, Sizes, expect, typed_value

__all__ = ["ArrayPreparation"]


@dataclass(frozen=True)
class ArrayPreparation:
    r"""Standardizes each feature: prepared = (x - mean) / std, over items (and steps, for series).

    Args:
        shape: of one item, `(features,)` or `(steps, features)`.
        mean: of each feature over the training part.
        std: of each feature over the training part; 1 for a constant feature.
    """

    shape: Sizes
    mean: tuple[Number, ...]
    std: tuple[Positive, ...]
    kind: ClassVar[str] = "array"

    @classmethod
    def fit(cls, values: np.ndarray) -> ArrayPreparation:
        """Learns from `values`, float `(items, features)` or `(items, steps, features)`."""
        flat = values.reshape(-1, values.shape[-1]).astype(np.float64)
        std = flat.std(axis=0)
        mean, std = flat.mean(axis=0).tolist(), np.where(std < 1e-8, 1.0, std).tolist()
        return cls(tuple(values.shape[1:]), tuple(mean), tuple(std))

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Standardized float32 of the same shape.

        Raises:
            DataError: items of another shape than in training.
        """
        if tuple(values.shape[1:]) != self.shape:
            received = f"items of shape {tuple(values.shape[1:])}"
            raise DataError(received, f"{self.shape}, as in training", "reshape them")
        encoded = np.empty(values.shape, np.float32)
        for place, chunk in chunks(values):
            encoded[place] = (chunk - np.array(self.mean)) / np.array(self.std)
        return encoded

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"kind": self.kind, "shape": list(self.shape), "mean": list(self.mean), "std": list(self.std)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ArrayPreparation:
        """The saved preparation."""
        saved = typed_value(cls, data)
        expect(len(saved.mean) == len(saved.std) == saved.shape[-1], "mean and std of each feature")
        return saved
