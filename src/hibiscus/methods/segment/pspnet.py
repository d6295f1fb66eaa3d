r"""Pyramid scene parsing network (PSPNet): semantic segmentation with global context from pyramid pooling.

    loss   = cross_entropy(scores) + auxiliary_weight cross_entropy(auxiliary scores)
    cross_entropy = mean over labeled pixels i of  - log p_i,    p_i the probability of the true class
    scores = up head([x, up g_1(pool_1 x), up g_2(pool_2 x), up g_3(pool_3 x), up g_6(pool_6 x)])
    x = trunk(image)

`pool_b` averages over each of b x b bins: a single bin describes the whole image, 6x6 bins describe its
regions. This context distinguishes classes that look alike, such as a boat on a lake and a car on a road. A
second, smaller head on the previous stage improves the gradient in the trunk and is not used after training.

Use it for whole scenes, such as streets, rooms or aerial images. What most often goes wrong: outlines are
coarse, because the maps have an eighth of the resolution (use `unet` for thin structures), or the images are
too small for the bins.

Differences from the paper: for color photos the encoder is EfficientNet-Lite0, pretrained on ImageNet, with
maps of a sixteenth of the image (paper: an eighth), if its weights are installed; otherwise, or with
`backbone=own`, a small ResNet v2 is trained from scratch (paper: a pretrained ResNet); no batch normalization
on the coarsest bin, where each image contributes a single value, so that the variance of a batch of one is
undefined. Some texts use the name PSPNet for an FCN with a convolution on each level; that is a different
network.

Reference: Zhao et al., "Pyramid Scene Parsing Network", 2017, arXiv 1612.01105.
"""

from __future__ import annotations

from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.methods.pretrained_backbone import BASE
from hibiscus.methods.segment.base import SegmentationConfig, SegmentationMethod
from hibiscus.networks import segmentation
from hibiscus.networks.backbone import build_backbone
from hibiscus.training.method import SmokeTest

__all__ = ["PSPNet"]


OUTPUT_STRIDE = 16  # with the pretrained encoder; 8 as in the paper takes three times as long


class Config(SegmentationConfig):
    """Options of `pspnet`."""

    width: int = Field(16, ge=1, description="filters of the trunk's first stage")
    blocks: int = Field(2, ge=1, description="bottleneck blocks in each of the trunk's four stages")
    filters: int = Field(
        128, ge=1, description="filters of the map before the classifier (512 in Zhao et al.)"
    )
    auxiliary_weight: float = Field(
        0.4, ge=0, description="weight of the auxiliary head's loss (Zhao et al.)"
    )


class PSPNet(SegmentationMethod):
    """One network with two heads, trained by one player."""

    name = "pspnet"
    title = "Pyramid scene parsing network"
    family = "segment"
    summary = "semantic segmentation with pyramid pooling of the whole scene"
    smoke_test = SmokeTest(
        "scenes", {"epochs": 2, "batch_size": 16, "width": 2, "blocks": 1, "filters": 8, "ema_decay": 0.9}
    )
    Config = Config
    own_options = ("width", "blocks")

    def build_on_backbone(self, shape: tuple[int, int, int], outputs: int) -> nn.Module:
        """A pretrained network, dilated to maps of a sixteenth of the image, and pyramid pooling."""
        backbone = build_backbone(BASE, shape, strides=(16, 32), output_stride=OUTPUT_STRIDE)
        return segmentation.PSPNet(shape, outputs, filters=self.config.filters, backbone=backbone)

    def build(self, shape: tuple[int, int, int], outputs: int) -> nn.Module:
        """A dilated ResNet v2 trunk followed by pyramid pooling."""
        return segmentation.PSPNet(shape, outputs, self.config.width, self.config.blocks, self.config.filters)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted sum of the losses of the two heads, and each loss by itself."""
        scores, auxiliary_scores = self.network(batch.image)
        main, auxiliary = (
            self.loss_from_outputs(scores, batch.mask),
            self.loss_from_outputs(auxiliary_scores, batch.mask),
        )
        return main + self.config.auxiliary_weight * auxiliary, {
            "main": main.detach(),
            "auxiliary": auxiliary.detach(),
        }
