r"""Tables as numeric features for a network, with what was learned from the training part only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from hibiscus.data.tables.features import CategoryColumn, NumberColumn, TextColumn
from hibiscus.data.tables.roles import ROLES
from hibiscus.errors import ConfigError, DataError, nearest

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["CategoryColumn", "NumberColumn", "TablePreparation", "TextColumn"]

SCALINGS = ("standard", "range", "none")


COLUMNS = {"number": NumberColumn, "category": CategoryColumn, "text": TextColumn}


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

    columns: tuple[NumberColumn | CategoryColumn | TextColumn, ...]
    scaling: str = "standard"
    kind: ClassVar[str] = "table"

    @classmethod
    def fit(
        cls,
        frame_train: DataFrame,
        roles: Mapping[str, str],
        scaling: str = "standard",
        top_words: int = 1000,
    ) -> TablePreparation:
        r"""Learns from the training rows.

        Args:
            frame_train: the training part only.
            roles: a role for each column, as returned by `guess_roles`; columns without one are left out.
            scaling: `standard` (mean 0, deviation 1), `range` (the limits of the training part map to -1 and
                1) or `none`.
            top_words: the number of words kept of each text column.

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
            fix = "add columns, or assign one of these roles"
            raise DataError("the table has no column to learn from", expected, fix)
        columns = []
        for name, values in _pick(frame_train, list(used)).items():
            if used[name] == "category":
                columns.append(CategoryColumn.fit(name, values))
            elif used[name] == "text":
                columns.append(TextColumn.fit(name, values, top_words))
            else:
                columns.append(NumberColumn.fit(name, values, scaling, time=used[name] == "time"))
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
        columns = []
        for saved in data["columns"]:
            lists = {key: tuple(value) if isinstance(value, list) else value for key, value in saved.items()}
            columns.append(COLUMNS[saved["role"]](**lists))
        return cls(tuple(columns), data["scaling"])


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
