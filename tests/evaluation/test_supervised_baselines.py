"""Which baselines are fitted, on how much, and that they are fitted once."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

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
from hibiscus.evaluation import baseline_inputs, prediction_cache, supervised_baselines
from hibiscus.evaluation.supervised_baselines import class_baselines, label_baselines, target_baselines
from hibiscus.metrics.label_metrics import multi_label_metrics

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 2)).astype(np.float32)
CLASS = ((X[:, 0] > 0) ^ (X[:, 1] > 0)).astype(int)
PARTS = {"train": np.arange(200), "val": np.arange(200, 250), "test": np.arange(250, 300)}


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(prediction_cache, "_predictions", {})


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
    names = ["random guess", "majority class", "nearest mean", "linear model", "k-NN", "boosted trees"]
    assert list(metrics) == names
    assert metrics["boosted trees"]["accuracy"] > 0.85 > 0.65 > metrics["linear model"]["accuracy"]
    assert [row[0] for row in description.rows] == names
    assert "200 rows" in description.note


def test_trees_for_numbers():
    y = X[:, 0] * X[:, 1] + 5
    data = table(target=(y, TargetPreparation.fit(y[:200])))
    metrics, _ = target_baselines(data, "test", data.preparation["target"].decode)
    assert list(metrics) == ["mean of the training part", "linear regression", "k-NN", "boosted trees"]
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
    assert list(metrics) == ["label frequencies", "linear model", "k-NN"]
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
    assert list(metrics)[-2:] == ["linear model", "k-NN"]
    assert metrics["linear model"]["accuracy"] == 1
    assert description.note == "Fitted on the training part, 200 rows."
    monkeypatch.setattr(baseline_inputs, "MAX_VALUES", 1600)
    monkeypatch.setattr(baseline_inputs, "MAX_FEATURES", 16)
    metrics, description = class_baselines(data, "test", 2)
    assert list(metrics)[-2:] == ["linear model (100 of 200 rows)", "k-NN (100 of 200 rows)"]
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
    monkeypatch.setattr(prediction_cache, "_predictions", {})  # as in another process
    class_baselines(data, "test", 2)
    assert len(calls) == 1
    data.arrays["label"] = 1 - data.arrays["label"]  # labels that were corrected
    class_baselines(data, "test", 2)
    assert len(calls) == 2


def test_trees_get_categories_and_missing_values_as_they_are():
    """A class that depends on the parity of 8 unordered categories, and on whether a number is missing."""
    rng = np.random.default_rng(1)
    code, number = rng.integers(0, 8, 300), rng.normal(size=300)
    number[rng.uniform(size=300) < 0.3] = np.nan
    y = ((code % 2 == 0) ^ np.isnan(number)).astype(int)
    frame = pd.DataFrame({"shop": [f"shop {k}" for k in code], "price": number})
    learned = TablePreparation.fit(frame.iloc[:200], {"shop": "category", "price": "number"})
    data = prepared({"table": frame, "label": y}, table=learned, label=LabelPreparation(("0", "1")))
    metrics, _ = class_baselines(data, "test", 2)
    x = pd.DataFrame({"shop": frame["shop"].astype("category"), "price": number})
    peer = HistGradientBoostingClassifier(
        early_stopping=False, random_state=0, categorical_features="from_dtype"
    ).fit(x[:200], y[:200])
    assert metrics["boosted trees"]["accuracy"] == pytest.approx(peer.score(x[250:], y[250:]), abs=0.041)
    assert metrics["boosted trees"]["accuracy"] > 0.8 > metrics["linear model"]["accuracy"]


def test_labels_of_a_table_have_trees():
    sets = label_sets([np.array(["p", "q"])[row] for row in np.stack([CLASS, 1 - CLASS], 1) > 0])
    data = table(labels=(sets, MultiLabelPreparation(("p", "q"))))
    metrics, _ = label_baselines(data, "test")
    assert metrics["boosted trees"]["map"] > 0.9 > metrics["linear model"]["map"]


def test_baselines_are_evaluated_with_the_same_rule_for_the_threshold():
    rare = (X[:, 0] + X[:, 1] > 1).astype(int)
    data = table(label=(np.array(["no", "yes"])[rare], LabelPreparation(("no", "yes"))))
    seen = []

    def rule(p, y):
        seen.append((p.shape, y.tolist()))
        return 0.1

    metrics, _ = class_baselines(data, "test", 2, rule)
    assert set(map(str, seen)) == {str(((50, 2), rare[200:250].tolist()))}
    plain, _ = class_baselines(data, "test", 2)
    assert ["f1" in found["k-NN"] for found in (metrics, plain)] == [True, False]
    assert metrics["linear model"]["nll"] == pytest.approx(plain["linear model"]["nll"])
    assert metrics["linear model"]["recall"] == 1 > metrics["linear model"]["precision"]
