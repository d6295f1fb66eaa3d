"""The judge learns from the training part alone, is kept, and is not trained twice; images go to pixels and back."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.open import open_data
from hibiscus.data.preparation import ImagePreparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import feature_network as judges
from hibiscus.methods.gan.dcgan import DCGAN
from hibiscus.methods.sampling import make_images, to_pixels
from hibiscus.runs.prepare import fit_preparation, prepare_parts


def digits(labelled: bool = True, wide: bool = False) -> PreparedData:
    whole = open_data("digits")
    fields = {name: values for name, values in whole.fields.items() if labelled or name == "image"}
    if wide:
        fields["image"] = fields["image"][:, :6]
    dataset = Dataset("digits", "digits", fields, whole.ids, whole.keys)
    parts = prepare_parts(dataset, DataConfig(), DCGAN)
    return PreparedData(dataset, fit_preparation(dataset, parts["train"], DCGAN, DataConfig()), parts)


@pytest.fixture
def forgotten(monkeypatch):
    monkeypatch.setattr(judges, "_known", {})


def test_it_reads_real_images(forgotten):
    data = digits()
    before = torch.get_rng_state()
    with torch.inference_mode():
        judge = judges.get_feature_network(data)
    assert torch.equal(torch.get_rng_state(), before), "training a judge leaves the method's random numbers alone"
    features, read = judge.look(data, data.values("image", "test"))
    assert features.shape == (len(data.parts["test"]), 64)
    assert (read.argmax(1) == data.values("label", "test")).mean() > 0.95
    assert not any(parameter.requires_grad for parameter in judge.network.parameters())


def test_it_is_kept_in_the_cache_and_a_damaged_one_is_made_anew(forgotten, monkeypatch, tmp_path):
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path))
    data = digits()
    first = judges.get_feature_network(data)
    kept = next((tmp_path / "judges").iterdir())
    judges._known.clear()
    monkeypatch.setattr(judges, "_train", lambda *given: pytest.fail("it was trained again"))
    second = judges.get_feature_network(data)
    assert all(torch.equal(a, b) for a, b in zip(first.network.state_dict().values(), second.network.state_dict().values(), strict=True))
    judges._known.clear()
    kept.write_bytes(kept.read_bytes()[:100])
    monkeypatch.setattr(judges, "_train", lambda *given: None)
    judges.get_feature_network(data)
    assert kept.stat().st_size > 1000


@pytest.mark.parametrize("wide", [False, True])
def test_without_labels_it_learns_which_way_up(forgotten, wide):
    data = digits(labelled=False, wide=wide)
    judge = judges.get_feature_network(data)
    assert judge.classes == []
    x, way = judges._turned(data.images(data.values("image", "test")))
    found = judge.network(x).argmax(1)
    assert (found == way).float().mean() > 0.8


def test_pixels_go_there_and_back():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), dtype=np.uint8)
    preparation = ImagePreparation(4, 5, 3, (0.5, 0.4, 0.3), (0.5, 0.2, 0.1))
    values = torch.from_numpy((pixels / 255 - np.array(preparation.mean)) / np.array(preparation.std)).permute(0, 3, 1, 2)
    np.testing.assert_array_equal(to_pixels(values, preparation), pixels)
    assert to_pixels(torch.full((1, 3, 4, 5), 99.0), preparation).min() == 255


def test_images_are_made_a_batch_at_a_time():
    sizes = []

    def make(batch):
        sizes.append(batch.size)
        return torch.zeros(batch.size, 1, 2, 2)

    found = make_images(make, 300, ImagePreparation(2, 2, 1, (0.5,), (0.5,)), torch.device("cpu"))
    assert found.shape == (300, 2, 2, 1)
    assert sizes == [256, 44]


def test_each_image_is_made_by_its_own_condition():
    told = torch.arange(300) % 7
    make = lambda batch: (batch.shade / 7).view(-1, 1, 1, 1)  # noqa: E731
    found = make_images(make, 300, ImagePreparation(1, 1, 1, (0.0,), (1.0,)), torch.device("cpu"), shade=told)
    np.testing.assert_array_equal(found.ravel(), (told / 7 * 255).round().numpy())
