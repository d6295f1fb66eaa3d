"""The formulas in the docstring of `regress`, computed in NumPy, and its units."""

from __future__ import annotations

import numpy as np
import pytest
import torch

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
