"""The evaluation of outputs: its metrics follow from the temperature and the threshold."""

import numpy as np
import pytest
import torch

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import LabelPreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.methods.classify import decisions
from hibiscus.methods.classify.classify import Config
from hibiscus.methods.classify.evaluated import evaluate_outputs
from hibiscus.metrics.classification import classification_metrics

RNG = np.random.default_rng(0)
X, LABEL = RNG.normal(size=(90, 2)).astype(np.float32), np.arange(90) % 2


def test_metrics_are_those_of_the_calibrated_probabilities_and_the_threshold():
    dataset = Dataset("d", "d", {"array": X, "label": LABEL}, list(map(str, range(90))), content_keys(X))
    learned = Preparation({"array": ArrayPreparation.fit(X), "label": LabelPreparation(("0", "1"))})
    parts = {"train": np.arange(30), "val": np.arange(30, 60), "test": np.arange(60, 90)}
    data, config = PreparedData(dataset, learned, parts), Config(threshold=0.3, calibrate=True)
    networks = decisions.decision_networks(config, False)
    networks["temperature"].value.fill_(2.0)
    logits = torch.from_numpy(RNG.normal(size=(30, 1))).float()

    def probabilities(z):
        z = decisions.calibrated(networks, z)
        return torch.cat([-z, z], 1).sigmoid()

    evaluation = evaluate_outputs(logits, data, "test", networks, config, probabilities)
    p = torch.cat([-logits, logits], 1).div(2).sigmoid().numpy()
    expected = classification_metrics(p, LABEL[60:], threshold=0.3)
    assert evaluation.metrics == pytest.approx(expected)
    item = next(item for item in evaluation.report_items if item.title == "Calibration")
    before = classification_metrics(torch.cat([-logits, logits], 1).sigmoid().numpy(), LABEL[60:])["ece"]
    assert f"calibration error is {before:.2%} before and {expected['ece']:.2%} after" in item.note
