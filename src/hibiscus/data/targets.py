r"""Regression targets as standardized numbers, with what was learned from the training part only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hibiscus.data.tables.columns import as_numbers
from hibiscus.errors import DataError

__all__ = ["TargetPreparation"]

LARGEST = 1e30  # the square of a number in this range still fits double precision


@dataclass(frozen=True)
class TargetPreparation:
    r"""Regression targets, standardized: encoded = (value - mean) / std.

    Args:
        mean: the mean of each target column over the training part.
        std: the standard deviation of each.
        names: the names of the target columns.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    names: tuple[str, ...]
    kind: ClassVar[str] = "target"

    @classmethod
    def fit(cls, values_train: Any) -> TargetPreparation:
        r"""Learns mean and standard deviation. Rows with a missing target are skipped (see `missing_rows`).

        Shapes: values_train (N,) or (N, k), an array, list, Series or DataFrame.

        Raises:
            DataError: the target is text, is missing everywhere, or has the same value everywhere.
        """
        numbers, names = _target_numbers(values_train)
        numbers = numbers[~np.isnan(numbers).any(axis=1)]
        if not len(numbers):
            raise DataError(
                "found no target values", "numbers in at least two rows", "choose another target column"
            )
        mean, std = numbers.mean(axis=0), numbers.std(axis=0)
        for index, name in enumerate(names):
            if not std[index] > 1e-12 * abs(mean[index]):
                received = f"the target '{name}' is {numbers[0, index]:g} in every training row"
                raise DataError(received, "values that differ", "choose another target column")
        return cls(tuple(mean.tolist()), tuple(std.tolist()), names)

    @property
    def shape(self) -> tuple[int]:
        """The shape of the targets of one row."""
        return (len(self.names),)

    def encode(self, values: Any) -> np.ndarray:
        r"""Standardized targets.

        Shapes: values (N,) or (N, k); returns float32 (N, k).

        Raises:
            DataError: a value is missing, infinite or text, or the number of columns is not k.
        """
        numbers, _ = _target_numbers(values)
        if numbers.shape[1:] != self.shape:
            expected = f"{len(self.names)}: {', '.join(self.names)}"
            raise DataError(
                f"{numbers.shape[1]} target columns", expected, "pass the target columns of training"
            )
        missing = np.flatnonzero(np.isnan(numbers).any(axis=1))
        if len(missing):
            received = f"{len(missing)} rows have no target, the first is row {missing[0] + 1}"
            raise DataError(
                received, "a number in every row", "remove the rows listed by missing_rows(values)"
            )
        return np.clip((numbers - self.mean) / self.std, -LARGEST, LARGEST).astype(np.float32)

    def decode(self, encoded: Any) -> np.ndarray:
        r"""Targets in their original units.

        Shapes: encoded (N, k); returns float64 (N, k).
        """
        return np.asarray(encoded, dtype=np.float64) * np.array(self.std) + np.array(self.mean)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"kind": self.kind, "mean": list(self.mean), "std": list(self.std), "names": list(self.names)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TargetPreparation:
        """The same preparation again."""
        return cls(tuple(data["mean"]), tuple(data["std"]), tuple(data["names"]))


def _target_numbers(values: Any) -> tuple[np.ndarray, tuple[str, ...]]:
    """Targets as float64 (N, k), NaN where missing, and the names of the k columns."""
    if not hasattr(values, "ndim"):
        values = np.array(values, dtype=object)
    if values.ndim > 2:
        fix = "pass one row of numbers per example"
        raise DataError(f"targets of shape {values.shape}", "(rows,) or (rows, columns)", fix)
    if values.ndim == 1:
        columns = {str(getattr(values, "name", None) or "target"): values}
    elif hasattr(values, "iloc"):
        columns = {str(name): values.iloc[:, index] for index, name in enumerate(values.columns)}
    else:
        columns = {f"target_{index + 1}": values[:, index] for index in range(values.shape[1])}
    try:
        numbers = [np.clip(as_numbers(column, name), -LARGEST, LARGEST) for name, column in columns.items()]
    except DataError as error:
        raise DataError(error.received, "numbers", "to predict a name or class, use train classify") from None
    return np.stack(numbers, axis=1), tuple(columns)
