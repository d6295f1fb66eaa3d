r"""PSPNet: gives each pixel a class, by what stands there and by what kind of scene it is.

    loss   = cross_entropy(scores) + auxiliary_weight cross_entropy(auxiliary scores),    each the mean of - log p_i over known pixels i
    scores = up head([x, up g_1(pool_1 x), up g_2(pool_2 x), up g_3(pool_3 x), up g_6(pool_6 x)]),    x = trunk(image)

`pool_b` is the mean over each of b x b bins: one bin tells of the whole image, six by six of its regions. So a boat-shaped car on a
lake can be told from a car on a road. A second, smaller head on the stage before helps the gradient reach the trunk, and is thrown
away after training.

Use it for whole scenes: streets, rooms, aerial images. What most often goes wrong: outlines, for the maps are an eighth of the side
(take `unet` for thin things); images too small for the bins.

Departs: trained from nothing and not from a pretrained ResNet, so it is far smaller; the coarsest bin has no batch norm, which one
number an image does not bear in a batch of one. Some notes call each level's own convolution in an FCN "PSPNet"; it is not.

Reference: Zhao et al., "Pyramid Scene Parsing Network", 2017, arXiv 1612.01105.
"""

from __future__ import annotations

from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.methods.segment.base import SegmentConfig, Segmenter
from hibiscus.networks import segmentation as segment
from hibiscus.training.method import SmokeTest

__all__ = ["PSPNet"]


class Config(SegmentConfig):
    """Options of `pspnet`."""

    width: int = Field(16, ge=1, description="filters of the trunk's first stage")
    blocks: int = Field(2, ge=1, description="bottleneck blocks in each of the trunk's four stages")
    filters: int = Field(128, ge=1, description="filters of the map before the classifier (paper: 512)")
    auxiliary_weight: float = Field(0.4, ge=0, description="weight of the second head's loss (Zhao et al.)")


class PSPNet(Segmenter):
    """One network with two heads, one player."""

    name, title = "pspnet", "Pyramid scene parsing network"
    smoke_test = SmokeTest("scenes", {"epochs": 2, "batch_size": 16, "width": 2, "blocks": 1, "filters": 8, "ema_decay": 0.9})
    Config = Config

    def build(self, shape: tuple[int, int, int], outputs: int) -> nn.Module:
        """A dilated ResNet v2 trunk with pyramid pooling on it."""
        return segment.PSPNet(shape, outputs, self.config.width, self.config.blocks, self.config.filters)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of both heads, and its two parts."""
        scores, auxiliary = self.nets["network"](batch.image)
        main, second = self.criterion(scores, batch.mask), self.criterion(auxiliary, batch.mask)
        return main + self.config.auxiliary_weight * second, {"main": main.detach(), "auxiliary": second.detach()}
