"""Which baselines are fitted, on how much, and that they are fitted once."""

import numpy as np
import pandas as pd
import pytest

from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.label_sets import MultiLabelPreparation, label_sets
from hibiscus.data.preparation import (
    ArrayPreparation,
    ImagePreparation,
    LabelPreparation,
    Preparation,
    TablePreparation,
    TargetPreparation,
)
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import supervised_baselines
from hibiscus.evaluation.supervised_baselines import class_baselines, label_baselines, target_baselines
from hibiscus.metrics.label_metrics import multi_label_metrics

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 2)).astype(np.float32)
CLASS = ((X[:, 0] > 0) ^ (X[:, 1] > 0)).astype(int)
PARTS = {"train": np.arange(200), "val": np.arange(200, 250), "test": np.arange(250, 300)}


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(supervised_baselines, "_predictions", {})


def prepared(fields, **preparations):
    dataset = Dataset("d", "d", fields, [str(i) for i in range(300)], content_keys(X))
    return PreparedData(dataset, Preparation(preparations), PARTS)


def table(**more):
    frame = pd.DataFrame(X, columns=["a", "b"])
    learned = TablePreparation.fit(frame.iloc[:200], {"a": "number", "b": "number"})
    fields = {"table": frame, **{name: values for name, (values, _) in more.items()}}
    return prepared(fields, table=learned, **{name: made for name, (_, made) in more.items()})


def test_trees_are_fitted_on_tables_and_find_what_lines_cannot():
    data = table(label=(np.array(["no", "yes"])[CLASS], LabelPreparation(("no", "yes"))))
    metrics, description = class_baselines(data, "test", 2)
    names = ["random guess", "majority class", "nearest mean", "linear model", "boosted trees"]
    assert list(metrics) == names
    assert metrics["boosted trees"]["accuracy"] > 0.85 > 0.65 > metrics["linear model"]["accuracy"]
    assert [row[0] for row in description.rows] == names
    assert "200 rows" in description.note


def test_trees_for_numbers():
    y = X[:, 0] * X[:, 1] + 5
    data = table(target=(y, TargetPreparation.fit(y[:200])))
    metrics, _ = target_baselines(data, "test", data.preparation["target"].decode)
    assert list(metrics) == ["mean of the training part", "linear regression", "boosted trees"]
    assert metrics["boosted trees"]["rmse"] < 0.7 * metrics["linear regression"]["rmse"]


def test_labels_have_frequencies_and_a_linear_model():
    chosen = X > 0.5
    sets = label_sets([np.array(["p", "q"])[row] for row in chosen])
    data = prepared(
        {"array": X, "labels": sets},
        array=ArrayPreparation.fit(X[:200]),
        labels=MultiLabelPreparation(("p", "q")),
    )
    metrics, _ = label_baselines(data, "test")
    assert list(metrics) == ["label frequencies", "linear model"]
    assert metrics["linear model"]["map"] > 0.95
    assert metrics["label frequencies"]["map"] == pytest.approx(chosen[250:].mean(), abs=0.02)
    frequency = np.tile(chosen[:200].mean(0), (50, 1))
    assert metrics["label frequencies"]["exact_match"] in [
        multi_label_metrics(frequency, chosen[250:], threshold)["exact_match"] for threshold in (0.1, 0.9)
    ]


def test_every_pixel_and_row_is_used_while_they_fit(monkeypatch):
    images = np.zeros((300, 8, 8, 1), np.uint8)
    images[:, 7, 7, 0] = 100 * CLASS  # one pixel of 64
    data = prepared(
        {"image": images, "label": CLASS},
        image=ImagePreparation(8, 8, 1, (0.5,), (0.5,)),
        label=LabelPreparation(("0", "1")),
    )
    metrics, description = class_baselines(data, "test", 2)
    assert list(metrics)[-1] == "linear model"
    assert metrics["linear model"]["accuracy"] == 1
    assert description.note == "Fitted on the training part, 200 rows."
    monkeypatch.setattr(supervised_baselines, "MAX_VALUES", 1600)
    monkeypatch.setattr(supervised_baselines, "MAX_FEATURES", 16)
    metrics, description = class_baselines(data, "test", 2)
    assert list(metrics)[-1] == "linear model (100 of 200 rows)"
    assert description.note == "Fitted on the training part, 200 rows, 16 of 64 values of each item."


def test_a_model_is_fitted_once_for_the_same_data(monkeypatch):
    calls = []

    def counted(*arguments, **options):
        calls.append(arguments)
        return np.full((50, 2), 0.5)

    monkeypatch.setattr(supervised_baselines, "linear_classifier", counted)
    data = prepared(
        {"array": X, "label": CLASS}, array=ArrayPreparation.fit(X), label=LabelPreparation(("0", "1"))
    )
    class_baselines(data, "test", 2)
    monkeypatch.setattr(supervised_baselines, "_predictions", {})  # as in another process
    class_baselines(data, "test", 2)
    assert len(calls) == 1
    data.arrays["label"] = 1 - data.arrays["label"]  # labels that were corrected
    class_baselines(data, "test", 2)
    assert len(calls) == 2


def test_a_damaged_file_is_fitted_again(tmp_path):
    path = tmp_path / "baselines" / "x.npy"
    path.parent.mkdir()
    path.write_bytes(b"\x93NUMPY half a file")
    result = supervised_baselines._load_or_fit(path, lambda: np.arange(3.0))
    assert result.tolist() == [0, 1, 2] == np.load(path).tolist()
    assert [file.name for file in path.parent.iterdir()] == ["x.npy"]
