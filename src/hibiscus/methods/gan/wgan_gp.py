r"""WGAN-GP: the generator follows the slope of a critic that measures how far made pictures are from real ones.

    critic_loss    = mean C(G(z)) - mean C(x) + penalty mean((|gradient of C at x_mix| - 1)^2),    x_mix = mix x + (1 - mix) G(z)
    generator_loss = - mean C(G(z)),        z ~ N(0, 1),    mix uniform in [0, 1)

The critic C gives any number, not a probability. Its best value of `mean C(x) - mean C(G(z))` is the earth mover's distance between
real and made pictures, as long as its slope is nowhere above 1; the penalty holds the slope at 1 on straight lines between the two.
The critic takes five batches to the generator's one, so that its slope can be trusted.

Use it where `dcgan` collapses or swings: the critic's `distance` falls as the pictures become better, which no other GAN's loss does.
It costs about four times as much a picture. What most often goes wrong is a critic with batch norm (the penalty is on single pictures;
there is none here), or too large a rate: the distance then grows without end.

Departs: the paper's MNIST networks have other filters; these are the ones of `dcgan`, the critic's without any norm. The best epoch is
chosen by the Fréchet distance to the validation part, in the features of a small network trained on the same data.

Reference: Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville, "Improved Training of Wasserstein GANs", 2017, arXiv 1704.00028.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.prepared import PreparedData
from hibiscus.losses import gradient_penalty, wasserstein_critic, wasserstein_generator
from hibiscus.methods.gan import evidence
from hibiscus.networks.dcgan import Discriminator, Generator
from hibiscus.training.generator import make_pictures
from hibiscus.training.method import Decides, Examination, Method, TrainingConfig, Trial
from hibiscus.training.player import Batch, Stage

__all__ = ["WGANGP"]


class Config(TrainingConfig):
    """Options of `wgan-gp`."""

    epochs: int = Field(20, ge=1, description="passes over the training part")
    batch_size: int = Field(64, ge=1, description="pictures in a batch")
    rate: float = Field(1e-3, gt=0, description="learning rate of both players at the start (1e-4 throughout in the paper)")
    schedule: Literal["constant", "cosine", "linear", "one-cycle", "steps"] = Field("linear", description="course of the learning rate")
    beta1: float = Field(0.0, ge=0, lt=1, description="adam: decay of the mean gradient (Gulrajani et al.)")
    beta2: float = Field(0.9, ge=0, lt=1, description="adam: decay of the mean square (Gulrajani et al.)")
    penalty: float = Field(10.0, ge=0, description="weight of the gradient penalty (Gulrajani et al.)")
    critic_batches: int = Field(5, ge=1, description="batches of the critic in a round, to one of the generator")
    latent: int = Field(100, ge=1, description="numbers of noise for each picture")
    width: int = Field(64, ge=4, description="filters of the largest hidden maps; doubled where the side halves")


class WGANGP(Method):
    """Two players: a critic that takes several fresh batches a round, and a generator."""

    name, title, family = "wgan-gp", "Wasserstein GAN with gradient penalty", "gan"
    needs, uses = frozenset({"image"}), frozenset({"label"})
    signed_pixels = True
    decides = Decides("frechet", higher_is_better=False)
    trial = Trial("digits", {"epochs": 2, "batch_size": 12, "latent": 8, "width": 8})
    Config = Config

    def networks(self) -> dict[str, nn.Module]:
        """The generator and the critic, for pictures of the data's size."""
        shape, config = self.preparation["image"].shape, self.config
        return {"generator": Generator(config.latent, shape, config.width), "critic": Discriminator(shape, config.width, last_bias=False)}

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage: some steps of the critic, then one of the generator."""
        config, betas = self.config, (self.config.beta1, self.config.beta2)
        players = [
            config.player("critic", self.nets["critic"], self.critic_loss, betas=betas, fresh=config.critic_batches),
            config.player("generator", self.nets["generator"], self.generator_loss, betas=betas, fresh=0),
        ]
        yield Stage(players, config.epochs, data.source("train", config.batch_size, config.seed))

    def make(self, batch: Batch) -> Tensor:
        """As many pictures as the batch holds."""
        return self.nets["generator"](batch.normal(self.config.latent))

    def critic_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The negative distance, and how far the slope is from 1."""
        critic = self.nets["critic"]
        with torch.no_grad():  # saves the memory; the gradient would not reach the generator anyway
            fake = self.make(batch).float()
        loss = wasserstein_critic(critic(batch.image), critic(fake))
        penalty = gradient_penalty(critic, batch.image, fake, batch.uniform(1, 1, 1))
        return loss + self.config.penalty * penalty, {"distance": -loss.detach(), "penalty": penalty.detach()}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The negative of what the critic gives made pictures."""
        return wasserstein_generator(self.nets["critic"](self.make(batch))), {}

    def sample(self, count: int) -> dict[str, np.ndarray]:
        """New pictures, uint8 `(count, height, width, channels)`."""
        return {"image": make_pictures(self.make, count, self.preparation["image"], self.device)}

    def measure(self, data: PreparedData, part: str) -> dict[str, float]:
        """The Fréchet distance to a part."""
        return evidence.measure_generator(self.sample, data, part)

    def examine(self, data: PreparedData, part: str) -> Examination:
        """Distance, classes, samples and their nearest training pictures."""
        return evidence.examine_generator(self.sample, data, part)
