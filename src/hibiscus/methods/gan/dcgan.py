r"""DCGAN: a generator of pictures and a discriminator that tells them from real ones, both convolutional, learn against each other.

    discriminator_loss = - mean log D(x) - mean log(1 - D(G(z)))
    generator_loss     = - mean log D(G(z)),        z uniform in [-1, 1],    D = sigmoid(logit)

The discriminator learns to tell real pictures x from made ones G(z); the generator learns to be taken for real. The gradient of each
loss goes into that player's own weights only. At a standoff the discriminator is at chance: its loss is 2 log 2 = 1.386.

Use it to make pictures like those in a folder: a few thousand of one kind, small (28 to 64 pixels), learned in minutes. What most
often goes wrong is collapse: the samples look alike, or a class is missing (read `classes_found` and the table of classes). More
epochs do not mend it; a smaller rate, a wider generator or `wgan-gp` do. A discriminator loss near 0 says that it has won: lower its rate.

Departs: no batch norm in the discriminator (Atienza 2020 found that it keeps the game from converging; `batch_norm=true` gives the
paper's), and the generator learns at half the discriminator's rate. The best epoch is the one whose samples are nearest to the
validation part, by the Fréchet distance in the features of a small network trained on the same data.

Reference: Radford, Metz, Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks",
2015, arXiv 1511.06434; Goodfellow et al., "Generative Adversarial Networks", 2014, arXiv 1406.2661.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.prepared import PreparedData
from hibiscus.losses import discriminator_cross_entropy, nonsaturating_generator
from hibiscus.methods.gan import evidence
from hibiscus.networks.dcgan import Discriminator, Generator
from hibiscus.training.generator import make_pictures
from hibiscus.training.method import Decides, Examination, Method, TrainingConfig, Trial
from hibiscus.training.player import Batch, Stage

__all__ = ["DCGAN"]


class Config(TrainingConfig):
    """Options of `dcgan`."""

    epochs: int = Field(20, ge=1, description="passes over the training part")
    batch_size: int = Field(64, ge=1, description="pictures in a batch")
    optimiser: Literal["sgd", "rmsprop", "adam", "adamw"] = Field("adam", description="which optimiser, for both players")
    rate: float = Field(4e-4, gt=0, description="learning rate of the discriminator")
    generator_rate: float = Field(0.5, gt=0, description="learning rate of the generator, as a share of the discriminator's")
    beta1: float = Field(0.5, ge=0, lt=1, description="adam: decay of the mean gradient (Radford et al.)")
    latent: int = Field(100, ge=1, description="numbers of noise for each picture (Radford et al.)")
    width: int = Field(64, ge=4, description="filters of the largest hidden maps; doubled where the side halves")
    batch_norm: bool = Field(False, description="normalise over the batch in the discriminator, as in the paper")


class DCGAN(Method):
    """Two players: a discriminator on fresh batches, and a generator on the discriminator's answer."""

    name, title, family = "dcgan", "DCGAN", "gan"
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
        """Cross-entropy of telling real pictures from made ones, and the share of both that it tells."""
        with torch.no_grad():  # saves the memory; the gradient would not reach the generator anyway
            fake = self.make(batch)
        if self.config.batch_norm:  # statistics of real and of made pictures apart, as in the paper
            real_logit, fake_logit = self.nets["discriminator"](batch.image), self.nets["discriminator"](fake)
        else:
            real_logit, fake_logit = self.nets["discriminator"](torch.cat([batch.image, fake])).chunk(2)
        told = ((real_logit > 0).float().mean() + (fake_logit < 0).float().mean()) / 2
        return discriminator_cross_entropy(real_logit, fake_logit), {"accuracy": told.detach()}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of being taken for real."""
        return nonsaturating_generator(self.nets["discriminator"](self.make(batch))), {}

    def sample(self, count: int) -> dict[str, np.ndarray]:
        """New pictures, uint8 `(count, height, width, channels)`."""
        return {"image": make_pictures(self.make, count, self.preparation["image"], self.device)}

    def measure(self, data: PreparedData, part: str) -> dict[str, float]:
        """The Fréchet distance to a part."""
        return evidence.measure_generator(self.sample, data, part)

    def examine(self, data: PreparedData, part: str) -> Examination:
        """Distance, classes, samples and their nearest training pictures."""
        return evidence.examine_generator(self.sample, data, part)
