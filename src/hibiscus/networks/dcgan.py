r"""The networks of DCGAN: a generator and a discriminator for images of any size, both convolutional.

The image size is halved until it is at most 8; the generator starts from feature maps of that size and
doubles it as often. The number of filters doubles where the size halves. Odd sizes are rounded up, and the
excess is cropped at the end.

Reference: Radford, Metz, Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative
Adversarial Networks", 2015, arXiv 1511.06434.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from hibiscus.networks.layers import UnitNorm, initialize
from hibiscus.networks.memory_format import Flatten

__all__ = [
    "AuxiliaryNetwork",
    "ConditionalDiscriminator",
    "Discriminator",
    "FeatureDiscriminator",
    "Generator",
    "HeadedDiscriminator",
    "build_dcgan",
    "halvings",
]

SMALLEST_SIDE = 8


def halvings(height: int, width: int) -> int:
    """How often an image is halved until neither side exceeds 8 pixels; at least once."""
    count, side = 0, max(height, width)
    while side > SMALLEST_SIDE:
        side, count = -(-side // 2), count + 1
    return max(1, count)


class Generator(nn.Module):
    """Maps noise to images in [-1, 1].

    Args:
        latent_dim: dimension of the noise.
        shape: (channels, height, width) of an image.
        width: filters of the last hidden layer; each earlier one has twice as many.
        hidden: units of a fully connected layer before the first feature maps; 0 for none.

    Shapes:
        (batch, latent_dim) to (batch, channels, height, width).
    """

    def __init__(self, latent_dim: int, shape: tuple[int, int, int], width: int = 64, hidden: int = 0):
        super().__init__()
        channels, self.height, self.width = shape
        steps = halvings(self.height, self.width)
        filters = width * 2 ** (steps - 1)
        side = (-(-self.height // 2**steps), -(-self.width // 2**steps))
        first = _connected(latent_dim, hidden) if hidden else []
        linear = nn.Linear(hidden or latent_dim, filters * side[0] * side[1], bias=False)
        self.stem = nn.Sequential(*first, linear, nn.Unflatten(1, (filters, *side)))
        layers: list[nn.Module] = [nn.BatchNorm2d(filters), nn.ReLU(inplace=True)]
        for _ in range(steps - 1):
            layers += [
                nn.ConvTranspose2d(filters, filters // 2, 4, 2, 1, bias=False),
                nn.BatchNorm2d(filters // 2),
                nn.ReLU(inplace=True),
            ]
            filters //= 2
        self.body = nn.Sequential(*layers, nn.ConvTranspose2d(filters, channels, 4, 2, 1), nn.Tanh())
        initialize(self, "normal")

    def forward(self, z: Tensor) -> Tensor:
        """Images from noise."""
        return self.body(self.stem(z))[..., : self.height, : self.width]


class Discriminator(nn.Module):
    """Maps each image to a logit, to a critic's score, or to several numbers.

    Args:
        shape: (channels, height, width) of an image.
        width: filters of the first layer; each later one has twice as many.
        batch_norm: batch normalization in all layers but the first, as in the paper.
        last_bias: a bias in the last layer; it has no gradient in the loss of a critic.
        outputs: the number of outputs.

    Shapes:
        (batch, channels, height, width) to (batch, outputs).
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        width: int = 64,
        batch_norm: bool = False,
        last_bias: bool = True,
        outputs: int = 1,
    ):
        super().__init__()
        layers, features = _strided(shape, width, batch_norm)
        self.body = nn.Sequential(*layers, nn.Linear(features, outputs, bias=last_bias))
        initialize(self, "normal")

    def forward(self, x: Tensor) -> Tensor:
        """The outputs for each image."""
        return self.body(x)


class _Heads(nn.ModuleDict):
    """A linear layer for each output, by name."""

    def __init__(self, features: int, heads: Mapping[str, int]):
        super().__init__({name: nn.Linear(features, size) for name, size in heads.items()})

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        return {name: head(features) for name, head in self.items()}


class HeadedDiscriminator(nn.Module):
    """Maps images to several outputs by name: a shared body, and a linear head for each output.

    Args:
        shape: (channels, height, width) of an image.
        heads: the size of each output, by name.
        width: filters of the first layer; each later one has twice as many.

    Shapes:
        (batch, channels, height, width) to (batch, size) by name.
    """

    def __init__(self, shape: tuple[int, int, int], heads: Mapping[str, int], width: int = 64):
        super().__init__()
        layers, features = _strided(shape, width)
        self.body, self.heads = nn.Sequential(*layers), _Heads(features, heads)
        initialize(self, "normal")

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """All outputs for each image, by name."""
        return self.heads(self.body(x))


class FeatureDiscriminator(nn.Module):
    """Maps images to logits and to the features of the last hidden layer, an input of other networks.

    Args:
        shape: (channels, height, width) of an image.
        width: filters of the first layer; each later one has twice as many.
        features: units of the last hidden layer, which is fully connected.

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


class AuxiliaryNetwork(nn.Module):
    """Maps the features of a discriminator to several outputs: a shared layer, and a linear head for each.

    Args:
        features: the number of features.
        heads: the size of each output, by name.
        hidden: units of the shared layer.

    Shapes:
        (batch, features) to (batch, size) by name.
    """

    def __init__(self, features: int, heads: Mapping[str, int], hidden: int = 128):
        super().__init__()
        self.body, self.heads = nn.Sequential(*_connected(features, hidden)), _Heads(hidden, heads)
        initialize(self, "normal")

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """All outputs, by name."""
        return self.heads(self.body(features))


class ConditionalDiscriminator(nn.Module):
    """Maps images with their classes to logits; the class is a further channel, by a linear layer.

    Args:
        shape: (channels, height, width) of an image.
        num_classes: the number of classes.
        width: filters of the first layer; each later one has twice as many.

    Shapes:
        (batch, channels, height, width) and one-hot labels (batch, num_classes) to (batch, 1).
    """

    def __init__(self, shape: tuple[int, int, int], num_classes: int, width: int = 64):
        super().__init__()
        channels, height, side = shape
        plane = nn.Linear(num_classes, height * side, bias=False)
        # A one-hot label selects one weight per pixel, which has an effect only if it is as large as pixels.
        nn.init.normal_(plane.weight)
        self.plane = nn.Sequential(plane, nn.Unflatten(1, (1, height, side)))
        self.body = Discriminator((channels + 1, height, side), width)

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        """One number for each image with its label."""
        return self.body(torch.cat([x, self.plane(label)], 1))


def _connected(inputs: int, units: int) -> list[nn.Module]:
    """A fully connected layer with batch norm."""
    return [nn.Linear(inputs, units, bias=False), UnitNorm(units), nn.LeakyReLU(0.2, inplace=True)]


def _strided(
    shape: tuple[int, int, int], width: int, batch_norm: bool = False
) -> tuple[list[nn.Module], int]:
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


def build_dcgan(
    shape: tuple[int, int, int], latent_dim: int, width: int, batch_norm: bool = False
) -> dict[str, nn.Module]:
    """`generator` and `discriminator` of DCGAN, for images of shape (channels, height, width)."""
    generator = Generator(latent_dim, shape, width)
    return {"generator": generator, "discriminator": Discriminator(shape, width, batch_norm)}
