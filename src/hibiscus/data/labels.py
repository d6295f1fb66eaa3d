r"""Labels as class indices and targets as standardised numbers, with what was learned from the training part only."""

from __future__ import annotations

import difflib
import re
import textwrap
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hibiscus.data.tables.columns import as_numbers, as_texts
from hibiscus.errors import DataError

__all__ = ["LabelNumbering", "LabelPreparation", "TargetPreparation"]

LARGEST = 1e30  # the square of a number within this still fits double precision


@dataclass(frozen=True)
class LabelPreparation:
    r"""Class names in their natural order (2 before 10), and labels as indices into it.

    Args:
        names: the class names; class k is `names[k]`.
    """

    names: tuple[str, ...]
    kind: ClassVar[str] = "label"

    @classmethod
    def fit(cls, values_train: Any, max_classes: int = 1000) -> LabelPreparation:
        r"""Learns the classes of the training part. Missing labels are passed over (see `missing_rows`).

        Shapes: values_train (N,), strings, numbers or booleans.

        Raises:
            DataError: fewer than two classes, more than `max_classes`, or values that are measures and no classes.
        """
        texts = [text for text in as_texts(values_train) if text is not None]
        names = _natural_order(set(texts))
        if len(names) < 2:
            found = f"found one class: {names[0]}" if names else "found no labels"
            raise DataError(found, "at least two classes", "add examples of another class, or choose another target column")
        _check_classes(names, len(texts), max_classes)
        return cls(tuple(names))

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.names)

    def encode(self, values: Any) -> np.ndarray:
        r"""Labels as class indices; blanks around a label and a full stop at its end make no difference.

        Shapes: values (N,); returns int64 (N,).

        Raises:
            DataError: a label that the training part did not hold, or a missing one; its row, counted from 1, is given.
        """
        texts = as_texts(values).tolist()
        places = self._places(set(texts))
        for text in set(texts):
            if text is None or text not in places:
                raise self._unknown(text, texts.index(text) + 1)
        return np.fromiter((places[text] for text in texts), dtype=np.int64, count=len(texts))

    def _places(self, texts: Collection[str | None]) -> dict[str, int]:
        """The class of each text that is one, to the letter or but for a full stop and spaces."""
        places = {name: place for place, name in enumerate(self.names)}
        bare = Counter(_bare(name) for name in self.names)
        # Where both "a" and "a." are classes, only the exact label counts.
        loose = {_bare(name): place for name, place in places.items() if _bare(name) and bare[_bare(name)] == 1}
        return {**{text: loose[_bare(text)] for text in texts if text is not None and _bare(text) in loose}, **places}

    def match_variants(self, values: Any) -> dict[str, str]:
        """The labels among `values` (N,) that are no class to the letter, and the class that each is read as."""
        texts = set(as_texts(values).tolist())
        return {text: self.names[place] for text, place in self._places(texts).items() if text not in self.names}

    def _unknown(self, text: str | None, row: int) -> DataError:
        known = textwrap.shorten(f"one of the {len(self.names)} classes of the training data: {', '.join(self.names)}", 400)
        if text is None:
            return DataError(f"row {row} has no label", known, "leave out the rows given by missing_rows(values)")
        close = difflib.get_close_matches(text, self.names, n=1)
        fix = f"did you mean {close[0]}?" if close else "correct the label, or train again with examples of it"
        return DataError(f"row {row} has the unknown label '{text[:60]}'", known, fix)

    def one_hot(self, values: Any) -> np.ndarray:
        r"""Labels as rows with a 1 at the class.

        Shapes: values (N,); returns float32 (N, num_classes).
        """
        return np.eye(len(self.names), dtype=np.float32)[self.encode(values)]

    def decode(self, ids: Any) -> list[str]:
        r"""The names of class indices.

        Shapes: ids (N,) integers; returns N names.

        Raises:
            DataError: an index that is no class.
        """
        ids = np.asarray(ids).reshape(-1)
        wrong = ids[(ids < 0) | (ids >= len(self.names))]
        if len(wrong):
            raise DataError(f"class index {wrong[0]}", f"0 to {len(self.names) - 1}", "give indices from this network's output")
        return [self.names[place] for place in ids.tolist()]

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"kind": self.kind, "names": list(self.names)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LabelPreparation:
        """The same preparation again."""
        return cls(tuple(data["names"]))


@dataclass(frozen=True)
class LabelNumbering:
    r"""Numbers for whatever classes the data at hand hold; nothing is learned, so any part may hold classes of its own.

    For methods that are tried on classes which they never saw: a number means the same class within one data set only.
    """

    kind: ClassVar[str] = "numbering"

    @staticmethod
    def names_of(values: Any) -> list[str]:
        """The names of the classes among `values` (N,), in the order of their numbers."""
        return _natural_order({str(text) for text in as_texts(values)})

    def encode(self, values: Any) -> np.ndarray:
        r"""Labels as numbers of the classes among them.

        Shapes: values (N,); returns int64 (N,).

        Raises:
            DataError: a missing label; its row, counted from 1, is given.
        """
        texts = as_texts(values).tolist()
        if None in texts:
            raise DataError(f"row {texts.index(None) + 1} has no label", "a label for each item", "leave out what has none")
        places = {name: place for place, name in enumerate(self.names_of(values))}
        return np.fromiter((places[str(text)] for text in texts), dtype=np.int64, count=len(texts))

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"kind": self.kind}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LabelNumbering:
        """The same again."""
        return cls()


