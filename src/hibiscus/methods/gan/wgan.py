r"""WGAN: the generator minimizes the Wasserstein distance to the data, estimated by a weight-clipped critic.

    critic_loss    = mean C(G(z)) - mean C(x);    after each of its steps  w = min(max(w, -clip), clip)
    generator_loss = - mean C(G(z)),        z ~ N(0, 1)

The critic C outputs an unbounded score. Clipping its weights bounds its Lipschitz constant; maximized over
all critics within that bound, `mean C(x) - mean C(G(z))` is the earth mover's distance between real and
generated images, up to a factor. Unlike a discriminator's loss, it has a useful gradient even if the two
distributions do not overlap.

Use it to study the idea in its simplest form: `distance` falls as the images improve. For better images use
`wgan-gp`. What most often goes wrong is due to the clipping: most weights end up at a bound, so the critic
can represent only simple functions and learns slowly; train for more epochs. Momentum, and therefore Adam,
makes the critic unstable.

Differences from the paper: the networks are those of `dcgan`, and the learning rate is ten times higher,
since the paper trains far longer. The best epoch is the one with the lowest Fréchet distance to the
validation part.

Reference: Arjovsky, Chintala, Bottou, "Wasserstein GAN", 2017, arXiv 1701.07875.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.losses import wasserstein_critic, wasserstein_generator
from hibiscus.methods.gan.base import GAN
from hibiscus.methods.gan.config import CriticSteps, GANConfig, GeneratorLRFactor, NoiseDistribution
from hibiscus.networks.dcgan import Discriminator, Generator
from hibiscus.networks.regularizers import constrain
from hibiscus.training.config import LearningRate, Momentum, OptimizerName
from hibiscus.training.method import SmokeTest
from hibiscus.training.player import Stage

__all__ = ["WGAN"]


class Config(GANConfig):
    """Options of `wgan`."""

    optimizer: OptimizerName = "rmsprop"
    learning_rate: LearningRate = 5e-4  # 5e-5 in the paper
    generator_lr_factor: GeneratorLRFactor = 1.0
    momentum: Momentum = 0.0
    noise_distribution: NoiseDistribution = "normal"
    weight_clip: float = Field(0.01, gt=0, description="maximum absolute value of the critic's weights")
    critic_steps: CriticSteps = 5
    batch_norm: bool = Field(True, description="batch normalization in the critic, as in the paper")


class WGAN(GAN):
    """Two players: a critic that takes several steps, each on a new batch, and a generator."""

    name = "wgan"
    title = "Wasserstein GAN"
    family = "gan"
    summary = "Wasserstein GAN with weight clipping"
    smoke_test = SmokeTest("digits", {"epochs": 2, "batch_size": 12, "latent_dim": 8, "width": 8})
    Config = Config
    critic: Discriminator

    def networks(self) -> dict[str, nn.Module]:
        """The generator and the critic."""
        config = self.config
        critic = Discriminator(self.shape, config.width, config.batch_norm, last_bias=False)
        return self.stabilized(
            {"generator": Generator(config.latent_dim, self.shape, config.width), "critic": critic}
        )

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage, in which the critic's weights are clipped after each of its steps."""
        steps = self.config.critic_steps
        yield self.adversarial_stage(
            data, "critic", self.critic_loss, steps=steps, after_step=self.clip_critic
        )

    def critic_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The negative distance estimate."""
        real, fake = self.real_and_fake(batch)
        loss = wasserstein_critic(self.critic(real), self.critic(fake))
        return loss, {"distance": -loss.detach()}

    def clip_critic(self) -> None:
        """Clips the weights of the critic."""
        constrain(self.critic, clip=self.config.weight_clip)

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The negative mean of the critic's outputs for generated images."""
        return wasserstein_generator(self.critic(self.fake_images(batch))), {}
