r"""LSGAN: `dcgan` with squares in place of logarithms, so that the generator learns from good images too, not from bad ones alone.

    discriminator_loss = mean (D(x) - 1)^2 / 2 + mean D(G(z))^2 / 2
    generator_loss     = mean (D(G(z)) - 1)^2 / 2,        z uniform in [-1, 1]

The discriminator D gives any number, without a sigmoid: 1 is wanted for real images x and 0 for made ones G(z). A made image on
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

import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.losses import least_squares_discriminator, least_squares_generator
from hibiscus.methods.gan.base import LabelledGame, LabelledGameConfig
from hibiscus.networks.dcgan import Discriminator, Generator

__all__ = ["LSGAN"]


class Config(LabelledGameConfig):
    """Options of `lsgan`."""

    batch_norm: bool = Field(False, description="normalise over the batch in the discriminator, as in the paper")


class LSGAN(LabelledGame):
    """Two players: a discriminator on fresh batches, and a generator on the discriminator's answer."""

    name, title = "lsgan", "Least-squares GAN"
    Config = Config

    def networks(self) -> dict[str, nn.Module]:
        """The generator and the discriminator, for images of the data's size."""
        config = self.config
        return self.board(
            Generator(config.latent_dim, self.shape, config.width),
            discriminator=Discriminator(self.shape, config.width, config.batch_norm),
        )

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Squares from 1 for real images and from 0 for made ones, and the share of both on the right side of one half."""
        with torch.no_grad():  # saves the memory; the gradient would not reach the generator anyway
            fake = self.make(batch)
        discriminator, (real, fake) = self.nets["discriminator"], self.shown(batch, batch.image, fake)
        if self.config.batch_norm:  # statistics of real and of made images apart, as in the paper
            real_value, fake_value = discriminator(real), discriminator(fake)
        else:
            real_value, fake_value = discriminator(torch.cat([real, fake])).chunk(2)
        loss = least_squares_discriminator(real_value, fake_value, *self.targets(batch))
        return loss, {"accuracy": self.told(real_value, fake_value, 0.5)}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Squares from being taken for real."""
        (fake,) = self.shown(batch, self.make(batch))
        return least_squares_generator(self.nets["discriminator"](fake)), {}
