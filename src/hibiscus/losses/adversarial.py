"""Losses of the players of a GAN: functions of the raw outputs of a discriminator or critic, in float32."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus

__all__ = [
    "discriminator_cross_entropy",
    "gradient_penalty",
    "least_squares_discriminator",
    "least_squares_generator",
    "nonsaturating_generator",
    "wasserstein_critic",
    "wasserstein_generator",
]


def discriminator_cross_entropy(
    real: Tensor, fake: Tensor, one: Tensor | float = 1.0, zero: Tensor | float = 0.0
) -> Tensor:
    r"""The loss of a discriminator: cross-entropy of classifying items as real (1) or generated (0).

        loss = -mean(log D(x)) - mean(log(1 - D(G(z)))),    D = sigmoid(logit)

    With other targets t it is the sum of the means of `-t log D - (1 - t) log(1 - D)`, where t is `one` for
    real and `zero` for generated items.

    Args:
        real: logits of real items.
        fake: logits of generated items.
        one: the target of real items, 0.9 for one-sided label smoothing (Salimans et al. 2016), or one for
            each.
        zero: the target of generated items.

    Shapes:
        real and fake of any shape, targets that broadcast to them; returns a scalar in [0, inf), in nats: 2
        log 2 = 1.386 for a discriminator at chance.

    Reference: Goodfellow et al., "Generative Adversarial Networks", 2014, arXiv 1406.2661.
    """
    real, fake = real.float(), fake.float()
    return (softplus(-real) + (1 - one) * real).mean() + (softplus(fake) - zero * fake).mean()


def nonsaturating_generator(fake: Tensor) -> Tensor:
    r"""The non-saturating loss of a generator; its gradient does not vanish for a confident discriminator.

        loss = -mean(log D(G(z))),    D = sigmoid(logit)

    Args:
        fake: logits of generated items.

    Shapes:
        fake of any shape; returns a scalar in [0, inf), in nats.

    Reference: Goodfellow et al., 2014, arXiv 1406.2661, section 3.
    """
    return softplus(-fake.float()).mean()


def least_squares_discriminator(
    real: Tensor, fake: Tensor, one: Tensor | float = 1.0, zero: Tensor | float = 0.0
) -> Tensor:
    r"""The least-squares loss of a discriminator: the target of real items is 1, that of generated ones 0.

        loss = mean((D(x) - 1)**2) / 2 + mean(D(G(z))**2) / 2

    Args:
        real: outputs for real items, without a sigmoid.
        fake: outputs for generated items.
        one: another target of real items, or one for each.
        zero: another target of generated items.

    Shapes:
        real and fake of any shape, targets that broadcast to them; returns a scalar in [0, inf): 0.25 for an
        output of one half everywhere.

    Reference: Mao et al., "Least Squares Generative Adversarial Networks", 2016, arXiv 1611.04076.
    """
    return ((real.float() - one).square().mean() + (fake.float() - zero).square().mean()) / 2


def least_squares_generator(fake: Tensor) -> Tensor:
    r"""The least-squares loss of a generator: `loss = mean((D(G(z)) - 1)**2) / 2`.

    Args:
        fake: the discriminator's outputs for generated items.

    Shapes:
        fake of any shape; returns a scalar in [0, inf).

    Reference: Mao et al., 2016, arXiv 1611.04076.
    """
    return (fake.float() - 1).square().mean() / 2


def wasserstein_critic(real: Tensor, fake: Tensor) -> Tensor:
    r"""The loss of a critic: its negative estimate of the earth mover's distance.

        loss = mean(C(G(z))) - mean(C(x))

    Args:
        real: scores of real items.
        fake: scores of generated items.

    Shapes:
        real and fake of any shape; returns a scalar.

    Reference: Arjovsky, Chintala, Bottou, "Wasserstein GAN", 2017, arXiv 1701.07875.
    """
    return fake.float().mean() - real.float().mean()


def wasserstein_generator(fake: Tensor) -> Tensor:
    r"""The loss of a generator against a critic: `loss = -mean(C(G(z)))`.

    Args:
        fake: scores of generated items.

    Shapes:
        fake of any shape; returns a scalar.

    Reference: Arjovsky, Chintala, Bottou, 2017, arXiv 1701.07875.
    """
    return -fake.float().mean()


def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    r"""The mean squared deviation of the gradient norm from 1 on lines between real and generated items.

        x_mix = mix x + (1 - mix) G(z),    loss = mean((|gradient of C at x_mix| - 1)**2)

    Args:
        critic: maps items to one score each, independently of each other (no batch normalization).
        real: real items.
        fake: generated items, as many as real ones.
        mix: a number from [0, 1) for each item.

    Shapes:
        real and fake (batch, ...), mix (batch, 1, ...); returns a scalar in [0, inf).

    Reference: Gulrajani et al., "Improved Training of Wasserstein GANs", 2017, arXiv 1704.00028.
    """
    between = torch.lerp(fake.detach(), real, mix).requires_grad_()
    gradient = torch.autograd.grad(critic(between).float().sum(), between, create_graph=True)[0]
    return (gradient.float().flatten(1).norm(dim=1) - 1).square().mean()
