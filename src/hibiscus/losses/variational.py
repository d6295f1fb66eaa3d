r"""The terms of the evidence lower bound (ELBO): KL divergence and log-likelihood of each item, in nats."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from hibiscus.losses._validation import full_precision, matched

__all__ = ["bernoulli_log_likelihood", "gaussian_kl", "gaussian_log_likelihood"]


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    r"""The KL divergence of a diagonal Gaussian from the standard normal prior.

        KL(q || p) = 1/2 sum over components of  (mean**2 + variance - log variance - 1)
        q = N(mean, variance),    p = N(0, 1)

    With a last axis of length one (`mean[..., None]`) it returns the divergence of each component.

    Args:
        mean: mean of each component.
        log_variance: logarithm of the variance of each component, any real number.

    Shapes:
        mean, log_variance (..., components); returns (...), in [0, inf), nats, at least float32.

    Raises:
        ConfigError: different shapes, or no items.

    Reference: Kingma, Welling, "Auto-Encoding Variational Bayes", 2013, arXiv 1312.6114, appendix B.
    """
    mean, log_variance = matched(mean, log_variance)
    return 0.5 * (mean.square() + torch.expm1(log_variance) - log_variance).sum(-1)


def bernoulli_log_likelihood(logits: Tensor, values: Tensor) -> Tensor:
    r"""The log-probability of independent binary values: the negative cross-entropy, summed, not averaged.

        log p(x) = sum over values of  x log s + (1 - x) log(1 - s),    s = sigmoid(logit)

    For x in [0, 1] it is the expected log-probability of Bernoulli samples with these probabilities.

    Args:
        logits: logits of the value 1.
        values: the data.

    Shapes:
        logits, values (items, ...); returns (items,), in (-inf, 0], nats, at least float32.

    Raises:
        ConfigError: different shapes, or no items.
    """
    logits, values = matched(logits, values)
    return -binary_cross_entropy_with_logits(logits, values, reduction="none").flatten(1).sum(1)


def gaussian_log_likelihood(mean: Tensor, values: Tensor, log_std: Tensor) -> Tensor:
    r"""The log-density of values with independent Gaussian noise.

        log p(x) = - sum over values of  ((x - mean) / std)**2 / 2 + log std + log(2 pi) / 2

    With a constant `std` its gradient with respect to the mean is that of the squared error divided by `-2
    std**2`.

    Args:
        mean: expected value of each element.
        values: the data.
        log_std: logarithm of the standard deviation, of each element or of all.

    Shapes:
        mean, values (items, ...), log_std broadcastable to them; returns (items,), nats, at least float32.

    Raises:
        ConfigError: different shapes, or no items.
    """
    mean, values = matched(mean, values)
    log_std = full_precision(log_std)
    scaled = (values - mean) * torch.exp(-log_std)
    return -(0.5 * scaled.square() + log_std + 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)
