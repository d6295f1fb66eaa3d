r"""U-Net: gives each pixel a class, by what is about it and by what is just there.

    loss = - mean over pixels i of known class of  log p_i,    p_i = softmax(network(image))_i at the true class of pixel i

On the way down, maps halve and filters double, so that each number sees more of the image; on the way up the maps grow again, and
beside each stands the map of that size from the way down, which still knows where edges are. With `loss=dice` the overlap of each
class, `1 - (2 |given and true| + 1) / (|given| + |true| + 1)`, is added, so that small classes count as much as large ones.

Use it where outlines matter and images are few: cells, parts, roads. Images go into `images/`, masks of the same names into
`masks/`. What most often goes wrong: masks saved as JPEG (their numbers are blurred), classes so rare that they are never answered
(`loss=dice` or `loss=balanced`), and figures that count the background alone; read the IoU of each class.

Departs: batch normalisation after each convolution, and maps kept at their size by padding, where the paper has neither; no weight
for the borders between cells; sixteen filters to begin with, not 64, so that it trains without a GPU; random mirror images, offsets
and magnifications in place of elastic deformations.

Reference: Ronneberger, Fischer, Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation", 2015, arXiv 1505.04597;
Milletari, Navab, Ahmadi, "V-Net", 2016, arXiv 1606.04797 (Dice).
"""

from __future__ import annotations

from pydantic import Field
from torch import nn

from hibiscus.methods.segment.base import SegmentConfig, Segmenter
from hibiscus.networks.unet import build_unet
from hibiscus.training.method import SmokeTest

__all__ = ["UNet"]


class Config(SegmentConfig):
    """Options of `unet`."""

    learning_rate: float = Field(5e-3, gt=0, description="learning rate where the schedule is 1")
    width: int = Field(16, ge=1, description="filters of the largest maps; doubled where the side halves (paper: 64)")
    depth: int | None = Field(None, ge=0, description="halvings; down to maps of about 8 pixels, up to 4, if left out")


class UNet(Segmenter):
    """One U-Net, one player."""

    name, title = "unet", "U-Net segmentation"
    smoke_test = SmokeTest("scenes", {"epochs": 2, "batch_size": 16, "width": 4, "depth": 2, "ema_decay": 0.9})
    Config = Config

    def build(self, shape: tuple[int, int, int], outputs: int) -> nn.Module:
        """A U-Net with batch normalisation."""
        return build_unet(shape, outputs, self.config.width, self.config.depth, "batch")
