r"""Columns of a table as numeric features: scaled numbers, one-hot categories, multi-hot texts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from hibiscus.data.tables.columns import as_days, as_numbers, as_texts, day_comes_first
from hibiscus.data.text.tokenizer import Tokenizer
from hibiscus.errors import DataError

__all__ = ["CategoryColumn", "NumberColumn", "TextColumn"]

LARGEST = 1e30  # above this even a variance in double precision may overflow
CLIP = 10.0  # standard deviations, which limits the effect of outliers
MAX_CATEGORIES = 50


@dataclass(frozen=True)
class NumberColumn:
    """A number (or a time, in days): missing values are replaced by the median, then values are scaled."""

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
