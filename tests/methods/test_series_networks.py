import numpy as np
import pytest
import torch

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.open import open_data
from hibiscus.data.preparation import LabelPreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import DataError
from hibiscus.methods.classify.objective import ClassifyConfig
from hibiscus.methods.series_networks import random_features, series_defaults, series_network
from hibiscus.networks.registry import build_network

SERIES = np.random.default_rng(0).normal(size=(10, 12, 1)).astype(np.float32)


def prepared():
    dataset = open_data((SERIES, np.arange(10) % 2))
    learned = Preparation({"array": ArrayPreparation.fit(SERIES), "label": LabelPreparation(("0", "1"))})
    return PreparedData(
        dataset, learned, {"train": np.arange(5), "val": np.arange(5, 8), "test": np.arange(8, 10)}
    )


def test_rocket_for_few_series():
    assert series_network(None) == series_network(3000) == "rocket"
    assert series_network(3001) == "inception-time"


def test_defaults_of_the_networks_of_series():
    plain = ClassifyConfig()
    assert series_defaults(plain, "lstm", 100, 8) == {}
    assert series_defaults(plain, "rocket", 100, 8) == {"epochs": 30, "ensemble": 1, "selected_epoch": "last"}
    assert series_defaults(plain, "inception-time", 10_000, 128)["epochs"] == 20
    assert series_defaults(plain, "inception-time", 10_000, 128)["selected_epoch"] == "best"
    chosen = ClassifyConfig(epochs=3, ensemble=5, selected_epoch="best")
    assert series_defaults(chosen, "inception-time", 100, 8) == {}


def test_features_are_computed_for_training_and_validation_and_scale_the_head():
    torch.manual_seed(0)
    network = build_network("rocket", (12, 1), 1, kernels=20)
    data = prepared()
    features = random_features(network, data)
    assert features.shape == (10, 40)
    assert not features[8:].any()
    np.testing.assert_allclose(features[:8], network.random(data.tensors["array"][:8]), rtol=1e-5)
    np.testing.assert_allclose(network.head[0].mean, features[:5].mean(0), rtol=1e-4, atol=1e-6)


def test_features_beyond_the_memory_are_refused(monkeypatch):
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "1KB")
    with pytest.raises(DataError, match="40 features of net=rocket"):
        random_features(build_network("rocket", (12, 1), 1, kernels=20), prepared())
