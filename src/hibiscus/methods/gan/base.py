r"""Shared by all GANs: options, the discriminator's inputs, the players, sampling and evaluation.

A GAN adds its networks and its two losses. `discriminate(batch)` returns the discriminator's outputs for real
and generated images, so that the loss of a simple GAN is a single line.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import generation
from hibiscus.evaluation.external_features import with_resolved_features
from hibiscus.methods.gan import stabilization
from hibiscus.methods.image_sampling import generate_images
from hibiscus.training.ema import ema_followers, ema_or, with_ema
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Loss, Stage

__all__ = ["GAN"]


class GAN(Method):
    """A generator and a discriminator or critic, trained against each other."""

    needs, uses = frozenset({"image"}), frozenset({"label"})
    signed_pixels = True
    min_part_size = 2  # a Fréchet distance needs the covariance of features
    selection_metric = SelectionMetric("frechet")
    smoke_test = SmokeTest("digits", {"epochs": 2, "batch_size": 50, "latent_dim": 8, "width": 8})
    generator_networks: tuple[str, ...] = ("generator",)  # the networks of the generator's player
    generator: Any  # maps noise to images; a method may declare the class of its network
    discriminator: Any
    progress = 0.0  # fraction of training completed

    @classmethod
    def resolve(cls, config: Any, preparation: Preparation, items: int | None = None) -> Any:
        """Resolves the path of `metric_features` and tests its network before training starts."""
        return super().resolve(with_resolved_features(config, preparation), preparation, items)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of an image."""
        return self.preparation["image"].shape

    @property
    def sampling_generator(self) -> nn.Module:
        """The generator that produces samples: the EMA copy if there is one."""
        return ema_or(self.nets, "generator")

    def stabilized(self, networks: Mapping[str, nn.Module]) -> dict[str, nn.Module]:
        """Generator and opponents by name, with spectral normalization, dropout and EMA if enabled."""
        for network in (network for name, network in networks.items() if name != "generator"):
            stabilization.regularize_opponent(network, self.config.spectral_norm, self.config.dropout)
        return with_ema(networks, "generator", self.config.ema_decay)

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage: a step of the discriminator, then a step of the generator with the same batch size."""
        yield self.adversarial_stage(data, "discriminator", self.discriminator_loss)

    def adversarial_stage(
        self,
        data: PreparedData,
        opponent: str,
        loss: Loss,
        *,
        steps: int = 1,
        after_step: Callable[[], None] | None = None,
        seed_offset: int = 0,
    ) -> Stage:
        """Two players: the generator's opponent, which takes new batches, and the generator on the last one.

        Args:
            data: the prepared data; the players learn from its training part.
            opponent: the name of the opponent's network and player, `discriminator` or `critic`.
            loss: the opponent's loss.
            steps: opponent steps per generator step, each on a new batch.
            after_step: called after each step of the opponent.
            seed_offset: added to the seed that determines the order of the batches.
        """
        config = self.config
        betas = config.beta1, config.beta2
        adversary = config.player(
            opponent, self.nets[opponent], loss, betas=betas, batches_per_round=steps, after_step=after_step
        )
        generator = config.player(
            "generator",
            [self.nets[name] for name in self.generator_networks],
            self.generator_loss,
            lr_factor=config.generator_lr_factor,
            betas=betas,
            batches_per_round=0,
        )
        source = data.source("train", config.batch_size, config.seed + seed_offset)
        followers = ema_followers(self.nets, "generator", config.ema_decay)
        return Stage([adversary, generator], config.epochs, source, followers, self.set_progress)

    def set_progress(self, progress: float) -> None:
        """Records the fraction of training completed, on which the instance noise depends."""
        self.progress = progress

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of the discriminator; a GAN with a critic overrides `stages` instead."""
        raise NotImplementedError(f"{type(self).__name__} has no discriminator_loss")

    @abstractmethod
    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of the generator."""

    def perturb(self, batch: Batch, *images: Tensor) -> list[Tensor]:
        """Applies instance noise and augmentation, if enabled, before the discriminator sees the images."""
        noise_std = self.config.instance_noise * (1 - self.progress)
        return stabilization.perturb(batch, images, noise_std, self.config.diff_augment)

    def targets(self, batch: Batch, shape: Sequence[int] = (1,)) -> tuple[Tensor | float, Tensor | float]:
        """The discriminator's targets for real and generated images; `shape` is the shape of an output."""
        return stabilization.targets(batch, self.config.real_label_value, self.config.label_noise, shape)

    def noise(self, batch: Batch) -> Tensor:
        """Noise for each item of a batch, `(items, latent_dim)`: uniform in [-1, 1], or standard normal."""
        size, normal = self.config.latent_dim, self.config.noise_distribution == "normal"
        return batch.normal(size) if normal else 2 * batch.uniform(size) - 1

    def generate(self, batch: Batch, generator: nn.Module | None = None) -> Tensor:
        """Generates an image for each item of a batch, by default with the generator being trained."""
        return (generator or self.generator)(self.noise(batch))

    def generate_sample(self, batch: Batch) -> Tensor:
        """An image of the data's size for each item of a batch, from the sampling generator."""
        return self.generate(batch, self.sampling_generator)

    def fake_images(self, batch: Batch) -> Tensor:
        """One generated image for each item of a batch, as the discriminator sees it."""
        return self.perturb(batch, self.generate(batch))[0]

    def real_images(self, batch: Batch) -> Tensor:
        """The real images of a batch."""
        return batch.image

    def real_and_fake(self, batch: Batch, conditions: Batch | None = None) -> list[Tensor]:
        """The real images of a batch and equally many generated ones, as the discriminator sees them.

        Args:
            batch: the real images.
            conditions: the batch whose conditions the generated images have; by default the same batch.
        """
        with torch.no_grad():  # saves memory: no gradient flows to the generator
            fake = self.generate(batch if conditions is None else conditions).float()
        return self.perturb(batch, self.real_images(batch), fake)

    def discriminate(self, batch: Batch, separately: bool = False) -> tuple[Tensor, Tensor]:
        """The discriminator's outputs for the real images of a batch and for equally many generated ones.

        Args:
            batch: the real images.
            separately: use two passes, so that batch normalization has separate statistics (Radford et al.).
        """
        real, fake = self.real_and_fake(batch)
        if separately:
            return self.discriminator(real), self.discriminator(fake)
        return self.discriminator(torch.cat([real, fake])).chunk(2)

    def sample_images(
        self, count: int, interpolation: float | None = None, **conditions: Tensor
    ) -> np.ndarray:
        """Images from the sampling generator, uint8 `(count, height, width, channels)`."""
        preparation = self.preparation["image"]
        return generate_images(
            self.generate_sample, count, preparation, self.device, interpolation, **conditions
        )

    def sample(self, count: int, *, interpolation: float | None = None) -> dict[str, np.ndarray]:
        """New images, uint8 `(count, height, width, channels)`."""
        return {"image": self.sample_images(count, interpolation)}

    def sampler(self, data: PreparedData, part: str) -> generation.Sampler:
        """Generates the images that are compared with those of the part."""
        return self.sample

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The Fréchet distance to the part, and the diversity of the samples."""
        return generation.validate_generator(self.sampler(data, part), data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Sample quality, classes found, samples and their nearest training images."""
        return generation.evaluate_generator(
            self.sampler(data, part), data, part, self.config.metric_features
        )
