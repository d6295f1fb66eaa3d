r"""The networks of DCGAN: a generator of transposed convolutions and a discriminator of strided ones, for images of any size.

The side is halved until it is at most 8; the generator starts from a map of that size and doubles it as often. Filters double
where the side halves. Sides that do not divide are made one larger and cut off at the end.

Reference: Radford, Metz, Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks",
2015, arXiv 1511.06434.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from hibiscus.networks.layers import UnitNorm, initialize
from hibiscus.networks.memory_format import Flatten

__all__ = ["ConditionalDiscriminator", "Discriminator", "FeatureDiscriminator", "Generator", "HeadedDiscriminator", "Reader", "halvings"]

SMALLEST_SIDE = 8


def halvings(height: int, width: int) -> int:
    """How often an image is halved until neither side is above 8 pixels; at least once."""
    count, side = 0, max(height, width)
    while side > SMALLEST_SIDE:
        side, count = -(-side // 2), count + 1
    return max(1, count)


class Generator(nn.Module):
    """From noise to images in [-1, 1].

    Args:
        latent: numbers of noise for each image.
        shape: (channels, height, width) of an image.
        width: filters of the last hidden layer; each earlier one has twice as many.
        hidden: units of a fully connected layer before the first map; 0 for none.

    Shapes:
        (batch, latent) to (batch, channels, height, width).
    """

    def __init__(self, latent: int, shape: tuple[int, int, int], width: int = 64, hidden: int = 0):
        super().__init__()
        channels, self.height, self.width = shape
        steps = halvings(self.height, self.width)
        filters = width * 2 ** (steps - 1)
        side = (-(-self.height // 2**steps), -(-self.width // 2**steps))
        first = _connected(latent, hidden) if hidden else []
        linear = nn.Linear(hidden or latent, filters * side[0] * side[1], bias=False)
        self.stem = nn.Sequential(*first, linear, nn.Unflatten(1, (filters, *side)))
        layers: list[nn.Module] = [nn.BatchNorm2d(filters), nn.ReLU(inplace=True)]
        for _ in range(steps - 1):
            layers += [nn.ConvTranspose2d(filters, filters // 2, 4, 2, 1, bias=False), nn.BatchNorm2d(filters // 2), nn.ReLU(inplace=True)]
            filters //= 2
        self.body = nn.Sequential(*layers, nn.ConvTranspose2d(filters, channels, 4, 2, 1), nn.Tanh())
        initialize(self, "normal")

    def forward(self, z: Tensor) -> Tensor:
        """Images from noise."""
        return self.body(self.stem(z))[..., : self.height, : self.width]


class Discriminator(nn.Module):
    """From images to one number each, a logit or a critic's value, or to more where some other answer is read off as well.

    Args:
        shape: (channels, height, width) of an image.
        width: filters of the first layer; each later one has twice as many.
        batch_norm: normalise over the batch in all layers but the first, as in the paper.
        last_bias: a bias on the answer; a critic's loss would never move it.
        outputs: numbers of the answer.

    Shapes:
        (batch, channels, height, width) to (batch, outputs).
    """

    def __init__(self, shape: tuple[int, int, int], width: int = 64, batch_norm: bool = False, last_bias: bool = True, outputs: int = 1):
        super().__init__()
        layers, features = _strided(shape, width, batch_norm)
        self.body = nn.Sequential(*layers, nn.Linear(features, outputs, bias=last_bias))
        initialize(self, "normal")

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each image."""
        return self.body(x)


class _Heads(nn.ModuleDict):
    """A linear layer for each answer, by the answer's name."""

    def __init__(self, features: int, heads: Mapping[str, int]):
        super().__init__({name: nn.Linear(features, numbers) for name, numbers in heads.items()})

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        return {name: head(features) for name, head in self.items()}


