r"""U-Net: semantic segmentation with an encoder, a decoder, and skip connections between maps of equal size.

    loss = - mean over labeled pixels i of  log p_i,    p_i = softmax(network(image))_i at its true class

The encoder repeatedly halves the maps and doubles the filters, so that each unit sees more of the image. The
decoder upsamples the maps again and concatenates each with the encoder's map of the same size, which
preserves the exact position of edges. `loss=dice` adds the mean Dice loss of the classes, `1 - (2 |predicted
and true| + 1) / (|predicted| + |true| + 1)`, so that small classes weigh as much as large ones.

Use it if outlines matter and there are few images: cells, machine parts, roads. Put images into `images/` and
masks with the same names into `masks/`. What most often goes wrong: masks are saved as JPEG (compression
changes class numbers), classes are so rare that they are never predicted (use `loss=dice` or
`loss=balanced`), or the background dominates the metrics (look at the IoU of each class).

Differences from the paper: batch normalization after each convolution, and padding that preserves the size of
the maps (the paper has neither); no extra weight for the borders between cells; 16 initial filters instead of
64, so that it can be trained without a GPU; for color photos, the encoder is EfficientNet-Lite0, pretrained
on ImageNet, if its weights are installed (`backbone=own` trains from scratch); flips, translation and scaling
instead of elastic deformations.

Reference: Ronneberger, Fischer, Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation",
    2015, arXiv 1505.04597; Milletari, Navab, Ahmadi, "V-Net", 2016, arXiv 1606.04797 (Dice).
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, field_validator
from torch import nn

from hibiscus.data.preparation import Preparation
from hibiscus.errors import ConfigError
from hibiscus.methods.pretrained_backbone import BASE, resolve_backbone
from hibiscus.methods.segment.base import SegmentationConfig, SegmentationMethod
from hibiscus.networks.backbone import build_backbone
from hibiscus.networks.unet import BackboneUNet, build_unet
from hibiscus.training.config import LearningRate, TrainingConfig
from hibiscus.training.method import SmokeTest

__all__ = ["UNet"]

UPDATES = 3690  # batches in which a pretrained encoder is fine-tuned
FINE_TUNING = {
    "batch_size": 4,
    "learning_rate": 4e-3,
    "backbone_lr_factor": 0.25,
    "decoder_filters": (16, 32, 64, 128, 128),
}


class Config(SegmentationConfig):
    """Options of `unet`."""

    learning_rate: LearningRate = 5e-3
    width: int = Field(
        16,
        ge=1,
        description="filters of the largest maps, doubled with each halving (64 in Ronneberger et al.)",
    )
    depth: int | None = Field(
        None, ge=0, description="number of halvings; default: down to maps of about 8 pixels, at most 4"
    )
    decoder_filters: tuple[Annotated[int, Field(ge=1)], ...] | None = Field(
        None,
        description="pretrained encoder: filters of the decoder's maps, from the size of the image down; "
        "default: 16,32,64,128,128",
    )

    @field_validator("decoder_filters", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(value.split(",")) if isinstance(value, str) else value


class UNet(SegmentationMethod):
    """One U-Net, trained by one player."""

    name = "unet"
    title = "U-Net segmentation"
    family = "segment"
    summary = "semantic segmentation with a U-Net: sharp outlines from few images"
    smoke_test = SmokeTest(
        "scenes", {"epochs": 2, "batch_size": 16, "width": 4, "depth": 2, "ema_decay": 0.9}
    )
    Config = Config
    own_options = ("width", "depth")

    @classmethod
    def resolve(
        cls, config: TrainingConfig, preparation: Preparation, items: int | None = None
    ) -> TrainingConfig:
        """Chooses the encoder, and how a pretrained one is fine-tuned: see docs/lab-notes.md."""
        about = preparation, items, "own", cls.own_options, UPDATES
        resolved = resolve_backbone(config, *about, **FINE_TUNING)
        if resolved.backbone != BASE and resolved.decoder_filters is not None:
            received = f"decoder_filters with backbone={resolved.backbone}"
            raise ConfigError(received, f"backbone={BASE}", "width sets the filters of this network")
        return resolved

    def build_on_backbone(self, shape: tuple[int, int, int], outputs: int) -> nn.Module:
        """A U-Net whose encoder is a pretrained network."""
        backbone = build_backbone(BASE, shape, strides=(2, 4, 8, 16, 32))
        return BackboneUNet(shape[0], outputs, backbone, self.config.decoder_filters)

    def build(self, shape: tuple[int, int, int], outputs: int) -> nn.Module:
        """A U-Net with batch normalization."""
        return build_unet(shape, outputs, self.config.width, self.config.depth, "batch")
