r"""DCGAN: a convolutional generator and a convolutional discriminator, trained against each other.

    discriminator_loss = - mean log D(x) - mean log(1 - D(G(z)))
    generator_loss     = - mean log D(G(z)),        z uniform in [-1, 1],    D = sigmoid(logit)

The discriminator learns to distinguish real images x from generated ones G(z), and the generator learns to
fool it. The gradient of each loss updates only the network that the loss is named after. A discriminator at
chance has the loss 2 log 2 = 1.386.

Use it to generate images like those of a folder: a few thousand small ones (28 to 64 pixels) of one kind,
trained in minutes. What most often goes wrong is mode collapse: the samples look alike, or a class is missing
(see `classes_found`). A lower learning rate, a wider generator or `wgan-gp` help; more epochs do not. If the
loss of the discriminator approaches 0, it overpowers the generator: raise `generator_lr_factor`.

Differences from the paper: no batch normalization in the discriminator, since it kept the training from
converging (Atienza 2020); `batch_norm=true` restores it. The generator has half the learning rate of the
discriminator. The best epoch has the lowest Fréchet distance to the validation part, in features of a small
network trained on the data.

Reference: Radford, Metz, Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative
Adversarial Networks", 2015, arXiv 1511.06434; Goodfellow et al., "Generative Adversarial Networks", 2014,
1406.2661.
"""

from __future__ import annotations

from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.losses import discriminator_cross_entropy, nonsaturating_generator
from hibiscus.methods.gan.base import GAN
from hibiscus.methods.gan.config import DiscriminatorGANConfig
from hibiscus.methods.gan.stabilization import discriminator_accuracy
from hibiscus.networks.dcgan import build_dcgan

__all__ = ["DCGAN"]


class Config(DiscriminatorGANConfig):
    """Options of `dcgan`."""

    batch_norm: bool = Field(False, description="batch normalization in the discriminator, as in the paper")


class DCGAN(GAN):
    """Two players: a discriminator on new batches, and a generator on the output of the discriminator."""

    name = "dcgan"
    title = "DCGAN"
    family = "gan"
    summary = "deep convolutional GAN"
    Config = Config

    def networks(self) -> dict[str, nn.Module]:
        """The generator and the discriminator."""
        config = self.config
        return self.stabilized(build_dcgan(self.shape, config.latent_dim, config.width, config.batch_norm))

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of classifying images as real or generated, and the accuracy."""
        real, fake = self.discriminate(batch, separately=self.config.batch_norm)
        loss = discriminator_cross_entropy(real, fake, *self.targets(batch))
        return loss, {"accuracy": discriminator_accuracy(real, fake)}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of the generated images being classified as real."""
        return nonsaturating_generator(self.discriminator(self.fake_images(batch))), {}
