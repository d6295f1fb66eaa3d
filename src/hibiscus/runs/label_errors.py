"""Suspected label errors of a dataset, before any training, for `hibiscus inspect DATA --label-errors`.

They belong to the data and not to a run: a run divides the data into parts, and its network has seen the
labels of the largest. Here the items of all parts are divided into folds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.named_errors import named_errors
from hibiscus.data.prepared import PreparedData
from hibiscus.data.split import folds
from hibiscus.errors import DataError
from hibiscus.evaluation.out_of_sample import PART, OutOfSample, cross_validated
from hibiscus.methods.registry import get_method
from hibiscus.metrics.confident_learning import (
    confident_classes,
    normalized_margins,
    suspected_label_errors,
)
from hibiscus.runs.prepare import fit_preparation, groups_of

__all__ = ["LabelErrors", "find_label_errors"]

FOLDS = 5


@dataclass(frozen=True)
class LabelErrors:
    """The suspected label errors of a dataset, the most suspected first.

    Args:
        items: how many have labels that were checked.
        accuracy: of the cross-validated model.
        model: the model and how it was fitted.
        columns: `id`, `part`, `label`, `suggested`, `label_probability`, `suggested_probability` and
            `margin`, each with an entry for each suspected item.
    """

    items: int
    accuracy: float
    model: str
    columns: dict[str, list]

    def __len__(self) -> int:
        return len(self.columns["id"])


def find_label_errors(dataset: Dataset, config: DataConfig, parts: dict[str, np.ndarray]) -> LabelErrors:
    """Cross-validates a simple model on all items, and ranks the labels that contradict it.

    Args:
        dataset: the opened data, with one label for each item.
        config: the options of the data.
        parts: the indices of each part, for the record.

    Raises:
        DataError: no labels, several labels for an item, or too few items.
    """
    if "label" not in dataset.fields:
        expected = "data with one class for each item"
        raise DataError(
            f"{dataset.path}: no labels to check", expected, "target=COLUMN names those of a table"
        )
    items = np.arange(len(dataset))
    preparation = fit_preparation(dataset, items, get_method("classify"), config)
    data = PreparedData(dataset, preparation, {PART: items})
    groups = groups_of(dataset, config)
    held_out = folds(dataset, items, FOLDS, "stratified", groups)
    with named_errors(dataset.path):
        out_of_sample = cross_validated(data, held_out, preparation["label"].num_classes)
    return _ranked(data, out_of_sample, parts)


def _ranked(data: PreparedData, predicted: OutOfSample, parts: dict[str, np.ndarray]) -> LabelErrors:
    label, p = data.values("label", PART), predicted.probabilities
    names, part_of = list(data.preparation["label"].names), np.full(len(label), "", dtype=object)
    for part, items in parts.items():
        part_of[items] = part
    suspected, suggested = suspected_label_errors(p, label), confident_classes(p, label)
    columns = {
        "id": [data.dataset.ids[i] for i in suspected],
        "part": part_of[suspected].tolist(),
        "label": [names[i] for i in label[suspected]],
        "suggested": [names[i] for i in suggested[suspected]],
        "label_probability": p[suspected, label[suspected]].tolist(),
        "suggested_probability": p[suspected, suggested[suspected]].tolist(),
        "margin": normalized_margins(p, label)[suspected].tolist(),
    }
    accuracy = float((p.argmax(1) == label).mean())
    return LabelErrors(len(label), accuracy, predicted.model, columns)
