r"""The bag of tricks that any game takes, each off by default.

    average          sampled from is  G_kept <- average G_kept + (1 - average) G  (Karras et al. 2017)
    generator_lr_factor   the generator learns at another rate than the discriminator (Heusel et al. 2017)
    spectral_norm    each layer of the discriminator divided by its largest singular value (Miyato et al. 2018)
    instance_noise   shown is  x + s e,  e ~ N(0, 1), for real and made images, s falling to 0 (Sonderby et al. 2016)
    diff_augment     shown is  T(x),  T random and differentiable, for real and made images (Zhao et al. 2020)
    real_label_value       what real images are said to be, 0.9 for one-sided smooth labels (Salimans et al. 2016)
    label_noise      label - noise u where it is 1, label + noise u where it is 0, u uniform in [0, 1)

References: arXiv 1710.10196, 1706.08500, 1802.05957, 1610.04490, 2006.10738, 1606.03498.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.ops.diff_augment import DiffAugment
from hibiscus.training.config import TrainingConfig

__all__ = ["LabelledTricks", "LabelledTricksConfig", "Tricks", "TricksConfig"]


class TricksConfig(TrainingConfig):
    """Options of every game."""

    optimizer: Literal["sgd", "rmsprop", "adam", "adamw"] = Field("adam", description="which optimizer, for both players")
    generator_lr_factor: float = Field(1.0, gt=0, description="learning rate of the generator, as a share of the discriminator's")
    ema_decay: float = Field(0.0, ge=0, lt=1, description="decay of the generator's average that is kept, 0.999 say; 0 keeps the generator")
    spectral_norm: bool = Field(False, description="divide each layer of the discriminator by its largest singular value")
    instance_noise: float = Field(0.0, ge=0, description="deviation of noise on all shown images (of range 2); falls to 0 by the end")
    diff_augment: Literal["none", "color", "translation", "cutout", "color,translation", "color,translation,cutout"] = Field(
        "none", description="random changes of all shown images, for folders of a few hundred"
    )


class LabelledTricksConfig(TricksConfig):
    """Options of games in which the discriminator says 1 for real images and 0 for made ones."""

    real_label_value: float = Field(1.0, gt=0.5, le=1, description="what real images are said to be; 0.9 for one-sided smooth labels")
    label_noise: float = Field(0.0, ge=0, lt=0.5, description="labels are off by up to so much, at random (0.05 is usual)")


class Tricks:
    """What is done to what a discriminator is shown; its options are a `TricksConfig`."""

    config: Any
    progress = 0.0  # share of the training that is done

    def at(self, progress: float) -> None:
        """Takes note of how far the training is."""
        self.progress = progress

    def shown(self, batch: Batch, *images: Tensor) -> list[Tensor]:
        """What the discriminator is shown in place of sets of images, as many as the batch holds: with noise, changed at random."""
        noise, names = self.config.instance_noise * (1 - self.progress), self.config.diff_augment
        seen = [values + noise * batch.normal(*values.shape[1:]) for values in images] if noise else list(images)
        return seen if names == "none" else [DiffAugment(names.split(","))(values, batch.uniform) for values in seen]


class LabelledTricks(Tricks):
    """And to what it is told; its options are a `LabelledTricksConfig`."""

    def targets(self, batch: Batch, shape: Sequence[int] = (1,)) -> tuple[Tensor | float, Tensor | float]:
        """What real and made images are said to be: numbers, or `(batch, *shape)` of them where labels are noisy."""
        config = self.config
        if not config.label_noise:
            return config.real_label_value, 0.0
        return config.real_label_value - config.label_noise * batch.uniform(*shape), config.label_noise * batch.uniform(*shape)

    @staticmethod
    def told(real: Tensor, fake: Tensor, middle: float = 0.0) -> Tensor:
        """The share of real and made images that is told right: answers above the middle, and below it."""
        return ((real > middle).float().mean() + (fake < middle).float().mean()).detach() / 2
