"""The feature network is trained on the training part alone, is kept, and is not trained twice."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.open import open_data
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import feature_network as networks
from hibiscus.evaluation import generation
from hibiscus.methods.gan.dcgan import DCGAN
from hibiscus.runs.prepare import fit_preparation, prepare_parts


def digits(labeled: bool = True, wide: bool = False) -> PreparedData:
    whole = open_data("digits")
    fields = {name: values for name, values in whole.fields.items() if labeled or name == "image"}
    if wide:
        fields["image"] = fields["image"][:, :6]
    dataset = Dataset("digits", "digits", fields, whole.ids, whole.keys)
    parts = prepare_parts(dataset, DataConfig(), DCGAN)
    return PreparedData(dataset, fit_preparation(dataset, parts["train"], DCGAN, DataConfig()), parts)


@pytest.fixture
def no_networks(monkeypatch):
    monkeypatch.setattr(networks, "_networks", {})


def test_it_classifies_real_images(no_networks):
    data = digits()
    before = torch.get_rng_state()
    with torch.inference_mode():
        network = networks.feature_network(data)
    assert torch.equal(torch.get_rng_state(), before), "training it leaves the method's random numbers alone"
    pixels = data.values("image", "test")
    features, probabilities = network.outputs(data, pixels)
    assert features.shape == (len(data.parts["test"]), 64)
    assert (probabilities.argmax(1) == data.values("label", "test")).mean() > 0.95
    np.testing.assert_array_equal(network.features(data, pixels), features)
    np.testing.assert_array_equal(network.classify(data, pixels), probabilities.argmax(1))
    assert not any(parameter.requires_grad for parameter in network.network.parameters())


def test_it_is_kept_in_the_cache_and_a_damaged_one_is_trained_again(no_networks, monkeypatch, tmp_path):
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path))
    data = digits()
    first = networks.feature_network(data)
    kept = next((tmp_path / "feature-networks").iterdir())
    networks._networks.clear()
    monkeypatch.setattr(networks, "_train", lambda *given: pytest.fail("it was trained again"))
    second = networks.feature_network(data)
    assert all(
        torch.equal(a, b)
        for a, b in zip(
            first.network.state_dict().values(), second.network.state_dict().values(), strict=True
        )
    )
    networks._networks.clear()
    kept.write_bytes(kept.read_bytes()[:100])
    monkeypatch.setattr(networks, "_train", lambda *given: None)
    networks.feature_network(data)
    assert kept.stat().st_size > 1000


def flat(run: PreparedData) -> PreparedData:
    """The test images of a run as other data that is evaluated: no labels, and the run's training part."""
    rows = run.parts["test"]
    dataset = Dataset(
        "flat", "flat", {"image": run.dataset.fields["image"][rows]}, [], run.dataset.keys[rows]
    )
    return PreparedData(dataset, run.preparation, {"test": np.arange(len(rows))}, training=run)


@pytest.mark.parametrize(
    "order", [("labeled", "flat"), ("flat", "labeled"), ("flat", "restart", "labeled")], ids="-".join
)
def test_other_data_without_labels_is_compared_in_the_features_of_the_training_data(
    no_networks, monkeypatch, tmp_path, order
):
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path))
    monkeypatch.setattr(networks, "MIN_STEPS", 2)
    monkeypatch.setattr(networks, "EPOCHS", 0)
    run, distances, trained = digits(), [], []
    train = networks._train
    monkeypatch.setattr(networks, "_train", lambda *given: trained.append(given) or train(*given))
    repeat = lambda count: {"image": run.values("image", "train")[:count]}  # noqa: E731
    for data in order:
        if data == "restart":
            networks._networks.clear()
        else:
            part = run if data == "labeled" else flat(run)
            evaluation = generation.evaluate_generator(repeat, part, "test")
            distances.append(evaluation.metrics["frechet"])
            assert ("classes_found" in evaluation.metrics) == (data == "labeled")
    assert len(networks.feature_network(flat(run)).classes) == 10
    assert distances[0] == distances[1], "whichever comes first, and from the cache too"
    assert len(trained) == 1


def test_labels_decide_which_network_is_kept(no_networks, monkeypatch, tmp_path):
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path))
    monkeypatch.setattr(networks, "_train", lambda *given: None)
    labeled, unlabeled = digits(), digits(labeled=False)
    assert len(networks.feature_network(labeled).classes) == 10
    assert networks.feature_network(unlabeled).classes == []
    corrected = digits()
    corrected.arrays["label"] = corrected.arrays["label"][::-1].copy()
    networks.feature_network(corrected)
    assert len(list((tmp_path / "feature-networks").iterdir())) == 3


def test_weights_of_another_size_are_stale(no_networks, monkeypatch, tmp_path):
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path))
    monkeypatch.setattr(networks, "_train", lambda *given: None)
    first = networks.feature_network(digits())
    kept = next((tmp_path / "feature-networks").iterdir())
    state = {name: tensor[:4] for name, tensor in first.network.state_dict().items() if tensor.ndim}
    networks.save_checkpoint(kept, state, {"format": 1})
    networks._networks.clear()
    second = networks.feature_network(digits())
    expected = first.network.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in second.network.state_dict().items())


@pytest.mark.parametrize("wide", [False, True])
def test_without_labels_it_learns_the_orientation(no_networks, wide):
    data = digits(labeled=False, wide=wide)
    network = networks.feature_network(data)
    assert network.classes == []
    x, orientation = networks._rotated(data.images(data.values("image", "test")))
    predicted = network.network(x).argmax(1)
    assert (predicted == orientation).float().mean() > 0.8
