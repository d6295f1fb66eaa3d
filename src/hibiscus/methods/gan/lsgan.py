r"""LSGAN: `dcgan` with squares in place of logarithms, so that the generator learns from good pictures too, not from bad ones alone.

    discriminator_loss = mean (D(x) - 1)^2 / 2 + mean D(G(z))^2 / 2
    generator_loss     = mean (D(G(z)) - 1)^2 / 2,        z uniform in [-1, 1]

The discriminator D gives any number, without a sigmoid: 1 is wanted for real pictures x and 0 for made ones G(z). A made picture on
the right side by far is still drawn back to 1, towards the real ones, where cross-entropy would let it be. At a standoff D says one
half of everything: its loss is 0.25, the generator's 0.125.

Use it where `dcgan` swings or comes to a stop early; it costs the same. What most often goes wrong is collapse, as in `dcgan`: the
samples look alike, or a class is missing (read `classes_found` and the table of classes). A discriminator loss near 0 says that it
has won: lower its rate.

Departs: the networks are those of `dcgan`, without batch norm in the discriminator (`batch_norm=true` puts it in), and the generator
learns at half the discriminator's rate. The best epoch is the one whose samples are nearest to the validation part, by the Fréchet
distance in the features of a small network trained on the same data.

Reference: Mao, Li, Xie, Lau, Wang, Smolley, "Least Squares Generative Adversarial Networks", 2016, arXiv 1611.04076.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.prepared import PreparedData
from hibiscus.losses import least_squares_discriminator, least_squares_generator
from hibiscus.methods.gan import evidence
from hibiscus.networks.dcgan import Discriminator, Generator
from hibiscus.training.generator import make_pictures
from hibiscus.training.method import Decides, Examination, Method, TrainingConfig, Trial
from hibiscus.training.player import Batch, Stage

__all__ = ["LSGAN"]


class Config(TrainingConfig):
    """Options of `lsgan`."""

    epochs: int = Field(20, ge=1, description="passes over the training part")
    batch_size: int = Field(64, ge=1, description="pictures in a batch")
    optimiser: Literal["sgd", "rmsprop", "adam", "adamw"] = Field("adam", description="which optimiser, for both players")
    rate: float = Field(4e-4, gt=0, description="learning rate of the discriminator")
    generator_rate: float = Field(0.5, gt=0, description="learning rate of the generator, as a share of the discriminator's")
    beta1: float = Field(0.5, ge=0, lt=1, description="adam: decay of the mean gradient (Radford et al.)")
    latent: int = Field(100, ge=1, description="numbers of noise for each picture (Radford et al.)")
    width: int = Field(64, ge=4, description="filters of the largest hidden maps; doubled where the side halves")
    batch_norm: bool = Field(False, description="normalise over the batch in the discriminator, as in the paper")


class LSGAN(Method):
    """Two players: a discriminator on fresh batches, and a generator on the discriminator's answer."""

    name, title, family = "lsgan", "Least-squares GAN", "gan"
    needs, uses = frozenset({"image"}), frozenset({"label"})
    signed_pixels = True
    decides = Decides("frechet", higher_is_better=False)
    trial = Trial("digits", {"epochs": 2, "batch_size": 50, "latent": 8, "width": 8})
    Config = Config

    def networks(self) -> dict[str, nn.Module]:
        """The generator and the discriminator, for pictures of the data's size."""
        shape, config = self.preparation["image"].shape, self.config
        return {
            "generator": Generator(config.latent, shape, config.width),
            "discriminator": Discriminator(shape, config.width, config.batch_norm),
        }

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage: a step of the discriminator, then one of the generator with as many pictures."""
        config = self.config
        betas, slower = (config.beta1, 0.999), config.generator_rate
        players = [
            config.player("discriminator", self.nets["discriminator"], self.discriminator_loss, betas=betas),
            config.player("generator", self.nets["generator"], self.generator_loss, betas=betas, rate=slower, fresh=0),
        ]
        yield Stage(players, config.epochs, data.source("train", config.batch_size, config.seed))

    def make(self, batch: Batch) -> Tensor:
        """As many pictures as the batch holds."""
        return self.nets["generator"](2 * batch.uniform(self.config.latent) - 1)

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Squares from 1 for real pictures and from 0 for made ones, and the share of both on the right side of one half."""
        with torch.no_grad():  # saves the memory; the gradient would not reach the generator anyway
            fake = self.make(batch)
        if self.config.batch_norm:  # statistics of real and of made pictures apart, as in the paper
            real_value, fake_value = self.nets["discriminator"](batch.image), self.nets["discriminator"](fake)
        else:
            real_value, fake_value = self.nets["discriminator"](torch.cat([batch.image, fake])).chunk(2)
        told = ((real_value > 0.5).float().mean() + (fake_value < 0.5).float().mean()) / 2
        return least_squares_discriminator(real_value, fake_value), {"accuracy": told.detach()}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Squares from being taken for real."""
        return least_squares_generator(self.nets["discriminator"](self.make(batch))), {}

    def sample(self, count: int) -> dict[str, np.ndarray]:
        """New pictures, uint8 `(count, height, width, channels)`."""
        return {"image": make_pictures(self.make, count, self.preparation["image"], self.device)}

    def measure(self, data: PreparedData, part: str) -> dict[str, float]:
        """The Fréchet distance to a part."""
        return evidence.measure_generator(self.sample, data, part)

    def examine(self, data: PreparedData, part: str) -> Examination:
        """Distance, classes, samples and their nearest training pictures."""
        return evidence.examine_generator(self.sample, data, part)
