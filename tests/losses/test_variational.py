"""The terms of the variational bound against torch.distributions, NumPy and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from hibiscus.errors import ConfigError
from hibiscus.losses import bernoulli_log_likelihood, gaussian_kl, gaussian_log_likelihood

RNG = np.random.default_rng(0)


def drawn(*shape):
    return torch.from_numpy(RNG.normal(size=shape))


def test_kl_is_that_of_torch_distributions_summed_over_units():
    mean, log_variance = drawn(7, 5), drawn(7, 5)
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0, 1))
    torch.testing.assert_close(gaussian_kl(mean, log_variance), expected.sum(1))
    torch.testing.assert_close(gaussian_kl(mean[..., None], log_variance[..., None]), expected)


def test_kl_is_the_mean_of_the_log_ratio_under_q():
    mean, log_variance = torch.tensor([[0.5, -1.0]]), torch.tensor([[-1.0, 0.3]])
    noise = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(0))
    q = Normal(mean, (log_variance / 2).exp())
    z = mean + (log_variance / 2).exp() * noise
    ratio = (q.log_prob(z) - Normal(0, 1).log_prob(z)).sum(1)
    assert gaussian_kl(mean, log_variance).item() == pytest.approx(ratio.mean().item(), rel=0.01)


def test_kl_of_the_prior_is_nought_and_never_below_it_near_the_prior():
    assert gaussian_kl(torch.zeros(3, 4), torch.zeros(3, 4)).tolist() == [0, 0, 0]
    assert (
        gaussian_kl(torch.zeros(1, 100), torch.full((1, 100), 1e-4)).item() >= 0
    )  # exp - 1 would round to other than the variance


def test_bernoulli_is_that_of_torch_distributions():
    logits, values = drawn(6, 2, 3), torch.from_numpy(RNG.integers(0, 2, (6, 2, 3))).double()
    expected = Bernoulli(logits=logits).log_prob(values).sum((1, 2))
    torch.testing.assert_close(bernoulli_log_likelihood(logits, values), expected)


def test_bernoulli_of_shares_is_the_expectation_over_draws():
    logits, share = drawn(1, 40).expand(4000, -1), torch.from_numpy(RNG.random((1, 40)))
    draws = (torch.from_numpy(RNG.random((4000, 40))) < share).double()
    expected = bernoulli_log_likelihood(logits, draws).mean().item()
    assert bernoulli_log_likelihood(logits[:1], share).item() == pytest.approx(expected, rel=0.01)


def test_bernoulli_of_sure_logits_stays_finite():
    assert bernoulli_log_likelihood(
        torch.tensor([[200.0, -200.0]]), torch.tensor([[0.0, 0.0]])
    ).item() == pytest.approx(-200)


@pytest.mark.parametrize("shape", [(1,), (6, 2, 3)])
def test_gaussian_is_that_of_torch_distributions(shape):
    mean, values, log_std = drawn(6, 2, 3), drawn(6, 2, 3), drawn(*shape)
    expected = Normal(mean, log_std.exp()).log_prob(values).sum((1, 2))
    torch.testing.assert_close(gaussian_log_likelihood(mean, values, log_std), expected)


def test_gaussian_with_a_fixed_deviation_is_the_squared_error():
    mean, values = drawn(5, 4), drawn(5, 4)
    found = gaussian_log_likelihood(
        mean, values, torch.tensor(-0.5 * math.log(2), dtype=torch.float64)
    )  # std**2 = 1/2
    np.testing.assert_allclose(found, -((mean - values) ** 2).sum(1) - 2 * math.log(math.pi), rtol=1e-12)


def test_half_precision_is_raised_to_float32():
    half = torch.ones(2, 3, dtype=torch.bfloat16)
    for found in (
        gaussian_kl(half, half),
        bernoulli_log_likelihood(half, half),
        gaussian_log_likelihood(half, half, half),
    ):
        assert found.dtype == torch.float32


def test_unlike_shapes_are_told():
    for loss in (
        gaussian_kl,
        bernoulli_log_likelihood,
        lambda a, b: gaussian_log_likelihood(a, b, torch.zeros(1)),
    ):
        with pytest.raises(ConfigError, match="shape"):
            loss(torch.zeros(3, 2), torch.zeros(3, 4))
