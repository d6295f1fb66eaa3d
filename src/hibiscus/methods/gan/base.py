r"""What GANs of one generator share: two players with their options, and how they are measured."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import generation as evidence
from hibiscus.evaluation.external_features import GivenConfig, MeasuredByFile
from hibiscus.methods.gan.stabilization import LabelledTricks, LabelledTricksConfig, Tricks, TricksConfig
from hibiscus.methods.sampling import make_images
from hibiscus.networks.layers import spectrally_normalized
from hibiscus.training.method import Evaluation, SelectionMetric, SmokeTest
from hibiscus.training.player import Follower, Player, Stage, frozen_copy

__all__ = ["Game", "GameConfig", "LabelledGame", "LabelledGameConfig"]


class GameConfig(TricksConfig, GivenConfig):
    """Options of every game of one generator."""

    epochs: int = Field(20, ge=1, description="passes over the training part")
    batch_size: int = Field(64, ge=1, description="images in a batch")
    learning_rate: float = Field(4e-4, gt=0, description="learning rate of the discriminator")
    generator_lr_factor: float = Field(0.5, gt=0, description="learning rate of the generator, as a share of the discriminator's")
    beta1: float = Field(0.5, ge=0, lt=1, description="adam: decay of the mean gradient (Radford et al.)")
    beta2: float = Field(0.999, ge=0, lt=1, description="adam: decay of the mean square")
    latent_dim: int = Field(100, ge=1, description="numbers of noise for each image (Radford et al.)")
    width: int = Field(64, ge=4, description="filters of the largest hidden maps; doubled where the side halves")


class LabelledGameConfig(GameConfig, LabelledTricksConfig):  # the first one's defaults hold
    """Options of games in which the discriminator says 1 for real images and 0 for made ones."""


class Game(Tricks, MeasuredByFile):
    """A generator against a discriminator. A game adds its networks, its players and their losses."""

    family = "gan"
    needs, uses = frozenset({"image"}), frozenset({"label"})
    signed_pixels = True
    selection_metric = SelectionMetric("frechet")
    smoke_test = SmokeTest("digits", {"epochs": 2, "batch_size": 50, "latent_dim": 8, "width": 8})

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of an image."""
        return self.preparation["image"].shape

    def board(self, generator: nn.Module, **judges: nn.Module) -> dict[str, nn.Module]:
        """All networks of a game by name, with the tricks that the options ask for; the first judge is the discriminator."""
        if self.config.spectral_norm:
            for judge in judges.values():
                spectrally_normalized(judge)
        kept = {"ema": frozen_copy(generator)} if self.config.ema_decay else {}
        return {"generator": generator, **judges, **kept}

    def player(self, name: str, networks: nn.Module | Sequence[nn.Module], loss: Any, **options: Any) -> Player:
        """A player with the game's options; `generator_lr_factor` where it owns the generator."""
        owned = [networks] if isinstance(networks, nn.Module) else list(networks)
        rate = self.config.generator_lr_factor if self.nets["generator"] in owned else 1.0
        return self.config.player(name, owned, loss, lr_factor=rate, betas=(self.config.beta1, self.config.beta2), **options)

    def stage(self, data: PreparedData, players: Sequence[Player]) -> Stage:
        """The players on shuffled batches of the training part, and the generator's average behind them."""
        config = self.config
        followers = [Follower(self.nets["ema"], self.nets["generator"], config.ema_decay, warm_up=True)] if config.ema_decay else []
        return Stage(players, config.epochs, data.source("train", config.batch_size, config.seed), followers, self.at)

    @property
    def kept(self) -> nn.Module:
        """The generator that samples are drawn by: the average, where there is one."""
        return self.nets.get("ema", self.nets["generator"])

    def draw(self, count: int, **conditions: Tensor) -> np.ndarray:
        """Images uint8 `(count, height, width, channels)` by the kept generator; conditions `(count, ...)` are fields of the batch."""
        return make_images(lambda batch: self.make(batch, self.kept), count, self.preparation["image"], self.device, **conditions)

    def noise(self, batch: Batch) -> Tensor:
        """Noise for each image of a batch, uniform in [-1, 1], `(items, latent)`."""
        return 2 * batch.uniform(self.config.latent_dim) - 1

    def make(self, batch: Batch, generator: nn.Module | None = None) -> Tensor:
        """As many images as the batch holds, by a generator: the one that learns, if no other is named."""
        return (generator or self.nets["generator"])(self.noise(batch))

    def sample(self, count: int) -> dict[str, np.ndarray]:
        """New images, uint8 `(count, height, width, channels)`."""
        return {"image": self.draw(count)}

    def sampler(self, data: PreparedData, part: str) -> evidence.Sampler:
        """Makes the images that are compared to a part."""
        return self.sample

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The Fréchet distance to a part."""
        return evidence.validate_generator(self.sampler(data, part), data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Distance, classes, samples and their nearest training images."""
        return evidence.evaluate_generator(self.sampler(data, part), data, part, self.config.metric_features)


class LabelledGame(LabelledTricks, Game):
    """A game whose discriminator says 1 for real images and 0 for made ones; its options are a `LabelledGameConfig`."""

    makers: tuple[str, ...] = ("generator",)  # the networks of the generator's player

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage: a step of the discriminator, then one of the generator with as many images."""
        discriminator = self.player("discriminator", self.nets["discriminator"], self.discriminator_loss)
        generator = self.player("generator", [self.nets[name] for name in self.makers], self.generator_loss, batches_per_round=0)
        yield self.stage(data, [discriminator, generator])

    @abstractmethod
    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """How badly real images are told from made ones."""

    @abstractmethod
    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """How badly made images pass for real."""
