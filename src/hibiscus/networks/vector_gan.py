r"""Generators and discriminators of vectors and of series.

Series are given as `(items, steps, features)`. Their generator starts from a few steps and doubles them with
transposed convolutions, as DCGAN does for images; the excess at the end is cropped. Outputs are linear, since
standardized values have no bounds.

Reference: Radford, Metz, Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative
Adversarial Networks", 2015, arXiv 1511.06434.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from hibiscus.networks.layers import initialize

__all__ = ["SeriesDiscriminator", "SeriesGenerator", "VectorDiscriminator", "VectorGenerator"]

SHORTEST = 8  # steps from which a generator of series starts, at most


class VectorGenerator(nn.Module):
    """Fully connected layers with ReLU, from noise to items.

    Args:
        latent_dim: dimension of the noise.
        shape: of one item.
        width: units of each hidden layer.
        depth: the number of hidden layers.

    Shapes:
        (batch, latent_dim) to (batch, *shape).
    """

    def __init__(self, latent_dim: int, shape: tuple[int, ...], width: int = 128, depth: int = 2):
        super().__init__()
        layers: list[nn.Module] = []
        for index in range(depth):
            layers += [nn.Linear(width if index else latent_dim, width), nn.ReLU(inplace=True)]
        last = nn.Linear(width if depth else latent_dim, math.prod(shape))
        self.body = nn.Sequential(*layers, last, nn.Unflatten(1, shape))
        initialize(self, "he_normal")
        initialize(last, "glorot_normal")

    def forward(self, z: Tensor) -> Tensor:
        """Items from noise."""
        return self.body(z)


class VectorDiscriminator(nn.Module):
    """Fully connected layers with leaky ReLU, from items to one number each.

    Args:
        shape: of one item.
        width: units of each hidden layer.
        depth: the number of hidden layers.

    Shapes:
        (batch, *shape) to (batch, 1).
    """

    def __init__(self, shape: tuple[int, ...], width: int = 128, depth: int = 2):
        super().__init__()
        inputs = math.prod(shape)
        layers: list[nn.Module] = [nn.Flatten()]
        for index in range(depth):
            layers += [nn.Linear(width if index else inputs, width), nn.LeakyReLU(0.2, inplace=True)]
        self.body = nn.Sequential(*layers, nn.Linear(width if depth else inputs, 1))
        initialize(self, "he_normal")

    def forward(self, x: Tensor) -> Tensor:
        """A logit or score for each item."""
        return self.body(x)


def doublings(steps: int) -> int:
    """How often a series is halved until at most 8 steps are left; at least once."""
    return max(1, math.ceil(math.log2(steps / SHORTEST)))


class SeriesGenerator(nn.Module):
    """Transposed convolutions over time, from noise to series.

    Args:
        latent_dim: dimension of the noise.
        shape: (steps, features) of a series.
        width: filters of the last hidden layer; each earlier one has twice as many.

    Shapes:
        (batch, latent_dim) to (batch, steps, features).
    """

    def __init__(self, latent_dim: int, shape: tuple[int, ...], width: int = 32):
        super().__init__()
        self.steps, features = shape
        count = doublings(self.steps)
        first, filters = math.ceil(self.steps / 2**count), width * 2 ** (count - 1)
        layers: list[nn.Module] = [nn.Linear(latent_dim, filters * first), nn.Unflatten(1, (filters, first))]
        layers += [nn.BatchNorm1d(filters), nn.ReLU(inplace=True)]
        for _ in range(count - 1):
            layers += [nn.ConvTranspose1d(filters, filters // 2, 4, 2, 1), nn.BatchNorm1d(filters // 2)]
            layers += [nn.ReLU(inplace=True)]
            filters //= 2
        layers += [nn.ConvTranspose1d(filters, filters, 4, 2, 1), nn.ReLU(inplace=True)]
        self.body = nn.Sequential(*layers, nn.Conv1d(filters, features, 5, padding=2))
        initialize(self, "he_normal")

    def forward(self, z: Tensor) -> Tensor:
        """Series from noise."""
        return self.body(z)[..., : self.steps].transpose(1, 2)


class SeriesDiscriminator(nn.Module):
    """Strided convolutions over time with leaky ReLU, from series to one number each.

    Args:
        shape: (steps, features) of a series.
        width: filters of the first layer; each later one has twice as many.

    Shapes:
        (batch, steps, features) to (batch, 1).
    """

    def __init__(self, shape: tuple[int, ...], width: int = 32):
        super().__init__()
        steps, channels = shape
        layers: list[nn.Module] = []
        for step in range(doublings(steps)):
            layers += [nn.Conv1d(channels, width * 2**step, 5, 2, 2), nn.LeakyReLU(0.2, inplace=True)]
            channels, steps = width * 2**step, -(-steps // 2)
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * steps, 1))
        initialize(self, "he_normal")

    def forward(self, x: Tensor) -> Tensor:
        """A logit or score for each series."""
        return self.body(torch.as_tensor(x).transpose(1, 2))
