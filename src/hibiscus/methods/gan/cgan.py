r"""CGAN: a GAN conditioned on the class, so that images of any class can be sampled.

    discriminator_loss = - mean log D(x, label) - mean log(1 - D(G(z, c), c))
    generator_loss     = - mean log D(G(z, c), c),        z uniform in [-1, 1],    D = sigmoid(logit)

The classes c of generated images are sampled uniformly; real images x keep their labels. The generator takes
z and the one-hot class; a linear layer maps the class to an additional image channel for the discriminator.
Since the discriminator sees the class, the generator is penalized for realistic images of the wrong class.

Use it for labeled images, at least a few hundred per class: `hibiscus sample RUN label=cat`. What most often
goes wrong is that the generator ignores the class: `conditional_accuracy` stays near chance although the
images look realistic. Try more epochs, then a lower learning rate. Within a class, samples may still look
alike, as in `dcgan`.

Differences from the paper: the networks are convolutional instead of small and fully connected, without batch
normalization in the discriminator. The generator has half the discriminator's learning rate. The best epoch
is the one with the lowest Fréchet distance to the validation part, for samples of the same classes.

Reference: Mirza, Osindero, "Conditional Generative Adversarial Nets", 2014, arXiv 1411.1784.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.losses import discriminator_cross_entropy, nonsaturating_generator
from hibiscus.methods.gan.conditional import ConditionalGAN
from hibiscus.methods.gan.config import DiscriminatorGANConfig
from hibiscus.methods.gan.stabilization import discriminator_accuracy
from hibiscus.networks.dcgan import ConditionalDiscriminator, Generator

__all__ = ["CGAN"]


class CGAN(ConditionalGAN):
    """Two players: a discriminator on new batches with their labels, and a generator on random classes."""

    name = "cgan"
    title = "Conditional GAN"
    family = "gan"
    summary = "GAN conditioned on a class"
    Config = DiscriminatorGANConfig

    def networks(self) -> dict[str, nn.Module]:
        """The generator and the discriminator, both with the class as an input."""
        num_classes, config = len(self.classes), self.config
        generator = Generator(config.latent_dim + num_classes, self.shape, config.width)
        discriminator = ConditionalDiscriminator(self.shape, num_classes, config.width)
        return self.stabilized({"generator": generator, "discriminator": discriminator})

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The cross-entropy of real versus generated images, given their class, and the accuracy."""
        conditions = self.random_labels(batch)
        images = torch.cat(self.real_and_fake(batch, conditions))
        labels = self.one_hot(torch.cat([batch.label, conditions.label]))
        real, fake = self.discriminator(images, labels).chunk(2)
        loss = discriminator_cross_entropy(real, fake, *self.targets(batch))
        return loss, {"accuracy": discriminator_accuracy(real, fake)}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The cross-entropy of generated images being classified as real images of their class."""
        conditions = self.random_labels(batch)
        logits = self.discriminator(self.fake_images(conditions), self.one_hot(conditions.label))
        return nonsaturating_generator(logits), {}
