r"""LSGAN: a GAN with a least-squares loss, whose gradient does not vanish for samples that fool D.

    discriminator_loss = mean (D(x) - 1)^2 / 2 + mean D(G(z))^2 / 2
    generator_loss     = mean (D(G(z)) - 1)^2 / 2,        z uniform in [-1, 1]

The discriminator D has no sigmoid: its output is unbounded, with the target 1 for real images x and 0 for
generated images G(z). A generated image far on the real side of the decision boundary is still pulled towards
the real images, whereas the gradient of the cross-entropy would vanish. At equilibrium D is 1/2 everywhere:
the discriminator loss is 0.25 and the generator loss 0.125.

Use it if `dcgan` oscillates or stops improving early; the cost is the same. What most often goes wrong is
mode collapse, as in `dcgan`: the samples look alike, or a class is missing (see `classes_found` and the table
of classes). If the discriminator loss approaches 0, the discriminator overpowers the generator: raise
`generator_lr_factor`.

Differences from the paper: the networks are those of `dcgan`, without batch normalization in the
discriminator (`batch_norm=true` adds it), and the generator has half the discriminator's learning rate. The
best epoch is chosen as in `dcgan`.

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
    """Two players: a discriminator, trained on new batches, and a generator, trained on its outputs."""

    name = "lsgan"
    title = "Least-squares GAN"
    family = "gan"
    summary = "GAN with a least-squares loss"
    Config = Config

    def networks(self) -> dict[str, nn.Module]:
        """The generator, and the discriminator with unbounded outputs."""
        config = self.config
        return self.stabilized(build_dcgan(self.shape, config.latent_dim, config.width, config.batch_norm))

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The squared distance from 1 for real and 0 for generated images; the accuracy at threshold 1/2."""
        real, fake = self.discriminate(batch, separately=self.config.batch_norm)
        loss = least_squares_discriminator(real, fake, *self.targets(batch))
        return loss, {"accuracy": discriminator_accuracy(real, fake, threshold=0.5)}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The squared distance of the discriminator's outputs for generated images from 1."""
        return least_squares_generator(self.discriminator(self.fake_images(batch))), {}
