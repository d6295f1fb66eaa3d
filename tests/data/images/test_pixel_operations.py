"""Operations on colors against Pillow: hibiscus.data.images.pixel_operations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps

from hibiscus.data.images import pixel_operations as pixels


def images(channels):
    """Four photos-like images with different histograms, uint8 (4, 20, 24, channels)."""
    rng = np.random.default_rng(channels)
    smooth = rng.normal(size=(4, 20, 24, channels)).cumsum(1).cumsum(2)
    smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min())
    spread = np.array([0.2, 0.5, 0.8, 1.0])[:, None, None, None]
    return (30 * (1 - spread) + 255 * spread * smooth).clip(0, 255).astype(np.uint8)


def as_batch(arrays):
    return torch.from_numpy(arrays).permute(0, 3, 1, 2).float() / 255


def with_pillow(arrays, function):
    """`function(image, row)` for each image."""
    opened = [Image.fromarray(a[..., 0] if a.shape[-1] == 1 else a) for a in arrays]
    return as_batch(
        np.stack([np.asarray(function(im, i)).reshape(arrays.shape[1:]) for i, im in enumerate(opened)])
    )


def same(found, expected, levels=1):
    assert (found - expected).abs().max() <= (levels + 1e-3) / 255
    assert found.dtype == torch.float32


@pytest.mark.parametrize("channels", [1, 3])
def test_as_pillow(channels):
    arrays = images(channels)
    batch = as_batch(arrays)
    bits, thresholds = [8, 6, 4, 2], [256, 128, 60.5, 0]
    factors = [0.01, 0.6, 1.3, 1.99]
    same(pixels.autocontrast(batch), with_pillow(arrays, lambda im, i: ImageOps.autocontrast(im)))
    same(pixels.equalize(batch), with_pillow(arrays, lambda im, i: ImageOps.equalize(im)), 0)
    posterized = with_pillow(arrays, lambda im, i: ImageOps.posterize(im, bits[i]))
    same(pixels.posterize(batch, torch.tensor(bits)), posterized, 0)
    solarized = with_pillow(arrays, lambda im, i: ImageOps.solarize(im, thresholds[i]))
    same(pixels.solarize(batch, torch.tensor(thresholds)), solarized, 0)
    enhancements = {
        pixels.change_brightness: ImageEnhance.Brightness,
        pixels.change_color: ImageEnhance.Color,
        pixels.change_contrast: ImageEnhance.Contrast,
        pixels.change_sharpness: ImageEnhance.Sharpness,
    }
    for function, pillow in enhancements.items():
        expected = with_pillow(arrays, lambda im, i, kind=pillow: kind(im).enhance(factors[i]))
        same(function(batch, torch.tensor(factors)), expected, 2)  # Pillow rounds twice


def test_constant_and_tiny_images():
    constant = torch.full((1, 3, 5, 5), 0.4)
    for function in (pixels.autocontrast, pixels.equalize):
        torch.testing.assert_close(function(constant), torch.full_like(constant, 102 / 255))
    tiny = torch.rand(2, 1, 2, 2)
    assert torch.equal(pixels.change_sharpness(tiny, torch.tensor([0.0, 2.0])), tiny)


def test_the_batch_is_not_modified():
    batch = as_batch(images(3))
    before = batch.clone()
    pixels.equalize(batch)
    pixels.change_sharpness(batch, torch.full((4,), 1.5))
    pixels.change_brightness(batch, torch.full((4,), 1.5))
    assert torch.equal(batch, before)
