r"""ProGAN: the generator and critic start with tiny images and grow, doubling the resolution in each stage.

    critic_loss    = mean C(G(z)) - mean C(x) + gradient_penalty_weight mean((|gradient of C at x_mix| - 1)^2)
                     + drift_weight mean C(x)^2
    generator_loss = - mean C(G(z)),        z ~ N(0, 1)
    x(alpha)       = (1 - alpha) upsample(downsample(x)) + alpha x

Coarse structure is learned first, on small images, where this is easy and cheap; details are added later. New
layers are faded in: over the first half of a stage, alpha rises from 0 to 1 for generated and real images
alike. Samples come from an exponential moving average of the generator, whose warm-up starts anew in each
stage, so that the untrained new layers are forgotten.

Use it for images of 32 pixels and more, if `dcgan` gets textures right but global structure wrong. What most
often goes wrong is stopping too early: the last stage takes most of the time, and earlier metrics are poor
because they are computed on upsampled low-resolution images.

Differences from the paper: images whose size is not a power of two are padded by repeating the border and
cropped afterwards; stage lengths are in epochs, not in thousands of images; the networks are narrower (the
paper has `width=512`). `dropout` acts in the last block of the critic only. The best epoch is chosen in the
last stage, by the Fréchet distance to the validation part.

Reference: Karras, Aila, Laine, Lehtinen, "Progressive Growing of GANs for Improved Quality, Stability, and
Variation", 2017, arXiv 1710.10196.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.losses import gradient_penalty, wasserstein_critic, wasserstein_generator
from hibiscus.methods.gan import config as options
from hibiscus.methods.gan.base import GAN
from hibiscus.methods.gan.config import GANConfig
from hibiscus.methods.gan.stabilization import insert_dropout
from hibiscus.networks.progan import (
    GrowingCritic,
    GrowingGenerator,
    crop_center,
    pad_to_square,
    spectrally_normalize,
    stage_sizes,
    upsample,
)
from hibiscus.training.config import Beta1, Beta2, EMADecay, Epochs, LatentDim, LearningRate
from hibiscus.training.ema import with_ema
from hibiscus.training.method import SmokeTest
from hibiscus.training.player import Stage

__all__ = ["ProGAN"]


class Config(GANConfig):
    """Options of `progan`; `epochs` is the number of epochs of each stage."""

    epochs: Epochs = 3
    learning_rate: LearningRate = 2e-3  # 1e-3 in the paper, which trains far longer
    generator_lr_factor: options.GeneratorLRFactor = 1.0
    beta1: Beta1 = 0.0
    beta2: Beta2 = 0.99
    initial_size: int = Field(8, ge=2, description="image size of the first stage in pixels, a power of two")
    fade_in_fraction: float = Field(
        0.5, ge=0, le=1, description="fraction of a stage over which its new layers are faded in"
    )
    noise_distribution: options.NoiseDistribution = "normal"
    gradient_penalty_weight: options.GradientPenaltyWeight = 10.0
    drift_weight: float = Field(
        1e-3, ge=0, description="drift penalty: weight of the critic's squared output for real images"
    )
    ema_decay: EMADecay = 0.999
    latent_dim: LatentDim = 64
    width: int = Field(
        64, ge=16, description="filters at the initial size; halved each time the size is doubled, down to 16"
    )


class ProGAN(GAN):
    """Two players whose networks grow, and a moving average of the generator."""

    name = "progan"
    title = "Progressive growing of GANs"
    family = "gan"
    summary = "progressively growing GAN"
    compiles = False
    smoke_test = SmokeTest(
        "digits", {"epochs": 1, "batch_size": 50, "latent_dim": 8, "width": 16, "initial_size": 2}
    )
    Config = Config
    generator: GrowingGenerator
    critic: GrowingCritic

    @property
    def sizes(self) -> list[int]:
        """The image size of each stage, up to the smallest power of two that covers the images."""
        return stage_sizes(self.config.initial_size, *self.shape[1:])

    def networks(self) -> dict[str, nn.Module]:
        """The generator and the critic for the smallest images."""
        config, channels = self.config, self.shape[0]
        generator = GrowingGenerator(config.latent_dim, channels, self.sizes[0], config.width)
        critic = GrowingCritic(channels, self.sizes[0], config.width)
        insert_dropout(critic, config.dropout)
        return with_ema({"generator": generator, "critic": critic}, "generator", config.ema_decay)

    def grow(self, stage: int) -> None:
        """Doubles the image size in each stage after the first."""
        if stage:
            for network in self.growing_networks:
                network.grow()
            if "ema" in self.nets:
                self.nets["ema"].requires_grad_(False)
        if self.config.spectral_norm:
            spectrally_normalize(self.critic)

    @property
    def growing_networks(self) -> list[Any]:
        """All networks: the generator, the critic, and the EMA copy of the generator if there is one."""
        return list(self.nets.values())

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """A stage for each image size, with new optimizers."""
        for index in range(len(self.sizes)):
            yield self.adversarial_stage(data, "critic", self.critic_loss, seed_offset=index)

    def set_progress(self, progress: float) -> None:
        """Sets the weight of the newest layers according to the progress of the stage."""
        super().set_progress((self.sizes.index(self.critic.side) + progress) / len(self.sizes))
        fade_in = self.config.fade_in_fraction
        for network in self.growing_networks:
            network.alpha.fill_(min(1.0, progress / fade_in) if fade_in else 1.0)

    def real_images(self, batch: Batch) -> Tensor:
        """The real images of a batch at the current size, blended like the newest layers."""
        padded = pad_to_square(batch.image, self.sizes[-1])
        image = functional.avg_pool2d(padded, self.sizes[-1] // self.critic.side)
        if self.critic.side == self.sizes[0]:
            return image
        return torch.lerp(
            upsample(functional.avg_pool2d(image, 2), self.critic.side), image, self.critic.alpha
        )

    def generate(self, batch: Batch, generator: nn.Module | None = None) -> Tensor:
        """An image of the current size for each item of a batch."""
        return super().generate(batch, generator).float()

    def generate_sample(self, batch: Batch) -> Tensor:
        """An image of the data's size for each item of a batch, from the EMA generator."""
        return crop_center(upsample(super().generate_sample(batch), self.sizes[-1]), *self.shape[1:])

    def critic_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The negative distance estimate, plus the gradient penalty and the drift penalty."""
        config, (real, fake) = self.config, self.real_and_fake(batch)
        scores = self.critic(real).float()
        loss = wasserstein_critic(scores, self.critic(fake))
        penalty = gradient_penalty(self.critic, real, fake, batch.uniform(1, 1, 1))
        terms = {"distance": -loss.detach(), "penalty": penalty.detach()}
        drift = scores.square().mean()
        return loss + config.gradient_penalty_weight * penalty + config.drift_weight * drift, terms

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The negative mean of the critic's outputs for generated images."""
        return wasserstein_generator(self.critic(self.fake_images(batch))), {}