def _bare(label: str) -> str:
    return label.strip().rstrip(".").strip()


def _natural_order(names: set[str]) -> list[str]:
    """Numbers by value; other names with their numbers by value, so that item2 comes before item10."""
    if all(re.fullmatch(r"[-+]?\d+(\.\d*)?(e[-+]?\d+)?", name) for name in names):
        return sorted(names, key=lambda name: (float(name), name))

    def key(name: str) -> tuple[list[tuple[int, int, str]], str]:
        parts = re.split(r"([0-9]+)", name.casefold())
        return [(0, int(part[:300]), "") if part.isdecimal() and part.isascii() else (1, 0, part) for part in parts if part], name

    return sorted(names, key=key)


def _check_classes(names: Sequence[str], count: int, max_classes: int) -> None:
    numbers = [re.fullmatch(r"[-+]?(\d+)(\.\d+)?(e[-+]?\d+)?", name) for name in names]
    numeric = all(numbers)
    broken = numeric and any(number[2] or number[3] for number in numbers if number)
    measures = broken and (len(names) > 20 or (len(names) > 5 and len(names) > count / 2))
    measures = measures or (numeric and len(names) > 50 and len(names) > count / 3)
    different = count >= 20 and len(names) > 0.9 * count
    if not (measures or different or len(names) > max_classes):
        return
    found = f"{len(names):,} different labels among {count:,} rows, for example {', '.join(names[:3])[:120]}"
    if numeric:
        raise DataError(found, f"classes, at most {max_classes:,}, each with several rows", "to predict a number: train regress")
    fix = "choose another target column; this one may name the rows"
    raise DataError(found, f"classes, at most {max_classes:,}, each with several rows", fix)


@dataclass(frozen=True)
class TargetPreparation:
    r"""Numbers to be predicted, standardised: encoded = (value - mean) / std.

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
        r"""Learns mean and deviation. Rows with a missing target are passed over (see `missing_rows`).

        Shapes: values_train (N,) or (N, k), an array, list, Series or DataFrame.

        Raises:
            DataError: the target is text, is missing everywhere, or is the same number everywhere.
        """
        numbers, names = _target_numbers(values_train)
        numbers = numbers[~np.isnan(numbers).any(axis=1)]
        if not len(numbers):
            raise DataError("found no target values", "a number in at least two rows", "choose another target column")
        mean, std = numbers.mean(axis=0), numbers.std(axis=0)
        for place, name in enumerate(names):
            if not std[place] > 1e-12 * abs(mean[place]):
                found = f"the target '{name}' is {numbers[0, place]:g} in every training row"
                raise DataError(found, "numbers that differ", "choose another target column")
        return cls(tuple(mean.tolist()), tuple(std.tolist()), names)

    @property
    def shape(self) -> tuple[int]:
        """The shape of one row's targets."""
        return (len(self.names),)

    def encode(self, values: Any) -> np.ndarray:
        r"""Standardised targets.

        Shapes: values (N,) or (N, k); returns float32 (N, k).

        Raises:
            DataError: a value is missing, infinite or text, or there are not k columns.
        """
        numbers, _ = _target_numbers(values)
        if numbers.shape[1:] != self.shape:
            raise DataError(f"{numbers.shape[1]} target columns", f"{len(self.names)}: {', '.join(self.names)}", "give the same columns")
        missing = np.flatnonzero(np.isnan(numbers).any(axis=1))
        if len(missing):
            found = f"{len(missing)} rows have no target, the first is row {missing[0] + 1}"
            raise DataError(found, "a number in every row", "leave out the rows given by missing_rows(values)")
        return np.clip((numbers - self.mean) / self.std, -LARGEST, LARGEST).astype(np.float32)

    def decode(self, encoded: Any) -> np.ndarray:
        r"""Back to the person's own units.

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
    """Targets as float64 (N, k), not-a-number where missing, and the names of the k columns."""
    if not hasattr(values, "ndim"):
        values = np.array(values, dtype=object)
    if values.ndim > 2:
        raise DataError(f"targets of shape {values.shape}", "(rows,) or (rows, columns)", "give one row of numbers per example")
    if values.ndim == 1:
        columns = {str(getattr(values, "name", None) or "target"): values}
    elif hasattr(values, "iloc"):
        columns = {str(name): values.iloc[:, place] for place, name in enumerate(values.columns)}
    else:
        columns = {f"target_{place + 1}": values[:, place] for place in range(values.shape[1])}
    try:
        numbers = [np.clip(as_numbers(column, name), -LARGEST, LARGEST) for name, column in columns.items()]
    except DataError as error:
        raise DataError(error.received, "numbers", "to predict a name or class: train classify") from None
    return np.stack(numbers, axis=1), tuple(columns)
