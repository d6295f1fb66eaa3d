"""A small folder of images of odd sizes trains generative methods without an option. Slow: one training at a
time, all threads.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

from hibiscus import api
from hibiscus.data.open import open_data

pytestmark = pytest.mark.slow


def photos(tmp_path, count, largest):
    """Colored digits of 20 pixels a side to `largest`, no two alike in shape."""
    rng, pixels = np.random.default_rng(0), open_data("digits").fields["image"]
    (tmp_path / "photos").mkdir()
    for number in range(count):
        height, width = rng.integers(20, largest + 1, 2)
        gray = Image.fromarray(pixels[number, ..., 0]).resize(
            (int(width), int(height)), Image.Resampling.BICUBIC
        )
        ink, paper = rng.integers(0, 256, 3), rng.integers(0, 256, 3)
        share = np.asarray(gray, np.float32)[..., None] / 255
        Image.fromarray((share * ink + (1 - share) * paper).astype(np.uint8)).save(
            tmp_path / "photos" / f"{number:03}.png"
        )
    return tmp_path / "photos"


# A VAE takes 200 epochs and 500 samples per image, so that fewer and smaller images are enough.
@pytest.mark.parametrize(("method", "count", "largest"), [("dcgan", 600, 44), ("vae", 40, 26)])
def test_it_trains_without_an_option(tmp_path, method, count, largest):
    run = api.train(method, photos(tmp_path, count, largest), out=tmp_path / "run", quiet=True)
    found = run.evaluation()
    assert all(math.isfinite(value) for value in found["metrics"].values())
    selection_metric = f"test/{run.info['selection_metric']['name']}"
    assert found["metrics"][selection_metric] < max(
        baseline[selection_metric] for baseline in found["baselines"].values() if selection_metric in baseline
    )
    image = run.sample(4)["image"]
    assert image.dtype == np.uint8
    assert image.shape == (4, *run.preparation["image"].shape[1:], 3)
    assert image.std((0, 1, 2)).min() > 5, "nothing is to be seen in them"
