r"""ProGAN: generator and critic begin with tiny images and grow together, doubling the side of the images from stage to stage.

    critic_loss    = mean C(G(z)) - mean C(x) + penalty mean((|gradient of C at x_mix| - 1)^2) + drift mean C(x)^2
    generator_loss = - mean C(G(z)),        z ~ N(0, 1)
    x(alpha)       = (1 - alpha) enlarge(shrink(x)) + alpha x

Coarse shape is learned on small images, where it is easy and cheap, and detail is added afterwards. A new layer fades in: over the
first half of its stage alpha goes from 0 to 1, for made images and for real ones. Samples come from an average of the generator.

Use it for images of 32 pixels and more, where `dcgan` gets texture right and shape wrong. What most often goes wrong is impatience:
the last stage has most of the pixels and costs most of the time, so early figures, measured at a small side and enlarged, look poor.

Departs: images whose side is no power of two are framed by their own border and cut back; stages are counted in epochs, not in
thousands of images; the networks are narrower (`width=512` is the paper's). The best epoch is looked for in the last stage, by the
Fréchet distance to the validation part in the features of a small network trained on the same data.

Reference: Karras, Aila, Laine, Lehtinen, "Progressive Growing of GANs for Improved Quality, Stability, and Variation", 2017,
arXiv 1710.10196.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import generation as evidence
from hibiscus.evaluation.external_features import GivenConfig, MeasuredByFile
from hibiscus.losses import gradient_penalty, wasserstein_critic, wasserstein_generator
from hibiscus.methods.gan.stabilization import Tricks, TricksConfig
from hibiscus.methods.sampling import make_images
from hibiscus.networks.progan import GrowingCritic, GrowingGenerator, cut_back, doubled_sides, enlarge, frame, normalize
from hibiscus.training.method import Evaluation, SelectionMetric, SmokeTest
from hibiscus.training.player import Follower, Stage, frozen_copy

__all__ = ["ProGAN"]


class Config(TricksConfig, GivenConfig):
    """Options of `progan`."""

    epochs: int = Field(3, ge=1, description="passes over the training part, in each stage")
    batch_size: int = Field(64, ge=1, description="images in a batch")
    learning_rate: float = Field(2e-3, gt=0, description="learning rate of the critic (1e-3 in Karras et al., who train far longer)")
    beta1: float = Field(0.0, ge=0, lt=1, description="adam: decay of the mean gradient (Karras et al.)")
    beta2: float = Field(0.99, ge=0, lt=1, description="adam: decay of the mean square (Karras et al.)")
    initial_size: int = Field(8, ge=2, description="side of the first stage's images in pixels, a power of two")
    fade_in_fraction: float = Field(0.5, ge=0, le=1, description="share of a stage in which its new layers fade in")
    gradient_penalty_weight: float = Field(10.0, ge=0, description="weight of the gradient penalty (Karras et al.)")
    drift_weight: float = Field(1e-3, ge=0, description="weight of the critic's square on real images (Karras et al.)")
    ema_decay: float = Field(0.999, ge=0, lt=1, description="decay of the generator's average (Karras et al.)")
    latent_dim: int = Field(64, ge=1, description="numbers of noise for each image")
    width: int = Field(64, ge=16, description="filters at the first side; halved where the side doubles, down to 16")


class ProGAN(Tricks, MeasuredByFile):
    """Two players that grow, and a follower that averages the generator."""

    name, title, family = "progan", "Progressive growing of GANs", "gan"
    needs, uses = frozenset({"image"}), frozenset({"label"})
    signed_pixels = True
    selection_metric = SelectionMetric("frechet")
    compiles = False
    smoke_test = SmokeTest("digits", {"epochs": 1, "batch_size": 50, "latent_dim": 8, "width": 16, "initial_size": 2})
    Config = Config
    generator: GrowingGenerator
    critic: GrowingCritic
    average: GrowingGenerator

    @property
    def sides(self) -> list[int]:
        """The side of each stage's images: from the first to the power of two that holds the data's."""
        return doubled_sides(self.config.initial_size, *self.preparation["image"].shape[1:])

    def networks(self) -> dict[str, nn.Module]:
        """Generator, critic and the generator's average, for the smallest images."""
        config, channels = self.config, self.preparation["image"].channels
        generator = GrowingGenerator(config.latent_dim, channels, self.sides[0], config.width)
        critic = GrowingCritic(channels, self.sides[0], config.width)
        return {"generator": generator, "critic": critic, "ema": frozen_copy(generator)}

    def grow(self, stage: int) -> None:
        """Doubles the side in each stage after the first."""
        if stage:
            for network in (self.generator, self.critic, self.nets["ema"]):
                network.grow()
            self.nets["ema"].requires_grad_(False)
        if self.config.spectral_norm:
            normalize(self.critic)

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """A stage for each side, with optimizers of its own."""
        config, betas = self.config, (self.config.beta1, self.config.beta2)
        for index in range(len(self.sides)):
            critic = config.player("critic", self.critic, self.critic_loss, betas=betas)
            generator = config.player(
                "generator", self.generator, self.generator_loss, lr_factor=config.generator_lr_factor, betas=betas, batches_per_round=0
            )
            average = Follower(self.nets["ema"], self.generator, config.ema_decay, warm_up=True)
            source = data.source("train", config.batch_size, config.seed + index)
            yield Stage([critic, generator], config.epochs, source, [average], self.at)

    def at(self, progress: float) -> None:
        """Sets how far the newest layers count, from how far the stage is."""
        super().at((self.sides.index(self.critic.side) + progress) / len(self.sides))
        for network in (self.generator, self.critic, self.nets["ema"]):
            network.alpha.fill_(min(1.0, progress / self.config.fade_in_fraction) if self.config.fade_in_fraction else 1.0)

    def shrink(self, image: Tensor) -> Tensor:
        """Real images at the present side, with as much detail as has faded in."""
        small = functional.avg_pool2d(frame(image, self.sides[-1]), self.sides[-1] // self.critic.side)
        if self.critic.side == self.sides[0]:
            return small
        return torch.lerp(enlarge(functional.avg_pool2d(small, 2), self.critic.side), small, self.critic.alpha)

    def make(self, batch: Batch) -> Tensor:
        """As many images as the batch holds, at the present side."""
        return self.generator(batch.normal(self.config.latent_dim)).float()

    def critic_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The negative distance, how far the slope is from 1, and the drift."""
        real = self.shrink(batch.image)
        with torch.no_grad():  # saves the memory; the gradient would not reach the generator anyway
            fake = self.make(batch)
        real, fake = self.shown(batch, real, fake)
        value = self.critic(real).float()
        loss = wasserstein_critic(value, self.critic(fake))
        penalty = gradient_penalty(self.critic, real, fake, batch.uniform(1, 1, 1))
        cost = loss + self.config.gradient_penalty_weight * penalty + self.config.drift_weight * value.square().mean()
        return cost, {"distance": -loss.detach(), "penalty": penalty.detach()}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The negative of what the critic gives made images."""
        (fake,) = self.shown(batch, self.make(batch))
        return wasserstein_generator(self.critic(fake)), {}

    def sample(self, count: int) -> dict[str, np.ndarray]:
        """New images of the data's size, uint8 `(count, height, width, channels)`, by the generator's average."""
        image = self.preparation["image"]

        def whole(batch: Batch) -> Tensor:
            made = enlarge(self.nets["ema"](batch.normal(self.config.latent_dim)).float(), self.sides[-1])
            return cut_back(made, image.height, image.width)

        return {"image": make_images(whole, count, image, self.device)}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The Fréchet distance to a part."""
        return evidence.validate_generator(self.sample, data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Distance, classes, samples and their nearest training images."""
        return evidence.evaluate_generator(self.sample, data, part, self.config.metric_features)
