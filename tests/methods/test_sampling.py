"""Noise between two draws, held against its formula; numbers that are given as text."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.data.preparation import ImagePreparation
from hibiscus.errors import UsageError
from hibiscus.methods.sampling import make_images, noise_between, number_given

PIXEL = ImagePreparation(1, 1, 1, (0.5,), (0.5,))


def drawn(way, count=6):
    """What a method draws, batch by batch, and the images that it is given back."""
    kept = []

    def make(batch):
        kept.append((batch.normal(4), batch.uniform(4)))
        return torch.zeros(batch.size, 1, 1, 1)

    torch.manual_seed(5)
    with noise_between(way):
        assert len(make_images(make, count, PIXEL, torch.device("cpu"))) == count
    return [torch.cat(each).numpy() for each in zip(*kept, strict=True)]


@pytest.mark.parametrize("way", [0.0, 0.25, 1.0])
def test_noise_lies_between_two_draws(way):
    normal, uniform = drawn(way)
    torch.manual_seed(5)
    first, second = torch.randn(6, 4).numpy(), torch.randn(6, 4).numpy()
    low, high = torch.rand(6, 4).numpy(), torch.rand(6, 4).numpy()
    np.testing.assert_allclose(normal, np.cos(way * np.pi / 2) * first + np.sin(way * np.pi / 2) * second, atol=1e-6)
    np.testing.assert_allclose(uniform, low + way * (high - low), atol=1e-6)


def test_normal_noise_stays_normal_all_the_way():
    for way in (0.3, 0.5):
        normal, uniform = drawn(way, 5000)
        assert normal.std() == pytest.approx(1, abs=0.02)
        assert 0 <= uniform.min() < uniform.max() < 1


def test_afterwards_noise_is_drawn_once_as_before():
    before = drawn(None)
    with pytest.raises(ZeroDivisionError), noise_between(0.5):
        raise ZeroDivisionError
    for one, other in zip(before, drawn(None), strict=True):
        np.testing.assert_array_equal(one, other)
    torch.manual_seed(5)
    np.testing.assert_array_equal(before[0], torch.randn(6, 4).numpy())


def test_numbers_as_text():
    assert number_given("code1", "-1.5") == -1.5
    assert number_given("code1", np.float32(2)) == 2
    for value in ("high", "nan", None, [1, 2]):
        with pytest.raises(UsageError, match="code1="):
            number_given("code1", value)
