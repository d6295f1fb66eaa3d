r"""Noise that an image is spoiled with, so that a network can learn to take it off.

    gaussian:        x~ = clip(x + mean + amount n, 0, 1),    n from N(0, 1)
    salt-and-pepper: x~ = 0 or 1, each with probability amount / 2, else x, for a pixel with all its channels
    masking:         x~ = 0 with probability amount, else x, for a pixel with all its channels

Reference: Vincent et al., "Extracting and Composing Robust Features with Denoising Autoencoders", ICML 2008.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.errors import ConfigError
from hibiscus.training.config import TrainingConfig

__all__ = ["FixedBatch", "Kind", "NoiseConfig", "add_noise"]

Kind = Literal["gaussian", "salt-and-pepper", "masking"]
SEED = 0  # of the noise that is measured with: the same for every run, so that figures compare


class NoiseConfig(TrainingConfig):
    """What an image is spoiled with."""

    noise: Literal["none", "gaussian", "salt-and-pepper", "masking"] = Field("gaussian", description="what an image is spoiled with")
    amount: float = Field(0.5, gt=0, le=10, description="gaussian: deviation, where white is 1 (Atienza: 0.5); else share of pixels")
    noise_mean: float = Field(0.0, ge=-1, le=1, description="gaussian: what is added to every value as well (Atienza's code: 0.5)")

    def check_noise(self) -> None:
        """Raises where the amount is no share of the pixels.

        Raises:
            ConfigError: salt-and-pepper or masking of more than all pixels.
        """
        if self.noise in ("salt-and-pepper", "masking") and self.amount > 1:
            raise ConfigError(f"noise={self.noise} with amount={self.amount:g}", "a share of the pixels, up to 1", "amount=0.3")


class FixedBatch(Batch):
    """A batch for measuring: its random numbers come from a generator of their own, whatever the training has drawn."""

    generator: torch.Generator

    def _draw(self, draw: Callable[..., Tensor], shape: tuple[int, ...]) -> Tensor:
        return draw(self.size, *shape, generator=self.generator).to(next(iter(self.values())).device)


def add_noise(x: Tensor, config: NoiseConfig, batch: Batch) -> Tensor:
    """Images in [0, 1] spoiled as the options say, still in [0, 1].

    Args:
        x: images `(batch, channels, height, width)`.
        config: which noise, and how much.
        batch: what draws the random numbers.
    """
    if config.noise == "none":
        return x
    if config.noise == "gaussian":
        return (x + config.noise_mean + config.amount * batch.normal(*x.shape[1:])).clamp(0, 1)
    place = batch.uniform(1, *x.shape[2:])
    if config.noise == "masking":
        return torch.where(place < config.amount, torch.zeros_like(x), x)
    return torch.where(place < config.amount, (place < config.amount / 2).to(x.dtype), x)
