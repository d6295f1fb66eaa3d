"""Other data for a run: with labels to evaluate on, or as a support set."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import DataError, UsageError
from hibiscus.runs.other_data import labeled_data, support_data

IMAGE = ImagePreparation.fit(np.arange(5 * 4 * 4, dtype=np.uint8).reshape(5, 4, 4, 1))
PREPARATION = Preparation({"image": IMAGE})
CLASSIFY = SimpleNamespace(needs=frozenset({"label"}))


def images(labels=None, parts=None):
    pixels = np.zeros((4, 4, 4, 1), np.uint8)
    fields = {"image": pixels} | ({} if labels is None else {"label": np.array(labels)})
    return Dataset("other", "other", fields, list("abcd"), content_keys(pixels), parts=parts or {})


def training():
    return PreparedData(images(list("xxyy")), PREPARATION, {"train": np.arange(4)})


def test_all_items_are_evaluated_unless_there_is_a_test_part():
    assert len(labeled_data(images(list("xxyy")), CLASSIFY, training()).parts["test"]) == 4
    parts = {"train": np.arange(3), "test": np.array([3])}
    assert labeled_data(images(list("xxyy"), parts), CLASSIFY, training()).parts["test"].tolist() == [3]
    with pytest.raises(DataError, match="no labels"):
        labeled_data(images(), CLASSIFY, training())


def test_a_support_set_has_two_classes_and_a_few_shot_method():
    device = torch.device("cpu")
    data = support_data(images(list("xxyy")), {"method": "protonet"}, PREPARATION, device)
    assert data.parts["train"].tolist() == [0, 1, 2, 3]
    with pytest.raises(DataError, match="1 classes"):
        support_data(images(list("xxxx")), {"method": "protonet"}, PREPARATION, device)
    with pytest.raises(UsageError, match="takes no support"):
        support_data(images(list("xxyy")), {"method": "classify"}, PREPARATION, device)
