r"""The networks of StackedGAN: a classifier with features half way, and two generators and two discriminators, one of each for
features and one of each for images.

Features are set to mean 0 and variance 1 for each image, so that a distance between two of them means the same on any data:
0 where they are equal, about 2 where they have nothing to do with each other.

Reference: Huang, Li, Poursaeed, Hopcroft, Belongie, "Stacked Generative Adversarial Networks", 2016, arXiv 1612.04357.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from hibiscus.networks.cnn import build_cnn
from hibiscus.networks.dcgan import Discriminator, Generator
from hibiscus.networks.layers import initialize

__all__ = ["Encoder", "StackedDiscriminator", "StackedGenerator"]

HIDDEN = 512  # units of the hidden layers between classes and features
NOISE_VARIANCE = 1 / 3  # of a uniform number from [-1, 1]


class Encoder(nn.Module):
    """From images to features, and from features to a score for each class.

    It is without batch norm and dropout, so it gives the same features whether a network around it learns or not.

    Args:
        shape: (channels, height, width) of an image.
        features: how many.
        classes: how many.

    Shapes:
        (batch, channels, height, width) to (batch, classes).
    """

    def __init__(self, shape: tuple[int, int, int], features: int, classes: int):
        super().__init__()
        body = build_cnn(shape, features, batch_norm=False, dropout=0.0)
        self.features = nn.Sequential(body, nn.ReLU(), nn.LayerNorm(features, elementwise_affine=False))
        self.answer = nn.Linear(features, classes)

    def forward(self, x: Tensor) -> Tensor:
        """A score for each class."""
        return self.answer(self.features(x))


class StackedGenerator(nn.Module):
    """`upper` makes features of noise and a class, `lower` an image of noise and features.

    Either is made as loud as the noise, or it would hardly be heard beside it at first, and a class never.

    Args:
        latent: numbers of noise for each of the two.
        classes: how many.
        features: how many.
        shape: (channels, height, width) of an image.
        width: filters of the last hidden layer of `lower`.

    Shapes:
        one-hot labels (batch, classes), noise in [-1, 1] (batch, latent) twice, to (batch, channels, height, width).
    """

    def __init__(self, latent: int, classes: int, features: int, shape: tuple[int, int, int], width: int):
        super().__init__()
        self.label_scale = math.sqrt(latent * NOISE_VARIANCE)  # a one-hot label's square is 1
        self.noise_scale = math.sqrt(features / (latent * NOISE_VARIANCE))  # that of features their number
        layers: list[nn.Module] = []
        for inputs in (latent + classes, HIDDEN):
            layers += [nn.Linear(inputs, HIDDEN), nn.LayerNorm(HIDDEN), nn.ReLU(inplace=True)]
        upper = nn.Sequential(*layers, nn.Linear(HIDDEN, features), nn.ReLU(), nn.LayerNorm(features, elementwise_affine=False))
        self.upper, self.lower = initialize(upper, "he_normal"), Generator(latent + features, shape, width)

    def feature(self, label: Tensor, z: Tensor) -> Tensor:
        """Features (batch, features) from one-hot labels and noise."""
        return self.upper(torch.cat([self.label_scale * label, z], 1))

    def image(self, feature: Tensor, z: Tensor) -> Tensor:
        """Images in [-1, 1] from features and noise."""
        return self.lower(torch.cat([feature, self.noise_scale * z], 1))

    def forward(self, label: Tensor, upper_z: Tensor, lower_z: Tensor) -> Tensor:
        """Images from one-hot labels and the noise of both levels."""
        return self.image(self.feature(label, upper_z), lower_z)


class StackedDiscriminator(nn.Module):
    """`upper` judges features, `lower` images; each also says which noise they were made of.

    Args:
        latent: numbers of noise at each level.
        features: how many.
        shape: (channels, height, width) of an image.
        width: filters of the first layer of `lower`; each later one has twice as many.

    Shapes:
        (batch, features) and (batch, channels, height, width), each to (batch, 1) and (batch, latent).
    """

    def __init__(self, latent: int, features: int, shape: tuple[int, int, int], width: int):
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [nn.Linear(features, features), nn.LeakyReLU(0.2, inplace=True)]
        upper = nn.Sequential(*layers, nn.Linear(features, 1 + latent))
        self.upper, self.lower = initialize(upper, "he_normal"), Discriminator(shape, width, outputs=1 + latent)

    def feature(self, feature: Tensor) -> tuple[Tensor, Tensor]:
        """A logit and the noise, from features."""
        return _parted(self.upper(feature))

    def image(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """A logit and the noise, from images."""
        return _parted(self.lower(image))


def _parted(outputs: Tensor) -> tuple[Tensor, Tensor]:
    return outputs[:, :1], outputs[:, 1:]
