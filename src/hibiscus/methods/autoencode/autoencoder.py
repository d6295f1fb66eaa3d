r"""Autoencoder: compresses images to a low-dimensional latent code from which it can reconstruct them.

    loss = mean over values of (x - s)**2                             mse
    loss = - mean over values of  x log s + (1 - x) log(1 - s)        bce
    z = encoder(x),    s = sigmoid(decoder(z)),    x: pixels in [0, 1]

No labels are needed: each image is its own target. Because the latent code has fewer dimensions than the
image has pixels, the network cannot simply copy the image; it must learn what the images have in common. With
linear networks and squared error, the optimal code spans the principal subspace, so PCA is the baseline in
the report. `mse` corresponds to a Gaussian decoder with fixed variance, `bce` to a Bernoulli decoder.

Use it for embeddings, for compression, and for anomaly detection, since unusual images tend to have the
largest reconstruction errors. With `latent_dim=2` the report shows the entire latent space. What most often
goes wrong is the choice of the latent dimension: if it is too small, reconstructions are blurry; if it is too
large, noise is reproduced as well. A good starting point is the number of factors that vary in the images. An
autoencoder is not a generative model: points between the codes of real images may decode to meaningless
images. Use `vae` if you need samples.

Differences from the paper: the default latent dimensions, 16 for grayscale and 256 for color images, are
those that Atienza uses for denoising and for colorization; there is no general rule. The learning rate
follows a half-cosine schedule.

Reference: Hinton, Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", Science 313,
2006; Atienza, "Advanced Deep Learning with TensorFlow 2 and Keras", 2020, chapter 3.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.reconstruction import evaluate_autoencoder
from hibiscus.losses import binary_cross_entropy
from hibiscus.methods.autoencode.base import AutoencoderBase
from hibiscus.networks.vae import build_decoder, build_encoder
from hibiscus.training.config import Epochs, ScheduleName, TrainingConfig
from hibiscus.training.method import Evaluation, SelectionMetric, SmokeTest

__all__ = ["Autoencoder"]

GRAYSCALE_DIM, COLOR_DIM = 16, 256


class Config(TrainingConfig):
    """Options of `autoencoder`."""

    epochs: Epochs = 50
    schedule: ScheduleName = "cosine"
    latent_dim: int | None = Field(
        None,
        ge=1,
        description="dimension of the latent space; default: 16 for grayscale images, 256 for color images",
    )
    loss: Literal["mse", "bce"] = Field(
        "mse", description="squared error, or binary cross-entropy with pixels as probabilities"
    )
    net: Literal["cnn", "mlp", "pool"] = Field(
        "cnn", description="encoder and decoder with strided convolutions, linear layers, or max pooling"
    )
    hidden: int = Field(
        512, ge=1, description="units per hidden layer: two layers in the mlp, one in the cnn"
    )
    filters: int = Field(
        32, ge=1, description="cnn and pool: filters at the highest resolution, doubled at each halving"
    )


class Autoencoder(AutoencoderBase):
    """An encoder and a decoder, trained together by one player."""

    name = "autoencoder"
    title = "Autoencoder"
    family = "autoencode"
    summary = "autoencoder: embeddings and reconstructions of images"
    uses = frozenset({"label"})
    selection_metric = SelectionMetric("psnr")
    smoke_test = SmokeTest(
        "digits", {"epochs": 2, "batch_size": 50, "hidden": 32, "filters": 8, "latent_dim": 2}
    )
    Config = Config

    @classmethod
    def resolve(
        cls, config: TrainingConfig, preparation: Preparation, items: int | None = None
    ) -> TrainingConfig:
        """Sets the default latent dimension for grayscale or color images."""
        assert isinstance(config, Config)
        image = preparation["image"]
        default = min(GRAYSCALE_DIM if image.channels == 1 else COLOR_DIM, math.prod(image.shape))
        return config.model_copy(update={"latent_dim": config.latent_dim or default})

    def networks(self) -> dict[str, nn.Module]:
        """The encoder, and a decoder with the same layers in reverse order."""
        shape, config = self.preparation["image"].shape, self.config
        encoder = build_encoder(config.net, shape, config.latent_dim, config.hidden, config.filters)
        decoder = build_decoder(config.net, config.latent_dim, shape, config.hidden, config.filters)
        return {"encoder": encoder, "decoder": decoder}

    def loss_from_outputs(self, outputs: Tensor, x: Tensor) -> Tensor:
        """The squared error or the cross-entropy between logits and images in [0, 1]; a scalar."""
        if self.config.loss == "mse":
            return super().loss_from_outputs(outputs, x)
        return binary_cross_entropy(outputs, x)

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`latent` float32 `(items, latent_dim)`, and `image` uint8, the reconstructions."""
        codes = self.embed(data, part)
        return {"latent": codes, "image": self.decode_images(codes)}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Image quality compared with the mean image and PCA; reconstructions and the latent space."""
        return evaluate_autoencoder(self, data, part)
