r"""WGAN: the generator follows the slope of a critic whose weights are kept small, and which measures how far made images are off.

    critic_loss    = mean C(G(z)) - mean C(x);    after each of its steps  w = min(max(w, -clip), clip)
    generator_loss = - mean C(G(z)),        z ~ N(0, 1)

The critic C gives any number, not a probability. Small weights bound its slope; among all critics with that bound the best one's
`mean C(x) - mean C(G(z))` is the earth mover's distance between real and made images, times a constant. Unlike a discriminator's
loss it has a useful slope where the two do not overlap. The critic takes five batches to the generator's one.

Use it to see the idea at its plainest: `distance` falls as the images become better. For the images themselves take `wgan-gp`,
which replaces the clipping. What most often goes wrong is the clipping: most weights end at one of the bounds, the critic is too
simple, and learning is slow: give it more epochs. The paper warns of Adam and of any momentum, which make the critic swing.

Departs: the networks are those of `dcgan`, and the learning rate is ten times the paper's, which trains far longer. The best epoch is
chosen by the Fréchet distance to the validation part, in the features of a small network trained on the same data.

Reference: Arjovsky, Chintala, Bottou, "Wasserstein GAN", 2017, arXiv 1701.07875.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.losses import wasserstein_critic, wasserstein_generator
from hibiscus.methods.gan.base import Game, GameConfig
from hibiscus.networks.dcgan import Discriminator, Generator
from hibiscus.networks.regularizers import constrain
from hibiscus.training.method import SmokeTest
from hibiscus.training.player import Stage

__all__ = ["WGAN"]


class Config(GameConfig):
    """Options of `wgan`."""

    optimizer: Literal["sgd", "rmsprop", "adam", "adamw"] = Field("rmsprop", description="which optimizer, for both players")
    learning_rate: float = Field(5e-4, gt=0, description="learning rate of the critic (5e-5 in Arjovsky et al., who train far longer)")
    generator_lr_factor: float = Field(1.0, gt=0, description="learning rate of the generator, as a share of the critic's")
    momentum: float = Field(0.0, ge=0, lt=1, description="for sgd and rmsprop; with any, the critic swings (Arjovsky et al.)")
    weight_clip: float = Field(0.01, gt=0, description="bound of each of the critic's weights (Arjovsky et al.)")
    critic_steps: int = Field(5, ge=1, description="batches of the critic in a round, to one of the generator")
    batch_norm: bool = Field(True, description="normalise over the batch in the critic, as in the paper")


class WGAN(Game):
    """Two players: a critic that takes several fresh batches a round, and a generator."""

    name, title = "wgan", "Wasserstein GAN"
    smoke_test = SmokeTest("digits", {"epochs": 2, "batch_size": 12, "latent_dim": 8, "width": 8})
    Config = Config

    def networks(self) -> dict[str, nn.Module]:
        """The generator and the critic, for images of the data's size."""
        config = self.config
        critic = Discriminator(self.shape, config.width, config.batch_norm, last_bias=False)
        return self.board(Generator(config.latent_dim, self.shape, config.width), critic=critic)

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage: some steps of the critic, then one of the generator."""
        critic = self.player(
            "critic", self.nets["critic"], self.critic_loss, batches_per_round=self.config.critic_steps, after_step=self.clip_critic
        )
        generator = self.player("generator", self.nets["generator"], self.generator_loss, batches_per_round=0)
        yield self.stage(data, [critic, generator])

    def noise(self, batch: Batch) -> Tensor:
        """Noise for each image of a batch, standard normal, `(items, latent)`."""
        return batch.normal(self.config.latent_dim)

    def critic_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The negative of the critic's estimate of the distance."""
        with torch.no_grad():  # saves the memory; the gradient would not reach the generator anyway
            fake = self.make(batch)
        critic, (real, fake) = self.nets["critic"], self.shown(batch, batch.image, fake)
        loss = wasserstein_critic(critic(real), critic(fake))
        return loss, {"distance": -loss.detach()}

    def clip_critic(self) -> None:
        """Brings the critic's weights back within their bound."""
        constrain(self.nets["critic"], clip=self.config.weight_clip)

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The negative of what the critic gives made images."""
        (fake,) = self.shown(batch, self.make(batch))
        return wasserstein_generator(self.nets["critic"](fake)), {}
