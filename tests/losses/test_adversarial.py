"""The losses of both players against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from hibiscus import losses

REAL, FAKE = (np.random.default_rng(seed).normal(size=(9, 1)).astype(np.float32) * 3 for seed in (0, 1))


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype(np.float64)))


def test_cross_entropy_of_both_players():
    real, fake = torch.tensor(REAL), torch.tensor(FAKE)
    expected = -np.log(sigmoid(REAL)).mean() - np.log(1 - sigmoid(FAKE)).mean()
    assert losses.discriminator_cross_entropy(real, fake).item() == pytest.approx(expected, rel=1e-5)
    assert losses.nonsaturating_generator(fake).item() == pytest.approx(
        -np.log(sigmoid(FAKE)).mean(), rel=1e-5
    )


def test_a_discriminator_at_chance_has_twice_log_two():
    zero = torch.zeros(4, 1)
    assert losses.discriminator_cross_entropy(zero, zero).item() == pytest.approx(2 * np.log(2))


def test_sure_answers_stay_finite_and_computed_in_float32():
    sure = torch.full((3, 1), 1000.0, dtype=torch.bfloat16)
    assert losses.discriminator_cross_entropy(-sure, sure).item() == pytest.approx(2000)
    assert losses.nonsaturating_generator(sure).dtype == torch.float32


def test_least_squares_want_one_for_real_and_zero_for_made():
    real, fake = torch.tensor(REAL), torch.tensor(FAKE)
    expected = ((REAL - 1) ** 2).mean() / 2 + (FAKE**2).mean() / 2
    assert losses.least_squares_discriminator(real, fake).item() == pytest.approx(expected, rel=1e-5)
    assert losses.least_squares_generator(fake).item() == pytest.approx(
        ((FAKE - 1) ** 2).mean() / 2, rel=1e-5
    )
    half = torch.full((4, 1), 0.5, dtype=torch.bfloat16)
    assert losses.least_squares_discriminator(half, half).item() == 0.25
    assert losses.least_squares_generator(half).dtype == torch.float32


def test_wasserstein_is_a_difference_of_means():
    real, fake = torch.tensor(REAL), torch.tensor(FAKE)
    assert losses.wasserstein_critic(real, fake).item() == pytest.approx(FAKE.mean() - REAL.mean(), rel=1e-5)
    assert losses.wasserstein_generator(fake).item() == pytest.approx(-FAKE.mean(), rel=1e-5)


def test_gradient_penalty_is_that_of_a_known_slope():
    weight = np.random.default_rng(2).normal(size=(12,)).astype(np.float32)

    def critic(x):  # the slope of 0.5 |A x|^2 at x is A^2 x, element by element
        return 0.5 * (x.flatten(1) * torch.tensor(weight)).square().sum(1, keepdim=True)

    rng = np.random.default_rng(3)
    real, fake = (
        rng.normal(size=(5, 3, 2, 2)).astype(np.float32),
        rng.normal(size=(5, 3, 2, 2)).astype(np.float32),
    )
    mix = rng.random((5, 1, 1, 1)).astype(np.float32)
    between = (mix * real + (1 - mix) * fake).reshape(5, -1)
    expected = ((np.linalg.norm(weight**2 * between, axis=1) - 1) ** 2).mean()
    found = losses.gradient_penalty(critic, torch.tensor(real), torch.tensor(fake), torch.tensor(mix))
    assert found.item() == pytest.approx(expected, rel=1e-4)


def test_gradient_penalty_teaches_the_critic():
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Flatten(), nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    real, fake, mix = torch.randn(6, 1, 2, 2), torch.randn(6, 1, 2, 2), torch.rand(6, 1, 1, 1)
    losses.gradient_penalty(critic, real, fake, mix).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in (critic[1].weight, critic[3].weight))
