from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris

from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.errors import DataError
from hibiscus.runs.label_errors import find_label_errors

VALUES, TRUTH = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])


def iris(label):
    values = VALUES.astype(np.float32)
    keys = content_keys(np.concatenate([values, np.arange(150)[:, None]], axis=1))
    return Dataset(
        "iris", "iris.csv", {"array": values, "label": label}, [f"row {i}" for i in range(150)], keys
    )


def test_swapped_labels_of_iris_are_found_with_their_parts():
    label = NAMES[TRUTH].astype(object)
    label[10] = "virginica"
    label[120] = "setosa"
    parts = {"train": np.arange(0, 150, 2), "test": np.arange(1, 150, 2)}
    found = find_label_errors(iris(label), DataConfig(), parts)
    assert found.items == 150
    assert found.accuracy > 0.9
    assert "5-fold cross-validation" in found.model
    assert {"row 10", "row 120"} <= set(found.columns["id"])
    assert len(found) < 12
    first = {name: values[0] for name, values in found.columns.items()}
    assert first["part"] == "train"
    assert first["label_probability"] < 0.2 < 0.7 < first["suggested_probability"]
    assert first["margin"] == pytest.approx(first["label_probability"] - first["suggested_probability"])
    assert found.columns["margin"] == sorted(found.columns["margin"])
    by_id = dict(zip(found.columns["id"], found.columns["suggested"], strict=True))
    assert (by_id["row 10"], by_id["row 120"]) == ("setosa", "virginica")
    assert len(found) == len(found.columns["label"])


def test_data_without_labels():
    dataset = iris(NAMES[TRUTH].astype(object))
    del dataset.fields["label"]
    with pytest.raises(DataError, match=r"iris\.csv: no labels to check"):
        find_label_errors(dataset, DataConfig(), {})
