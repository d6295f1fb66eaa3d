"""The evaluation of outputs: its metrics follow from the temperature and the threshold."""

import numpy as np
import pandas as pd
import pytest
import torch

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import LabelPreparation, Preparation, TablePreparation
from hibiscus.data.prepared import PreparedData
from hibiscus.methods.classify.classify import Classify
from hibiscus.methods.classify.evaluated import evaluate_outputs
from hibiscus.metrics.classification import classification_metrics

RNG = np.random.default_rng(0)
X, LABEL = RNG.normal(size=(90, 2)).astype(np.float32), np.arange(90) % 2


def test_metrics_are_those_of_the_calibrated_probabilities_and_the_threshold():
    dataset = Dataset("d", "d", {"array": X, "label": LABEL}, list(map(str, range(90))), content_keys(X))
    learned = Preparation({"array": ArrayPreparation.fit(X), "label": LabelPreparation(("0", "1"))})
    parts = {"train": np.arange(30), "val": np.arange(30, 60), "test": np.arange(60, 90)}
    data = PreparedData(dataset, learned, parts)
    method = Classify(Classify.Config(net="linear", threshold=0.3, calibrate=True), learned)
    method.nets["temperature"].value.fill_(2.0)
    logits = torch.from_numpy(RNG.normal(size=(30, 1))).float()
    evaluation = evaluate_outputs(method, logits, data, "test")
    p = torch.cat([-logits, logits], 1).div(2).sigmoid().numpy()
    expected = classification_metrics(p, LABEL[60:], threshold=0.3)
    assert evaluation.metrics == pytest.approx(expected)
    item = next(item for item in evaluation.report_items if item.title == "Calibration")
    before = classification_metrics(torch.cat([-logits, logits], 1).sigmoid().numpy(), LABEL[60:])["ece"]
    assert f"calibration error is {before:.2%} before and {expected['ece']:.2%} after" in item.note


@pytest.mark.parametrize("classes", [2, 3])
def test_tables_are_explained_before_the_baselines(classes):
    frame, label = pd.DataFrame(X, columns=["a", "b"]), np.arange(90) % classes
    dataset = Dataset("d", "d", {"table": frame, "label": label}, list(map(str, range(90))), content_keys(X))
    table = TablePreparation.fit(frame[:30], {"a": "number", "b": "number"})
    learned = Preparation({"table": table, "label": LabelPreparation(("0", "1", "2")[:classes])})
    parts = {"train": np.arange(30), "val": np.arange(30, 60), "test": np.arange(60, 90)}
    data, method = PreparedData(dataset, learned, parts), Classify(Classify.Config(net="linear"), learned)
    method.train_mode(False)
    with torch.no_grad():
        logits = method.network(data.tensors["table"][60:])
        items = evaluate_outputs(method, logits, data, "test").report_items
    assert [item.kind for item in items[-3:]] == ["bars", "multiples", "table"]
    expected = ["0", "1", "2"] if classes == 3 else [""]
    assert [line.name for line in items[-2].panels[0].series] == expected
    with torch.no_grad():
        p = method.probabilities(method.network(data.tensors["table"][30:60]))
    panel = items[-2].panels[0]
    mean = p[:, 0 if classes == 3 else 1].mean().item()
    assert min(panel.series[0].y) - 0.01 < mean < max(panel.series[0].y) + 0.01
