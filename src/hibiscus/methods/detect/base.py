"""Options shared by object detectors: training, backbone, non-maximum suppression and augmentation."""

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
        "resnet", description="backbone: resnet (v2), vgg, or own (a small plain convolutional network)"
    )
    width: float = Field(1.0, gt=0, description="multiplier for the number of filters")
    depth: int | None = Field(
        None, ge=1, description="depth of the backbone; default: the smallest available"
    )
    nms: Literal["hard", "soft"] = Field(
        "hard", description="hard NMS discards overlapping boxes, soft NMS lowers their scores"
    )
    nms_threshold: float = Field(
        0.45,
        gt=0,
        lt=1,
        description="nms=hard: IoU above which the lower-scoring box is discarded (Liu et al.)",
    )
    soft_nms_sigma: float = Field(
        0.5, gt=0, description="nms=soft: scores are multiplied by exp(-IoU^2 / sigma) (Bodla et al.)"
    )
    score_threshold: float = Field(
        0.5, gt=0, lt=1, description="minimum score of boxes that are drawn and count in precision and recall"
    )
    flip: Flip = True
    vertical_flip: VerticalFlip = False
    zoom_out: float = Field(
        1.5,
        ge=1,
        le=10,
        description="augmentation: maximum factor of shrinking onto a larger canvas; 1 for none",
    )
    iou_crop: bool = Field(
        True, description="augmentation: random crops with a minimum IoU with a box (Liu et al.)"
    )
    brightness: Brightness = 0.125
    contrast: Contrast = 0.3
    saturation: float = Field(
        0.3, ge=0, le=1, description="augmentation: maximum relative change in saturation; color images only"
    )

    def build_augment(self, channels: int) -> BoxAugment:
        """The augmentation described by these options, for images with the given number of channels."""
        names = ("flip", "vertical_flip", "zoom_out", "iou_crop", "brightness", "contrast")
        options = {name: getattr(self, name) for name in names}
        return BoxAugment(saturation=self.saturation if channels == 3 else 0.0, **options)
