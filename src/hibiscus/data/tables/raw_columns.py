r"""The columns of a table as they are read, neither scaled nor one-hot: for models that take categories and
missing values themselves, such as boosted trees.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hibiscus.data.tables.features import CategoryColumn, TextColumn
from hibiscus.data.tables.preparation import TablePreparation

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["RawColumns", "column_values"]

MAX_CODES = 255  # categories of a column that histogram gradient boosting of scikit-learn accepts


@dataclass(frozen=True)
class RawColumns:
    """Numbers and times as they are, categories as codes, NaN where a value is missing; texts as words.

    Args:
        preparation: of the table, which says how each column is read.
        codes: the code of each category, by column; those of too many categories share the last code.
    """

    preparation: TablePreparation
    codes: dict[str, dict[str, int]]

    @classmethod
    def fit(cls, preparation: TablePreparation, frame_train: DataFrame) -> RawColumns:
        """Numbers the categories of the training part, the most frequent first."""
        codes, positions = {}, _positions(frame_train)
        for column in preparation.columns:
            if isinstance(column, CategoryColumn):
                counts = Counter(column.texts(frame_train.iloc[:, positions[column.name]]))
                counts.pop(None, None)
                names = sorted(counts, key=lambda name: (-counts[name], str(name)))
                codes[column.name] = {str(name): min(code, MAX_CODES - 1) for code, name in enumerate(names)}
        return cls(preparation, codes)

    @property
    def categorical(self) -> np.ndarray:
        """Which values of a row are codes of categories, booleans (values,)."""
        return np.repeat(
            [isinstance(column, CategoryColumn) for column in self.preparation.columns],
            [self._width(column) for column in self.preparation.columns],
        )

    def encode(self, frame: DataFrame) -> np.ndarray:
        r"""The values of any rows; a category that training did not contain is missing.

        Shapes: a frame of N rows; returns float64 (N, values), a value for each column that is not a text.
        """
        columns, positions = [], _positions(frame)
        for column in self.preparation.columns:
            values = frame.iloc[:, positions[column.name]]
            if isinstance(column, CategoryColumn):
                codes = self.codes[column.name]
                coded = [np.nan if name is None else codes.get(name, np.nan) for name in column.texts(values)]
                columns.append(np.array(coded, dtype=np.float64)[:, None])
            elif isinstance(column, TextColumn):
                words = np.zeros((len(frame), self._width(column)), dtype=np.float32)
                column.write(values, words)
                columns.append(words.astype(np.float64))
            else:
                columns.append(column.numbers(values)[:, None])
        return np.concatenate(columns, axis=1)

    @staticmethod
    def _width(column: object) -> int:
        return len(column.features) if isinstance(column, TextColumn) else 1


def column_values(frame: DataFrame, name: str) -> Series:
    """The values of a column, whose name in the frame may be a number."""
    return frame.iloc[:, _positions(frame)[name]]


def _positions(frame: DataFrame) -> dict[str, int]:
    return {str(name): position for position, name in enumerate(frame.columns)}
