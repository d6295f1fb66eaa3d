r"""Labels as class indices, with what was learned from the training part only."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hibiscus.data.tables.columns import as_texts
from hibiscus.errors import DataError, similar_words
from hibiscus.typed_values import Names, typed_value

__all__ = ["LabelNumbering", "LabelPreparation", "are_measures", "natural_order"]

NUMBER = re.compile(r"[-+]?(\d+)(\.\d+)?(e[-+]?\d+)?")


@dataclass(frozen=True)
class LabelPreparation:
    r"""Class names in natural order (2 before 10), and labels as indices into them.

    Args:
        names: the class names; class k is `names[k]`.
    """

    names: Names
    kind: ClassVar[str] = "label"

    @classmethod
    def fit(cls, values_train: Any, max_classes: int = 1000) -> LabelPreparation:
        r"""Learns the classes of the training part. Missing labels are skipped (see `missing_rows`).

        Shapes: values_train (N,), strings, numbers or booleans.

        Raises:
            DataError: fewer than two classes, more than `max_classes`, or continuous values instead of
                classes.
        """
        texts = [text for text in as_texts(values_train) if text is not None]
        names = natural_order(set(texts))
        if len(names) < 2:
            received = f"found only one class: {names[0]}" if names else "found no labels"
            fix = "add examples of another class, or choose another target column"
            raise DataError(received, "at least two classes", fix)
        _check_classes(names, len(texts), max_classes)
        return cls(tuple(names))

    @property
    def num_classes(self) -> int:
        """The number of classes."""
        return len(self.names)

    def encode(self, values: Any) -> np.ndarray:
        r"""Labels as class indices; spaces around a label and a trailing period are ignored.

        Shapes: values (N,); returns int64 (N,).

        Raises:
            DataError: a missing label, or one that the training part did not contain; the message gives its
                row, counted from 1.
        """
        texts = as_texts(values).tolist()
        classes = self._classes(set(texts))
        for text in set(texts):
            if text is None or text not in classes:
                raise self._unknown(text, texts.index(text) + 1)
        return np.fromiter((classes[text] for text in texts), dtype=np.int64, count=len(texts))

    def _classes(self, texts: Collection[str | None]) -> dict[str, int]:
        """The class of each text that names one: exactly, up to a period at its end, or as a number."""
        classes = {name: number for number, name in enumerate(self.names)}
        bare = Counter(_bare(name) for name in self.names)
        # If both "a" and "a." are classes, only the exact label counts.
        loose = {
            _bare(name): number for name, number in classes.items() if _bare(name) and bare[_bare(name)] == 1
        }
        matched = {text: loose[_bare(text)] for text in texts if text is not None and _bare(text) in loose}
        if all(_plain_number(name) == name for name in self.names):  # 1.0 and 1 are one class of numbers
            numbers = {text: _plain_number(text) for text in texts if text is not None}
            matched |= {text: classes[name] for text, name in numbers.items() if name in classes}
        if set(self.names) == {"False", "True"}:  # which spreadsheets and JSON write as FALSE and false
            matched |= {
                text: classes[text.capitalize()] for text in texts if text and text.capitalize() in classes
            }
        return {**matched, **classes}

    def match_variants(self, values: Any) -> dict[str, str]:
        """The labels among `values` (N,) that match no class exactly, with the class that each is read as."""
        texts = set(as_texts(values).tolist())
        return {
            text: self.names[number]
            for text, number in self._classes(texts).items()
            if text not in self.names
        }

    def _unknown(self, text: str | None, row: int) -> DataError:
        classes = f"one of the {len(self.names)} classes of the training data: {', '.join(self.names)}"
        known = textwrap.shorten(classes, 400)
        if text is None:
            return DataError(
                f"row {row} has no label", known, "remove the rows listed by missing_rows(values)"
            )
        close = similar_words(text, self.names)
        fix = f"did you mean {close[0]}?" if close else "correct the label, or retrain with examples of it"
        return DataError(f"row {row} has the unknown label '{text[:60]}'", known, fix)

    def one_hot(self, values: Any) -> np.ndarray:
        r"""Labels as one-hot rows.

        Shapes: values (N,); returns float32 (N, num_classes).
        """
        return np.eye(len(self.names), dtype=np.float32)[self.encode(values)]

    def decode(self, ids: Any) -> list[str]:
        r"""The names of class indices.

        Shapes: ids (N,) integers; returns N names.

        Raises:
            DataError: an index that is not a class.
        """
        ids = np.asarray(ids).reshape(-1)
        wrong = ids[(ids < 0) | (ids >= len(self.names))]
        if len(wrong):
            fix = "pass class indices predicted by this model"
            raise DataError(f"class index {wrong[0]}", f"0 to {len(self.names) - 1}", fix)
        return [self.names[number] for number in ids.tolist()]

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"kind": self.kind, "names": list(self.names)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LabelPreparation:
        """The same preparation again."""
        return typed_value(cls, data)


@dataclass(frozen=True)
class LabelNumbering:
    r"""Numbers for the classes in the data at hand; nothing is learned, so parts may differ in classes.

    For methods that are evaluated on classes not seen in training: a number denotes the same class within one
    dataset only.
    """

    kind: ClassVar[str] = "numbering"

    @staticmethod
    def names_of(values: Any) -> list[str]:
        """The names of the classes among `values` (N,), in the order of their numbers."""
        return natural_order({str(text) for text in as_texts(values)})

    def encode(self, values: Any) -> np.ndarray:
        r"""Labels as class numbers.

        Shapes: values (N,); returns int64 (N,).

        Raises:
            DataError: a missing label; the message gives its row, counted from 1.
        """
        texts = as_texts(values).tolist()
        if None in texts:
            row = texts.index(None) + 1
            raise DataError(
                f"row {row} has no label", "a label for each item", "remove the items without a label"
            )
        numbers = {name: number for number, name in enumerate(self.names_of(values))}
        return np.fromiter((numbers[str(text)] for text in texts), dtype=np.int64, count=len(texts))

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"kind": self.kind}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LabelNumbering:
        """The saved preparation."""
        return cls()


def _plain_number(text: str) -> str:
    """The number in a text as Python writes it, whole ones without `.0`; empty if there is none."""
    if not re.fullmatch(r"-?(0|[1-9]\d*)(\.\d*)?", text):
        return ""
    return re.sub(r"\.0$", "", str(float(text))) if "." in text else text


def _bare(label: str) -> str:
    return label.strip().rstrip(".").strip()


def natural_order(names: set[str]) -> list[str]:
    """Numbers by value; other names with the numbers in them by value, so that item2 comes before item10."""
    if all(re.fullmatch(r"[-+]?\d+(\.\d*)?(e[-+]?\d+)?", name) for name in names):
        return sorted(names, key=lambda name: (float(name), name))

    def key(name: str) -> tuple[list[tuple[int, int, str]], str]:
        parts = re.split(r"([0-9]+)", name.casefold())
        return [
            (0, int(part[:300]), "") if part.isdecimal() and part.isascii() else (1, 0, part)
            for part in parts
            if part
        ], name

    return sorted(names, key=key)


def are_measures(names: Collection[str], count: int) -> bool:
    """Whether distinct values of `count` items are measured numbers rather than names of classes."""
    numbers = [NUMBER.fullmatch(name) for name in names]
    if not names or not all(numbers):
        return False
    broken = any(number[2] or number[3] for number in numbers if number)
    measures = broken and (len(names) > 20 or (len(names) > 5 and len(names) > count / 2))
    return measures or (len(names) > 50 and len(names) > count / 3)


def _check_classes(names: Sequence[str], count: int, max_classes: int) -> None:
    measures, different = are_measures(names, count), count >= 20 and len(names) > 0.9 * count
    if not (measures or different or len(names) > max_classes):
        return
    received = f"{len(names):,} distinct labels in {count:,} rows, for example {', '.join(names[:3])[:120]}"
    expected = f"at most {max_classes:,} classes with several rows each"
    if all(NUMBER.fullmatch(name) for name in names):
        raise DataError(received, expected, "to predict a number, use train regress")
    raise DataError(received, expected, "choose another target column; this one looks like row identifiers")
