"""Growing networks: fade-in, equalised weights, pixel norm, the batch's deviation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from hibiscus.networks.progan import (
    EqualConv,
    EqualLinear,
    GrowingCritic,
    GrowingGenerator,
    minibatch_deviation,
    pixel_norm,
)


def test_they_grow():
    torch.manual_seed(0)
    generator, critic = GrowingGenerator(5, 3, 4, 16), GrowingCritic(3, 4, 16)
    for side in (4, 8, 16):
        made = generator(torch.randn(4, 5))
        assert made.shape == (4, 3, side, side)
        assert critic(made).shape == (4, 1)
        generator.grow()
        critic.grow()


def test_a_new_block_fades_in_from_the_old_image():
    torch.manual_seed(1)
    generator, critic = GrowingGenerator(5, 1, 4, 16), GrowingCritic(1, 4, 16)
    z = torch.randn(4, 5)
    old, value = generator(z), critic(generator(z))
    generator.grow()
    critic.grow()
    generator.alpha.fill_(0)
    critic.alpha.fill_(0)
    enlarged = functional.interpolate(old, scale_factor=2)
    torch.testing.assert_close(generator(z), enlarged)
    torch.testing.assert_close(critic(enlarged), value)
    generator.alpha.fill_(0.25)
    part = generator(z)
    generator.alpha.fill_(1)
    torch.testing.assert_close(part, 0.75 * enlarged + 0.25 * generator(z))


def test_weights_are_drawn_from_one_gaussian_and_scaled_in_use():
    torch.manual_seed(2)
    layer = EqualConv(16, 64, 3)
    assert layer.weight.std().item() == pytest.approx(1, abs=0.02)
    x = torch.randn(2, 16, 5, 5)
    torch.testing.assert_close(
        layer(x), functional.conv2d(x, layer.weight * math.sqrt(2 / (16 * 9)), layer.bias, padding=1)
    )
    linear = EqualLinear(10, 3, gain=1)
    torch.testing.assert_close(linear(x[:, :10, 0, 0]), x[:, :10, 0, 0] @ (linear.weight / math.sqrt(10)).T)


def test_pixel_norm_brings_the_mean_square_to_one():
    x = np.random.default_rng(0).normal(size=(2, 6, 3, 3)).astype(np.float32) * 5
    expected = x / np.sqrt((x**2).mean(1, keepdims=True) + 1e-8)
    np.testing.assert_allclose(pixel_norm(torch.tensor(x)).numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize(("batch", "group"), [(8, 4), (6, 6), (1, 1)])
def test_the_batchs_deviation_is_one_more_map(batch, group):
    x = np.random.default_rng(1).normal(size=(batch, 5, 2, 2)).astype(np.float32)
    found = minibatch_deviation(torch.tensor(x)).numpy()
    assert found.shape == (batch, 6, 2, 2)
    np.testing.assert_array_equal(found[:, :5], x)
    for start in range(0, batch, group):
        own = np.sqrt(x[start : start + group].var(0) + 1e-8).mean()
        np.testing.assert_allclose(found[start : start + group, 5], own, rtol=1e-4)
