"""What the user should know about a split: classes that a part lacks, and times whose order is ignored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from hibiscus.data.dataset import PART_NAMES, Dataset
from hibiscus.data.labels import are_measures
from hibiscus.data.tables.columns import as_texts
from hibiscus.data.time_split import time_column

__all__ = ["note_split"]

MAX_NAMED = 5


def note_split(dataset: Dataset, parts: Mapping[str, np.ndarray], split: str, classes: bool) -> None:
    """Adds notes to the dataset.

    Args:
        dataset: the data.
        parts: the indices of its parts.
        split: the option that they were made by.
        classes: whether the labels are classes that validation should contain.
    """
    notes = _absent_classes(dataset, parts) if classes else []
    column = time_column(dataset)
    made = [part for part in parts if part not in dataset.parts and part != "train"]
    if column is not None and made and split != "time":
        notes.append(
            f"column '{column}' holds times, but the split ignores their order: training contains rows later "
            "than those of the test part; split=time makes the latest rows the test part, as "
            "forecast always does"
        )
    dataset.notes += [note for note in notes if note not in dataset.notes]


def _absent_classes(dataset: Dataset, parts: Mapping[str, np.ndarray]) -> list[str]:
    labels = _labels_of_items(dataset)
    count_of = Counter(name for names in labels for name in names)
    if "label" in dataset.fields and are_measures(list(count_of), len(labels)):
        return []
    notes = []
    for part in ("val", "test"):
        present = {name for item in parts.get(part, ()) for name in labels[item]}
        absent = sorted(set(count_of) - present) if part in parts else []
        if absent:
            shown = ", ".join(f"{name} ({count_of[name]} in all)" for name in absent[:MAX_NAMED])
            more = f" and {len(absent) - MAX_NAMED} more" if len(absent) > MAX_NAMED else ""
            notes.append(f"the {PART_NAMES[part]} part has no item of {shown}{more}")
    return notes


def _labels_of_items(dataset: Dataset) -> list[tuple[str, ...]]:
    """The labels of each item: one, any number, or none where the data has no labels."""
    if "labels" in dataset.fields:
        return list(map(tuple, dataset.fields["labels"]))
    if "label" not in dataset.fields:
        return [()] * len(dataset)
    return [(name,) for name in as_texts(np.asarray(dataset.fields["label"])).astype(str).tolist()]
