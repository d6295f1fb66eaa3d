r"""Tables as numeric features for a network, with what was learned from the training part only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from hibiscus.data.tables.column_reading import ColumnReading
from hibiscus.data.tables.features import MAX_BINS, CategoryColumn, NumberColumn, TextColumn
from hibiscus.data.tables.identifiers import UNNAMED
from hibiscus.data.tables.roles import ROLES, read_columns
from hibiscus.data.tables.table_options import TableOptions
from hibiscus.data.tables.typed_columns import plain_series
from hibiscus.data.text.tokenizer import Tokenizer
from hibiscus.errors import ConfigError, DataError, nearest
from hibiscus.typed_values import expect, typed_value

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["CategoryColumn", "NumberColumn", "TablePreparation", "TextColumn"]

MAX_ALL_BINS = 8192  # of all numbers of a row, which is the length of its encoding
SCALINGS = ("standard", "robust", "range", "none")


@dataclass(frozen=True)
class TablePreparation:
    r"""A table as float32 features: scaled numbers, one-hot categories, multi-hot texts.

    Columns with the roles `target`, `path`, `constant` and `identifier` give no features. No feature is ever
    NaN or infinite. Other tables may have the columns in another order, and further columns.

    Shapes: a frame of N rows gives (N, features).

    Example:
        prepared = TablePreparation.fit(frame.iloc[train], guess_roles(frame, target="income"))
        features = prepared.encode(frame)
    """

    columns: tuple[Annotated[NumberColumn | CategoryColumn | TextColumn, Field(discriminator="role")], ...]
    scaling: str = "standard"
    kind: ClassVar[str] = "table"

    @classmethod
    def fit(
        cls,
        frame_train: DataFrame,
        roles: Mapping[str, str],
        scaling: str = "standard",
        top_words: int = 1000,
        readings: Mapping[str, ColumnReading] | None = None,
    ) -> TablePreparation:
        r"""Learns from the training rows.

        Args:
            frame_train: the training part only.
            roles: a role for each column, as returned by `guess_roles`; columns without one are left out.
            scaling: `standard` (mean 0, deviation 1), `robust` (median 0, interquartile range 1, smoothly
                clipped to -3 and 3), `range` (the limits of the training part map to -1 and 1) or `none`.
            top_words: the number of words kept of each text column.
            readings: how the columns are read, as decided when the table was opened; by default determined
                from the training rows.

        Raises:
            ConfigError: an unknown scaling or role.
            DataError: no rows, no column to learn from, a column is missing, or a number column contains
                text.
        """
        _check_options(roles, scaling, top_words)
        if not len(frame_train):
            received = "the training part of the table has no rows"
            raise DataError(received, "at least one row", "add rows or change the split")
        used = {name: role for name, role in roles.items() if role in ("number", "time", "category", "text")}
        if not used:
            expected = "at least one column of numbers, categories, texts or times"
            received = (
                f"the table has no column to learn from ({', '.join(f'{n}: {r}' for n, r in roles.items())})"
            )
            raise DataError(received, expected, "role.COLUMN=number|category|text|time, or more columns")
        columns = []
        picked = _pick(frame_train, list(used))
        inferred = _readings(picked, used, readings or {})
        numbers = sum(role in ("number", "time") for role in used.values())
        max_bins = min(MAX_BINS, MAX_ALL_BINS // max(1, numbers))
        for name, values in picked.items():
            if used[name] == "category":
                columns.append(CategoryColumn.fit(name, values, inferred[name]))
            elif used[name] == "text":
                columns.append(TextColumn.fit(name, values, top_words, inferred[name]))
            else:
                columns.append(NumberColumn.fit(name, values, scaling, inferred[name], max_bins))
        prepared = cls(tuple(columns), scaling)
        if prepared.shape == (0,):
            expected = "at least one word or number"
            raise DataError("the texts of the table contain no words", expected, "check the columns")
        return prepared

    @property
    def feature_names(self) -> list[str]:
        """A name for each feature: `age`, `age=missing`, `sex=Female`, `review:dull`."""
        return [name for column in self.columns for name in column.features]

    @property
    def layout(self) -> list[tuple[str, int, tuple[float, ...]]]:
        """Role, number of features and limits of bins of each column, in the order of the features.

        Whether a number is missing is a category of its own.
        """
        layout: list[tuple[str, int, tuple[float, ...]]] = []
        for column in self.columns:
            if isinstance(column, NumberColumn):
                layout += [("number", 1, column.bins), *[("category", 1, ())] * column.missing]
            else:
                layout.append((column.role, len(column.features), ()))
        return layout

    @property
    def shape(self) -> tuple[int]:
        """The shape of the features of one row."""
        return (sum(len(column.features) for column in self.columns),)

    def encode(self, frame: DataFrame) -> np.ndarray:
        r"""The features of any rows; nothing is learned from them.

        Shapes: a frame of N rows; returns float32 (N, features).

        Raises:
            DataError: a column is missing, or a number column contains text; the message gives its value and
                its row, counted from 1.
        """
        out = np.zeros((len(frame), *self.shape), dtype=np.float32)
        start = 0
        values = _pick(frame, [column.name for column in self.columns])
        for column in self.columns:
            width = len(column.features)
            column.write(values[column.name], out[:, start : start + width])
            start += width
        return out

    def unfamiliar(self, frame: DataFrame) -> list[str]:
        """A sentence on each column of other rows with categories or texts that training did not contain."""
        notes = []
        picked = _pick(frame, [column.name for column in self.columns])
        for column in self.columns:
            values = picked[column.name]
            if isinstance(column, CategoryColumn) and (unseen := column.unseen(values)):
                count = sum(unseen.values())
                shown = ", ".join(list(unseen)[:5])
                notes.append(
                    f"column '{column.name}': {count:,} of {len(frame):,} rows have a category that training "
                    f"did not contain ({shown}{' ...' if len(unseen) > 5 else ''})"
                )
            elif isinstance(column, NumberColumn) and column.reading is not None:
                read = column.reading.days if column.time else column.reading.numbers
                if unread := read(values)[1]:
                    words = ", ".join(
                        f"'{text[:30]}' ({count:,})" for text, count in list(unread.items())[:5]
                    )
                    notes.append(f"column '{column.name}': read as missing: {words}")
        return notes

    @property
    def header(self) -> bool | None:
        """False if no column of the training data had a name, so that later files have no header either."""
        return False if all(UNNAMED.fullmatch(column.name) for column in self.columns) else None

    @property
    def has_readings(self) -> bool:
        """Whether it says how text is read; preparations of older versions do not."""
        return all(column.reading is not None for column in self.columns)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {
            "kind": self.kind,
            "scaling": self.scaling,
            "columns": [asdict(column) for column in self.columns],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TablePreparation:
        """The saved preparation."""
        saved = typed_value(cls, data)
        names = [column.name for column in saved.columns]
        expect(len(set(names)) == len(names) > 0, "columns with distinct names")
        expect(saved.scaling in SCALINGS, f"a scaling of {', '.join(SCALINGS)}")
        for column in saved.columns:
            if isinstance(column, NumberColumn):
                expect(bool((np.diff(column.bins) > 0).all()), "limits of bins that increase")
            if isinstance(column, TextColumn) and column.tokenizer is not None:
                Tokenizer.from_dict(column.tokenizer)
        return saved


def _readings(
    columns: Mapping[str, Series], roles: Mapping[str, str], known: Mapping[str, ColumnReading]
) -> dict[str, ColumnReading]:
    """The reading of each column: the known one, that of its type, or one determined from its texts."""
    import pandas as pd

    readings = {name: known[name] for name in columns if name in known and known[name].role == roles[name]}
    texts = {name: plain_series(values) for name, values in columns.items() if name not in readings}
    options = TableOptions(role={name: roles[name] for name in texts})
    return {**readings, **read_columns(pd.DataFrame(texts), options=options).columns}


def _check_options(roles: Mapping[str, str], scaling: str, top_words: int) -> None:
    if scaling not in SCALINGS:
        raise ConfigError(
            f"unknown scaling={scaling}", f"one of: {', '.join(SCALINGS)}", nearest(scaling, SCALINGS)
        )
    if top_words < 1:
        raise ConfigError(f"top_words={top_words}", "at least 1", "top_words=1000")
    for name, role in roles.items():
        if role not in ROLES:
            received = f"column '{name}': unknown role '{role}'"
            raise ConfigError(received, f"one of: {', '.join(ROLES)}", nearest(role, ROLES))


def _pick(frame: DataFrame, names: list[str]) -> dict[str, Any]:
    """The named columns of a frame, which may have others and in another order."""
    indices = {str(name): index for index, name in enumerate(frame.columns)}
    for name in names:
        if name not in indices:
            hint = nearest(name, indices)
            columns = ", ".join(indices)[:300] or "none"
            fix = hint if hint.startswith("did you mean") else f"add the column; the table has {columns}"
            raise DataError(
                f"the table has no column '{name}'", "every column that was used in training", fix
            )
    repeated = {name for name, count in Counter(map(str, frame.columns)).items() if count > 1} & set(names)
    if repeated:
        received = f"more than one column is named {', '.join(sorted(repeated))}"
        raise DataError(received, "distinct column names", "rename them")
    return {name: frame.iloc[:, indices[name]] for name in names}
