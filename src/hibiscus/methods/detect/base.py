"""The options that object detectors share: training, backbone, non-maximum suppression and augmentation."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hibiscus.data.boxes.augment import BoxAugment
from hibiscus.methods.augmentation import Brightness, Contrast, Flip, VerticalFlip
from hibiscus.training import config as shared

__all__ = ["DetectionConfig"]


class DetectionConfig(shared.TrainingConfig):
    """Options of object detection."""

    epochs: shared.Epochs = 60
    batch_size: shared.BatchSize = 8
    optimizer: shared.OptimizerName = "adamw"
    learning_rate: shared.LearningRate = 2e-3
    weight_decay: shared.WeightDecay = 1e-2
    schedule: shared.ScheduleName = "one-cycle"
    clip_grad_norm: shared.ClipGradNorm = 10.0
    ema_decay: shared.EMADecay = 0.99
    backbone: Literal["resnet", "vgg", "own"] = Field(
        "resnet", description="ResNet v2, VGG, or own: plain convolutions"
    )
    width: float = Field(1.0, gt=0, description="factor of the number of filters")
    depth: int | None = Field(
        None, ge=1, description="depth of the backbone; the smallest it has if left out"
    )
    nms: Literal["hard", "soft"] = Field(
        "hard", description="hard: discard overlapping boxes; soft: lower their scores"
    )
    nms_threshold: float = Field(
        0.45, gt=0, lt=1, description="hard: IoU from which the lower-scoring box is discarded (Liu et al.)"
    )
    soft_nms_sigma: float = Field(
        0.5, gt=0, description="soft: scores are multiplied by exp(-IoU^2 / sigma) (Bodla et al.)"
    )
    score_threshold: float = Field(
        0.5, gt=0, lt=1, description="minimum score of a box to be drawn and to count in precision and recall"
    )
    flip: Flip = True
    vertical_flip: VerticalFlip = False
    zoom_out: float = Field(
        1.5, ge=1, le=10, description="augmentation: largest factor of shrinking onto a canvas; 1 for none"
    )
    iou_crop: bool = Field(
        True, description="augmentation: random crop with a minimum IoU with a box (Liu et al.)"
    )
    brightness: Brightness = 0.125
    contrast: Contrast = 0.3
    saturation: float = Field(
        0.3, ge=0, le=1, description="augmentation: largest relative change of saturation; color images only"
    )

    def build_augment(self, channels: int) -> BoxAugment:
        """The augmentation that these options describe, for images with a number of channels."""
        names = ("flip", "vertical_flip", "zoom_out", "iou_crop", "brightness", "contrast")
        options = {name: getattr(self, name) for name in names}
        return BoxAugment(saturation=self.saturation if channels == 3 else 0.0, **options)
