r"""Autoencoder: squeezes each image through a code of a few numbers and gives it back, so that the code must hold what matters.

    loss = mean over values of (x - s)**2                             mse
    loss = - mean over values of  x log s + (1 - x) log(1 - s)        bce
    z = encoder(x),    s = sigmoid(decoder(z)),    x: pixels in [0, 1]

No label is asked: the image is its own target. A code of fewer numbers than the image has pixels cannot copy it, so encoder and
decoder agree on what images of this kind have in common. With linear networks the best code would be that of principal components,
the rival in the report. `mse` is what a Gaussian decoder of fixed variance asks for, `bce` what a Bernoulli decoder does.

Use it for a short code of each image as features, for compression, and to find images unlike all others: those that come back
worst. `latent_dim=2` draws all of the code as a map. What most often goes wrong is a code of the wrong size: too few numbers blur, too many
copy noise as well; take about as many as there are things that vary. It makes no new images: between the codes of real images there
may be nothing. `vae` fills these gaps.

Departs: the defaults of the code's size, 16 numbers for grey images and 256 for colour, are those that Atienza takes for denoising and
for colour; a rule there is none. The rate falls on half a cosine.

Reference: Hinton, Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", Science 313, 2006; Atienza, "Advanced Deep
Learning with TensorFlow 2 and Keras", 2020, chapter 3.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import reconstruction as evidence
from hibiscus.losses import binary_cross_entropy, mean_squared_error
from hibiscus.methods.autoencode.base import AutoencoderBase
from hibiscus.methods.sampling import to_pixels
from hibiscus.networks.vae import build_decoder, build_encoder
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Evaluation, SelectionMetric, SmokeTest

__all__ = ["Autoencoder"]


class Config(TrainingConfig):
    """Options of `autoencoder`."""

    epochs: int = Field(50, ge=1, description="passes over the training part")
    schedule: Literal["constant", "cosine", "linear", "one-cycle", "steps"] = Field("cosine", description="course of the learning rate")
    latent_dim: int | None = Field(None, ge=1, description="numbers of a code; 2 to see all of it; 16 for grey, 256 for colour if left out")
    loss: Literal["mse", "bce"] = Field("mse", description="squared error, or cross-entropy of pixels taken as shares of white")
    net: Literal["cnn", "mlp", "pool"] = Field("cnn", description="both networks: strided convolutions, fully connected, or max pooling")
    hidden: int = Field(512, ge=1, description="units of a hidden layer: two of them in the mlp, one in the cnn")
    filters: int = Field(32, ge=1, description="cnn and pool: filters of the largest maps; doubled where the side halves")


class Autoencoder(AutoencoderBase):
    """One player that owns encoder and decoder."""

    name, title = "autoencoder", "Autoencoder"
    uses = frozenset({"label"})
    selection_metric = SelectionMetric("psnr")
    smoke_test = SmokeTest("digits", {"epochs": 2, "batch_size": 50, "hidden": 32, "filters": 8, "latent_dim": 2})
    Config = Config

    @classmethod
    def resolve(cls, config: TrainingConfig, preparation: Preparation, items: int | None = None) -> TrainingConfig:
        """The size of the code by the images' colours, where it was left open."""
        assert isinstance(config, Config)
        usual = min(16 if preparation["image"].channels == 1 else 256, math.prod(preparation["image"].shape))
        return config.model_copy(update={"latent_dim": config.latent_dim or usual})

    def networks(self) -> dict[str, nn.Module]:
        """The encoder and the decoder, its mirror."""
        shape, config = self.preparation["image"].shape, self.config
        size = (config.hidden, config.filters)
        return {
            "encoder": build_encoder(config.net, shape, config.latent_dim, *size),
            "decoder": build_decoder(config.net, config.latent_dim, shape, *size),
        }

    def raw(self, given: Tensor) -> Tensor:
        """The logits of each value after the way through the code."""
        return self.nets["decoder"](self.encode(given)).float()

    def criterion(self, raw: Tensor, x: Tensor) -> Tensor:
        """The loss of logits against images in [0, 1]; a scalar."""
        return mean_squared_error(raw.sigmoid(), x) if self.config.loss == "mse" else binary_cross_entropy(raw, x)

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`latent` float32 `(items, latent)`, the code of each image, and `image` uint8, the image that comes back."""
        codes = self.embed(data, part)
        decoded = (2 * self.decode(some.to(self.device)) - 1 for some in torch.from_numpy(codes).split(256))
        return {"latent": codes, "image": np.concatenate([to_pixels(some, self.preparation["image"]) for some in decoded])}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Likeness beside the mean image and as many principal components; images that came back, and the code."""
        baselines = evidence.code_rivals(*evidence.components(self, data))
        linear = dict([list(baselines.items())[-1]])
        found = evidence.evaluate_images(self, data, part, baselines, linear, ("psnr", "ssim"))
        found.report_items[1:1] = evidence.code_exhibits(self, data, part)
        return found
