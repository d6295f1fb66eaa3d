"""What methods share that give images back, after squeezing them through a code or from spoiled ones."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.image_quality import validate_restorer
from hibiscus.networks.unet import build_unet
from hibiscus.networks.vae import build_decoder, build_encoder
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Method
from hibiscus.training.player import Stage

__all__ = ["AutoencoderBase", "ImageToImage", "ImageToImageConfig"]


class ImageToImageConfig(TrainingConfig):
    """Options of methods whose network goes from images to images."""

    schedule: Literal["constant", "cosine", "linear", "one-cycle", "steps"] = Field("cosine", description="course of the learning rate")
    net: Literal["unet", "cnn", "mlp", "pool"] = Field("unet", description="a U-Net, or an autoencoder of one of the other kinds")
    width: int = Field(16, ge=1, description="filters of the largest maps; doubled where the side halves")
    depth: int | None = Field(None, ge=0, description="unet: halvings; down to maps of about 8 pixels, up to 4, if left out")
    norm: Literal["batch", "instance", "none"] = Field("batch", description="unet: what follows each convolution")
    latent_dim: int = Field(16, ge=1, description="cnn, mlp and pool: numbers of the code (Atienza)")
    hidden: int = Field(512, ge=1, description="cnn and mlp: units of a hidden layer")

    def network(self, channels: int, shape: tuple[int, int, int], head: str = "glorot_normal") -> nn.Module:
        """The network from images of some channels to images of a shape (channels, height, width); `head` of a U-Net is drawn so."""
        given = (channels, *shape[1:])
        if self.net == "unet":
            return build_unet(given, shape[0], self.width, self.depth, self.norm, head)
        encoder = build_encoder(self.net, given, self.latent_dim, self.hidden, self.width)
        return nn.Sequential(encoder, build_decoder(self.net, self.latent_dim, shape, self.hidden, self.width))


class ImageToImage(Method):
    """One player that owns all networks; images are in [0, 1], `(items, channels, height, width)`."""

    family = "autoencode"
    needs = frozenset({"image"})
    signed_pixels = True
    gives_images = True

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage, one player."""
        player = self.config.player(self.name, list(self.nets.values()), self.loss)
        yield Stage([player], self.config.epochs, data.source("train", self.config.batch_size, self.config.seed))

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The error of what the network makes of what it is given."""
        x = (batch.image + 1) / 2
        return self.criterion(self.raw(self.spoil(x, batch)), x), {}

    def spoil(self, x: Tensor, batch: Batch) -> Tensor:
        """What the network is given for images; the images themselves, unless a method says otherwise."""
        return x

    @abstractmethod
    def raw(self, given: Tensor) -> Tensor:
        """The network's answer, as the criterion takes it."""

    @abstractmethod
    def criterion(self, raw: Tensor, x: Tensor) -> Tensor:
        """What is minimised; a scalar."""

    def image(self, raw: Tensor, given: Tensor) -> Tensor:
        """The image that an answer stands for: answers are logits, unless a method says otherwise."""
        return raw.sigmoid()

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The figure that decides, and the loss, always with the same noise."""
        return validate_restorer(self, data, part, self.selection_metric.name)


class AutoencoderBase(ImageToImage):
    """A restorer with networks `encoder` and `decoder`, and so with a code."""

    def encode(self, x: Tensor) -> Tensor:
        """The code `(batch, latent)` of images in [0, 1]."""
        return self.nets["encoder"](2 * x - 1).float()

    def decode(self, z: Tensor) -> Tensor:
        """The image in [0, 1] of each code."""
        return self.nets["decoder"](z).float().sigmoid()

    def embed(self, data: PreparedData, part: str) -> np.ndarray:
        """The code of each image of a part as it is, float32 `(items, latent)`."""
        return torch.cat([self.encode((batch.image + 1) / 2).cpu() for batch in data.iterate(part)]).numpy()
