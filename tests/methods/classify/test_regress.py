"""The formulas in the docstring of `regress`, computed in NumPy, and its units."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus import api
from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.batch import Batch
from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import Preparation, TargetPreparation
from hibiscus.data.prepared import PreparedData
from hibiscus.methods.classify.regress import Regress
from methods.learning import SHARED, needs_shared, trained

X = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
Y = (1000 + 50 * X[:, 0]).astype(np.float64)


def method(**options):
    preparation = Preparation({"array": ArrayPreparation.fit(X), "target": TargetPreparation.fit(Y)})
    torch.manual_seed(0)
    return Regress(Regress.resolve(Regress.Config(net="linear", **options), preparation), preparation)


@pytest.mark.parametrize(
    ("options", "formula"),
    [
        ({}, lambda e: e**2),
        ({"loss": "mae"}, np.abs),
        (
            {"loss": "huber", "huber_delta": 0.5},
            lambda e: np.where(np.abs(e) <= 0.5, 0.5 * e**2, 0.5 * (np.abs(e) - 0.25)),
        ),
    ],
)
def test_the_objective_is_its_formula(options, formula):
    made = method(**options)
    target = made.preparation["target"].encode(Y)
    batch = Batch(array=torch.tensor(made.preparation["array"].encode(X)), target=torch.tensor(target))
    error = made.network(batch.array).detach().numpy() - target
    assert made.loss(batch)[0].item() == pytest.approx(formula(error).mean(), rel=1e-5)


def test_predictions_and_metrics_are_in_the_targets_unit():
    made = method()
    dataset = Dataset("t", "t", {"array": X, "label": Y}, [str(i) for i in range(40)], content_keys(X))
    data = PreparedData(dataset, made.preparation, {"val": np.arange(40)})
    made.train_mode(False)
    with torch.inference_mode():
        values = made.predict(data, "val")["values"]
        metrics = made.validate(data, "val")
    assert values.shape == (40, 1)
    assert 700 < values.mean() < 1300
    assert metrics["rmse"] == pytest.approx(np.sqrt(np.mean((values[:, 0] - Y) ** 2)), rel=1e-4)
    assert metrics["mae"] == pytest.approx(np.mean(np.abs(values[:, 0] - Y)), rel=1e-4)
    assert metrics["loss"] == pytest.approx((metrics["rmse"] / Y.std()) ** 2, rel=1e-3)


def test_validation_and_test_have_one_rule_for_several_targets():
    """Each column by itself, then the mean: a column in large units does not change what the others count."""
    rng = np.random.default_rng(1)
    targets = np.stack([Y, rng.normal(size=40), 0.01 * rng.normal(size=40)], 1)
    preparation = Preparation({"array": ArrayPreparation.fit(X), "target": TargetPreparation.fit(targets)})
    made = Regress(Regress.resolve(Regress.Config(net="linear"), preparation), preparation)
    made.train_mode(False)
    dataset = Dataset("t", "t", {"array": X, "target": targets}, list("abcd") * 10, content_keys(X))
    parts = {"train": np.arange(20), "val": np.arange(20, 40), "test": np.arange(20, 40)}
    data = PreparedData(dataset, preparation, parts)
    with torch.inference_mode():
        values, metrics = made.predict(data, "val")["values"], made.validate(data, "val")
        evaluation = made.evaluate(data, "test")
    error = values - targets[20:]
    assert metrics["rmse"] == pytest.approx(np.mean([np.sqrt(np.mean(e**2)) for e in error.T]))
    for name in ("rmse", "mae"):
        assert metrics[name] == evaluation.metrics[name]
    table = next(item for item in evaluation.report_items if item.title == "Metrics by target")
    assert [row[0] for row in table.rows] == ["target_1", "target_2", "target_3"]
    assert table.rows[1][2] == pytest.approx(np.sqrt(np.mean(error[:, 1] ** 2)))


def test_numbers_are_not_counted_as_classes(tmp_path):
    """Whole numbers too, of which few differ: the quality of a wine is 3 to 8."""
    rng = np.random.default_rng(0)
    file = tmp_path / "wine.csv"
    rows = [
        f"{a:.3f},{b:.3f},{q}"
        for a, b, q in zip(*rng.normal(size=(2, 80)), rng.integers(3, 9, 80), strict=True)
    ]
    file.write_text("acid,sugar,quality\n" + "\n".join(rows))
    run = api.train("regress", file, out=tmp_path / "run", quiet=True, target="quality", epochs=1)
    assert run.info["data"]["classes"] == {}
    assert run.info["data"]["fields"]["label"] == "target: 6 distinct numbers from 3 to 8"
    assert "class" not in " ".join(run.evaluation()["advice"])
    page = run.report().read_text()
    assert "6 classes" not in page


@pytest.mark.slow
def test_it_learns_diabetes_better_than_the_mean(tmp_path):
    options = {"net_options": {"hidden": [32]}, "epochs": 40, "weight_decay": 0.1, "optimizer": "adamw"}
    evaluation = trained(tmp_path, "regress", "diabetes", **options)
    mean = evaluation["baselines"]["mean of the training part"]
    assert evaluation["metrics"]["test/rmse"] < 0.85 * mean["test/rmse"]


@pytest.mark.slow
@pytest.mark.shared
@needs_shared
def test_it_learns_california_a_quarter_below_the_linear_regression(tmp_path):
    data = SHARED / "tabular" / "california_housing.csv"
    evaluation = trained(tmp_path, "regress", data, target="median_house_value")
    linear = evaluation["baselines"]["linear regression"]
    assert evaluation["metrics"]["test/rmse"] <= 0.75 * linear["test/rmse"]


def test_an_embedding_is_what_the_last_layer_maps_to_the_prediction():
    preparation = Preparation({"array": ArrayPreparation.fit(X), "target": TargetPreparation.fit(Y)})
    config = Regress.Config(net="mlp", net_options={"hidden": [6]})
    made = Regress(Regress.resolve(config, preparation), preparation)
    dataset = Dataset("t", "t", {"array": X, "label": Y}, [str(i) for i in range(40)], content_keys(X))
    data = PreparedData(dataset, preparation, {"val": np.arange(40)})
    made.train_mode(False)
    with torch.inference_mode():
        embedded, values = made.embed(data, "val"), made.predict(data, "val")["values"]
        last = [layer for layer in made.network.modules() if isinstance(layer, torch.nn.Linear)][-1]
        outputs = last(torch.from_numpy(embedded)).numpy()
    assert embedded.shape == (40, 6)
    np.testing.assert_allclose(preparation["target"].decode(outputs), values, rtol=1e-5)
    assert "embed" in Regress.abilities()
