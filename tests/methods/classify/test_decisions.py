"""The options `calibrate` and `threshold`: what is chosen on validation is kept, applied and shown."""

import json

import numpy as np
import pytest
import torch
from sklearn import metrics

import hibiscus
from hibiscus import api
from hibiscus.data.label_sets import MultiLabelPreparation
from hibiscus.data.preparation import LabelPreparation, Preparation
from hibiscus.errors import ConfigError
from hibiscus.methods.classify import decisions
from hibiscus.methods.classify.objective import ClassifyConfig as Config

FAST = {"target": "label", "net": "mlp", "net_options": {"hidden": [16]}, "epochs": 3, "quiet": True}


def imbalanced(path, rows=400, classes=2):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 2))
    y = (x[:, 0] + rng.normal(size=rows) > 1.2).astype(int)
    y[(x[:, 1] > 1) & (classes == 3)] = 2
    names = np.array(["common", "rare", "third"])[y]
    lines = [f"{a:.3f},{b:.3f},{c}" for (a, b), c in zip(x, names, strict=True)]
    path.write_text("\n".join(["a,b,label", *lines]))
    return path


def fitted(target, logits, **options):
    """The networks of the decisions after validation, and the metrics there."""
    config = Config(**options)
    networks = decisions.decision_networks(config, target.ndim == 2)

    def probabilities(z):
        z = decisions.calibrated(networks, z)
        return z.sigmoid() if target.ndim == 2 else torch.cat([-z, z], 1).sigmoid()

    decisions.fit_decisions(networks, config, logits, target, probabilities)
    p = probabilities(logits)
    return networks, p, decisions.decision_metrics(p, target, networks, config)


def test_the_default_decides_by_the_most_probable_class():
    networks, _, found = fitted(torch.tensor([0, 1, 1]), torch.tensor([[0.0], [1.0], [-1.0]]))
    assert networks == {}
    assert found == {"accuracy": pytest.approx(2 / 3)}


@pytest.mark.parametrize("option", ["f1", "balanced-accuracy"])
def test_the_threshold_is_that_of_the_metric_on_validation(option):
    generator = torch.Generator().manual_seed(0)
    y = (torch.rand(300, generator=generator) < 0.15).long()
    z = torch.randn(300, 1, generator=generator) + 1.5 * y[:, None] - 2
    networks, p, found = fitted(y, z, threshold=option)
    predicted = p[:, 1] >= networks["threshold"].value
    name, function = {
        "f1": ("f1", metrics.f1_score),
        "balanced-accuracy": ("balanced_accuracy", metrics.balanced_accuracy_score),
    }[option]
    assert found[name] == pytest.approx(function(y, predicted))
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(y, predicted))
    assert found[name] == pytest.approx(max(function(y, p[:, 1] >= t) for t in np.linspace(0, 1, 201)))
    assert networks["threshold"].value < 0.4


def test_a_number_is_kept_as_it_is():
    networks, p, _ = fitted(torch.tensor([0, 1]), torch.tensor([[-1.0], [-0.5]]), threshold=0.3)
    assert networks["threshold"].value.item() == pytest.approx(0.3)
    preparation = Preparation({"label": LabelPreparation(("no", "yes"))})
    assert decisions.predicted(p, networks, preparation)["predicted"].tolist() == [0, 1]


def test_several_labels_have_the_threshold_of_the_best_micro_f1():
    z = torch.tensor([[0.3], [0.1], [0.25]]).logit()
    networks, p, found = fitted(torch.tensor([[1], [0], [1]]), z)
    assert networks["threshold"].value.item() == pytest.approx(0.175)
    assert found["micro_f1"] == 1
    predicted = decisions.predicted(p, networks, Preparation({"labels": MultiLabelPreparation(("x",))}))
    assert predicted == {"labels": ["x", "", "x"], "classes": ["x"]}


@pytest.mark.parametrize(
    ("options", "preparation", "word"),
    [
        ({"threshold": "f1"}, {"label": LabelPreparation(("a", "b", "c"))}, "3 classes"),
        ({"threshold": 0.3}, {"label": LabelPreparation(("a", "b", "c"))}, "two classes"),
        ({"threshold": "balanced-accuracy"}, {"labels": MultiLabelPreparation(("a",))}, "several labels"),
    ],
)
def test_thresholds_that_do_not_exist(options, preparation, word):
    with pytest.raises(ConfigError, match=word):
        decisions.check_options(Config(**options), Preparation(preparation))


@pytest.mark.parametrize("option", [{"calibrate": True}, {"threshold": "f1"}])
def test_a_cross_validation_has_no_validation_part_in_the_end(tmp_path, option):
    with pytest.raises(ConfigError, match="without a validation part"):
        api.crossval(
            "classify", imbalanced(tmp_path / "t.csv"), folds=2, out=tmp_path / "cv", **FAST, **option
        )
    assert not (tmp_path / "cv").exists()
    assert Config(threshold=0.3).chosen_on_validation() == ""


def test_a_run_keeps_and_applies_its_threshold(tmp_path):
    file = imbalanced(tmp_path / "t.csv")
    run = api.train("classify", file, out=tmp_path / "run", threshold="f1", **FAST)
    threshold = run.networks["threshold"].value.item()
    assert 0 < threshold < 0.5
    assert run.info["selection_metric"]["name"] == "f1"
    predicted = hibiscus.load(run.path).predict(file)
    second = predicted["probabilities"][:, 1]
    assert predicted["label"] == ["rare" if p >= threshold else "common" for p in second]
    assert np.allclose(predicted["probability"], np.where(second >= threshold, second, 1 - second))
    evaluation = run.folder.read("evaluation.json")
    assert {"test/f1", "test/recall"} <= evaluation["metrics"].keys()
    assert "test/f1" in evaluation["baselines"]["linear model"]
    items = json.loads((run.path / "evaluation" / "report_items.json").read_text())["report_items"]
    matrix = next(item for item in items if item["kind"] == "matrix")
    assert f"rare is predicted where its probability is at least {threshold:.3g}" in matrix["note"]


@pytest.mark.parametrize("classes", [2, 3])
def test_a_run_keeps_and_applies_its_temperature(tmp_path, classes):
    file = imbalanced(tmp_path / "t.csv", classes=classes)
    plain = api.train("classify", file, out=tmp_path / "plain", **FAST)
    run = api.train("classify", file, out=tmp_path / "run", calibrate=True, **FAST)
    temperature = run.networks["temperature"].value.item()
    assert temperature != 1
    before, after = plain.predict(file)["probabilities"], run.predict(file)["probabilities"]
    expected = before.astype(float) ** (1 / temperature)
    np.testing.assert_allclose(after, expected / expected.sum(1, keepdims=True), atol=1e-5)
    items = json.loads((run.path / "evaluation" / "report_items.json").read_text())["report_items"]
    calibration = next(item for item in items if item["title"] == "Calibration")
    assert [line["name"] for line in calibration["series"]] == ["before", "after"]
