"""The inputs of the baselines: flat features for most, the columns of a table as they are for trees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hibiscus.data.lazy_rows import LazyRows, Rows, joined
from hibiscus.data.prepared import INPUTS, PreparedData
from hibiscus.data.raw_fields import raw_field
from hibiscus.data.tables.raw_columns import RawColumns

__all__ = ["BaselineInputs", "TreeInputs", "baseline_inputs"]

MAX_VALUES = 150_000_000  # of the training inputs in memory, standardized as float32
MAX_FEATURES = 3_072  # kept of an image where there are too many values for all of its pixels
IN_MEMORY = 2**24  # values of raw columns up to which they are read once and kept


@dataclass(frozen=True)
class TreeInputs:
    """The columns of a table without scaling: NaN where a value is missing, and codes of categories.

    Args:
        train_x: of the training part.
        test_x: of the evaluated items.
        categorical: which values are codes of categories.
    """

    train_x: Rows
    test_x: Rows
    categorical: np.ndarray


@dataclass(frozen=True)
class BaselineInputs:
    """Flat inputs of the training and of the evaluated items.

    Args:
        data: the prepared data.
        parts: the parts that are evaluated, one after the other.
        rows: the positions of the training rows that are used, of `total`.
        total: the number of training rows.
        pixels: the largest number of values kept of an image.
        note: how many of its values that are, if not all.
    """

    data: PreparedData
    parts: tuple[str, ...]
    rows: np.ndarray
    total: int
    pixels: int
    note: str

    @cached_property
    def train_x(self) -> LazyRows:
        """The features of the training rows `(rows, features)`."""
        return self.data.flat_rows("train", self.rows, self.pixels)

    @cached_property
    def test_x(self) -> LazyRows:
        """The features of the evaluated items `(items, features)`."""
        return self._joined([_holder(self.data, p).flat_rows(p, None, self.pixels) for p in self.parts])

    def series(self, training: bool) -> np.ndarray:
        """The series of the training rows or of the evaluated items, NaN after their end.

        Shapes: returns (items, steps, features).
        """
        if training:
            return self.data.values("array", "train")[self.rows]
        return np.concatenate([_holder(self.data, part).values("array", part) for part in self.parts])

    @property
    def is_table(self) -> bool:
        """Whether the inputs are columns of a table alone, on which trees are the model to try first."""
        return [name for name in INPUTS if name in self.data.arrays] == ["table"]

    @property
    def is_image(self) -> bool:
        """Whether the inputs are images alone, whose values share a unit."""
        return [name for name in INPUTS if name in self.data.arrays] == ["image"]

    @cached_property
    def trees(self) -> TreeInputs:
        """The columns of the table for trees; all training rows."""
        owner = self.data.owner("train")
        frame = raw_field(owner.dataset, "table")
        columns = RawColumns.fit(self.data.preparation["table"], frame.iloc[owner.parts["train"]])

        def read(data: PreparedData, part: str) -> LazyRows:
            source = raw_field(data.dataset, "table")
            return LazyRows(lambda rows: columns.encode(source.iloc[rows]), data.parts[part])

        test = self._joined([read(_holder(self.data, part), part) for part in self.parts])
        return TreeInputs(_kept(read(owner, "train")), _kept(test), columns.categorical)

    def suffix(self, used: int | None = None) -> str:
        """For the name of a model that was fitted on some of the rows only."""
        used = len(self.rows) if used is None else used
        return "" if used == self.total else f" ({used:,} of {self.total:,} rows)"

    @staticmethod
    def _joined(rows: list[LazyRows]) -> LazyRows:
        return rows[0] if len(rows) == 1 else joined(*rows)


def baseline_inputs(data: PreparedData, part: str, validation: bool = False) -> BaselineInputs:
    """All rows and features, or as many as memory allows: first fewer pixels of an image, then fewer rows.

    Args:
        data: the prepared data.
        part: the part that is evaluated.
        validation: whether the items of the validation part follow those of the part.
    """
    owner = data.owner("train")
    total = len(owner.parts["train"])
    every = data.flat_inputs("train", np.arange(1), MAX_VALUES).shape[1]
    pixels = max(MAX_FEATURES, MAX_VALUES // total)
    features = data.flat_inputs("train", np.arange(1), pixels).shape[1]
    rows = data.subsample("train", max(1, MAX_VALUES // features))
    note = "" if features == every else f"{features:,} of {every:,} values of each item"
    return BaselineInputs(data, (part, "val") if validation else (part,), rows, total, pixels, note)


def _holder(data: PreparedData, part: str) -> PreparedData:
    """The data with a part: the validation part is that of the run, if other data is evaluated."""
    return data.training if part not in data.parts and data.training is not None else data


def _kept(rows: LazyRows) -> Rows:
    """The rows as an array if they are few enough, since reading them takes time."""
    return rows[np.arange(len(rows))] if len(rows) * rows.shape[1] <= IN_MEMORY else rows
