r"""Denoiser: learns to take noise off images, from clean ones that it spoils itself.

    loss = mean over values of (x - s)**2,    s = sigmoid(network(x~)),    x: clean pixels in [0, 1]
    x~   = clip(x + mean + amount n, 0, 1),    n from N(0, 1), drawn anew for every batch             gaussian
    x~   = 0 or 1, each with probability amount / 2, else x                                           salt-and-pepper
    x~   = 0 with probability amount, else x                                                          masking

No label is asked and no noisy image: noise is added and the clean image is the target. To guess it the network has to know what
such images look like. The squared error asks for the mean of all images that fit, so detail that noise has drowned comes back smooth.

Use it for scans, dim photographs and other noise that you can imitate: `noise` and `amount` should be like those of the images that
you will give to `hibiscus predict`, which takes noisy images and returns clean ones. What most often goes wrong is that they are
not: a network trained for strong noise blurs images with little of it.

Departs: a U-Net, whose skip connections carry edges past the small maps, in place of a network with a code in its middle, which has to
pass every edge through a few numbers: `net=cnn latent_dim=16` is that one. The noise has mean 0 and not 0.5, so that black stays nearly as
often black; `noise_mean=0.5` gives the other. The rate falls on half a cosine.

Reference: Vincent et al., "Extracting and Composing Robust Features with Denoising Autoencoders", ICML 2008; Ronneberger, Fischer,
Brox, "U-Net", 2015, arXiv 1505.04597; Atienza, "Advanced Deep Learning with TensorFlow 2 and Keras", 2020, section 3.3.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import reconstruction as evidence
from hibiscus.losses import mean_squared_error
from hibiscus.methods.autoencode.base import ImageToImage, ImageToImageConfig
from hibiscus.methods.autoencode.noise import NoiseConfig, add_noise
from hibiscus.methods.sampling import to_pixels
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Evaluation, SelectionMetric, SmokeTest

__all__ = ["Denoiser"]


class Config(NoiseConfig, ImageToImageConfig):
    """Options of `denoiser`."""

    epochs: int = Field(20, ge=1, description="passes over the training part")
    noise: Literal["gaussian", "salt-and-pepper", "masking"] = Field("gaussian", description="what images are spoiled with")  # type: ignore[assignment]


class Denoiser(ImageToImage):
    """One network, one player."""

    name, title = "denoiser", "Denoising autoencoder"
    selection_metric = SelectionMetric("psnr")
    smoke_test = SmokeTest("digits", {"epochs": 2, "batch_size": 50, "width": 4})
    Config = Config

    @classmethod
    def resolve(cls, config: TrainingConfig, preparation: Preparation, items: int | None = None) -> TrainingConfig:
        """The options as they are, once the noise is known to be one."""
        assert isinstance(config, Config)
        config.check_noise()
        return config

    def networks(self) -> dict[str, nn.Module]:
        """The network, from noisy images to logits of clean ones."""
        shape = self.preparation["image"].shape
        return {"network": self.config.network(shape[0], shape)}

    def spoil(self, x: Tensor, batch: Batch) -> Tensor:
        """Images in [0, 1] with noise, cut off at black and white."""
        return add_noise(x, self.config, batch)

    def raw(self, given: Tensor) -> Tensor:
        """The logits of clean images, from noisy ones in [0, 1]."""
        return self.nets["network"](2 * given - 1).float()

    def criterion(self, raw: Tensor, x: Tensor) -> Tensor:
        """The squared error of logits against clean images in [0, 1]; a scalar."""
        return mean_squared_error(raw.sigmoid(), x)

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`image` uint8, clean images; those of the part are taken to be noisy, and no noise is added."""
        made = (2 * self.image(self.raw((batch.image + 1) / 2), batch.image) - 1 for batch in data.iterate(part))
        return {"image": np.concatenate([to_pixels(images, self.preparation["image"]) for images in made])}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Likeness to the clean images, beside the noisy input itself and a median filter."""
        noisy = {"noisy input": lambda given, x: given}
        baselines = {**noisy, "median of 3x3 pixels": lambda given, x: median(given)}
        return evidence.evaluate_images(self, data, part, baselines, noisy, ("psnr", "ssim"), "The same noise for all.")


def median(x: Tensor) -> Tensor:
    """Each value replaced by the median of the nine about it: the classic remedy, which learns nothing."""
    padded = functional.pad(x, (1, 1, 1, 1), mode="replicate")
    return padded.unfold(2, 3, 1).unfold(3, 3, 1).flatten(4).median(4).values
