import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import ImagePreparation, LabelPreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.attribution.heatmap_items import heatmap_items
from hibiscus.networks.registry import build_network

CLASSES = ["cat", "dog", "hen"]


@pytest.fixture
def data():
    return data_of(12, 12)


def data_of(height, width):
    images = np.random.default_rng(0).integers(0, 256, (30, height, width, 3)).astype(np.uint8)
    label = np.array([CLASSES[number % 3] for number in range(30)])
    fields = {"image": images, "label": label}
    dataset = Dataset("d", "d", fields, [str(n) for n in range(30)], np.arange(30, dtype=np.uint64))
    image = ImagePreparation(height, width, 3, (0.5,) * 3, (0.25,) * 3)
    preparation = Preparation({"image": image, "label": LabelPreparation(tuple(CLASSES))})
    return PreparedData(dataset, preparation, {"train": np.arange(10), "test": np.arange(10, 30)})


def probabilities(data, wrong):
    """All of the test part right but for some items, which are the more certain the later they are."""
    label = data.values("label", "test")
    p = np.full((20, 3), 0.2)
    p[np.arange(20), label] = 0.6
    for rank, item in enumerate(wrong):
        p[item] = 0
        p[item, (label[item] + 1) % 3] = 0.7 + 0.02 * rank
        p[item, label[item]] = 0.3 - 0.02 * rank
    return p


def test_right_predictions_and_the_most_confident_errors(data):
    network = build_network("cnn", (3, 12, 12), 3).eval()
    with torch.inference_mode():
        right, wrong = heatmap_items(network, data, "test", CLASSES, probabilities(data, range(2, 11)))
    assert (len(right.images), right.group) == (12, 2)
    assert (len(wrong.images), wrong.group) == (18, 3)
    assert wrong.captions[0].startswith("20: hen")  # item 10 of the part, the most confident
    assert wrong.captions[1:3] == ("predicted cat (86%)", "true class hen")
    np.testing.assert_array_equal(wrong.images[0], data.dataset.fields["image"][20])
    assert (wrong.images[1] != wrong.images[0]).any() or (wrong.images[2] != wrong.images[0]).any()


def test_large_images_are_reduced():
    data = data_of(170, 200)
    network = nn.Sequential(
        nn.Conv2d(3, 2, 3, stride=16), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 3)
    )
    (found,) = heatmap_items(network.eval(), data, "test", CLASSES, probabilities(data, []))
    assert {image.shape for image in found.images} == {(136, 160, 3)}


def test_networks_without_maps_and_other_data_have_none(data):
    network = build_network("mlp", (3, 12, 12), 3).eval()
    assert heatmap_items(network, data, "test", CLASSES, probabilities(data, [1])) == []
    tables = PreparedData(data.dataset, Preparation({}), data.parts)
    assert heatmap_items(nn.Linear(2, 2), tables, "test", CLASSES, probabilities(data, [1])) == []
