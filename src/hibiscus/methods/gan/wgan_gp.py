r"""WGAN-GP: a Wasserstein GAN with a gradient penalty on the critic instead of weight clipping.

    critic_loss    = mean C(G(z)) - mean C(x) + weight mean((|gradient of C at x_mix| - 1)^2)
    generator_loss = - mean C(G(z)),        z ~ N(0, 1)
    x_mix          = mix x + (1 - mix) G(z),        mix uniform in [0, 1)

The maximum of `mean C(x) - mean C(G(z))` over all critics C with Lipschitz constant 1 is the earth mover's
distance between real and generated images; the penalty keeps the norm of the gradient close to 1 on straight
lines between real and generated images.

Use it if `dcgan` collapses or oscillates: unlike the loss of other GANs, `distance` falls as the images
improve. Training takes four times as long per image. What most often goes wrong is batch normalization in the
critic (the penalty is defined for individual images) or a learning rate that is too high: the distance then
grows without bound.

Differences from the paper: the networks are those of `dcgan`, without normalization in the critic, and the
learning rate decays linearly. The best epoch is the one with the lowest Fréchet distance to the validation
part.

Reference: Gulrajani et al., "Improved Training of Wasserstein GANs", 2017, arXiv 1704.00028.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.losses import gradient_penalty, wasserstein_critic, wasserstein_generator
from hibiscus.methods.gan import config as options
from hibiscus.methods.gan.base import GAN
from hibiscus.methods.gan.config import GANConfig
from hibiscus.networks.dcgan import Discriminator, Generator
from hibiscus.training.config import Beta1, Beta2, LearningRate, ScheduleName
from hibiscus.training.method import SmokeTest
from hibiscus.training.player import Stage

__all__ = ["WGANGP"]


class Config(GANConfig):
    """Options of `wgan-gp`."""

    learning_rate: LearningRate = 1e-3  # 1e-4 in the paper
    generator_lr_factor: options.GeneratorLRFactor = 1.0
    schedule: ScheduleName = "linear"
    beta1: Beta1 = 0.0
    beta2: Beta2 = 0.9
    noise_distribution: options.NoiseDistribution = "normal"
    gradient_penalty_weight: options.GradientPenaltyWeight = 10.0
    critic_steps: options.CriticSteps = 5


class WGANGP(GAN):
    """Two players: a critic that takes several steps, each on a new batch, and a generator."""

    name = "wgan-gp"
    title = "Wasserstein GAN with gradient penalty"
    family = "gan"
    summary = "Wasserstein GAN with gradient penalty"
    smoke_test = SmokeTest("digits", {"epochs": 2, "batch_size": 12, "latent_dim": 8, "width": 8})
    compiles = False
    Config = Config
    critic: Discriminator

    def networks(self) -> dict[str, nn.Module]:
        """The generator and the critic, which has no batch normalization."""
        generator = Generator(self.config.latent_dim, self.shape, self.config.width)
        critic = Discriminator(self.shape, self.config.width, last_bias=False)
        return self.stabilized({"generator": generator, "critic": critic})

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage: several steps of the critic, then a step of the generator."""
        yield self.adversarial_stage(data, "critic", self.critic_loss, steps=self.config.critic_steps)

    def critic_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The negative distance estimate, plus the gradient penalty."""
        real, fake = self.real_and_fake(batch)
        loss = wasserstein_critic(self.critic(real), self.critic(fake))
        penalty = gradient_penalty(self.critic, real, fake, batch.uniform(1, 1, 1))
        terms = {"distance": -loss.detach(), "penalty": penalty.detach()}
        return loss + self.config.gradient_penalty_weight * penalty, terms

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The negative mean of the critic's outputs for generated images."""
        return wasserstein_generator(self.critic(self.fake_images(batch))), {}
