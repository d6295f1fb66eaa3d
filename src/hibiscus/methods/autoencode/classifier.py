r"""Classifier autoencoder: one encoder for two tasks, to name an image's class and to give the image back without its noise.

    loss = reconstruction_weight mean((x - s)**2) + class_weight mean(- log softmax(classifier(z))[label])
    z = encoder(x~),    s = sigmoid(decoder(z)),    x: pixels in [0, 1],    x~ = x, or x with noise

Both losses pull at the same encoder: the class keeps in the code what tells classes apart, the image what tells images of one
class apart. With `noise=none` the image comes back as it was; with noise (see `denoiser`) the clean one is asked for, and the class
is read from the noisy one. All figures are of images with the noise that was chosen, always the same.

Use it for labelled images whose code shall say more than the class, or where labels are wanted from noisy images. What most often
goes wrong is that one loss drowns the other: raise the weight of the one that stays behind; the log shows both. Where the class
alone counts, `classify` is the better choice.

Departs: the notes' code gives the classifier clean images and asks the same back, though they speak of denoising: `noise` does both
here, and none is the default. The first convolution reads the image itself, for batch norm and ReLU before it would make all
dark pixels alike (`net=pool`). The weights are ours: the squared error of a pixel is some hundred times smaller than a cross-entropy.

Reference: Vincent et al., "Extracting and Composing Robust Features with Denoising Autoencoders", ICML 2008; Atienza, "Advanced Deep
Learning with TensorFlow 2 and Keras", 2020, chapter 3 (classifier-autoencoder-mnist-3.3.1).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import reconstruction_classification as both
from hibiscus.losses import cross_entropy, mean_squared_error
from hibiscus.methods.autoencode.noise import NoiseConfig, add_noise
from hibiscus.methods.sampling import to_pixels
from hibiscus.networks.mlp import build_mlp
from hibiscus.networks.vae import build_decoder, build_encoder
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Evaluation, SelectionMetric, SmokeTest

__all__ = ["AutoencoderClassifier"]


class Config(NoiseConfig):
    """Options of `autoencoder-classifier`."""

    epochs: int = Field(20, ge=1, description="passes over the training part")
    schedule: Literal["constant", "cosine", "linear", "one-cycle", "steps"] = Field("cosine", description="course of the learning rate")
    noise: Literal["none", "gaussian", "salt-and-pepper", "masking"] = Field("none", description="what images are spoiled with")
    latent_dim: int = Field(16, ge=1, description="numbers of a code (Atienza)")
    reconstruction_weight: float = Field(20.0, ge=0, description="weight of the squared error of the image, white being 1")
    class_weight: float = Field(1.0, ge=0, description="weight of the cross-entropy of the class, in nats")
    net: Literal["pool", "cnn", "mlp"] = Field("pool", description="encoder and decoder: max pooling, strided, or fully connected")
    hidden: int = Field(128, ge=1, description="units of the classifier's hidden layer, and of those of cnn and mlp")
    filters: int = Field(32, ge=1, description="pool and cnn: filters of the largest maps; doubled where the side halves")


class AutoencoderClassifier(both.ClassCoder):
    """One player that owns encoder, decoder and classifier."""

    name, title = "autoencoder-classifier", "Classifier autoencoder"
    needs = frozenset({"image", "label"})
    gives_images = False
    selection_metric = SelectionMetric("accuracy")
    smoke_test = SmokeTest(
        "digits", {"epochs": 2, "batch_size": 50, "hidden": 16, "filters": 8, "latent_dim": 4, "noise": "masking", "amount": 0.1}
    )
    Config = Config

    @classmethod
    def resolve(cls, config: TrainingConfig, preparation: Preparation, items: int | None = None) -> TrainingConfig:
        """The options as they are, once the noise is known to be one."""
        assert isinstance(config, Config)
        config.check_noise()
        return config

    @property
    def classes(self) -> list[str]:
        """The names of the classes, in the order of the classifier's outputs."""
        return list(self.preparation["label"].names)

    def networks(self) -> dict[str, nn.Module]:
        """The encoder, the decoder, and the classifier that reads the code."""
        shape, config = self.preparation["image"].shape, self.config
        size = (config.hidden, config.filters)
        return {
            "encoder": build_encoder(config.net, shape, config.latent_dim, *size),
            "decoder": build_decoder(config.net, config.latent_dim, shape, *size),
            "classifier": build_mlp((config.latent_dim,), len(self.classes), (config.hidden,)),
        }

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted sum of both losses, both apart, and the accuracy."""
        x = (batch.image + 1) / 2
        z = self.encode(self.spoil(x, batch))
        logits = self.logits(z)
        reconstruction, class_loss = mean_squared_error(self.decode(z), x), cross_entropy(logits, batch.label)
        right = (logits.detach().argmax(1) == batch.label).float().mean()
        terms = {"reconstruction": reconstruction.detach(), "class": class_loss.detach(), "accuracy": right}
        return self.config.reconstruction_weight * reconstruction + self.config.class_weight * class_loss, terms

    def spoil(self, x: Tensor, batch: Batch) -> Tensor:
        """Images in [0, 1] with the noise that was chosen."""
        return add_noise(x, self.config, batch)

    def logits(self, z: Tensor) -> Tensor:
        """One number for each class `(batch, classes)`, from codes."""
        return self.nets["classifier"](z).float()

    def raw(self, given: Tensor) -> Tensor:
        """The image that comes back, for images in [0, 1]."""
        return self.decode(self.encode(given))

    def image(self, raw: Tensor, given: Tensor) -> Tensor:
        """The answer is an image already."""
        return raw

    def criterion(self, raw: Tensor, x: Tensor) -> Tensor:
        """The squared error of images; a scalar."""
        return mean_squared_error(raw, x)

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`probabilities` `(items, classes)`, `latent` `(items, latent)`, and `image` uint8; no noise is added to what is given."""
        codes = torch.from_numpy(self.embed(data, part)).to(self.device).split(256)
        probabilities = torch.cat([self.logits(z).softmax(1) for z in codes]).cpu().numpy()
        images = np.concatenate([to_pixels(2 * self.decode(z) - 1, self.preparation["image"]) for z in codes])
        return {"probabilities": probabilities, "latent": torch.cat(codes).cpu().numpy(), "image": images}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """Accuracy, the peak signal-to-noise ratio of the images, and the loss."""
        return both.validate_both(self, data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Accuracy beside a linear model, the images beside as many principal components, and the code by class."""
        return both.evaluate_both(self, data, part)
