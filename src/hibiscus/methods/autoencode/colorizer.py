r"""Colorizer: learns to color grayscale images, given color images that it converts to grayscale.

    loss = mean over pixels and both channels of  d(chroma - chroma*),    d(e) = |e| (mae) or e**2 (mse)
    chroma = network(L),    out = rgb(L, 100 chroma),    (L, 100 chroma*) = lab(x)

In CIE L*a*b*, in which equal distances look about equally large, a color image consists of its lightness L,
which is the grayscale image, and two chroma channels, which are 0 for gray. The network predicts the chroma
from L; the lightness is copied. To do this, it has to recognize what the image shows, such as sky or leaves.
With `color_space=rgb` it predicts all three channels, `loss = mean d(s - x)`, `s = sigmoid(network(L))`.

Use it for old photographs, if you have color images of the same subjects to train on; `hibiscus predict`
takes grayscale images, or color images, from which it uses only the lightness. What most often goes wrong is
that colors are too pale: if an object may be red or blue, the error is smallest near the average of the two,
which is grayish. Compare `colorfulness` in the report, the mean distance from gray, with its value for the
original images.

Differences from the paper: Atienza's network has a 256-dimensional latent code and predicts RGB with a
squared-error loss; here a U-Net preserves edges, and the lightness is copied from the input. The original is
`net=cnn color_space=rgb loss=mse`. The absolute error is the default because it is closest to the selection
metric, the mean color difference. Grayscale means the lightness L, not a weighted sum of gamma-encoded RGB.

Reference: Zhang, Isola, Efros, "Colorful Image Colorization", 2016, arXiv 1603.08511 (L*a*b*, and why colors
are pale); Atienza, "Advanced Deep Learning with TensorFlow 2 and Keras", 2020, section 3.4; CIEDE2000 color
difference: CIE 142-2001.
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
from hibiscus.errors import DataError
from hibiscus.evaluation.color import color_baselines, lab_to_rgb, rgb_to_lab
from hibiscus.evaluation.reconstruction import evaluate_reconstruction
from hibiscus.losses import mean_absolute_error, mean_squared_error
from hibiscus.methods.autoencode.base import ImageToImage, ImageToImageConfig
from hibiscus.training.config import BatchSize, Epochs, LatentDim, ScheduleName, TrainingConfig
from hibiscus.training.method import Evaluation, SelectionMetric, SmokeTest

__all__ = ["Colorizer"]


class Config(ImageToImageConfig):
    """Options of `colorizer`."""

    epochs: Epochs = 30
    schedule: ScheduleName = "cosine"
    batch_size: BatchSize = 64
    color_space: Literal["lab", "rgb"] = Field(
        "lab", description="lab: predict the chroma and keep the lightness; rgb: predict red, green and blue"
    )
    loss: Literal["mae", "mse"] = Field("mae", description="mae: absolute error; mse: squared error")
    latent_dim: LatentDim = 256  # of cnn, mlp and pool; Atienza


class Colorizer(ImageToImage):
    """One network, trained by one player."""

    name = "colorizer"
    title = "Colorizing autoencoder"
    family = "autoencode"
    summary = "colorization of grayscale images"
    selection_metric = SelectionMetric("delta_e")
    smoke_test = SmokeTest("two-photos", {"epochs": 2, "batch_size": 50, "width": 4})
    Config = Config
    network: nn.Module

    @classmethod
    def resolve(
        cls, config: TrainingConfig, preparation: Preparation, items: int | None = None
    ) -> TrainingConfig:
        """Returns the options unchanged after checking that the images have three channels.

        Raises:
            DataError: the images are grayscale, so there are no colors to learn from.
        """
        channels = preparation["image"].channels
        if channels != 3:
            raise DataError(
                f"images of {channels} channel{'s' if channels > 1 else ''}",
                "color images with 3 channels",
                "channels=3",
            )
        return config

    def networks(self) -> dict[str, nn.Module]:
        """The network, which maps lightness to chroma, or to logits of red, green and blue."""
        _, height, width = self.preparation["image"].shape
        channels = 2 if self.config.color_space == "lab" else 3
        # The initial outputs are gray, so that no random hue has to be unlearned.
        return {"network": self.config.build_network(1, (channels, height, width), head="normal")}

    def corrupt(self, x: Tensor, batch: Batch) -> Tensor:
        """The lightness `(batch, 1, height, width)`, from 0 to 100, of images in [0, 1]."""
        return rgb_to_lab(x)[:, :1]

    def forward(self, inputs: Tensor) -> Tensor:
        """Predicts the chroma divided by 100, or logits of red, green and blue, from the lightness."""
        return self.network(inputs / 50 - 1).float()

    def to_image(self, outputs: Tensor, inputs: Tensor) -> Tensor:
        """The color images in [0, 1]; with `color_space=lab` they have the lightness of the inputs."""
        if self.config.color_space == "rgb":
            return outputs.sigmoid()
        return lab_to_rgb(torch.cat([inputs, 100 * outputs], dim=1))

    def loss_from_outputs(self, outputs: Tensor, x: Tensor) -> Tensor:
        """The error between outputs and color images in [0, 1]; a scalar."""
        error = mean_absolute_error if self.config.loss == "mae" else mean_squared_error
        if self.config.color_space == "rgb":
            return error(outputs.sigmoid(), x)
        return error(outputs, rgb_to_lab(x)[:, 1:] / 100)

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`image` uint8, color images predicted from the lightness of each image of the part."""
        colored = []
        for batch in data.iterate(part):
            lightness = self.corrupt((batch.image + 1) / 2, batch)
            image = self.to_image(self.forward(lightness), lightness)
            colored.append(self.preparation["image"].decode(2 * image - 1))
        return {"image": np.concatenate(colored)}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Color difference, compared with the grayscale input and the mean training chroma per lightness."""
        baselines = color_baselines(data)
        gray = {"grayscale input": baselines["grayscale input"]}
        metrics = ("delta_e", "psnr", "ssim", "colorfulness", "target_colorfulness")
        note = "A color difference of 1 is just noticeable."
        return evaluate_reconstruction(self, data, part, baselines, gray, metrics, note)
