"""Features are computed once for the same images and weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.data.dataset import Dataset
from hibiscus.data.disk_cache import cache_folder
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.training.feature_cache import cached_features

PARTS = {"train": np.array([0, 2]), "val": np.array([3]), "test": np.array([1])}


def prepared(images=None):
    if images is None:
        images = np.random.default_rng(0).integers(0, 255, (4, 8, 8, 3), dtype=np.uint8)
    data = Dataset("noise", "noise", {"image": images}, [str(i) for i in range(4)], content_keys(images))
    fitted = Preparation({"image": ImagePreparation(8, 8, 3, (0.0,) * 3, (1 / 255,) * 3)})
    return PreparedData(data, fitted, PARTS)


class Means:
    """Counts how many images it has seen."""

    def __init__(self):
        self.images = 0

    def __call__(self, image):
        self.images += len(image)
        return [image.mean((2, 3)), image.flatten(1)[:, :1]]


@pytest.fixture
def network():
    return nn.Linear(2, 2).eval()


def test_they_are_those_of_the_chosen_parts(network):
    data = prepared()
    means, first = cached_features("means", network, Means(), data, "float32")
    expected = data.dataset.fields["image"].mean((1, 2))
    np.testing.assert_allclose(means[[0, 2, 3]], expected[[0, 2, 3]], rtol=1e-5)
    assert not means[1].any()  # of the test part
    assert first.shape == (4, 1)


def test_the_same_images_and_weights_are_found_in_the_cache(network):
    compute, data = Means(), prepared()
    first = cached_features("means", network, compute, data, "float32")
    second = cached_features("means", network, compute, data, "float32")
    assert compute.images == 3
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_anything_that_changes_them_is_another_entry(network):
    compute, data = Means(), prepared()
    cached_features("means", network, compute, data, "float32")
    cached_features("other", network, compute, data, "float32")
    cached_features("means", network, compute, data, "bfloat16")
    cached_features("means", network, compute, prepared(data.dataset.fields["image"][::-1].copy()), "float32")
    with torch.no_grad():
        network.weight[0, 0] += 1
    cached_features("means", network, compute, data, "float32")
    assert compute.images == 5 * 3


def test_a_damaged_entry_is_computed_again(network):
    compute, data = Means(), prepared()
    first = cached_features("means", network, compute, data, "float32")
    (file,) = (cache_folder() / "features").iterdir()
    file.write_bytes(file.read_bytes()[:-4])
    second = cached_features("means", network, compute, data, "float32")
    assert compute.images == 6
    assert np.array_equal(first[0], second[0])


def test_without_a_cache_they_are_computed(network, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path / "file"))
    assert len(cached_features("means", network, Means(), prepared(), "float32")) == 2
