r"""What GANs share: options, the images that the discriminator sees, the players, sampling and evaluation.

A GAN adds its networks and its two losses. `discriminate(batch)` returns the discriminator's outputs for real
and for generated images, so that the loss of a simple GAN is a single line.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import generation
from hibiscus.evaluation.external_features import resolve_features
from hibiscus.methods.gan import stabilization
from hibiscus.methods.image_sampling import generate_images
from hibiscus.networks.layers import spectrally_normalized
from hibiscus.training.ema import ema_followers, ema_or, with_ema
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Loss, Stage

__all__ = ["GAN"]


class GAN(Method):
    """A generator and a discriminator, or a critic, trained against each other."""

    needs, uses = frozenset({"image"}), frozenset({"label"})
    signed_pixels = True
    selection_metric = SelectionMetric("frechet")
    smoke_test = SmokeTest("digits", {"epochs": 2, "batch_size": 50, "latent_dim": 8, "width": 8})
    generator_networks: tuple[str, ...] = ("generator",)  # the networks of the generator's player
    generator: Any  # maps noise to images; a method may declare the class of its network
    discriminator: Any
    noise_distribution: ClassVar[Literal["uniform", "normal"]] = "uniform"
    progress = 0.0  # fraction of the training that is done

    @classmethod
    def resolve(cls, config: Any, preparation: Preparation, items: int | None = None) -> Any:
        """The options with the full path of `metric_features`, whose network is tried before the training."""
        features = resolve_features(config.metric_features, preparation["image"].shape)
        return super().resolve(config.model_copy(update={"metric_features": features}), preparation, items)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of an image."""
        return self.preparation["image"].shape

    @property
    def sampling_generator(self) -> nn.Module:
        """The generator that produces samples: the averaged one, where there is one."""
        return ema_or(self.nets, "generator")

    def stabilized(self, networks: Mapping[str, nn.Module]) -> dict[str, nn.Module]:
        """The generator and its opponents by name, with spectral normalization and EMA as the options say."""
        if self.config.spectral_norm:
            for name, network in networks.items():
                if name != "generator":
                    spectrally_normalized(network)
        return with_ema(networks, "generator", self.config.ema_decay)

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage: a step of the discriminator, then one of the generator on as many images."""
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
            data: whose training part they learn from.
            opponent: the name of its network and of its player, `discriminator` or `critic`.
            loss: the loss of the opponent.
            steps: steps of the opponent for each step of the generator, each on a new batch.
            after_step: called after each step of the opponent.
            seed_offset: added to the seed of the order of the batches.
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
        """Records which fraction of the training is done; instance noise depends on it."""
        self.progress = progress

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of the discriminator; a GAN with a critic has stages of its own instead."""
        raise NotImplementedError(f"{type(self).__name__} has no discriminator_loss")

    @abstractmethod
    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of the generator."""

    def perturb(self, batch: Batch, *images: Tensor) -> list[Tensor]:
        """Images as the discriminator sees them: with instance noise and augmentation, as the options say."""
        noise_std = self.config.instance_noise * (1 - self.progress)
        return stabilization.perturb(batch, images, noise_std, self.config.diff_augment)

    def targets(self, batch: Batch, shape: Sequence[int] = (1,)) -> tuple[Tensor | float, Tensor | float]:
        """The discriminator's targets for real and for generated images; `shape` is that of an output."""
        return stabilization.targets(batch, self.config.real_label_value, self.config.label_noise, shape)

    def noise(self, batch: Batch) -> Tensor:
        """Noise for each item of a batch, `(items, latent_dim)`: uniform in [-1, 1], or standard normal."""
        size = self.config.latent_dim
        return batch.normal(size) if self.noise_distribution == "normal" else 2 * batch.uniform(size) - 1

    def generate(self, batch: Batch, generator: nn.Module | None = None) -> Tensor:
        """An image for each item of a batch, by the generator in training unless another one is given."""
        return (generator or self.generator)(self.noise(batch))

    def generate_sample(self, batch: Batch) -> Tensor:
        """An image of the data's size for each item of a batch, by the sampling generator."""
        return self.generate(batch, self.sampling_generator)

    def fake_images(self, batch: Batch) -> Tensor:
        """Generated images, one for each item of a batch, as the discriminator sees them."""
        return self.perturb(batch, self.generate(batch))[0]

    def real_images(self, batch: Batch) -> Tensor:
        """The real images of a batch."""
        return batch.image

    def real_and_fake(self, batch: Batch, conditions: Batch | None = None) -> list[Tensor]:
        """The real images of a batch and as many generated ones, as the discriminator sees them.

        Args:
            batch: the real images.
            conditions: the batch to generate images for, where it is another one.
        """
        with torch.no_grad():  # saves memory: the discriminator's loss has no gradient in the generator
            fake = self.generate(batch if conditions is None else conditions).float()
        return self.perturb(batch, self.real_images(batch), fake)

    def discriminate(self, batch: Batch, separately: bool = False) -> tuple[Tensor, Tensor]:
        """The discriminator's outputs for the real images of a batch and for as many generated ones.

        Args:
            batch: the real images.
            separately: in two passes, so that batch normalization has separate statistics (Radford et al.).
        """
        real, fake = self.real_and_fake(batch)
        if separately:
            return self.discriminator(real), self.discriminator(fake)
        return self.discriminator(torch.cat([real, fake])).chunk(2)

    def sample_images(
        self, count: int, interpolation: float | None = None, **conditions: Tensor
    ) -> np.ndarray:
        """Images of the sampling generator, uint8 `(count, height, width, channels)`."""
        preparation = self.preparation["image"]
        return generate_images(
            self.generate_sample, count, preparation, self.device, interpolation, **conditions
        )

    def sample(self, count: int, *, interpolation: float | None = None) -> dict[str, np.ndarray]:
        """New images, uint8 `(count, height, width, channels)`."""
        return {"image": self.sample_images(count, interpolation)}

    def sampler(self, data: PreparedData, part: str) -> generation.Sampler:
        """Generates the images that are compared with those of a part."""
        return self.sample

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The Fréchet distance to a part, and the diversity of the samples."""
        return generation.validate_generator(self.sampler(data, part), data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Sample quality, classes found, samples and their nearest training images."""
        return generation.evaluate_generator(
            self.sampler(data, part), data, part, self.config.metric_features
        )
