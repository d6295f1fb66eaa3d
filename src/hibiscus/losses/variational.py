r"""The terms of the variational bound: what a latent code costs, and how likely data are under a decoder. One number an item, in nats."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from hibiscus.losses._inputs import full_precision, matched

__all__ = ["bernoulli_log_likelihood", "gaussian_kl", "gaussian_log_likelihood"]


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    r"""The divergence of a Gaussian with independent units from the standard normal prior.

        KL(q || p) = 1/2 sum over units of  (mean**2 + variance - log variance - 1),    q = N(mean, variance), p = N(0, 1)

    Give it a last axis of one (`mean[..., None]`) for the divergence of each unit by itself.

    Args:
        mean: of each unit.
        log_variance: the logarithm of each unit's variance, which any real number may be.

    Shapes:
        mean, log_variance (..., units); returns (...), in [0, inf), nats, at least float32.

    Raises:
        ConfigError: unlike shapes, or no items.

    Reference: Kingma, Welling, "Auto-Encoding Variational Bayes", 2013, arXiv 1312.6114, appendix B.
    """
    mean, log_variance = matched(mean, log_variance)
    return 0.5 * (mean.square() + torch.expm1(log_variance) - log_variance).sum(-1)


def bernoulli_log_likelihood(logits: Tensor, values: Tensor) -> Tensor:
    r"""The log-probability of values in {0, 1}, each drawn by itself; minus the cross-entropy, summed and not averaged.

        log p(x) = sum over values of  x log s + (1 - x) log(1 - s),    s = sigmoid(logit)

    For shares x in [0, 1] it is the expected log-probability of values that are drawn with these shares.

    Args:
        logits: of a value being 1.
        values: what was seen.

    Shapes:
        logits, values (items, ...); returns (items,), in (-inf, 0], nats, at least float32.

    Raises:
        ConfigError: unlike shapes, or no items.
    """
    logits, values = matched(logits, values)
    return -binary_cross_entropy_with_logits(logits, values, reduction="none").flatten(1).sum(1)


def gaussian_log_likelihood(mean: Tensor, values: Tensor, log_std: Tensor) -> Tensor:
    r"""The log-density of values with independent Gaussian noise about a mean.

        log p(x) = - sum over values of  ((x - mean) / std)**2 / 2 + log std + log(2 pi) / 2

    With a constant `std` its gradient to the mean is that of the squared error over `2 std**2`.

    Args:
        mean: where each value is expected.
        values: what was seen.
        log_std: the logarithm of the standard deviation, of each value or of all.

    Shapes:
        mean, values (items, ...), log_std one that broadcasts to it; returns (items,), nats, at least float32.

    Raises:
        ConfigError: unlike shapes, or no items.
    """
    mean, values = matched(mean, values)
    log_std = full_precision(log_std)
    scaled = (values - mean) * torch.exp(-log_std)
    return -(0.5 * scaled.square() + log_std + 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)
