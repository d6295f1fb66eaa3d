r"""FCN: gives each pixel a class, by a pyramid of ever smaller maps brought back to one size.

    loss   = - mean over pixels i of known class of  log p_i,    p_i = softmax(scores)_i at the true class of pixel i
    scores = up head([f_1(x_1), up f_2(x_2), ..., up f_L(x_L)]),    x_1 = trunk(image),    x_{k+1} = ReLU(BN(Conv3_stride2(x_k)))

A network that only convolves answers for every place at once, whatever the size of the image. A ResNet v2 leaves a quarter of each
side; each level of the pyramid halves it again and sees twice as much, and all of them are enlarged to the first one's size and read
together.

Use it for scenes in which things are large and their surroundings tell what they are. What most often goes wrong: thin things, which
a quarter of the side hardly holds (take `unet`); overfitting, for which fewer `filters` and more random changes help; more `levels`
where large things are broken into pieces.

Departs: the levels are concatenated and not summed as scores, after Atienza's book (this is nearer to a feature pyramid than to
the paper's FCN-8s); the scores are enlarged bilinearly, not by a learned transposed convolution; the trunk is not pretrained.

Reference: Long, Shelhamer, Darrell, "Fully Convolutional Networks for Semantic Segmentation", 2015, arXiv 1411.4038; Lin et al.,
"Feature Pyramid Networks", 2017, arXiv 1612.03144; Atienza, "Advanced Deep Learning with TensorFlow 2 and Keras", 2020, chapter 12.
"""

from __future__ import annotations

from pydantic import Field
from torch import nn

from hibiscus.methods.segment.base import SegmentConfig, Segmenter
from hibiscus.networks import segmentation as segment
from hibiscus.training.method import SmokeTest

__all__ = ["FCN"]


class Config(SegmentConfig):
    """Options of `fcn`."""

    width: int = Field(16, ge=1, description="filters of the trunk's first stage")
    blocks: int = Field(3, ge=1, description="bottleneck blocks in each of the trunk's two stages")
    levels: int | None = Field(None, ge=1, description="maps of the pyramid, each half as large as the one before; up to 4 if left out")
    filters: int = Field(64, ge=1, description="filters of each of them (Atienza: 256)")


class FCN(Segmenter):
    """One fully convolutional network, one player."""

    name, title = "fcn", "Fully convolutional network"
    smoke_test = SmokeTest("scenes", {"epochs": 2, "batch_size": 16, "width": 4, "blocks": 1, "levels": 2, "filters": 8, "ema_decay": 0.9})
    Config = Config

    def build(self, shape: tuple[int, int, int], outputs: int) -> nn.Module:
        """A ResNet v2 trunk with a pyramid on it."""
        config = self.config
        return segment.FCN(shape, outputs, config.width, config.blocks, config.levels, config.filters)
