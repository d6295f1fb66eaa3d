"""When the values of a label are read as several labels.

A column such as `drama;comedy` can be read as two labels or as the name of one class. It is read as several
labels if most parts also occur in other values, alone or in another combination; a note says so, with the
option that changes it.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.data.label_sets import LIST, label_sets, parsed_list, split_labels
from hibiscus.data.tables.columns import as_texts
from hibiscus.errors import ConfigError, DataError

__all__ = ["read_labels"]

SEPARATORS = (";", "|")  # recognized without being named
UNSURE = (",",)  # often part of a name
MANY = 100  # different values, more than half of all, that are not taken for names of classes


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
    if counts and all(parsed_list(text) is not None for text in counts):
        return LIST, ""
    sentences = len(counts) > max(MANY, len(values) / 2)  # such as translations: hardly any value is repeated
    for separator in (*SEPARATORS, *UNSURE):
        split = {text: split_labels(text, separator) or () for text in counts}
        joined = [text for text, names in split.items() if len(names) > 1]
        uses = Counter(name for names in split.values() for name in names)
        parts = [name for text in joined for name in split[text]]
        repeated = sum(uses[name] > 1 for name in parts) > len(parts) / 2
        if repeated and separator in SEPARATORS:
            return separator, ""
        if joined and (repeated or (separator in SEPARATORS and not sentences)):
            reading = f"labels such as '{joined[0][:60]}' are read as one class each"
            return "", f"{reading}; label_separator='{separator}' reads several labels"
    return "", ""
