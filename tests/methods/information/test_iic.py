"""The formula in the docstring of `iic`; heads and their selection; training without labels."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus import api
from hibiscus.data.batch import Batch
from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import ImagePreparation, LabelPreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.methods.information.iic import IIC
from methods.learning import SHARED, needs_shared, trained

IMAGE = ImagePreparation(8, 8, 1, (0.3,), (0.3,))
PIXELS = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1), dtype=np.uint8)
SMALL = {"net": "mlp", "net_options": {"hidden": [16], "dropout": 0.0}, "num_heads": 2, "num_overclusters": 6}


def method(fields=None, **options):
    preparation = Preparation({"image": IMAGE, **(fields or {})})
    torch.manual_seed(0)
    return IIC(IIC.resolve(IIC.Config(**{**SMALL, **options}), preparation), preparation)


def softmax(logits):
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    return shifted / shifted.sum(-1, keepdims=True)


def formula(p, q, w):
    joint = (p.T @ q + q.T @ p) / (2 * len(p))
    rows = joint.sum(1)
    return -(joint * (np.log(joint) - w * np.log(rows)[:, None] - w * np.log(rows)[None])).sum()


@pytest.mark.parametrize("w", [1.0, 1.5])
def test_the_objective_is_its_formula(w):
    made = method(num_clusters=4, entropy_weight=w)
    x, changed = torch.randn(2, 30, 1, 8, 8)
    network = made.network.eval()
    first, second = (network(images).detach().double().numpy() for images in (x, changed))
    expected = 0.0
    for start, width in ((0, 4), (4, 4), (8, 6), (14, 6)):
        expected += (
            formula(softmax(first[:, start : start + width]), softmax(second[:, start : start + width]), w)
            / 2
        )
    loss, terms = made.loss(Batch(image=x, transformed=changed))
    assert loss.item() == pytest.approx(expected, rel=1e-4)
    assert set(terms) == {"best_head_loss"}


def test_clusters_are_as_many_as_classes_or_ten():
    assert method().config.num_clusters == 10
    assert method({"label": LabelPreparation(("a", "b", "c"))}).config.num_clusters == 3
    assert method({"label": LabelPreparation(("a", "b", "c"))}, num_clusters=7).config.num_clusters == 7


def test_the_head_with_the_lowest_running_loss_predicts_and_is_saved():
    made = method(num_clusters=3)
    made.network.get_buffer("head_loss").copy_(torch.tensor([-0.5, -1.0]))
    data = PreparedData(Dataset("d", "d", {"image": PIXELS}, list(map(str, range(40))),
    content_keys(PIXELS)), made.preparation,
                        {"val": np.arange(40)})  # fmt: skip
    made.train_mode(False)
    with torch.inference_mode():
        predictions, all_heads = made.predict(data, "val"), made.probabilities(data, "val")
    np.testing.assert_array_equal(predictions["probabilities"], all_heads[1].numpy())
    assert "network/network/head_loss" in made.tensors()


def test_the_training_source_holds_no_labels():
    made = method({"label": LabelPreparation(("a", "b"))})
    fields = {"image": PIXELS, "label": np.array(["a", "b"] * 20)}
    data = PreparedData(Dataset("d", "d", fields, list(map(str, range(40))), content_keys(PIXELS)),
    made.preparation,
                        {"train": np.arange(40)})  # fmt: skip
    assert set(next(iter(made.stages(data))).source.next()) == {"image", "transformed"}


def test_without_labels_it_trains_evaluates_and_predicts(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (300, 8, 8, 1), dtype=np.uint8)
    data = Dataset("d", "d", {"image": images}, [str(i) for i in range(300)], content_keys(images))
    run = api.train("iic", data, out=tmp_path / "run", quiet=True, epochs=1, num_clusters=4, **SMALL)
    found = run.evaluation()
    assert set(found["metrics"]) == {"test/mutual_information"}
    assert set(found["baselines"]) == {"one cluster", "shuffled clusters", "k-means on pixels"}
    predictions = run.predict(images[:5])
    assert predictions["probabilities"].shape == (5, 4)
    assert "label" not in predictions


def test_clusters_are_not_called_by_the_names_of_classes(tmp_path):
    run = api.train("iic", "digits", out=tmp_path / "run", quiet=True, epochs=1, **SMALL)
    assert set(run.evaluation()["metrics"]) == {
        "test/mutual_information",
        "test/cluster_accuracy",
        "test/nmi",
    }
    predictions = run.predict("digits")
    assert set(predictions) == {"id", "cluster", "probability", "probabilities", "skipped"}


@pytest.mark.slow
@pytest.mark.shared
@needs_shared
def test_it_learns_clusters_of_mnist_without_labels(tmp_path):
    evaluation = trained(tmp_path, "iic", SHARED / "mnist", epochs=8)
    accuracy = evaluation["metrics"]["test/cluster_accuracy"]
    assert accuracy >= 0.90
    assert accuracy > 1.5 * evaluation["baselines"]["k-means on pixels"]["test/cluster_accuracy"]
