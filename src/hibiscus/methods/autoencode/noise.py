r"""The noise that corrupts the inputs of a denoising autoencoder.

    gaussian:         x~ = clip(x + noise_mean + noise_std n, 0, 1),    n from N(0, 1)
    salt-and-pepper:  x~ = 0 or 1, each with probability noise_fraction / 2, else x
    masking:          x~ = 0 with probability noise_fraction, else x

Salt-and-pepper and masking replace all channels of a pixel at once.

Reference: Vincent et al., "Extracting and Composing Robust Features with Denoising Autoencoders", ICML 2008.
"""

from __future__ import annotations

from typing import Annotated, Protocol

import torch
from pydantic import Field
from torch import Tensor

from hibiscus.data.batch import Batch

__all__ = ["NoiseFraction", "NoiseMean", "NoiseOptions", "NoiseStd", "add_noise"]

NoiseStd = Annotated[
    float,
    Field(
        gt=0, le=10, description="gaussian: standard deviation of the noise, where white is 1 (Atienza: 0.5)"
    ),
]
NoiseFraction = Annotated[
    float,
    Field(gt=0, le=1, description="salt-and-pepper and masking: fraction of pixels that are replaced"),
]
NoiseMean = Annotated[
    float, Field(ge=-1, le=1, description="gaussian: mean of the noise (Atienza's code: 0.5)")
]


class NoiseOptions(Protocol):
    """The options of the noise; `noise` is none, gaussian, salt-and-pepper or masking."""

    @property
    def noise(self) -> str:
        """The kind of noise."""
        ...

    @property
    def noise_std(self) -> float:
        """The standard deviation of Gaussian noise."""
        ...

    @property
    def noise_fraction(self) -> float:
        """The fraction of pixels that salt-and-pepper or masking noise replaces."""
        ...

    @property
    def noise_mean(self) -> float:
        """The mean of Gaussian noise."""
        ...


def add_noise(x: Tensor, options: NoiseOptions, batch: Batch) -> Tensor:
    """Corrupts images in [0, 1]; the results are in [0, 1] as well.

    Args:
        x: images `(batch, channels, height, width)`.
        options: the kind of noise and its level.
        batch: the source of random numbers.
    """
    if options.noise == "none":
        return x
    if options.noise == "gaussian":
        return (x + options.noise_mean + options.noise_std * batch.normal(*x.shape[1:])).clamp(0, 1)
    u = batch.uniform(1, *x.shape[2:])
    if options.noise == "masking":
        return torch.where(u < options.noise_fraction, torch.zeros_like(x), x)
    return torch.where(u < options.noise_fraction, (u < options.noise_fraction / 2).to(x.dtype), x)
