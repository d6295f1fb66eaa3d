r"""CGAN: generator and discriminator are told a class, so that afterwards images can be had of the class that one asks for.

    discriminator_loss = - mean log D(x, label) - mean log(1 - D(G(z, asked), asked))
    generator_loss     = - mean log D(G(z, asked), asked),        z uniform in [-1, 1],    D = sigmoid(logit)

A class is a row with a 1 at its place. The generator gets it beside its noise z; the discriminator gets it as one more channel of the
image, by a linear layer. Real images x come with their own label, made ones with the class that was asked, each as often as any
other. An image passes only if it looks real for its class, so the generator has to obey: `conditional_accuracy` says how often it does.

Use it where images have labels and each class has some hundred of them: `hibiscus sample RUN label=cat`. What most often goes wrong
is that the label is not heard: `conditional_accuracy` stays near chance while the images look real. More epochs help, then a smaller rate.
Within a class images may still look alike, as in `dcgan`.

Departs: the paper's networks are small and fully connected; these are the ones of `dcgan`, without batch norm in the discriminator.
The generator learns at half the discriminator's rate. The best epoch is chosen by the Fréchet distance to the validation part, asked
for the same classes, in the features of a small network trained on the same data.

Reference: Mirza, Osindero, "Conditional Generative Adversarial Nets", 2014, arXiv 1411.1784.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.losses import discriminator_cross_entropy, nonsaturating_generator
from hibiscus.methods.gan.base import LabelledGameConfig
from hibiscus.methods.gan.conditional import AskedGame
from hibiscus.networks.dcgan import ConditionalDiscriminator, Generator

__all__ = ["CGAN"]


class Config(LabelledGameConfig):
    """Options of `cgan`."""


class CGAN(AskedGame):
    """Two players: a discriminator on fresh batches with their labels, and a generator on what it is asked for."""

    name, title = "cgan", "Conditional GAN"
    Config = Config

    def networks(self) -> dict[str, nn.Module]:
        """The generator and the discriminator, for images of the data's size and its classes."""
        classes, config = len(self.classes), self.config
        return self.board(
            Generator(config.latent_dim + classes, self.shape, config.width),
            discriminator=ConditionalDiscriminator(self.shape, classes, config.width),
        )

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of telling real images with their labels from made ones, and the share of both that it tells."""
        asked = self.ask(batch)
        with torch.no_grad():  # saves the memory; the gradient would not reach the generator anyway
            fake = self.make(asked)
        images, labels = torch.cat(self.shown(batch, batch.image, fake)), torch.cat([batch.label, asked.label])
        real_logit, fake_logit = self.nets["discriminator"](images, self.one_hot(labels)).chunk(2)
        loss = discriminator_cross_entropy(real_logit, fake_logit, *self.targets(batch))
        return loss, {"accuracy": self.told(real_logit, fake_logit)}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of being taken for a real image of the class that was asked for."""
        asked = self.ask(batch)
        (fake,) = self.shown(batch, self.make(asked))
        return nonsaturating_generator(self.nets["discriminator"](fake, self.one_hot(asked.label))), {}
