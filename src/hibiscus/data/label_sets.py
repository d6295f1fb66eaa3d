r"""Several labels for one item: texts and columns of numbers as label sets, and their encoding as zeros and
ones, with what was learned from the training part only.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hibiscus.data.labels import natural_order
from hibiscus.data.tables.columns import as_texts
from hibiscus.errors import DataError, similar_words
from hibiscus.typed_values import Names, typed_value

__all__ = [
    "LIST",
    "MultiLabelPreparation",
    "count_labels",
    "label_sets",
    "parsed_list",
    "split_labels",
    "zeros_and_ones",
]

LIST = "list"  # the separator of labels written as a JSON or Python list
MAX_LABELS = 1000


def split_labels(value: Any, separator: str) -> tuple[str, ...] | None:
    """The distinct labels of one value, in its order; None if it is missing.

    Args:
        value: a text, or a list of labels.
        separator: between the labels of a text; `list` if it is written as a list, or an empty string if it
            is one label.
    """
    if isinstance(value, list | tuple | set | np.ndarray):
        return tuple(dict.fromkeys(text for text in as_texts(list(value)) if text is not None))
    text = as_texts([value])[0]
    if text is None:
        return None
    if text == "[]":
        return ()
    if separator == LIST:
        return split_labels(parsed_list(text) or (), "")
    parts = text.split(separator) if separator else [text]
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def parsed_list(text: str) -> list[Any] | None:
    """`["a", "b"]` or `['a', 'b']` as a list; None if it is not one."""
    if not (text.startswith("[") and text.endswith("]")):
        return None
    for parse in (json.loads, ast.literal_eval):
        try:
            values = parse(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(values, list) and not any(isinstance(value, list | dict | tuple) for value in values):
            return values
    return None


def label_sets(sets: Iterable[Collection[str]]) -> np.ndarray:
    """Label sets as the field `labels`: an object array `(items,)` of tuples of names."""
    rows = [tuple(names) for names in sets]
    array = np.empty(len(rows), dtype=object)
    for i, row in enumerate(rows):  # assigned one by one, since equal lengths would become an axis
        array[i] = row
    return array


def zeros_and_ones(columns: np.ndarray, names: Sequence[str] | None = None) -> dict[str, np.ndarray]:
    """The fields that columns of numbers `(items, columns)` stand for.

    Rows with a single one, all others zero, are the field `label` of class numbers; other zeros and ones are
    both `target` and `labels`, since they can be predicted as numbers and as labels; other numbers are
    `target` only.

    Args:
        columns: numbers.
        names: of the columns; by default their numbers.
    """
    fields = {"target": columns.astype(np.float64)}
    if not np.isin(columns, (0, 1)).all():
        return fields
    if (columns.sum(axis=1) == 1).all():
        return {"label": columns.argmax(1)}
    named = names if names and len(names) == columns.shape[1] else [str(i) for i in range(columns.shape[1])]
    return {
        **fields,
        "labels": label_sets([named[i] for i in np.flatnonzero(row).tolist()] for row in columns),
    }


def count_labels(values: np.ndarray, parts: Mapping[str, np.ndarray]) -> dict[str, dict[str, int]]:
    """The number of items with each label in each part."""
    counts = {part: Counter(name for i in items for name in values[i]) for part, items in parts.items()}
    names = natural_order({name for row in values for name in row})
    return {name: {part: counts[part][name] for part in parts} for name in names}


@dataclass(frozen=True)
class MultiLabelPreparation:
    r"""Label names in natural order (2 before 10), and label sets as rows of zeros and ones.

    Args:
        names: column k stands for `names[k]`.
        separator: between labels in a text, in training and in predictions.
    """

    names: Names
    separator: str = ";"
    kind: ClassVar[str] = "labels"

    @classmethod
    def fit(cls, values_train: Any, separator: str = ";") -> MultiLabelPreparation:
        r"""Learns the labels of the training part.

        Shapes: values_train (N,), tuples of names.

        Raises:
            DataError: no item has a label, or there are more than 1,000 labels.
        """
        names = natural_order({name for names in values_train for name in names})
        if not names:
            fix = "add items with labels, or choose another target column"
            raise DataError("no item of the training part has a label", "at least one label", fix)
        if len(names) > MAX_LABELS:
            received = f"{len(names):,} distinct labels, for example {', '.join(names[:3])[:120]}"
            raise DataError(received, f"at most {MAX_LABELS:,}", "choose another target or label_separator")
        return cls(tuple(names), separator)

    @property
    def num_classes(self) -> int:
        """The number of labels."""
        return len(self.names)

    def encode(self, values: Any) -> np.ndarray:
        r"""Label sets as rows of zeros and ones.

        Shapes: values (N,), tuples of names, or texts as in training; returns float32 (N, labels).

        Raises:
            DataError: a label that the training part did not contain; the message gives its row from 1.
        """
        columns = {name: index for index, name in enumerate(self.names)}
        out = np.zeros((len(values), len(self.names)), dtype=np.float32)
        for row, value in enumerate(values):
            for name in split_labels(value, self.separator) or ():
                if name not in columns:
                    raise self._unknown(name, row + 1)
                out[row, columns[name]] = 1
        return out

    def _unknown(self, name: str, row: int) -> DataError:
        close = similar_words(name, self.names)
        fix = f"did you mean {close[0]}?" if close else "correct the label, or retrain with examples of it"
        known = f"labels of the training data: {', '.join(self.names)[:400]}"
        return DataError(f"row {row} has the unknown label '{name[:60]}'", known, fix)

    def decode(self, chosen: Any) -> list[str]:
        r"""The labels of each row as one text, joined by the separator of training (`;` for lists).

        Shapes: chosen (N, labels), zeros and ones or booleans; returns N texts, empty for no label.
        """
        separator = self.separator if self.separator not in ("", LIST) else ";"
        return [separator.join(self.names[i] for i in np.flatnonzero(row)) for row in np.asarray(chosen)]

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"kind": self.kind, "names": list(self.names), "separator": self.separator}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MultiLabelPreparation:
        """The same preparation again."""
        return typed_value(cls, data)
