"""Losses of the two players of a GAN: pure functions of the discriminator's (or critic's) raw outputs, in float32."""

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


def discriminator_cross_entropy(real: Tensor, fake: Tensor, one: Tensor | float = 1.0, zero: Tensor | float = 0.0) -> Tensor:
    r"""The discriminator's loss: cross-entropy of telling real items (1) from made ones (0).

        loss = -mean(log D(x)) - mean(log(1 - D(G(z)))),    D = sigmoid(logit)

    With other labels the sum is of `-t log D - (1 - t) log(1 - D)` with t = `one` for real items and `zero` for made ones.

    Args:
        real: logits of real items.
        fake: logits of made items.
        one: what real items are said to be: 0.9, say, for one-sided smooth labels (Salimans et al. 2016), or one number for each.
        zero: what made items are said to be.

    Shapes:
        real and fake of any shape, labels that broadcast to them; returns a scalar in [0, inf), in nats: 2 log 2 = 1.386 where it
        cannot tell.

    Reference: Goodfellow et al., "Generative Adversarial Networks", 2014, arXiv 1406.2661.
    """
    real, fake = real.float(), fake.float()
    return (softplus(-real) + (1 - one) * real).mean() + (softplus(fake) - zero * fake).mean()


def nonsaturating_generator(fake: Tensor) -> Tensor:
    r"""The generator's loss that still has a gradient where the discriminator is sure.

        loss = -mean(log D(G(z))),    D = sigmoid(logit)

    Args:
        fake: logits of made items.

    Shapes:
        fake of any shape; returns a scalar in [0, inf), in nats.

    Reference: Goodfellow et al., 2014, arXiv 1406.2661, section 3.
    """
    return softplus(-fake.float()).mean()


def least_squares_discriminator(real: Tensor, fake: Tensor, one: Tensor | float = 1.0, zero: Tensor | float = 0.0) -> Tensor:
    r"""The discriminator's loss with squares in place of logarithms: 1 is wanted for real items and 0 for made ones.

        loss = mean((D(x) - 1)**2) / 2 + mean(D(G(z))**2) / 2

    Args:
        real: the discriminator's values of real items, without any sigmoid.
        fake: its values of made items.
        one: what is wanted for real items in place of 1, or one number for each.
        zero: what is wanted for made items in place of 0.

    Shapes:
        real and fake of any shape, labels that broadcast to them; returns a scalar in [0, inf): 0.25 where it cannot tell and says
        one half.

    Reference: Mao et al., "Least Squares Generative Adversarial Networks", 2016, arXiv 1611.04076.
    """
    return ((real.float() - one).square().mean() + (fake.float() - zero).square().mean()) / 2


def least_squares_generator(fake: Tensor) -> Tensor:
    r"""The generator's loss against such a discriminator: `loss = mean((D(G(z)) - 1)**2) / 2`.

    Args:
        fake: the discriminator's values of made items.

    Shapes:
        fake of any shape; returns a scalar in [0, inf).

    Reference: Mao et al., 2016, arXiv 1611.04076.
    """
    return (fake.float() - 1).square().mean() / 2


def wasserstein_critic(real: Tensor, fake: Tensor) -> Tensor:
    r"""The critic's loss: the negative of its estimate of the earth mover's distance.

        loss = mean(C(G(z))) - mean(C(x))

    Args:
        real: the critic's values of real items.
        fake: its values of made items.

    Shapes:
        real and fake of any shape; returns a scalar.

    Reference: Arjovsky, Chintala, Bottou, "Wasserstein GAN", 2017, arXiv 1701.07875.
    """
    return fake.float().mean() - real.float().mean()


def wasserstein_generator(fake: Tensor) -> Tensor:
    r"""The generator's loss against a critic: `loss = -mean(C(G(z)))`.

    Args:
        fake: the critic's values of made items.

    Shapes:
        fake of any shape; returns a scalar.

    Reference: Arjovsky, Chintala, Bottou, 2017, arXiv 1701.07875.
    """
    return -fake.float().mean()


def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    r"""How far the critic is from slope 1 on straight lines between real and made items.

        x_mix = mix x + (1 - mix) G(z),    loss = mean((|gradient of C at x_mix| - 1)**2)

    Args:
        critic: from items to one value for each; it may not mix items (no batch norm).
        real: real items.
        fake: as many made items.
        mix: a number from [0, 1) for each item.

    Shapes:
        real and fake (batch, ...), mix (batch, 1, ...); returns a scalar in [0, inf).

    Reference: Gulrajani et al., "Improved Training of Wasserstein GANs", 2017, arXiv 1704.00028.
    """
    between = torch.lerp(fake.detach(), real, mix).requires_grad_()
    slope = torch.autograd.grad(critic(between).float().sum(), between, create_graph=True)[0]
    return (slope.float().flatten(1).norm(dim=1) - 1).square().mean()
