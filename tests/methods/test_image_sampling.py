"""Images are generated a batch at a time; noise between two draws, compared with its formula."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.data.preparation import ImagePreparation
from hibiscus.methods.image_sampling import generate_images

PIXEL = ImagePreparation(1, 1, 1, (0.5,), (0.5,))
CPU = torch.device("cpu")


def noise(interpolation, count=6):
    """The normal and the uniform noise that a method draws, all batches together."""
    draws = []

    def generate(batch):
        draws.append((batch.normal(4), batch.uniform(4)))
        return torch.zeros(batch.size, 1, 1, 1)

    torch.manual_seed(5)
    assert len(generate_images(generate, count, PIXEL, CPU, interpolation)) == count
    return [torch.cat(values).numpy() for values in zip(*draws, strict=True)]


@pytest.mark.parametrize("t", [0.0, 0.25, 1.0])
def test_noise_lies_between_two_draws(t):
    normal, uniform = noise(t)
    torch.manual_seed(5)
    first, second = torch.randn(6, 4).numpy(), torch.randn(6, 4).numpy()
    low, high = torch.rand(6, 4).numpy(), torch.rand(6, 4).numpy()
    np.testing.assert_allclose(
        normal, np.cos(t * np.pi / 2) * first + np.sin(t * np.pi / 2) * second, atol=1e-6
    )
    np.testing.assert_allclose(uniform, low + t * (high - low), atol=1e-6)


def test_normal_noise_stays_normal_on_the_whole_path():
    for t in (0.3, 0.5):
        normal, uniform = noise(t, 5000)
        assert normal.std() == pytest.approx(1, abs=0.02)
        assert 0 <= uniform.min() < uniform.max() < 1


def test_noise_is_drawn_once_without_interpolation():
    normal, uniform = noise(None)
    torch.manual_seed(5)
    np.testing.assert_array_equal(normal, torch.randn(6, 4).numpy())
    np.testing.assert_array_equal(uniform, torch.rand(6, 4).numpy())


def test_interpolation_leaves_no_trace():
    before = noise(None)
    noise(0.5)
    for first, second in zip(before, noise(None), strict=True):
        np.testing.assert_array_equal(first, second)


def test_images_are_generated_a_batch_at_a_time():
    sizes = []

    def generate(batch):
        sizes.append(batch.size)
        return torch.zeros(batch.size, 1, 2, 2)

    images = generate_images(generate, 300, ImagePreparation(2, 2, 1, (0.5,), (0.5,)), CPU)
    assert images.shape == (300, 2, 2, 1)
    assert sizes == [256, 44]


@pytest.mark.parametrize("interpolation", [None, 0.5])
def test_each_image_has_its_own_condition(interpolation):
    shade = torch.arange(300) % 7
    generate = lambda batch: (batch.shade / 7).view(-1, 1, 1, 1)  # noqa: E731
    images = generate_images(
        generate, 300, ImagePreparation(1, 1, 1, (0.0,), (1.0,)), CPU, interpolation, shade=shade
    )
    np.testing.assert_array_equal(images.ravel(), (shade / 7 * 255).round().numpy())
