r"""The networks of StackedGAN: a classifier with features, and a generator and a discriminator of two levels.

One level is for features, the other for images. The features of each image are normalized to mean 0 and
variance 1, so that the mean squared distance between two feature vectors has the same scale on any data: 0 if
they are equal, about 2 if they are uncorrelated.

Reference: Huang, Li, Poursaeed, Hopcroft, Belongie, "Stacked Generative Adversarial Networks", 2016, arXiv
1612.04357.
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
NOISE_VARIANCE = 1 / 3  # of the uniform distribution on [-1, 1]


class Encoder(nn.Module):
    """A classifier that maps images to features, and features to class logits.

    It has neither batch normalization nor dropout, so that its features are the same in training and in
    evaluation mode.

    Args:
        shape: (channels, height, width) of an image.
        feature_dim: the number of features.
        num_classes: the number of classes.

    Shapes:
        (batch, channels, height, width) to (batch, num_classes).
    """

    def __init__(self, shape: tuple[int, int, int], feature_dim: int, num_classes: int):
        super().__init__()
        body = build_cnn(shape, feature_dim, batch_norm=False, dropout=0.0)
        self.features = nn.Sequential(body, nn.ReLU(), nn.LayerNorm(feature_dim, elementwise_affine=False))
        self.head = nn.Linear(feature_dim, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """The logit of each class."""
        return self.head(self.features(x))


class StackedGenerator(nn.Module):
    """`upper` maps noise and a class to features, `lower` maps noise and features to an image.

    Noise and condition are scaled to the same norm; otherwise the network would ignore the class.

    Args:
        latent_dim: dimension of the noise of each level.
        num_classes: the number of classes.
        feature_dim: the number of features.
        shape: (channels, height, width) of an image.
        width: filters of the last hidden layer of `lower`.

    Shapes:
        one-hot labels (batch, num_classes) and noise in [-1, 1] (batch, latent_dim) twice, to
        (batch, channels, height, width).
    """

    def __init__(
        self, latent_dim: int, num_classes: int, feature_dim: int, shape: tuple[int, int, int], width: int
    ):
        super().__init__()
        self.label_scale = math.sqrt(latent_dim * NOISE_VARIANCE)  # the squared norm of a one-hot label is 1
        self.noise_scale = math.sqrt(
            feature_dim / (latent_dim * NOISE_VARIANCE)
        )  # that of features is their number
        layers: list[nn.Module] = []
        for inputs in (latent_dim + num_classes, HIDDEN):
            layers += [nn.Linear(inputs, HIDDEN), nn.LayerNorm(HIDDEN), nn.ReLU(inplace=True)]
        norm = nn.LayerNorm(feature_dim, elementwise_affine=False)
        upper = nn.Sequential(*layers, nn.Linear(HIDDEN, feature_dim), nn.ReLU(), norm)
        self.upper, self.lower = (
            initialize(upper, "he_normal"),
            Generator(latent_dim + feature_dim, shape, width),
        )

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
    """`upper` classifies features and `lower` images as real or generated; both also recover the noise.

    Args:
        latent_dim: dimension of the noise of each level.
        feature_dim: the number of features.
        shape: (channels, height, width) of an image.
        width: filters of the first layer of `lower`; each later one has twice as many.

    Shapes:
        (batch, feature_dim) and (batch, channels, height, width), each to (batch, 1) and (batch, latent_dim).
    """

    def __init__(self, latent_dim: int, feature_dim: int, shape: tuple[int, int, int], width: int):
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [nn.Linear(feature_dim, feature_dim), nn.LeakyReLU(0.2, inplace=True)]
        upper = nn.Sequential(*layers, nn.Linear(feature_dim, 1 + latent_dim))
        self.upper, self.lower = (
            initialize(upper, "he_normal"),
            Discriminator(shape, width, outputs=1 + latent_dim),
        )

    def feature(self, feature: Tensor) -> tuple[Tensor, Tensor]:
        """A logit and the recovered noise, from features."""
        return _split(self.upper(feature))

    def image(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """A logit and the recovered noise, from images."""
        return _split(self.lower(image))


def _split(outputs: Tensor) -> tuple[Tensor, Tensor]:
    return outputs[:, :1], outputs[:, 1:]
