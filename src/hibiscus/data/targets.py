r"""Regression targets as standardized numbers, with what was learned from the training part only."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hibiscus.data.tables.column_counts import Column
from hibiscus.data.tables.column_reading import ColumnReading
from hibiscus.data.tables.columns import as_texts
from hibiscus.data.tables.file_hints import FileHints
from hibiscus.data.tables.missing import LOOSE_MISSING
from hibiscus.data.tables.number_columns import read_number_column
from hibiscus.data.tables.table_options import TableOptions
from hibiscus.data.tables.typed_columns import plain_series, typed_role
from hibiscus.errors import DataError
from hibiscus.plurals import plural
from hibiscus.typed_values import Number, Positive, expect, typed_value

__all__ = ["TargetPreparation"]

LARGEST = 1e30  # the square of a number in this range still fits double precision


@dataclass(frozen=True)
class TargetPreparation:
    r"""Regression targets, standardized: encoded = (value - mean) / std.

    Args:
        mean: the mean of each target column over the training part.
        std: the standard deviation of each.
        names: the names of the target columns.
        readings: how text in each of them is read; runs of older versions have none.
    """

    mean: tuple[Number, ...]
    std: tuple[Positive, ...]
    names: tuple[str, ...]
    readings: tuple[ColumnReading, ...] = ()
    kind: ClassVar[str] = "target"

    @classmethod
    def fit(cls, values_train: Any, reading: ColumnReading | None = None) -> TargetPreparation:
        r"""Learns mean and standard deviation. Rows with a missing target are skipped (see `missing_rows`).

        Args:
            values_train: an array, list, Series or DataFrame.
            reading: how text is read, as decided when the table was opened; by default determined from it.

        Shapes: values_train (N,) or (N, k).

        Raises:
            DataError: the target is text, is missing everywhere, or has the same value everywhere.
        """
        columns = _target_columns(values_train)
        readings = tuple(_reading(values, reading) for values in columns.values())
        numbers, names = _numbers(columns, readings), tuple(columns)
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
        return cls(tuple(mean.tolist()), tuple(std.tolist()), names, readings)

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
        columns = _target_columns(values)
        if len(columns) != len(self.names):
            expected = f"{len(self.names)}: {', '.join(self.names)}"
            raise DataError(f"{len(columns)} target columns", expected, "pass the target columns of training")
        numbers = _numbers(columns, self.readings or (ColumnReading.plain("number"),) * len(columns))
        missing = np.flatnonzero(np.isnan(numbers).any(axis=1))
        if len(missing):
            received = (
                f"{plural(len(missing), 'row has', 'rows have')} no target, the first is row {missing[0] + 1}"
            )
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
        return {
            "kind": self.kind,
            "mean": list(self.mean),
            "std": list(self.std),
            "names": list(self.names),
            "readings": [reading.to_json() for reading in self.readings],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TargetPreparation:
        """The same preparation again."""
        saved = typed_value(cls, data)
        expect(len(saved.mean) == len(saved.std) == len(saved.names) > 0, "mean and std of each target")
        expect(len(saved.readings) in (0, len(saved.names)), "a reading of each target")
        return saved


def _target_columns(values: Any) -> dict[str, Any]:
    """The k columns of targets (N,) or (N, k) by name."""
    if not hasattr(values, "ndim"):
        objects = np.array(values, dtype=object)
        numeric = all(isinstance(value, int | float) for value in objects.ravel().tolist())
        values = objects.astype(np.float64) if numeric else objects
    if values.ndim > 2:
        fix = "pass one row of numbers per example"
        raise DataError(f"targets of shape {values.shape}", "(rows,) or (rows, columns)", fix)
    if values.ndim == 1:
        return {str(getattr(values, "name", None) or "target"): values}
    if hasattr(values, "iloc"):
        return {str(name): values.iloc[:, index] for index, name in enumerate(values.columns)}
    return {f"target_{index + 1}": values[:, index] for index in range(values.shape[1])}


def _reading(values: Any, known: ColumnReading | None) -> ColumnReading:
    """How the text of a target is read as numbers."""
    if known is not None:
        return dataclasses.replace(known, role="number", missing=ColumnReading.plain("number").missing)
    if getattr(values.dtype, "kind", "O") in "biuf":
        return ColumnReading.plain("number")
    import pandas as pd

    series = plain_series(pd.Series(values))
    if typed_role(series) is not None:
        return ColumnReading.plain("number")
    column = Column.of("target", series)
    best = read_number_column("target", column.without(LOOSE_MISSING), TableOptions(), FileHints())
    return (
        ColumnReading.plain("number")
        if best is None
        else dataclasses.replace(best.reading(LOOSE_MISSING), missing=ColumnReading.plain("number").missing)
    )


def _numbers(columns: dict[str, Any], readings: Sequence[ColumnReading]) -> np.ndarray:
    """Targets as float64 (N, k), NaN where missing.

    Raises:
        DataError: a text that is no number; the message gives it and its row.
    """
    numbers = []
    for (name, values), reading in zip(columns.items(), readings, strict=True):
        read, unread = reading.numbers(values)
        if unread:
            row, text = next((row, text) for row, text in enumerate(as_texts(values), 1) if text in unread)
            received = f"row {row}: column '{name}' contains '{text[:60]}'"
            raise DataError(received, "numbers", "to predict a name or class, use train classify")
        numbers.append(np.clip(read, -LARGEST, LARGEST))
    return np.stack(numbers, axis=1)
