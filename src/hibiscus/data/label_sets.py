r"""Several labels for one item: how they are recognized in a column, and their encoding as zeros and ones.

A column such as `drama;comedy` can be read as two labels or as the name of one class. It is read as several
labels if most parts also occur in other values, alone or in another combination; a note says so, with the
option that changes it.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from hibiscus.data.labels import natural_order
from hibiscus.data.tables.columns import as_texts
from hibiscus.errors import ConfigError, DataError, similar_words

if TYPE_CHECKING:
    from hibiscus.data.dataset import Dataset

__all__ = [
    "MultiLabelPreparation",
    "count_labels",
    "label_sets",
    "read_labels",
    "split_labels",
    "zeros_and_ones",
]

SEPARATORS = (";", "|")  # recognized without being named
UNSURE = (",",)  # often part of a name
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
        return split_labels(_parsed_list(text) or (), "")
    parts = text.split(separator) if separator else [text]
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _parsed_list(text: str) -> list[Any] | None:
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


def read_labels(dataset: Dataset, multi_label: bool | None = None, separator: str | None = None) -> None:
    """Turns the field `label` into `labels` if its values hold several labels, and notes how they were read.

    The names of class folders are never divided, unless an option says so.

    Args:
        dataset: changed in place.
        multi_label: whether items have any number of labels; None to see from the values.
        separator: between the labels of a value; None to see from the values.

    Raises:
        ConfigError: a separator with `multi_label=false`.
        DataError: several labels for one item with `multi_label=false`.
    """
    if multi_label is False and separator:
        received = f"label_separator={separator} with multi_label=false"
        raise ConfigError(received, "one of the two", "omit multi_label")
    if "labels" in dataset.fields:
        _as_classes(dataset, multi_label)
    values = dataset.fields.get("label")
    if values is None or multi_label is False:
        return
    chosen = separator
    if chosen is None:
        in_folders = not dataset.roles and Path(dataset.path).is_dir()
        chosen, note = ("", "") if in_folders else _find_separator(values)
        dataset.notes += [note] if note else []
    if not (chosen or multi_label):
        return
    del dataset.fields["label"]
    dataset.fields["labels"] = label_sets(split_labels(value, chosen) or () for value in values)
    dataset.about["label_separator"] = chosen
    how = "as a list" if chosen == LIST else f"separated by '{chosen}'" if chosen else "one in each value"
    note = f"several labels for an item, {how}; multi_label=false reads each value as one class"
    dataset.notes.append(f"{note}; [] stands for an item without labels")


def _as_classes(dataset: Dataset, multi_label: bool | None) -> None:
    """Turns columns of zeros and ones into one class for each item, if each has exactly one label."""
    sets = dataset.fields["labels"]
    other = next((i for i, names in enumerate(sets) if len(names) != 1), None)
    if multi_label is None and other is None:
        dataset.notes.append("every item has exactly one label: read as classes; multi_label=true changes it")
    if multi_label is not True and other is None:
        dataset.fields["label"] = np.array([names[0] for names in dataset.fields.pop("labels")])
    elif multi_label is False and "target" not in dataset.fields:
        received = f"{dataset.path}: {dataset.ids[other or 0]} has {len(sets[other or 0])} labels"
        raise DataError(received, "one label for each item, as multi_label=false says", "omit multi_label")


def _find_separator(values: Any) -> tuple[str, str]:
    """The separator of several labels in values, or an empty string; and a note where both readings fit."""
    if any(isinstance(value, list | tuple | np.ndarray) for value in values):
        return LIST, ""
    if getattr(values, "dtype", np.dtype(object)).kind not in "OU":
        return "", ""
    counts = Counter(text for text in as_texts(values).tolist() if text is not None)
    if counts and all(_parsed_list(text) is not None for text in counts):
        return LIST, ""
    for separator in (*SEPARATORS, *UNSURE):
        split = {text: split_labels(text, separator) or () for text in counts}
        joined = [text for text, names in split.items() if len(names) > 1]
        uses = Counter(name for names in split.values() for name in names)
        parts = [name for text in joined for name in split[text]]
        repeated = sum(uses[name] > 1 for name in parts) > len(parts) / 2
        if repeated and separator in SEPARATORS:
            return separator, ""
        if joined and (repeated or separator in SEPARATORS):
            reading = f"labels such as '{joined[0][:60]}' are read as one class each"
            return "", f"{reading}; label_separator='{separator}' reads several labels"
    return "", ""


@dataclass(frozen=True)
class MultiLabelPreparation:
    r"""Label names in natural order (2 before 10), and label sets as rows of zeros and ones.

    Args:
        names: column k stands for `names[k]`.
        separator: between labels in a text, in training and in predictions.
    """

    names: tuple[str, ...]
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
        return cls(tuple(data["names"]), data["separator"])
