"""What is learned from the labels, or the numbers to predict, of the training part."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.data.labels import LabelNumbering
from hibiscus.data.preparation import LabelPreparation, MultiLabelPreparation, TargetPreparation
from hibiscus.data.raw_fields import raw_field
from hibiscus.errors import DataError
from hibiscus.runs.requirements import no_labels

if TYPE_CHECKING:
    from hibiscus.training.method import Method

__all__ = ["fit_targets"]


def fit_targets(dataset: Dataset, train: np.ndarray, kind: type[Method]) -> dict[str, Any]:
    """The class order, or the scale of the numbers, that the method needs or uses."""
    fields: dict[str, Any] = {}
    several = "label" in kind.needs and "labels" in dataset.fields and "label" not in dataset.fields
    if several:
        fields["labels"] = _fit_labels(dataset, train, kind)
    for name, learner in (("label", LabelPreparation), ("target", TargetPreparation)):
        if name not in kind.needs | kind.uses or (several and name == "label"):
            continue
        raw = raw_field(dataset, name) if name in kind.needs else dataset.fields.get(name)
        if raw is None and name in kind.uses:
            continue
        if raw is None:
            raise no_labels(dataset)
        other_classes = name == "label" and kind.parts_hold_other_classes
        values = np.asarray(raw)[train]
        if other_classes:
            fields[name] = LabelNumbering()
        elif learner is TargetPreparation:
            fields[name] = _fit_target(dataset, values)
        else:
            fields[name] = learner.fit(values)
        if isinstance(fields[name], LabelPreparation):
            variants = fields[name].match_variants(raw)
            notes = [f"the label '{text}' is read as '{label}'" for text, label in variants.items()]
            dataset.notes += [note for note in notes if note not in dataset.notes]
    return fields


def _fit_labels(dataset: Dataset, train: np.ndarray, kind: type[Method]) -> MultiLabelPreparation:
    """The labels of items with any number of them.

    Raises:
        DataError: the method takes exactly one label for each item.
    """
    if "labels" not in kind.uses:
        received = f"{dataset.path}: several labels for an item, and {kind.name} takes one"
        raise DataError(received, "one label for each item", "multi_label=false, another target, or classify")
    return MultiLabelPreparation.fit(
        dataset.fields["labels"][train], dataset.about.get("label_separator", ";")
    )


def _fit_target(dataset: Dataset, values: np.ndarray) -> TargetPreparation:
    """Learns the scale of the target; several columns of a table keep their names."""
    names = [name for name, role in dataset.roles.items() if role == "target"]
    if values.ndim == 2 and len(names) == values.shape[1] > 1:
        return dataclasses.replace(TargetPreparation.fit(values), names=tuple(names))
    return TargetPreparation.fit(values, _target_reading(dataset))


def _target_reading(dataset: Dataset) -> Any:
    """How the text of the target column was read; None if it is no column of a table."""
    target = next((name for name, role in dataset.roles.items() if role == "target"), None)
    return dataset.readings.get(target or "")
