r"""Classifier autoencoder: a shared encoder for classification and reconstruction.

    loss = reconstruction_weight mean((x - s)**2) + class_weight mean(- log softmax(classifier(z))[label])
    z = encoder(x~),    s = sigmoid(decoder(z)),    x: pixels in [0, 1],    x~ = x, or x with noise

Both losses train the encoder: the classification loss makes the latent code represent the differences between
classes, the reconstruction loss the differences between images of the same class. With `noise=none` the input
image itself is reconstructed; with noise (see `denoiser`) the target is the clean image, and the classifier
also sees the noisy one. All metrics are computed on images with the chosen noise, which is the same in every
evaluation.

Use it for labeled images whose latent code should represent more than the class, or to classify noisy images.
What most often goes wrong is that one loss dominates the other: the log shows both, so raise the weight of
the one that improves too slowly. If only the class matters, `classify` is the better choice.

The best epoch has the lowest loss on the validation part: accuracy often reaches its maximum many epochs
before the reconstructions are sharp.

Differences from the paper: Atienza's code classifies and reconstructs clean images, although the accompanying
text describes denoising; here `noise` selects either, and the default is none. With `net=pool`, the first
convolution is applied directly to the image, because batch norm and ReLU before it would map all dark pixels
to 0. The loss weights are ours: the squared error per pixel is about a hundred times smaller than the
cross-entropy.

Reference: Vincent et al., "Extracting and Composing Robust Features with Denoising Autoencoders", ICML 2008;
Atienza, "Advanced Deep Learning with TensorFlow 2 and Keras", 2020, chapter 3
(classifier-autoencoder-mnist-3.3.1).
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.reconstruction_classification import (
    evaluate_reconstruction_and_class,
    validate_reconstruction_and_class,
)
from hibiscus.losses import cross_entropy, mean_squared_error
from hibiscus.methods.autoencode.base import AutoencoderBase
from hibiscus.methods.autoencode.noise import NoiseFraction, NoiseMean, NoiseStd, add_noise
from hibiscus.networks.mlp import build_mlp
from hibiscus.networks.vae import build_decoder, build_encoder
from hibiscus.training.config import Epochs, LatentDim, ScheduleName, TrainingConfig
from hibiscus.training.method import Evaluation, SelectionMetric, SmokeTest

__all__ = ["AutoencoderClassifier"]


class Config(TrainingConfig):
    """Options of `autoencoder-classifier`."""

    epochs: Epochs = 20
    schedule: ScheduleName = "cosine"
    noise: Literal["none", "gaussian", "salt-and-pepper", "masking"] = Field(
        "none", description="noise that corrupts the inputs"
    )
    noise_std: NoiseStd = 0.5
    noise_fraction: NoiseFraction = 0.5
    noise_mean: NoiseMean = 0.0
    latent_dim: LatentDim = 16  # Atienza
    reconstruction_weight: float = Field(
        20.0, ge=0, description="weight of the mean squared error of the pixels, where white is 1"
    )
    class_weight: float = Field(1.0, ge=0, description="weight of the cross-entropy of the class, in nats")
    net: Literal["pool", "cnn", "mlp"] = Field(
        "pool", description="encoder and decoder with max pooling, strided convolutions, or linear layers"
    )
    hidden: int = Field(128, ge=1, description="units per hidden layer of the classifier, and of cnn and mlp")
    filters: int = Field(
        32, ge=1, description="pool and cnn: filters at the highest resolution, doubled at each halving"
    )


class AutoencoderClassifier(AutoencoderBase):
    """An encoder, a decoder and a classifier of latent codes, trained together by one player."""

    name = "autoencoder-classifier"
    title = "Classifier autoencoder"
    family = "autoencode"
    summary = "joint classification, embedding and denoising"
    needs = frozenset({"image", "label"})
    gives_images = False
    selection_metric = SelectionMetric("loss")
    smoke_test = SmokeTest(
        "digits",
        {
            "epochs": 2,
            "batch_size": 50,
            "hidden": 16,
            "filters": 8,
            "latent_dim": 4,
            "noise": "masking",
            "noise_fraction": 0.1,
        },
    )
    Config = Config
    classifier: nn.Module

    @property
    def classes(self) -> list[str]:
        """The names of the classes, in the order of the classifier's outputs."""
        return list(self.preparation["label"].names)

    def networks(self) -> dict[str, nn.Module]:
        """The encoder, the decoder, and the classifier of latent codes."""
        shape, config = self.preparation["image"].shape, self.config
        size = (config.hidden, config.filters)
        return {
            "encoder": build_encoder(config.net, shape, config.latent_dim, *size),
            "decoder": build_decoder(config.net, config.latent_dim, shape, *size),
            "classifier": build_mlp((config.latent_dim,), len(self.classes), (config.hidden,)),
        }

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted sum of the two losses, each loss by itself, and the accuracy."""
        x = (batch.image + 1) / 2
        z = self.encode(self.corrupt(x, batch))
        logits = self.logits(z)
        reconstruction, class_loss = mean_squared_error(self.decode(z), x), cross_entropy(logits, batch.label)
        accuracy = (logits.detach().argmax(1) == batch.label).float().mean()
        terms = {
            "reconstruction": reconstruction.detach(),
            "class": class_loss.detach(),
            "accuracy": accuracy,
        }
        return (
            self.config.reconstruction_weight * reconstruction + self.config.class_weight * class_loss,
            terms,
        )

    def corrupt(self, x: Tensor, batch: Batch) -> Tensor:
        """Adds the chosen noise to images in [0, 1]."""
        return add_noise(x, self.config, batch)

    def logits(self, z: Tensor) -> Tensor:
        """The logits of the classes `(batch, classes)`, from latent codes."""
        return self.classifier(z).float()

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`probabilities`, `latent` and the reconstructions `image` of a part, to which no noise is added."""
        codes = self.embed(data, part)
        batches = torch.from_numpy(codes).to(self.device).split(256)
        probabilities = torch.cat([self.logits(z).softmax(1) for z in batches]).cpu().numpy()
        return {"probabilities": probabilities, "latent": codes, "image": self.decode_images(codes)}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """Accuracy, PSNR of the reconstructions, and the loss."""
        return validate_reconstruction_and_class(self, data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Accuracy compared with a linear model, image quality with PCA, and latent codes by class."""
        return evaluate_reconstruction_and_class(self, data, part)
