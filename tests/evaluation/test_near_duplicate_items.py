from __future__ import annotations

import numpy as np
from PIL import Image

from hibiscus.data.dataset import Dataset
from hibiscus.data.images.preparation import ImagePreparation
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.near_duplicate_items import near_duplicate_gallery


def photos(count):
    coarse = np.random.default_rng(0).integers(0, 255, (count, 5, 5, 3), dtype=np.uint8)
    return np.stack(
        [np.asarray(Image.fromarray(image).resize((40, 40), Image.Resampling.BICUBIC)) for image in coarse]
    )


def prepared(images, parts, training=None):
    dataset = Dataset(
        "x", "x", {"image": images}, [f"{i}.jpg" for i in range(len(images))], content_keys(images)
    )
    return PreparedData(
        dataset, Preparation({"image": ImagePreparation.fit(images)}), parts, training=training
    )


def test_copies_of_the_evaluated_part_stand_beside_each_other():
    images = photos(60)
    darker = (images[[2, 5, 7]] * 0.97).astype(np.uint8)
    parts = {"train": np.arange(50), "val": np.array([60]), "test": np.array([*range(50, 60), 61, 62])}
    data = prepared(np.concatenate([images, darker]), parts)
    gallery = near_duplicate_gallery(data, "test")
    assert sorted(gallery.captions) == ["test: 61.jpg", "test: 62.jpg", "training: 5.jpg", "training: 7.jpg"]
    assert gallery.group == 2
    assert "2 of 12 images of the test part" in gallery.note
    assert near_duplicate_gallery(data, "val").captions == ("training: 2.jpg", "validation: 60.jpg")


def test_without_copies_and_for_other_data_there_is_none():
    images, parts = photos(60), {"train": np.arange(50), "test": np.arange(50, 60)}
    data = prepared(images, parts)
    assert near_duplicate_gallery(data, "test") is None
    assert near_duplicate_gallery(prepared(images, {"test": np.arange(10)}, training=data), "test") is None
