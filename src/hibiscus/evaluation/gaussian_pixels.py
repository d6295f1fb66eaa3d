"""Images whose pixels are sampled from independent Gaussians, in chunks of bounded size."""

from __future__ import annotations

import numpy as np

from hibiscus.data.lazy_rows import VALUES_AT_ONCE, Rows, chunks

__all__ = ["gaussian_images", "mean_and_std"]


def mean_and_std(images: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each pixel over images uint8 `(items, height, width, channels)`."""
    total, squares = np.zeros(images.shape[1:], np.int64), np.zeros(images.shape[1:])
    for _, chunk in chunks(images):
        total += chunk.sum(0, dtype=np.int64)
    mean = total / len(images)
    for _, chunk in chunks(images):
        squares += ((chunk - mean) ** 2).sum(0)
    return mean, np.sqrt(squares / len(images))


def gaussian_images(
    mean: np.ndarray | float, std: np.ndarray | float, shape: tuple[int, ...], rng: np.random.Generator
) -> np.ndarray:
    """Images uint8 of a shape `(count, height, width, channels)`; mean and deviation may differ by pixel."""
    images = np.empty(shape, np.uint8)
    for place, chunk in chunks(images, VALUES_AT_ONCE):
        values = mean + std * rng.standard_normal(chunk.shape)
        images[place] = values.round().clip(0, 255).astype(np.uint8)
    return images
