r"""DCGAN: a generator of images and a discriminator that tells them from real ones, both convolutional, learn against each other.

    discriminator_loss = - mean log D(x) - mean log(1 - D(G(z)))
    generator_loss     = - mean log D(G(z)),        z uniform in [-1, 1],    D = sigmoid(logit)

The discriminator learns to tell real images x from made ones G(z); the generator learns to be taken for real. The gradient of each
loss goes into that player's own weights only. At a standoff the discriminator is at chance: its loss is 2 log 2 = 1.386.

Use it to make images like those in a folder: a few thousand of one kind, small (28 to 64 pixels), learned in minutes. What most
often goes wrong is collapse: the samples look alike, or a class is missing (read `classes_found` and the table of classes). More
epochs do not mend it; a smaller rate, a wider generator or `wgan-gp` do. A discriminator loss near 0 says that it has won: lower its rate.

Departs: no batch norm in the discriminator (Atienza 2020 found that it keeps the game from converging; `batch_norm=true` gives the
paper's), and the generator learns at half the discriminator's rate. The best epoch is the one whose samples are nearest to the
validation part, by the Fréchet distance in the features of a small network trained on the same data.

Reference: Radford, Metz, Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks",
2015, arXiv 1511.06434; Goodfellow et al., "Generative Adversarial Networks", 2014, arXiv 1406.2661.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.losses import discriminator_cross_entropy, nonsaturating_generator
from hibiscus.methods.gan.base import LabelledGame, LabelledGameConfig
from hibiscus.networks.dcgan import Discriminator, Generator

__all__ = ["DCGAN"]


class Config(LabelledGameConfig):
    """Options of `dcgan`."""

    batch_norm: bool = Field(False, description="normalise over the batch in the discriminator, as in the paper")


class DCGAN(LabelledGame):
    """Two players: a discriminator on fresh batches, and a generator on the discriminator's answer."""

    name, title = "dcgan", "DCGAN"
    Config = Config

    def networks(self) -> dict[str, nn.Module]:
        """The generator and the discriminator, for images of the data's size."""
        config = self.config
        return self.board(
            Generator(config.latent_dim, self.shape, config.width),
            discriminator=Discriminator(self.shape, config.width, config.batch_norm),
        )

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of telling real images from made ones, and the share of both that it tells."""
        with torch.no_grad():  # saves the memory; the gradient would not reach the generator anyway
            fake = self.make(batch)
        discriminator, (real, fake) = self.nets["discriminator"], self.shown(batch, batch.image, fake)
        if self.config.batch_norm:  # statistics of real and of made images apart, as in the paper
            real_logit, fake_logit = discriminator(real), discriminator(fake)
        else:
            real_logit, fake_logit = discriminator(torch.cat([real, fake])).chunk(2)
        loss = discriminator_cross_entropy(real_logit, fake_logit, *self.targets(batch))
        return loss, {"accuracy": self.told(real_logit, fake_logit)}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of being taken for real."""
        (fake,) = self.shown(batch, self.make(batch))
        return nonsaturating_generator(self.nets["discriminator"](fake)), {}
