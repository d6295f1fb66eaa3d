import numpy as np

from hibiscus.data.lazy_rows import LazyRows
from hibiscus.evaluation import gaussian_pixels
from hibiscus.evaluation.gaussian_pixels import gaussian_images, mean_and_std

IMAGES = np.random.default_rng(0).integers(0, 256, (50, 4, 5, 3), dtype=np.uint8)


def test_statistics_are_numpys(monkeypatch):
    for images in (IMAGES, LazyRows(lambda rows: IMAGES[rows], np.arange(50))):
        mean, std = mean_and_std(images)
        np.testing.assert_array_equal(mean, IMAGES.mean(0))
        np.testing.assert_allclose(std, IMAGES.std(0), rtol=1e-12)


def test_chunks_do_not_change_the_images(monkeypatch):
    mean, std = mean_and_std(IMAGES)
    whole = gaussian_images(mean, std, (70, 4, 5, 3), np.random.default_rng(1))
    noise = np.random.default_rng(1).standard_normal((70, 4, 5, 3))
    np.testing.assert_array_equal(whole, (mean + std * noise).round().clip(0, 255).astype(np.uint8))
    monkeypatch.setattr(gaussian_pixels, "VALUES_AT_ONCE", 200)
    np.testing.assert_array_equal(whole, gaussian_images(mean, std, (70, 4, 5, 3), np.random.default_rng(1)))
