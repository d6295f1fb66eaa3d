r"""LSGAN: a GAN with least squares instead of cross-entropy, so that good samples have a gradient too.

    discriminator_loss = mean (D(x) - 1)^2 / 2 + mean D(G(z))^2 / 2
    generator_loss     = mean (D(G(z)) - 1)^2 / 2,        z uniform in [-1, 1]

The discriminator D has no sigmoid: its output is unbounded, with the target 1 for real images x and 0 for
generated images G(z). A generated image far on the real side of the decision boundary is still pulled towards
the real ones, where the gradient of cross-entropy would vanish. At equilibrium D is one half everywhere: the
loss of the discriminator is 0.25 and that of the generator 0.125.

Use it where `dcgan` oscillates or stops improving early; it costs the same. What most often goes wrong is
mode collapse, as in `dcgan`: the samples look alike, or a class is missing (see `classes_found` and the table
of classes). If the loss of the discriminator approaches 0, it overpowers the generator: raise
`generator_lr_factor`.

Differences from the paper: the networks are those of `dcgan`, without batch normalization in the
discriminator (`batch_norm=true` adds it), and the generator has half the learning rate of the discriminator.
The best epoch is chosen as in `dcgan`.

Reference: Mao, Li, Xie, Lau, Wang, Smolley, "Least Squares Generative Adversarial Networks", 2016, arXiv
1611.04076.
"""

from __future__ import annotations

from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.losses import least_squares_discriminator, least_squares_generator
from hibiscus.methods.gan.base import GAN
from hibiscus.methods.gan.config import DiscriminatorGANConfig
from hibiscus.methods.gan.stabilization import discriminator_accuracy
from hibiscus.networks.dcgan import build_dcgan

__all__ = ["LSGAN"]


class Config(DiscriminatorGANConfig):
    """Options of `lsgan`."""

    batch_norm: bool = Field(False, description="batch normalization in the discriminator, as in the paper")


class LSGAN(GAN):
    """Two players: a discriminator on new batches, and a generator on the output of the discriminator."""

    name = "lsgan"
    title = "Least-squares GAN"
    family = "gan"
    summary = "GAN with a least-squares loss"
    Config = Config

    def networks(self) -> dict[str, nn.Module]:
        """The generator and the discriminator; its outputs are unbounded."""
        config = self.config
        return self.stabilized(build_dcgan(self.shape, config.latent_dim, config.width, config.batch_norm))

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Squared distance from 1 for real and from 0 for generated images, and the accuracy at one half."""
        real, fake = self.discriminate(batch, separately=self.config.batch_norm)
        loss = least_squares_discriminator(real, fake, *self.targets(batch))
        return loss, {"accuracy": discriminator_accuracy(real, fake, threshold=0.5)}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Squared distance of the discriminator's outputs for generated images from 1."""
        return least_squares_generator(self.discriminator(self.fake_images(batch))), {}
