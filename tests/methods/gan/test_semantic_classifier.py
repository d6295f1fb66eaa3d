"""The classifier that is trained before a GAN, and the semantic loss, computed in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from contract.checks import Bench
from hibiscus import api
from hibiscus.data.dataset import Dataset
from hibiscus.errors import ConfigError, DataError
from hibiscus.methods.gan.cyclegan import CycleGAN
from hibiscus.methods.gan.semantic_classifier import semantic_loss

SMALL = {"epochs": 1, "batch_size": 20, "width": 4, "pool_size": 5, "semantic_weight": 1.0}


def test_the_semantic_loss_is_its_formula():
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(3, 4)).astype(np.float32)
    classifier = nn.Sequential(nn.Flatten(), nn.Linear(4, 3, bias=False))
    classifier[1].weight.data = torch.from_numpy(weights)
    x, y, u, v = rng.normal(size=(4, 5, 1, 2, 2)).astype(np.float32)
    translated = torch.from_numpy(y).requires_grad_()
    original = torch.from_numpy(x).requires_grad_()
    loss = semantic_loss(classifier, (original, translated), (torch.from_numpy(u), torch.from_numpy(v)))
    expected = 0.0
    for before, after in ((x, y), (u, v)):
        classes = (before.reshape(5, 4) @ weights.T).argmax(1)
        scores = after.reshape(5, 4) @ weights.T
        log_prob = scores - np.log(np.exp(scores).sum(1, keepdims=True))
        expected += -log_prob[np.arange(5), classes].mean()
    assert loss.item() == pytest.approx(expected, rel=1e-5)
    loss.backward()
    assert translated.grad.abs().sum() > 0
    assert original.grad is None


def domains(labels=None, classes_of_a=2):
    rng = np.random.default_rng(0)
    fields = {
        "image": rng.integers(0, 255, (120, 8, 8, 1), np.uint8),
        "domain": np.repeat(["photo", "drawing"], 60),
    }
    if labels == "classes":
        fields["label"] = np.array(["cat", "dog"])[np.arange(120) % 2]
        if classes_of_a == 1:
            fields["label"][:60] = "cat"
    elif labels == "domains":
        fields["label"] = fields.pop("domain")
    return Dataset("d", "d", fields, [str(i) for i in range(120)], rng.integers(0, 2**60, 120))


@pytest.mark.parametrize("labels", [None, "domains"])
def test_the_semantic_loss_needs_classes_besides_the_domains(labels, tmp_path):
    with pytest.raises(ConfigError, match="semantic_weight: the images have no classes"):
        api.train("cyclegan", domains(labels), out=tmp_path / "run", quiet=True, **SMALL)
    assert not (tmp_path / "run").exists()


def test_one_class_in_the_first_domain_is_refused(tmp_path):
    with pytest.raises(DataError, match="all training images of photo have the same class"):
        api.train("cyclegan", domains("classes", 1), out=tmp_path / "run", quiet=True, **SMALL)


def test_the_classifier_learns_from_the_first_domain_and_is_nobody_elses(tmp_path):
    bench = Bench(CycleGAN, tmp_path, count=400, **SMALL)
    method, data = bench.method, bench.data
    first, second = method.stages(data)
    method.grow(0)
    before = method.validate(data, "train")["classifier_accuracy"]
    (player,) = first.players
    player.set_lr(0.0)
    for _ in range(60):
        batch = first.source.next()
        assert (batch.domain == 0).all()
        player.step(batch, torch.enable_grad)
    assert method.validate(data, "train")["classifier_accuracy"] > max(0.9, before)
    method.grow(1)
    own = {id(parameter) for parameter in method.classifier.parameters()}
    trained = {id(parameter) for player in second.players for parameter in player.parameters}
    assert trained
    assert not own & trained


def test_without_it_there_is_no_classifier():
    from methods.gan.test_cyclegan import made

    assert "classifier" not in made().nets
    assert CycleGAN.Config().semantic_weight == 0
