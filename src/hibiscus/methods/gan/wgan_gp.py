r"""WGAN-GP: the generator follows the slope of a critic that measures how far made images are from real ones.

    critic_loss    = mean C(G(z)) - mean C(x) + penalty mean((|gradient of C at x_mix| - 1)^2),    x_mix = mix x + (1 - mix) G(z)
    generator_loss = - mean C(G(z)),        z ~ N(0, 1),    mix uniform in [0, 1)

The critic C gives any number, not a probability. Its best value of `mean C(x) - mean C(G(z))` is the earth mover's distance between
real and made images, as long as its slope is nowhere above 1; the penalty holds the slope at 1 on straight lines between the two.
The critic takes five batches to the generator's one, so that its slope can be trusted.

Use it where `dcgan` collapses or swings: the critic's `distance` falls as the images become better, which no other GAN's loss does.
It costs about four times as much an image. What most often goes wrong is a critic with batch norm (the penalty is on single images;
there is none here), or too large a rate: the distance then grows without end.

Departs: the paper's MNIST networks have other filters; these are the ones of `dcgan`, the critic's without any norm. The best epoch is
chosen by the Fréchet distance to the validation part, in the features of a small network trained on the same data.

Reference: Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville, "Improved Training of Wasserstein GANs", 2017, arXiv 1704.00028.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.losses import gradient_penalty, wasserstein_critic, wasserstein_generator
from hibiscus.methods.gan.base import Game, GameConfig
from hibiscus.networks.dcgan import Discriminator, Generator
from hibiscus.training.method import SmokeTest
from hibiscus.training.player import Stage

__all__ = ["WGANGP"]


class Config(GameConfig):
    """Options of `wgan-gp`."""

    learning_rate: float = Field(1e-3, gt=0, description="learning rate of the critic at the start (1e-4 throughout in the paper)")
    generator_lr_factor: float = Field(1.0, gt=0, description="learning rate of the generator, as a share of the critic's")
    schedule: Literal["constant", "cosine", "linear", "one-cycle", "steps"] = Field("linear", description="course of the learning rate")
    beta1: float = Field(0.0, ge=0, lt=1, description="adam: decay of the mean gradient (Gulrajani et al.)")
    beta2: float = Field(0.9, ge=0, lt=1, description="adam: decay of the mean square (Gulrajani et al.)")
    gradient_penalty_weight: float = Field(10.0, ge=0, description="weight of the gradient penalty (Gulrajani et al.)")
    critic_steps: int = Field(5, ge=1, description="batches of the critic in a round, to one of the generator")


class WGANGP(Game):
    """Two players: a critic that takes several fresh batches a round, and a generator."""

    name, title = "wgan-gp", "Wasserstein GAN with gradient penalty"
    compiles = False
    smoke_test = SmokeTest("digits", {"epochs": 2, "batch_size": 12, "latent_dim": 8, "width": 8})
    Config = Config

    def networks(self) -> dict[str, nn.Module]:
        """The generator and the critic, for images of the data's size."""
        config = self.config
        return self.board(
            Generator(config.latent_dim, self.shape, config.width), critic=Discriminator(self.shape, config.width, last_bias=False)
        )

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage: some steps of the critic, then one of the generator."""
        critic = self.player("critic", self.nets["critic"], self.critic_loss, batches_per_round=self.config.critic_steps)
        generator = self.player("generator", self.nets["generator"], self.generator_loss, batches_per_round=0)
        yield self.stage(data, [critic, generator])

    def noise(self, batch: Batch) -> Tensor:
        """Noise for each image of a batch, standard normal, `(items, latent)`."""
        return batch.normal(self.config.latent_dim)

    def critic_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The negative distance, and how far the slope is from 1."""
        with torch.no_grad():  # saves the memory; the gradient would not reach the generator anyway
            fake = self.make(batch).float()
        critic, (real, fake) = self.nets["critic"], self.shown(batch, batch.image, fake)
        loss = wasserstein_critic(critic(real), critic(fake))
        penalty = gradient_penalty(critic, real, fake, batch.uniform(1, 1, 1))
        return loss + self.config.gradient_penalty_weight * penalty, {"distance": -loss.detach(), "penalty": penalty.detach()}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The negative of what the critic gives made images."""
        (fake,) = self.shown(batch, self.make(batch))
        return wasserstein_generator(self.nets["critic"](fake)), {}
