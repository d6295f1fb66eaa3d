import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis.extra import numpy as arrays

from hibiscus.data.batches import Normalize, as_tensor
from hibiscus.data.images import preparation
from hibiscus.data.images.preparation import ImagePreparation
from hibiscus.errors import DataError


@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=4, max_dims=4, max_side=5)))
def test_image_statistics(images):
    learned = ImagePreparation.fit(images)
    scaled = images / 255
    np.testing.assert_allclose(learned.mean, scaled.mean(axis=(0, 1, 2)), atol=1e-9)
    std = scaled.std(axis=(0, 1, 2))
    np.testing.assert_allclose(learned.std, np.where(std < 1e-4, 1, std), atol=1e-6)
    assert learned.shape == (images.shape[3], *images.shape[1:3])
    assert ImagePreparation.from_json(json.loads(json.dumps(learned.to_json()))) == learned


def test_images_from_a_memory_map_only_the_training_rows(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 100, (60, 8, 9), dtype=np.uint8)
    np.save(tmp_path / "x.npy", images)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r+")
    rows = np.arange(0, 60, 2)
    before = ImagePreparation.fit(mapped, rows=rows)
    mapped[1::2] = 255
    assert ImagePreparation.fit(mapped, rows=rows) == before == ImagePreparation.fit(images[rows])
    assert before.shape == (1, 8, 9)
    few = ImagePreparation.fit(images, limit=10)
    assert few.mean != before.mean
    np.testing.assert_allclose(few.mean, before.mean, atol=0.03)


def test_large_images_are_sampled_and_chunked(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (300, 4, 4, 3), dtype=np.uint8)
    monkeypatch.setattr(preparation, "MAX_VALUES", 1)
    first = ImagePreparation.fit(images)
    chosen = np.linspace(0, 299, 256).astype(int)
    np.testing.assert_allclose(first.mean, images[chosen].mean(axis=(0, 1, 2)) / 255)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 3, 3, 1)), "dtype float64"),
        (np.zeros((2, 3), np.uint8), r"shape \(2, 3\)"),
        (np.zeros((0, 3, 3), np.uint8), r"shape \(0, 3, 3\)"),
    ],
)
def test_what_is_no_image(images, message):
    with pytest.raises(DataError, match=message):
        ImagePreparation.fit(images)
    with pytest.raises(DataError, match="no training images"):
        ImagePreparation.fit(np.zeros((2, 3, 3), np.uint8), rows=np.array([], int))


def test_decoding_restores_the_pixels():
    images = np.random.default_rng(0).integers(0, 256, (5, 4, 3, 3), dtype=np.uint8)
    learned = ImagePreparation.fit(images)
    values = Normalize(learned.mean, learned.std, torch.device("cpu"))(as_tensor(images))
    np.testing.assert_array_equal(learned.decode(values), images)
    assert learned.decode(torch.full((1, 3, 2, 2), 1e3)).tolist() == [[[[255] * 3] * 2] * 2]
