"""Known factors of each item, whole numbers with names: for measuring what a method has found, never for learning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hibiscus.errors import DataError

__all__ = ["FactorPreparation"]


@dataclass(frozen=True)
class FactorPreparation:
    """The names of the factors. Nothing else is learned of them, and batches do not hold them.

    Args:
        names: in the order of their columns.
    """

    names: tuple[str, ...]
    kind: ClassVar[str] = "factors"

    @classmethod
    def fit(cls, values: np.ndarray) -> FactorPreparation:
        """The names of a structured array `(items,)`."""
        return cls(tuple(values.dtype.names or ()))

    def encode(self, values: np.ndarray) -> np.ndarray:
        """The factors as int64 `(items, factors)`.

        Raises:
            DataError: factors of other names than in training.
        """
        if values.dtype.names != self.names:
            raise DataError(f"factors {', '.join(values.dtype.names or ('without names',))}", ", ".join(self.names), "use the same data")
        return np.stack([values[name] for name in self.names], 1).astype(np.int64)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"kind": self.kind, "names": list(self.names)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FactorPreparation:
        """The same again."""
        return cls(tuple(data["names"]))
