"""From opened data and its options to parts and to what is learned from the training part."""

from __future__ import annotations

from typing import Any

import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.data.options import DataConfig
from hibiscus.data.prepare import ImagePreparation, LabelPreparation, Preparation, TablePreparation, TargetPreparation
from hibiscus.data.prepare_arrays import ArrayPreparation
from hibiscus.data.prepare_labels import LabelNumbering
from hibiscus.data.prepared import raw_field
from hibiscus.data.split import class_groups, keep_every_class, make_split, split_classes
from hibiscus.errors import DataError

__all__ = ["fit_preparation", "groups_of", "prepare_parts"]


def fit_preparation(
    dataset: Dataset,
    train: np.ndarray,
    needs: frozenset[str],
    options: DataConfig,
    uses: frozenset[str] = frozenset(),
    other_classes: bool = False,
) -> Preparation:
    """Learns shapes, scales and label order from the training items, for the inputs that there are and what the method needs.

    Args:
        dataset: the opened data.
        train: the indices of its training part.
        needs: fields without which the method cannot learn.
        options: how tables are scaled.
        uses: fields that the method takes where there are some.
        other_classes: whether the parts hold different classes, so that labels are numbered and nothing is learned of them.

    Raises:
        DataError: the data lack what the method needs.
    """
    fields: dict[str, Any] = {}
    if "image" in needs and "image" not in dataset.fields:
        raise DataError(
            f"{dataset.path}: it holds {', '.join(dataset.describe_fields().values())}", "pictures", "point at a folder of pictures"
        )
    if "image" in dataset.fields:
        fields["image"] = ImagePreparation.fit(dataset.fields["image"], rows=train)
    if "table" in dataset.fields:
        frame = dataset.fields["table"].iloc[train]
        fields["table"] = TablePreparation.fit(frame, dataset.roles, scaling=options.scaling, top_words=options.top_words)
    if "array" in dataset.fields:
        fields["array"] = ArrayPreparation.fit(dataset.fields["array"][train])
    if not fields:
        raise DataError(
            f"{dataset.path}: nothing to learn from but the target", "at least one other column", "add columns, or check their roles"
        )
    for name, kind in (("label", LabelPreparation), ("target", TargetPreparation)):
        if name not in needs | uses:
            continue
        raw = raw_field(dataset, name) if name in needs else dataset.fields.get(name)
        if raw is None and name in uses:
            continue
        if raw is None:
            raise _no_labels(dataset)
        fields[name] = LabelNumbering() if other_classes and name == "label" else kind.fit(np.asarray(raw)[train])
    return Preparation(fields)


def _no_labels(dataset: Dataset) -> DataError:
    if "table" in dataset.fields:
        columns = [str(column) for column in dataset.fields["table"].columns]
        return DataError(f"{dataset.path}: which column is to be predicted?", f"one of: {', '.join(columns[:40])}", f"target={columns[-1]}")
    return DataError(
        f"{dataset.path}: the items have no labels ({', '.join(dataset.describe_fields().values())})",
        "one folder for each class, or labels beside the arrays",
        "sort the pictures into folders named after their classes",
    )


def groups_of(dataset: Dataset, options: DataConfig, other_classes: bool = False) -> np.ndarray | None:
    """The group of each item, where the options name a group column or the parts are to hold different classes.

    Raises:
        DataError: there is no such column.
    """
    if other_classes or options.split == "class":
        return class_groups(dataset, options.group)
    if options.group is None:
        return None
    frame = dataset.fields.get("table")
    if frame is None or options.group not in frame.columns:
        raise DataError(
            f"{dataset.path}: group={options.group}: no such column", "a column of the table", "leave group out, or correct its name"
        )
    return frame[options.group].to_numpy()


def prepare_parts(
    dataset: Dataset, options: DataConfig, needs: frozenset[str] = frozenset(), other_classes: bool = False
) -> dict[str, np.ndarray]:
    """The parts of a data set as the options ask for; where a method needs labels, every class stands in training.

    With `other_classes` no class stands in two parts, as for a method that is tried on classes it never saw.
    """
    if other_classes and "label" not in dataset.fields:
        raise _no_labels(dataset)
    groups = groups_of(dataset, options, other_classes)
    if groups is not None and (other_classes or options.split == "class"):
        return split_classes(dataset, groups, options.val, options.test)
    parts = make_split(dataset, "group" if options.group else options.split, options.val, options.test, groups)
    return keep_every_class(dataset, parts) if "label" in needs and "label" in dataset.fields and groups is None else parts
