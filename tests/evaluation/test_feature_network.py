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


@pytest.mark.parametrize("wide", [False, True])
def test_without_labels_it_learns_the_orientation(no_networks, wide):
    data = digits(labeled=False, wide=wide)
    network = networks.feature_network(data)
    assert network.classes == []
    x, orientation = networks._rotated(data.images(data.values("image", "test")))
    predicted = network.network(x).argmax(1)
    assert (predicted == orientation).float().mean() > 0.8
