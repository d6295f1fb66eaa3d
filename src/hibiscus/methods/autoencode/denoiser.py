r"""Denoiser: learns to remove noise from images, given clean images that it corrupts.

    loss = mean over values of (x - s)**2,    s = sigmoid(network(x~)),    x: clean pixels in [0, 1]
    x~   = clip(x + noise_mean + noise_std n, 0, 1),    n from N(0, 1)                  gaussian
    x~   = 0 or 1, each with probability noise_fraction / 2, else x                     salt-and-pepper
    x~   = 0 with probability noise_fraction, else x                                    masking

Neither labels nor noisy images are needed: the clean image is the target, and its corrupted version the
input, with new noise in every batch. To remove the noise, the network has to learn what such images look
like. The squared error is minimized by the mean of all images that are consistent with the input, so details
that the noise has destroyed are smoothed over.

Use it for scans, low-light photographs and other images with noise that you can simulate: set `noise` and its
level (`noise_std` for Gaussian noise, `noise_fraction` otherwise) to match the images that you will pass to
`hibiscus predict`, which takes noisy images and returns clean ones. What most often goes wrong is a mismatch:
a network trained on strong noise blurs images with little noise.

Differences from the paper: the network is a U-Net, whose skip connections preserve edges, instead of an
autoencoder, which has to encode every edge in its latent code; `net=cnn latent_dim=16` restores the
autoencoder. The Gaussian noise has mean 0, not 0.5 as in Atienza's code, so that black regions stay nearly
black; `noise_mean=0.5` restores the original.

Reference: Vincent et al., "Extracting and Composing Robust Features with Denoising Autoencoders", ICML 2008;
Ronneberger, Fischer, Brox, "U-Net", 2015, arXiv 1505.04597; Atienza, "Advanced Deep Learning with TensorFlow
2 and Keras", 2020, section 3.3.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.reconstruction import evaluate_reconstruction
from hibiscus.methods.autoencode.base import ImageToImage, ImageToImageConfig
from hibiscus.methods.autoencode.noise import NoiseFraction, NoiseMean, NoiseStd, add_noise
from hibiscus.training.config import Epochs
from hibiscus.training.method import Evaluation, SelectionMetric, SmokeTest

__all__ = ["Denoiser"]


class Config(ImageToImageConfig):
    """Options of `denoiser`."""

    epochs: Epochs = 20
    noise: Literal["gaussian", "salt-and-pepper", "masking"] = Field(
        "gaussian", description="noise that corrupts the inputs"
    )
    noise_std: NoiseStd = 0.5
    noise_fraction: NoiseFraction = 0.5
    noise_mean: NoiseMean = 0.0


class Denoiser(ImageToImage):
    """One network, trained by one player."""

    name = "denoiser"
    title = "Denoising autoencoder"
    family = "autoencode"
    summary = "image denoising, trained on clean images"
    selection_metric = SelectionMetric("psnr")
    smoke_test = SmokeTest("digits", {"epochs": 2, "batch_size": 50, "width": 4})
    Config = Config
    network: nn.Module

    def networks(self) -> dict[str, nn.Module]:
        """The network, which maps noisy images to logits of clean ones."""
        shape = self.preparation["image"].shape
        return {"network": self.config.build_network(shape[0], shape)}

    def corrupt(self, x: Tensor, batch: Batch) -> Tensor:
        """Adds noise to images and clips the result to [0, 1]."""
        return add_noise(x, self.config, batch)

    def forward(self, inputs: Tensor) -> Tensor:
        """Predicts the logits of clean images from noisy ones in [0, 1]."""
        return self.network(2 * inputs - 1).float()

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`image` uint8, the images of the part denoised as they are, without added noise."""
        denoised = (self.forward((batch.image + 1) / 2).sigmoid() for batch in data.iterate(part))
        return {
            "image": np.concatenate([self.preparation["image"].decode(2 * image - 1) for image in denoised])
        }

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Image quality of the denoised images, compared with the noisy input and a median filter."""
        noisy = {"noisy input": lambda inputs, x: inputs}
        baselines = {**noisy, "3x3 median filter": lambda inputs, x: median(inputs)}
        return evaluate_reconstruction(
            self, data, part, baselines, noisy, ("psnr", "ssim"), "The noise is the same for all."
        )


def median(x: Tensor) -> Tensor:
    """Replaces each value by the median of its 3x3 neighborhood: a classic filter, not learned."""
    padded = functional.pad(x, (1, 1, 1, 1), mode="replicate")
    return padded.unfold(2, 3, 1).unfold(3, 3, 1).flatten(4).median(4).values
