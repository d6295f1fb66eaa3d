"""Known factors of variation, named integers per item; used only for evaluation, never for training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hibiscus.errors import DataError
from hibiscus.typed_values import Names, typed_value

__all__ = ["FactorPreparation"]


@dataclass(frozen=True)
class FactorPreparation:
    """The names of the factors. Nothing else is learned from them, and batches do not contain them.

    Args:
        names: in the order of their columns.
    """

    names: Names
    kind: ClassVar[str] = "factors"

    @classmethod
    def fit(cls, values: np.ndarray) -> FactorPreparation:
        """Stores the names of a structured array `(items,)`."""
        return cls(tuple(values.dtype.names or ()))

    def encode(self, values: np.ndarray) -> np.ndarray:
        """The factors as int64 `(items, factors)`.

        Raises:
            DataError: the names of the factors differ from those of training.
        """
        if values.dtype.names != self.names:
            received = f"factors {', '.join(values.dtype.names or ('without names',))}"
            raise DataError(received, ", ".join(self.names), "use data with the factors of training")
        return np.stack([values[name] for name in self.names], 1).astype(np.int64)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"kind": self.kind, "names": list(self.names)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FactorPreparation:
        """The saved preparation."""
        return typed_value(cls, data)
