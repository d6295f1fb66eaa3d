r"""GAN-1D: a GAN for vectors, numeric tables and series, with the loss of WGAN-GP, DCGAN or LSGAN.

    wasserstein    discriminator_loss = mean D(G(z)) - mean D(x) + weight mean((|grad D(x_mix)| - 1)^2)
                   generator_loss     = - mean D(G(z))
    cross-entropy  discriminator_loss = - mean log s(D(x)) - mean log(1 - s(D(G(z)))),    s = sigmoid
                   generator_loss     = - mean log s(D(G(z)))
    least-squares  discriminator_loss = mean (D(x) - 1)^2 / 2 + mean D(G(z))^2 / 2
                   generator_loss     = mean (D(G(z)) - 1)^2 / 2

x is standardized, z ~ N(0, 1), and x_mix lies at random between a real and a generated item. Vectors have
fully connected networks, series of at least 16 steps convolutions over time.

Use it for arrays `(items, features)` or `(items, steps, features)` and for tables of numbers:
`hibiscus sample RUN -n 1000 --out rows.csv`. What most often goes wrong is that the columns are right but not
their dependence: compare `correlation_error` and `sliced_wasserstein` with the baseline of independent
columns. Train for more epochs, or use a wider network. If a normal distribution wins, use that. A sample may
be close to a training item: it gives no privacy.

Differences from the paper: networks for one dimension, with linear outputs. The best epoch has the smallest
sliced Wasserstein distance to the validation part.

Reference: Goodfellow et al., "Generative Adversarial Networks", 2014, arXiv 1406.2661; Mao et al., "Least
Squares Generative Adversarial Networks", 2016, 1611.04076; Gulrajani et al., "Improved Training of
Wasserstein GANs", 2017, 1704.00028.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus import losses
from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import generated_rows
from hibiscus.methods.gan import config as options
from hibiscus.methods.gan import row_sampling as rows
from hibiscus.methods.gan import stabilization
from hibiscus.methods.gan.base import GAN
from hibiscus.networks import vector_gan as networks
from hibiscus.training import config as training
from hibiscus.training.method import Evaluation, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["GAN1D"]

MIN_STEPS = 16  # of a series from which `auto` chooses convolutions
CRITIC_STEPS = 2  # of the Wasserstein loss, by default


class Config(training.TrainingConfig):
    """Options of `gan-1d`."""

    epochs: training.Epochs = 200
    batch_size: training.BatchSize = 64
    learning_rate: training.LearningRate = 1e-3
    generator_lr_factor: options.GeneratorLRFactor = 1.0
    beta1: training.Beta1 = 0.5
    beta2: training.Beta2 = 0.9
    loss: Literal["wasserstein", "cross-entropy", "least-squares"] = Field(
        "wasserstein", description="wasserstein has a gradient penalty, as in wgan-gp"
    )
    gradient_penalty_weight: options.GradientPenaltyWeight = 1.0  # 10 for images; scaled data need less
    critic_steps: int | None = Field(
        None, ge=1, description="discriminator steps per generator step; by default 2 for wasserstein, else 1"
    )
    net: Literal["auto", "mlp", "conv"] = Field(
        "auto", description="conv: convolutions over time; auto: conv for series of at least 16 steps"
    )
    width: int = Field(128, ge=4, description="mlp: units per layer; conv: filters of the widest layer")
    depth: int = Field(3, ge=0, description="mlp: hidden layers")
    latent_dim: training.LatentDim = 8  # much noise makes the first samples normal, and hard to separate
    noise_distribution: options.NoiseDistribution = "normal"
    ema_decay: training.EMADecay = 0.99
    spectral_norm: options.SpectralNorm = False
    dropout: options.DiscriminatorDropout = 0.0
    instance_noise: options.InstanceNoise = 0.0


class GAN1D(GAN):
    """Two players: a discriminator or critic, and a generator."""

    name = "gan-1d"
    title = "GAN for vectors and series"
    family = "gan"
    summary = "GAN for vectors, numeric tables and series"
    needs, uses = frozenset({"array"}), frozenset()
    compiles = False
    selection_metric = SelectionMetric("sliced_wasserstein")
    smoke_test = SmokeTest("diabetes", {"epochs": 2, "batch_size": 12, "latent_dim": 4, "width": 8})
    Config = Config

    @classmethod
    def resolve(cls, config: Any, preparation: Preparation, items: int | None = None) -> Any:
        """Chooses the networks and the number of discriminator steps.

        Raises:
            DataError: images, or a table with other columns than numbers.
        """
        shape = rows.item_shape(preparation)
        series = len(shape) == 2
        if config.net == "conv" and not series:
            raise rows.no_series(shape)
        net = ("conv" if series and shape[0] >= MIN_STEPS else "mlp") if config.net == "auto" else config.net
        steps = config.critic_steps or (CRITIC_STEPS if config.loss == "wasserstein" else 1)
        return config.model_copy(update={"net": net, "critic_steps": steps})

    @property
    def field(self) -> str:
        """The field with the items, `array` or `table`."""
        return "array" if "array" in self.preparation else "table"

    def networks(self) -> dict[str, nn.Module]:
        """The generator and the discriminator."""
        config, shape = self.config, rows.item_shape(self.preparation)
        if config.net == "conv":
            generator: nn.Module = networks.SeriesGenerator(config.latent_dim, shape, config.width // 4)
            discriminator: nn.Module = networks.SeriesDiscriminator(shape, config.width // 4)
        else:
            size = config.width, config.depth
            generator = networks.VectorGenerator(config.latent_dim, shape, *size)
            discriminator = networks.VectorDiscriminator(shape, *size)
        return self.stabilized({"generator": generator, "discriminator": discriminator})

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage: steps of the discriminator, then a step of the generator."""
        steps = self.config.critic_steps
        yield self.adversarial_stage(data, "discriminator", self.discriminator_loss, steps=steps)

    def perturb(self, batch: Batch, *images: Tensor) -> list[Tensor]:
        """Adds instance noise, if enabled, before the discriminator sees the items."""
        return stabilization.perturb(batch, images, self.config.instance_noise * (1 - self.progress))

    def real_images(self, batch: Batch) -> Tensor:
        """The real items of a batch."""
        return batch[self.field]

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of the discriminator, and its accuracy or estimate of the distance."""
        real, fake = self.real_and_fake(batch)
        real_out, fake_out = self.discriminator(torch.cat([real, fake])).float().chunk(2)
        if self.config.loss == "wasserstein":
            loss = losses.wasserstein_critic(real_out, fake_out)
            mix = batch.uniform(*[1] * (real.ndim - 1))
            penalty = losses.gradient_penalty(self.discriminator, real, fake, mix)
            terms = {"distance": -loss.detach(), "penalty": penalty.detach()}
            return loss + self.config.gradient_penalty_weight * penalty, terms
        least_squares = self.config.loss == "least-squares"
        compute = losses.least_squares_discriminator if least_squares else losses.discriminator_cross_entropy
        accuracy = stabilization.discriminator_accuracy(real_out, fake_out, 0.5 * least_squares)
        return compute(real_out, fake_out), {"accuracy": accuracy}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of the generator."""
        fake = self.discriminator(self.fake_images(batch)).float()
        if self.config.loss == "wasserstein":
            return losses.wasserstein_generator(fake), {}
        if self.config.loss == "least-squares":
            return losses.least_squares_generator(fake), {}
        return losses.nonsaturating_generator(fake), {}

    def standardized(self, count: int, interpolation: float | None = None) -> np.ndarray:
        """New items in standardized units, float32 `(count, ...)`."""
        return rows.generate_rows(self.generate_sample, count, self.device, interpolation)

    def sample(self, count: int, *, interpolation: float | None = None) -> dict[str, np.ndarray]:
        """New items in the units of the data, float32 `(count, ...)`, as `array`."""
        return {"array": rows.restore(self.standardized(count, interpolation), self.preparation)}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """Distances between the distributions of samples and of real items."""
        return generated_rows.validate_rows(self.standardized, data, part, self.field)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Distances compared with training rows and baselines, and the distribution of each column."""
        names = rows.column_names(self.preparation)
        restore = lambda values: rows.restore(values, self.preparation)  # noqa: E731
        return generated_rows.evaluate_rows(self.standardized, data, part, self.field, names, restore)
