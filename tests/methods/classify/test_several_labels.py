"""The objective for several labels in NumPy, its threshold, and runs on tables and images."""

import json

import numpy as np
import pytest
import torch

from hibiscus import api
from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.batch import Batch
from hibiscus.data.label_sets import MultiLabelPreparation
from hibiscus.data.preparation import Preparation
from hibiscus.errors import DataError
from hibiscus.methods.classify.classify import Classify

X = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
Y = (np.random.default_rng(1).random((12, 3)) < 0.4).astype(np.float32)
COUNTS = np.array([2.0, 10.0, 5.0])


def method(**options):
    preparation = Preparation(
        {"array": ArrayPreparation.fit(X), "labels": MultiLabelPreparation(("p", "q", "r"))}
    )
    torch.manual_seed(0)
    made = Classify(Classify.resolve(Classify.Config(net="linear", **options), preparation), preparation)
    made.counts, made.items = torch.tensor(COUNTS, dtype=torch.float32), 20
    return made


@pytest.mark.parametrize(
    ("options", "positive", "negative"),
    [
        ({}, lambda p: 1.0, lambda p: 1.0),
        ({"class_weight": "balanced"}, lambda p: (20 - COUNTS) / COUNTS, lambda p: 1.0),
        (
            {"loss": "focal", "focal_gamma": 2.0},
            lambda p: (1 - COUNTS / 20) * (1 - p) ** 2,
            lambda p: COUNTS / 20 * p**2,
        ),
    ],
)
def test_the_objective_is_its_formula(options, positive, negative):
    made = method(**options)
    p = 1 / (1 + np.exp(-made.network(torch.tensor(X)).detach().numpy().astype(np.float64)))
    expected = -(positive(p) * Y * np.log(p) + negative(p) * (1 - Y) * np.log(1 - p)).mean()
    loss, terms = made.loss(Batch(array=torch.tensor(X), labels=torch.tensor(Y)))
    assert loss.item() == pytest.approx(expected, rel=1e-5)
    assert terms == {}


def test_the_best_epoch_is_selected_by_the_mean_average_precision():
    assert method().selection_metric.name == "map"
    assert method().selection_metric.higher_is_better


def table(path, count=240):
    rng = np.random.default_rng(0)
    rows = ["a,b,tags"]
    for a, b in rng.normal(size=(count, 2)):
        tags = ["red"] * int(a > -0.5) + ["round"] * int(b > 0) + ["big"] * int(a + b > 0.5)
        rows.append(f"{a:.3f},{b:.3f},{';'.join(tags) or '[]'}")
    path.write_text("\n".join(rows))
    return path


def trained(tmp_path, file, **options):
    return api.train("classify", file, out=tmp_path / "run", quiet=True, target="tags", **options)


def test_a_table_from_training_to_predictions(tmp_path):
    run = trained(tmp_path, table(tmp_path / "t.csv"), epochs=12)
    evaluation = run.evaluation()
    assert evaluation["selection_metric"]["name"] == "test/map"
    assert evaluation["metrics"]["test/map"] > 0.9
    assert set(evaluation["baselines"]) == {"label frequencies", "linear model", "k-NN", "boosted trees"}
    assert "several labels for an item, separated by ';'" in " ".join(run.info["data"]["notes"])
    assert "Metrics by label" in run.report().read_text()
    single = tmp_path / "new.csv"
    single.write_text("a,b,tags\n2,2,red\n-2,-2,[]\n2,-2,red\n")
    predicted = run.predict(single)
    assert predicted["labels"][0].split(";") == ["big", "red", "round"]
    assert predicted["labels"][1] == ""
    assert predicted["probabilities"].shape == (3, 3)
    # a file in which no value has a separator is read as in training
    assert 0 < run.evaluate(str(single))["test/exact_match"] < 1
    assert json.loads((run.path / "preparation.json").read_text())["fields"]["labels"]["separator"] == ";"


def test_the_threshold_of_the_best_epoch_is_saved_with_it(tmp_path):
    run = trained(tmp_path, table(tmp_path / "t.csv"), epochs=3)
    best = run.method("best").threshold.value.item()
    assert best != 0.5
    assert api.load(run.path).method("best").threshold.value.item() == best


def test_methods_of_one_label_say_so(tmp_path):
    images = np.random.default_rng(0).integers(0, 255, (60, 8, 8, 1), dtype=np.uint8)
    labels = np.tile([[1, 1], [0, 1], [0, 0]], (20, 1))
    np.savez(tmp_path / "x.npz", x=images, y=labels)
    with pytest.raises(DataError, match="several labels for an item, and cgan takes one"):
        api.train("cgan", tmp_path / "x.npz", out=tmp_path / "run", quiet=True)


def test_every_label_is_in_the_training_part(tmp_path):
    """A label of a single item, wherever its row falls."""
    file = table(tmp_path / "t.csv", 60)
    lines = file.read_text().splitlines()
    for row in (5, 17, 29, 41, 53):
        lines[row] = lines[row].rsplit(",", 1)[0] + f",red;rare{row}"
    file.write_text("\n".join(lines))
    run = trained(tmp_path, file, epochs=1)
    names = run.preparation["labels"].names
    assert {f"rare{row}" for row in (5, 17, 29, 41, 53)} <= set(names)


def test_cross_validation(tmp_path):
    file = table(tmp_path / "t.csv", 90)
    run = api.crossval("classify", file, folds=2, out=tmp_path / "cv", quiet=True, target="tags", epochs=2)
    summary = json.loads((run.path / "crossval.json").read_text())
    assert summary["selection_metric"]["name"] == "map"
