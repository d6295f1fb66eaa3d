"""Data other than that of the training: to be evaluated on, or to support new classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import DataError, UsageError
from hibiscus.methods.registry import get_method
from hibiscus.runs.requirements import what_was_there
from hibiscus.training.method import Method

__all__ = ["labeled_data", "support_data"]


def labeled_data(dataset: Dataset, kind: type[Method], training: PreparedData) -> PreparedData:
    """Other data as the test part, with the preparation and training part of a run.

    Args:
        dataset: its test part is used if it has one, otherwise all items.
        kind: the class of the method.
        training: the data of the run.

    Raises:
        DataError: it has no labels.
    """
    no_labels = kind.needs & {"label", "target"} and not any(
        name in dataset.fields for name in ("label", "labels", "target")
    )
    if no_labels or any(name not in dataset.fields for name in kind.needs & {"mask", "boxes"}):
        received = f"{dataset.path}: it holds no labels{what_was_there(dataset)}"
        raise DataError(received, "data with labels, to evaluate on", "hibiscus predict")
    items = dataset.parts.get("test", np.arange(len(dataset)))
    return PreparedData(dataset, training.preparation, {"test": items}, training.device, training=training)


def support_data(
    dataset: Dataset, info: Mapping[str, Any], preparation: Preparation, device: torch.device
) -> PreparedData:
    """The support set of new classes, as a training part.

    Args:
        dataset: one class for each folder of examples.
        info: the content of `run.json`.
        preparation: that of the run.
        device: of the batches.

    Raises:
        UsageError: the method can only predict the classes of training.
        DataError: fewer than two classes.
    """
    if not get_method(info["method"]).parts_hold_other_classes:
        raise UsageError(
            f"{info['method']} takes no support", "a few-shot method, such as protonet", "leave support out"
        )
    classes = len(dataset.class_counts())
    if classes < 2:
        raise DataError(
            f"{dataset.path}: {classes or 'no'} classes",
            "one folder of examples for each of two or more classes",
            "sort the examples into folders",
        )
    return PreparedData(dataset, preparation, {"train": np.arange(len(dataset))}, device)
