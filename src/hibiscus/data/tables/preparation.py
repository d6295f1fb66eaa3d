r"""Tables as numeric features for a network, with what was learned from the training part only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from hibiscus.data.tables.columns import ROLES, as_days, as_numbers, as_texts, day_comes_first
from hibiscus.data.text.tokenizer import Tokenizer
from hibiscus.errors import ConfigError, DataError, nearest

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["CategoryColumn", "NumberColumn", "TablePreparation", "TextColumn"]

SCALINGS = ("standard", "range", "none")
LARGEST = 1e30  # above this even a variance in double precision may overflow
CLIP = 10.0  # standard deviations, which limits the effect of outliers
MAX_CATEGORIES = 50


@dataclass(frozen=True)
class NumberColumn:
    """A number (or a time, in days): missing values are replaced by the median, then all are scaled."""

    name: str
    median: float
    center: float
    scale: float
    clip: float
    missing: bool
    time: bool = False
    day_first: bool = False
    role: str = "number"

    @classmethod
    def fit(cls, name: str, values: Any, scaling: str, time: bool = False) -> NumberColumn:
        r"""Learns the median, and the mean and standard deviation (`standard`) or the limits (`range`)."""
        day_first = time and day_comes_first(values)
        numbers = as_days(values, day_first) if time else as_numbers(values, name)
        known = np.clip(numbers[~np.isnan(numbers)], -LARGEST, LARGEST)
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
        if scaling == "none":
            center, scale = 0.0, 1.0
        elif scaling == "range":
            center, scale = (low + high) / 2, (high - low) / 2
        else:
            center, scale = (float(known.mean()), float(known.std())) if len(known) else (0.0, 1.0)
        if scale <= 1e-12 * abs(center) or scale < 1e-30:  # constant up to rounding
            scale = 1.0
        median = float(np.median(known)) if len(known) else 0.0
        clip = LARGEST if scaling == "none" else CLIP
        return cls(name, median, center, scale, clip, bool(len(known) < len(numbers)), time, day_first)

    @property
    def features(self) -> list[str]:
        """The value, and whether it is missing if that occurred in training."""
        return [self.name, f"{self.name}=missing"] if self.missing else [self.name]

    def write(self, values: Any, out: np.ndarray) -> None:
        """Writes the features of values (rows,) to out (rows, features)."""
        numbers = as_days(values, self.day_first) if self.time else as_numbers(values, self.name)
        absent = np.isnan(numbers)
        numbers = np.clip(np.where(absent, self.median, numbers), -LARGEST, LARGEST)
        out[:, 0] = np.clip((numbers - self.center) / self.scale, -self.clip, self.clip)
        if self.missing:
            out[:, 1] = absent


@dataclass(frozen=True)
class CategoryColumn:
    """One-hot columns for the categories of the training part; a new category is `other`, or all zeros."""

    name: str
    categories: tuple[str, ...]
    other: bool
    missing: bool
    role: str = "category"

    @classmethod
    def fit(cls, name: str, values: Any) -> CategoryColumn:
        """Keeps the most frequent categories of the training part, in alphabetical order."""
        counts = Counter(as_texts(values).tolist())
        missing = counts.pop(None, 0) > 0
        ordered = sorted(counts, key=lambda category: (-counts[category], category))
        return cls(name, tuple(sorted(ordered[:MAX_CATEGORIES])), len(ordered) > MAX_CATEGORIES, missing)

    @property
    def features(self) -> list[str]:
        """One name for each category."""
        extra = ["missing"] * self.missing + ["other"] * self.other
        return [f"{self.name}={category}" for category in (*self.categories, *extra)]

    def write(self, values: Any, out: np.ndarray) -> None:
        """Writes the features of values (rows,) to out (rows, features)."""
        indices: dict[str | None, int] = {category: index for index, category in enumerate(self.categories)}
        indices[None] = len(self.categories) if self.missing else -1
        other = out.shape[1] - 1 if self.other else -1
        texts = as_texts(values).tolist()
        columns = np.fromiter((indices.get(text, other) for text in texts), dtype=np.int64, count=len(out))
        rows = np.flatnonzero(columns >= 0)
        out[rows, columns[rows]] = 1


@dataclass(frozen=True)
class TextColumn:
    """One column for each of the most frequent words in training: 1 if the text contains the word."""

    name: str
    tokenizer: dict[str, Any] | None
    role: str = "text"

    @classmethod
    def fit(cls, name: str, values: Any, top_words: int) -> TextColumn:
        """Keeps the most frequent words that are not stop words; none if no text contains a word."""
        texts = [text or "" for text in as_texts(values)]
        try:
            return cls(name, Tokenizer(top_words, stop_words=True).fit(texts).to_dict())
        except DataError:
            return cls(name, None)

    @property
    def features(self) -> list[str]:
        """One name for each word."""
        return [f"{self.name}:{word}" for word in self.tokenizer["words"]] if self.tokenizer else []

    def write(self, values: Any, out: np.ndarray) -> None:
        """Writes the features of values (rows,) to out (rows, features)."""
        if self.tokenizer:
            out[:] = Tokenizer.from_dict(self.tokenizer).matrix([text or "" for text in as_texts(values)])


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
    def fit(cls, frame_train: DataFrame, roles: Mapping[str, str], scaling: str = "standard", top_words: int = 1000) -> TablePreparation:
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
        return {"kind": self.kind, "scaling": self.scaling, "columns": [asdict(column) for column in self.columns]}

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
        raise ConfigError(f"unknown scaling={scaling}", f"one of: {', '.join(SCALINGS)}", nearest(scaling, SCALINGS))
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
            raise DataError(f"the table has no column '{name}'", "every column that was used in training", fix)
    repeated = {name for name, count in Counter(map(str, frame.columns)).items() if count > 1} & set(names)
    if repeated:
        received = f"more than one column is named {', '.join(sorted(repeated))}"
        raise DataError(received, "distinct column names", "rename them")
    return {name: frame.iloc[:, indices[name]] for name in names}
