from __future__ import annotations

import numpy as np
import pytest

from hibiscus.data.dataset import Dataset
from hibiscus.data.images.preparation import ImagePreparation
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import LabelPreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.embedding_items import embedding_items

LABEL = np.arange(80) % 2  # images of class 1 are bright
IMAGES = np.random.default_rng(0).integers(0, 100, (80, 8, 8, 1), dtype=np.uint8)
IMAGES[LABEL == 1] += 150


@pytest.fixture
def data():
    ids = [f"image{i}" for i in range(80)]
    dataset = Dataset("x", "x", {"image": IMAGES, "label": LABEL}, ids, content_keys(IMAGES))
    preparation = Preparation({"image": ImagePreparation.fit(IMAGES), "label": LabelPreparation.fit(LABEL)})
    return PreparedData(dataset, preparation, {"train": np.arange(40), "test": np.arange(40, 80)})


def embed(data, part):
    return data.flat_inputs(part) - 0.5


def predictions(*wrong):
    p = np.eye(2)[LABEL[40:]] * 0.6 + 0.2
    for number, row in enumerate(wrong):
        p[row] = p[row, ::-1] + np.array([-0.01, 0.01]) * number * (1 if LABEL[40 + row] == 0 else -1)
    return p, p.argmax(1)


def test_the_maps_mark_wrong_predictions_and_the_neighbors_are_of_the_training_part(data):
    components, neighbors, gallery = embedding_items(
        embed, *predictions(3, 6), data, "test", ["dark", "bright"]
    )
    assert [i for i, mark in enumerate(components.marked) if mark] == [3, 6]
    assert neighbors.groups[:2] == ("dark", "bright")
    assert gallery.group == 6
    assert len(gallery.images) == 12
    assert gallery.captions[0] == "image46: dark, predicted bright (81%)"  # the most confident error first
    assert gallery.captions[6] == "image43: bright, predicted dark (80%)"
    assert all(caption.startswith("training: dark (image") for caption in gallery.captions[1:6])
    assert all(caption.startswith("training: bright (image") for caption in gallery.captions[7:])
    np.testing.assert_array_equal(gallery.images[0], IMAGES[46, ..., 0])
    first = int(gallery.captions[1].split("image")[1].rstrip(")"))
    np.testing.assert_array_equal(gallery.images[1], IMAGES[first, ..., 0])


def test_without_errors_there_are_maps_only(data):
    assert len(embedding_items(embed, *predictions(), data, "test", ["dark", "bright"])) == 2


def test_the_training_images_are_those_of_the_run_when_other_data_is_evaluated(data):
    other = PreparedData(data.dataset, data.preparation, {"test": np.arange(50, 80)}, training=data)
    gallery = embedding_items(
        embed, *(values[10:] for values in predictions(13)), other, "test", ["dark", "bright"]
    )[-1]
    assert "of 40 training images" in gallery.note
    assert data.parts["train"].tolist() == list(range(40))


def test_embeddings_of_a_single_dimension_have_no_map(data):
    flat = embedding_items(
        lambda data, part: embed(data, part)[:, :1], *predictions(3), data, "test", ["a", "b"]
    )
    assert flat == []
