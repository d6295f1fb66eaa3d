r"""Fully convolutional network (FCN): semantic segmentation with a pyramid of feature maps.

    loss   = - mean over labeled pixels i of  log p_i,    p_i = softmax(scores)_i at its true class
    scores = up head([f_1(x_1), up f_2(x_2), ..., up f_L(x_L)])
    x_1 = trunk(image),    x_{k+1} = ReLU(BN(Conv3_stride2(x_k)))

A network that consists only of convolutions classifies every position of an image of any size. A ResNet v2
reduces each side to a quarter; each further level of the pyramid halves it again and enlarges the receptive
field. All levels are upsampled to the size of the first, concatenated and classified.

Use it for scenes with large objects that are easier to recognize in context. What most often goes wrong: thin
structures are lost at a quarter of the resolution (use `unet`); the network overfits (use fewer `filters` and
stronger augmentation); large objects are broken into pieces (use more `levels`).

Differences from the paper: the levels are concatenated, as in Atienza's book, instead of summing their
scores, which is closer to a feature pyramid than to the paper's FCN-8s; the scores are upsampled by bilinear
interpolation instead of a learned transposed convolution. For color photos, the maps of EfficientNet-Lite0,
pretrained on ImageNet, are the levels if its weights are installed; `backbone=own` trains a ResNet v2.

Reference: Long, Shelhamer, Darrell, "Fully Convolutional Networks for Semantic Segmentation", 2015, arXiv
    1411.4038; Lin et al., "Feature Pyramid Networks", 2017, arXiv 1612.03144; Atienza, "Advanced Deep
    Learning with TensorFlow 2 and Keras", 2020, chapter 12.
"""

from __future__ import annotations

from pydantic import Field
from torch import nn

from hibiscus.methods.pretrained_backbone import BASE
from hibiscus.methods.segment.base import SegmentationConfig, SegmentationMethod
from hibiscus.networks import segmentation
from hibiscus.networks.backbone import build_backbone
from hibiscus.training.method import SmokeTest

__all__ = ["FCN"]


class Config(SegmentationConfig):
    """Options of `fcn`."""

    width: int = Field(16, ge=1, description="filters of the trunk's first stage")
    blocks: int = Field(3, ge=1, description="bottleneck blocks in each of the trunk's two stages")
    levels: int | None = Field(
        None, ge=1, description="pyramid levels, each half the size of the previous one; default: up to 4"
    )
    filters: int = Field(64, ge=1, description="filters of each map of the pyramid (256 in Atienza)")


class FCN(SegmentationMethod):
    """One fully convolutional network, trained by one player."""

    name = "fcn"
    title = "Fully convolutional network"
    family = "segment"
    summary = "semantic segmentation with a fully convolutional network and a feature pyramid"
    smoke_test = SmokeTest(
        "scenes",
        {"epochs": 2, "batch_size": 16, "width": 4, "blocks": 1, "levels": 2, "filters": 8, "ema_decay": 0.9},
    )
    Config = Config
    own_options = ("width", "blocks")

    def build_on_backbone(self, shape: tuple[int, int, int], outputs: int) -> nn.Module:
        """A pretrained network, whose maps are the levels of the feature pyramid."""
        levels = segmentation.pyramid_levels(shape, self.config.levels)
        backbone = build_backbone(BASE, shape, strides=[4 * 2**level for level in range(min(4, levels))])
        options = {"levels": levels, "filters": self.config.filters, "backbone": backbone}
        return segmentation.FCN(shape, outputs, **options)

    def build(self, shape: tuple[int, int, int], outputs: int) -> nn.Module:
        """A ResNet v2 trunk followed by a feature pyramid."""
        config = self.config
        return segmentation.FCN(shape, outputs, config.width, config.blocks, config.levels, config.filters)
