r"""Columns of a table as numeric features: scaled numbers, one-hot categories, multi-hot texts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from hibiscus.data.tables.column_reading import ColumnReading, check_unread
from hibiscus.data.tables.columns import as_days, as_numbers, as_texts
from hibiscus.data.tables.inferred_types import infer_types
from hibiscus.data.text.tokenizer import Tokenizer
from hibiscus.errors import DataError
from hibiscus.typed_values import Flag, Number, Positive

__all__ = ["MAX_BINS", "CategoryColumn", "NumberColumn", "TextColumn"]

LARGEST = 1e30  # above this even a variance in double precision may overflow
CLIP = 10.0  # standard deviations, which limits the effect of outliers
SMOOTH_CLIP = 3.0  # interquartile ranges, which no value exceeds
MAX_BINS = 128  # of a number, for embeddings: as many as most columns of whole numbers have values
MAX_CATEGORIES = 50


@dataclass(frozen=True)
class NumberColumn:
    r"""A number (or a time, in days): missing values are replaced by the median, then values are scaled.

        z = (x - center) / scale,    clipped to [-clip, clip]; smooth: z / sqrt(1 + (z / clip)^2)

    `bins` are increasing limits of scaled values, between which embeddings of the number are linear.
    Runs of older versions have no `reading`; their values are read as Python writes them.
    """

    name: str
    median: Number
    center: Number
    scale: Positive
    clip: Positive
    missing: Flag
    time: Flag = False
    day_first: Flag = False
    role: Literal["number"] = "number"
    reading: ColumnReading | None = None
    smooth: Flag = False
    bins: Annotated[tuple[Number, ...], Field(max_length=MAX_BINS + 1)] = ()

    @classmethod
    def fit(
        cls, name: str, values: Any, scaling: str, reading: ColumnReading, max_bins: int = MAX_BINS
    ) -> NumberColumn:
        r"""Learns the median, and a center and a scale.

        `standard`: mean and standard deviation; `range`: the middle and half the distance of the limits;
        `robust`: the median and the interquartile range, and at most `max_bins` bins. Where that range is 0
        because most values are equal, it is the median distance of the others.
        """
        time = reading.role == "time"
        numbers = _checked(name, values, reading)
        known = np.clip(numbers[~np.isnan(numbers)], -LARGEST, LARGEST)
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
        median = float(np.median(known)) if len(known) else 0.0
        if scaling == "none":
            center, scale = 0.0, 1.0
        elif scaling == "robust":
            center, scale = median, _spread(known, median)
        elif scaling == "range":
            center, scale = (low + high) / 2, (high - low) / 2
        else:
            center, scale = (float(known.mean()), float(known.std())) if len(known) else (0.0, 1.0)
        if scale <= 1e-12 * abs(center) or scale < 1e-30:  # constant up to rounding
            scale = 1.0
        smooth = scaling == "robust"
        clip = LARGEST if scaling == "none" else SMOOTH_CLIP if smooth else CLIP
        missing = bool(len(known) < len(numbers))
        fitted = cls(name, median, center, scale, clip, missing, time, reading=reading, smooth=smooth)
        return replace(fitted, bins=_bins(fitted.encode(known), max_bins)) if smooth else fitted

    @property
    def features(self) -> list[str]:
        """The value, and whether it is missing if that occurred in training."""
        return [self.name, f"{self.name}=missing"] if self.missing else [self.name]

    def write(self, values: Any, out: np.ndarray) -> None:
        """Writes the features of values (rows,) to out (rows, features)."""
        numbers = self.numbers(values)
        absent = np.isnan(numbers)
        out[:, 0] = self.encode(np.clip(np.where(absent, self.median, numbers), -LARGEST, LARGEST))
        if self.missing:
            out[:, 1] = absent

    def numbers(self, values: Any) -> np.ndarray:
        """Values (rows,) as float64, or times as days since 1970; NaN where missing."""
        if self.reading is not None:
            return _checked(self.name, values, self.reading)
        values = infer_types(values)
        return as_days(values, self.day_first) if self.time else as_numbers(values, self.name)

    def encode(self, numbers: np.ndarray) -> np.ndarray:
        """Scaled values of numbers of any shape, float64."""
        scaled = (numbers - self.center) / self.scale
        return (
            scaled / np.hypot(1, scaled / self.clip)
            if self.smooth
            else np.clip(scaled, -self.clip, self.clip)
        )

    def decode(self, scaled: np.ndarray) -> np.ndarray:
        """Scaled values of any shape in the unit of the column, float64."""
        scaled = scaled.astype(np.float64)
        if self.smooth:
            limited = np.clip(scaled / self.clip, -0.999, 0.999)  # beyond the last thousandth all is far away
            scaled = self.clip * limited / np.sqrt(1 - limited**2)
        return scaled * self.scale + self.center


@dataclass(frozen=True)
class CategoryColumn:
    """One-hot columns for the categories of the training part; a new category is `other`, or all zeros."""

    name: str
    categories: Annotated[tuple[str, ...], Field(max_length=MAX_CATEGORIES)]
    other: Flag
    missing: Flag
    role: Literal["category"] = "category"
    reading: ColumnReading | None = None

    @classmethod
    def fit(cls, name: str, values: Any, reading: ColumnReading) -> CategoryColumn:
        """Keeps the most frequent categories of the training part, in alphabetical order."""
        counts = Counter(reading.texts(values).tolist())
        missing = counts.pop(None, 0) > 0
        ordered = sorted(counts, key=lambda category: (-counts[category], category))
        categories = tuple(sorted(ordered[:MAX_CATEGORIES]))
        return cls(name, categories, len(ordered) > MAX_CATEGORIES, missing, reading=reading)

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
        texts = self.texts(values)
        columns = np.fromiter((indices.get(text, other) for text in texts), dtype=np.int64, count=len(out))
        rows = np.flatnonzero(columns >= 0)
        out[rows, columns[rows]] = 1

    def texts(self, values: Any) -> list[str | None]:
        """The category of each row; `2.0` is the category `2`, as which a column with gaps may be written."""
        if self.reading is None:
            return as_texts(infer_types(values)).tolist()
        texts = self.reading.texts(values).tolist()
        known = set(self.categories)
        whole = {
            text: text.partition(".")[0]
            for text in set(texts) - known - {None}
            if re.fullmatch(r"-?(0|[1-9][0-9]*)\.0+", text) and text.partition(".")[0] in known
        }
        return [whole.get(text, text) for text in texts]

    def unseen(self, values: Any) -> Counter[str]:
        """The categories among values (rows,) that training did not contain, with their counts.

        Those that are too rare for a feature of their own are not known, so that there are none if `other`.
        """
        if self.other:
            return Counter()
        known = set(self.categories)
        return Counter(text for text in self.texts(values) if text is not None and text not in known)


@dataclass(frozen=True)
class TextColumn:
    """One column for each of the most frequent words in training: 1 if the text contains the word."""

    name: str
    tokenizer: dict[str, Any] | None
    role: Literal["text"] = "text"
    reading: ColumnReading | None = None

    @classmethod
    def fit(cls, name: str, values: Any, top_words: int, reading: ColumnReading) -> TextColumn:
        """Keeps the most frequent words that are not stop words; none if no text contains a word."""
        texts = [text or "" for text in reading.texts(values)]
        try:
            return cls(name, Tokenizer(top_words, stop_words=True).fit(texts).to_dict(), reading=reading)
        except DataError:
            return cls(name, None, reading=reading)

    @property
    def features(self) -> list[str]:
        """One name for each word."""
        return [f"{self.name}:{word}" for word in self.tokenizer["words"]] if self.tokenizer else []

    def write(self, values: Any, out: np.ndarray) -> None:
        """Writes the features of values (rows,) to out (rows, features)."""
        if self.tokenizer:
            texts = as_texts(infer_types(values)) if self.reading is None else self.reading.texts(values)
            out[:] = Tokenizer.from_dict(self.tokenizer).matrix([text or "" for text in texts])


def _bins(scaled: np.ndarray, max_bins: int) -> tuple[float, ...]:
    """Limits of bins: half of them quantiles of the values, half of the distinct values.

    Quantiles alone would leave no bins for the values of a column that is 0 in most rows.
    """
    distinct = np.unique(scaled.astype(np.float32))
    if len(distinct) > max_bins:
        half = np.linspace(0, 1, max_bins // 2 + 1)
        limits = np.concatenate([np.quantile(scaled, half), np.quantile(distinct, half[1:-1])])
        distinct = np.unique(limits.astype(np.float32))
    return tuple(distinct.tolist()) if len(distinct) > 1 else ()


def _spread(known: np.ndarray, median: float) -> float:
    """The interquartile range, or where it is 0 the median distance of the values that are not the median."""
    if not len(known):
        return 1.0
    low, high = np.quantile(known, [0.25, 0.75])
    others = np.abs(known[known != median] - median)
    return float(high - low) or (float(np.median(others)) if len(others) else 0.0)


def _checked(name: str, values: Any, reading: ColumnReading) -> np.ndarray:
    """Numbers, or times in days, NaN where missing; see `check_unread`."""
    numbers, unread = reading.days(values) if reading.role == "time" else reading.numbers(values)
    check_unread(name, values, reading, unread, int((~np.isnan(numbers)).sum()))
    return numbers
