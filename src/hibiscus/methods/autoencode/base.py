"""Shared by the image-to-image models: the denoiser, the colorizer and the autoencoders."""

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
from hibiscus.evaluation.image_quality import validate_reconstruction
from hibiscus.losses import mean_squared_error
from hibiscus.networks.unet import build_unet
from hibiscus.networks.vae import build_decoder, build_encoder
from hibiscus.training.config import LatentDim, TrainingConfig
from hibiscus.training.method import Method
from hibiscus.training.player import Stage

__all__ = ["AutoencoderBase", "ImageToImage", "ImageToImageConfig"]


class ImageToImageConfig(TrainingConfig):
    """Options of methods whose network maps images to images."""

    net: Literal["unet", "cnn", "mlp", "pool"] = Field(
        "unet", description="U-Net, or autoencoder with strided convolutions, linear layers or max pooling"
    )
    width: int = Field(16, ge=1, description="filters at the highest resolution, doubled at each halving")
    depth: int | None = Field(
        None, ge=0, description="unet: number of halvings; by default down to about 8 pixels, at most 4"
    )
    norm: Literal["batch", "instance", "none"] = Field(
        "batch", description="unet: normalization after each convolution"
    )
    latent_dim: LatentDim = 16  # of cnn, mlp and pool; Atienza
    hidden: int = Field(512, ge=1, description="cnn and mlp: units per hidden layer")

    def build_network(
        self, in_channels: int, out_shape: tuple[int, int, int], head: str = "glorot_normal"
    ) -> nn.Module:
        """Builds the network described by these options.

        Args:
            in_channels: channels of the input.
            out_shape: (channels, height, width) of the output.
            head: initialization of the last layer of a U-Net.
        """
        in_shape = (in_channels, *out_shape[1:])
        if self.net == "unet":
            return build_unet(in_shape, out_shape[0], self.width, self.depth, self.norm, head)
        encoder = build_encoder(self.net, in_shape, self.latent_dim, self.hidden, self.width)
        return nn.Sequential(
            encoder, build_decoder(self.net, self.latent_dim, out_shape, self.hidden, self.width)
        )


class ImageToImage(Method):
    """One player trains all networks. Images are in [0, 1], `(items, channels, height, width)`.

    inputs = corrupt(x),    outputs = forward(inputs),    image = to_image(outputs, inputs)
    loss   = loss_from_outputs(outputs, x)
    """

    needs = frozenset({"image"})
    signed_pixels = True
    gives_images = True

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage with one player."""
        player = self.config.player(self.name, list(self.nets.values()), self.loss)
        yield Stage(
            [player], self.config.epochs, data.source("train", self.config.batch_size, self.config.seed)
        )

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The reconstruction error on a batch."""
        x = (batch.image + 1) / 2
        return self.loss_from_outputs(self.forward(self.corrupt(x, batch)), x), {}

    def corrupt(self, x: Tensor, batch: Batch) -> Tensor:
        """The network's inputs for the given images: the images themselves, unless a method corrupts them."""
        return x

    @abstractmethod
    def forward(self, inputs: Tensor) -> Tensor:
        """The network's outputs for the given inputs."""

    def to_image(self, outputs: Tensor, inputs: Tensor) -> Tensor:
        """Converts outputs, by default logits, to images in [0, 1]."""
        return outputs.sigmoid()

    def loss_from_outputs(self, outputs: Tensor, x: Tensor) -> Tensor:
        """The squared error between the output images and x; a scalar."""
        return mean_squared_error(outputs.sigmoid(), x)

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The selection metric and the loss, computed with the same noise at every call."""
        return validate_reconstruction(self, data, part, self.selection_metric.name)


class AutoencoderBase(ImageToImage):
    """An image-to-image model with a latent code: its networks include `encoder` and `decoder`."""

    encoder: nn.Module
    decoder: nn.Module

    def encode(self, x: Tensor) -> Tensor:
        """The latent code `(batch, latent_dim)` of images in [0, 1]."""
        return self.encoder(2 * x - 1).float()

    def decode(self, z: Tensor) -> Tensor:
        """The image in [0, 1] of each latent code."""
        return self.decoder(z).float().sigmoid()

    def forward(self, inputs: Tensor) -> Tensor:
        """The logits of the reconstruction."""
        return self.decoder(self.encode(inputs)).float()

    def embed(self, data: PreparedData, part: str) -> np.ndarray:
        """The latent code of each image of a part, computed without noise, float32 `(items, latent_dim)`."""
        return data.collect(part, lambda batch: [self.encode((batch.image + 1) / 2)])[0]

    def decode_images(self, codes: np.ndarray) -> np.ndarray:
        """The uint8 image of each latent code, `(items, height, width, channels)`."""
        batches = torch.from_numpy(codes).split(256)
        images = [self.preparation["image"].decode(2 * self.decode(z.to(self.device)) - 1) for z in batches]
        return np.concatenate(images)