class HeadedDiscriminator(nn.Module):
    """From images to several answers each: one body that all share, and a linear head for each answer.

    Args:
        shape: (channels, height, width) of an image.
        heads: how many numbers each answer has, by the answer's name.
        width: filters of the first layer; each later one has twice as many.

    Shapes:
        (batch, channels, height, width) to (batch, numbers) by name.
    """

    def __init__(self, shape: tuple[int, int, int], heads: Mapping[str, int], width: int = 64):
        super().__init__()
        layers, features = _strided(shape, width)
        self.body, self.heads = nn.Sequential(*layers), _Heads(features, heads)
        initialize(self, "normal")

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """All answers to each image, by name."""
        return self.heads(self.body(x))


class FeatureDiscriminator(nn.Module):
    """From images to a logit each, and to the features that it is read from, for others to read in; a fully connected layer before it.

    Args:
        shape: (channels, height, width) of an image.
        width: filters of the first layer; each later one has twice as many.
        features: units of the fully connected layer.

    Shapes:
        (batch, channels, height, width) to (batch, 1) and (batch, features).
    """

    def __init__(self, shape: tuple[int, int, int], width: int = 64, features: int = 1024):
        super().__init__()
        layers, inputs = _strided(shape, width, batch_norm=True)
        self.body = nn.Sequential(*layers, *_connected(inputs, features))
        self.real = nn.Linear(features, 1)
        initialize(self, "normal")

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The logit of being real, and the features."""
        features = self.body(x)
        return self.real(features), features


class Reader(nn.Module):
    """From a discriminator's features to several answers: one fully connected layer that all share, and a linear head for each.

    Args:
        features: numbers of what it reads.
        heads: how many numbers each answer has, by the answer's name.
        hidden: units of the shared layer.

    Shapes:
        (batch, features) to (batch, numbers) by name.
    """

    def __init__(self, features: int, heads: Mapping[str, int], hidden: int = 128):
        super().__init__()
        self.body, self.heads = nn.Sequential(*_connected(features, hidden)), _Heads(hidden, heads)
        initialize(self, "normal")

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """All answers, by name."""
        return self.heads(self.body(features))


class ConditionalDiscriminator(nn.Module):
    """From images and what they are said to show to one number each.

    The label becomes one more channel of the image, by a linear layer.

    Args:
        shape: (channels, height, width) of an image.
        classes: how many there are.
        width: filters of the first layer; each later one has twice as many.

    Shapes:
        (batch, channels, height, width) and one-hot labels (batch, classes) to (batch, 1).
    """

    def __init__(self, shape: tuple[int, int, int], classes: int, width: int = 64):
        super().__init__()
        channels, height, side = shape
        plane = nn.Linear(classes, height * side, bias=False)
        # A one-hot label picks one weight for each pixel: as large as an image's values, or the label is hardly heard beside them.
        nn.init.normal_(plane.weight)
        self.plane = nn.Sequential(plane, nn.Unflatten(1, (1, height, side)))
        self.body = Discriminator((channels + 1, height, side), width)

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        """One number for each image with its label."""
        return self.body(torch.cat([x, self.plane(label)], 1))


def _connected(inputs: int, units: int) -> list[nn.Module]:
    """A fully connected layer with batch norm."""
    return [nn.Linear(inputs, units, bias=False), UnitNorm(units), nn.LeakyReLU(0.2, inplace=True)]


def _strided(shape: tuple[int, int, int], width: int, batch_norm: bool = False) -> tuple[list[nn.Module], int]:
    """The layers of a discriminator from images to features, and how many features there are."""
    channels, height, side = shape
    layers: list[nn.Module] = []
    for step in range(halvings(height, side)):
        normalized = batch_norm and step > 0
        layers += [nn.Conv2d(channels, width * 2**step, 5, 2, 2, bias=not normalized)]
        layers += [nn.BatchNorm2d(width * 2**step)] if normalized else []
        layers += [nn.LeakyReLU(0.2, inplace=True)]
        channels, height, side = width * 2**step, -(-height // 2), -(-side // 2)
    return [*layers, Flatten()], channels * height * side
