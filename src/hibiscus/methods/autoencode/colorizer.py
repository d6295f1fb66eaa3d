r"""Colorizer: learns to give grey images colours, from colour images that it makes grey itself.

    loss = mean over pixels and both values of  d(chroma - chroma*),    d(e) = |e| (mae) or e**2 (mse)
    chroma = network(L),    out = rgb(L, 100 chroma),    (L, 100 chroma*) = lab(x)

Colour is taken apart into lightness L, which is the grey image, and two numbers that are 0 for grey (CIE L*a*b*, where equal
distances look about equal). L is given and stays as it is; the network only answers what is missing. It has to know things to do so:
that is sky, this is a leaf. With `color_space=rgb` it makes all three colours anew, `loss = mean d(s - x)`, `s = sigmoid(network(L))`.

Use it for old photographs, with colour images of the same kind to learn from; `hibiscus predict` takes grey images, or colour ones,
whose lightness alone is read. What most often goes wrong is pale colour: where a thing may be red or blue the least error is the
mean of both, which is grey. `colorfulness` in the report, the mean distance from grey, says how pale, beside that of the true images.

Departs: the notes' network has a code of 256 numbers and learns RGB with the squared error; here a U-Net keeps each edge where it is, and
the lightness given is not made anew. `net=cnn color_space=rgb loss=mse` is the other. The absolute error is the default: it
comes nearest to the mean colour difference, which decides. Grey means lightness, not the weighted sum of encoded colours.

Reference: Zhang, Isola, Efros, "Colorful Image Colorization", 2016, arXiv 1603.08511 (L*a*b*, and why colours are pale); Atienza,
"Advanced Deep Learning with TensorFlow 2 and Keras", 2020, section 3.4; CIE 2000 difference: CIE 142-2001.
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
from hibiscus.evaluation import reconstruction as evidence
from hibiscus.evaluation.color import color_rivals, lab_to_rgb, rgb_to_lab
from hibiscus.losses import mean_absolute_error, mean_squared_error
from hibiscus.methods.autoencode.base import ImageToImage, ImageToImageConfig
from hibiscus.methods.sampling import to_pixels
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Evaluation, SelectionMetric, SmokeTest

__all__ = ["Colorizer"]


class Config(ImageToImageConfig):
    """Options of `colorizer`."""

    epochs: int = Field(30, ge=1, description="passes over the training part")
    batch_size: int = Field(64, ge=1, description="images in a batch")
    color_space: Literal["lab", "rgb"] = Field("lab", description="answer the chroma and keep the lightness, or make red, green and blue")
    loss: Literal["mae", "mse"] = Field("mae", description="absolute or squared error")
    latent_dim: int = Field(256, ge=1, description="cnn, mlp and pool: numbers of the code (Atienza)")


class Colorizer(ImageToImage):
    """One network, one player."""

    name, title = "colorizer", "Colourising autoencoder"
    selection_metric = SelectionMetric("delta_e")
    smoke_test = SmokeTest("two-photos", {"epochs": 2, "batch_size": 50, "width": 4})
    Config = Config

    @classmethod
    def resolve(cls, config: TrainingConfig, preparation: Preparation, items: int | None = None) -> TrainingConfig:
        """The options as they are, once the images are known to have colours.

        Raises:
            DataError: grey images, from which no colour can be learned.
        """
        channels = preparation["image"].channels
        if channels != 3:
            raise DataError(f"images of {channels} channel{'s' if channels > 1 else ''}", "colour images, of three", "channels=3")
        return config

    def networks(self) -> dict[str, nn.Module]:
        """The network, from lightness to chroma, or to logits of red, green and blue."""
        _, height, width = self.preparation["image"].shape
        # Colours begin grey, so that a hue is learned from the images and not unlearned first.
        return {"network": self.config.network(1, (2 if self.config.color_space == "lab" else 3, height, width), head="normal")}

    def spoil(self, x: Tensor, batch: Batch) -> Tensor:
        """The lightness `(batch, 1, height, width)` of images in [0, 1], from 0 to 100."""
        return rgb_to_lab(x)[:, :1]

    def raw(self, given: Tensor) -> Tensor:
        """The chroma in hundreds, or logits of colours, from lightness."""
        return self.nets["network"](given / 50 - 1).float()

    def image(self, raw: Tensor, given: Tensor) -> Tensor:
        """The colour image in [0, 1] of an answer; with `lab` its lightness is the one given."""
        return raw.sigmoid() if self.config.color_space == "rgb" else lab_to_rgb(torch.cat([given, 100 * raw], dim=1))

    def criterion(self, raw: Tensor, x: Tensor) -> Tensor:
        """The error of an answer against colour images in [0, 1]; a scalar."""
        error = mean_absolute_error if self.config.loss == "mae" else mean_squared_error
        return error(raw.sigmoid(), x) if self.config.color_space == "rgb" else error(raw, rgb_to_lab(x)[:, 1:] / 100)

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`image` uint8, colour images made of the lightness of those in the part, be they grey or in colour."""
        made = []
        for batch in data.iterate(part):
            given = self.spoil((batch.image + 1) / 2, batch)
            made.append(to_pixels(2 * self.image(self.raw(given), given) - 1, self.preparation["image"]))
        return {"image": np.concatenate(made)}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Colour difference beside the grey input and the mean chroma of each lightness in training."""
        baselines = color_rivals(data)
        gray = {"grey input": baselines["grey input"]}
        figures = ("delta_e", "psnr", "ssim", "colorfulness", "target_colorfulness")
        return evidence.evaluate_images(self, data, part, baselines, gray, figures, "A difference of 1 is just to be seen.")
