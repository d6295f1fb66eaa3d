"""What object detectors share: options of training, backbone, anchors, non-maximum suppression and
augmentation, and the score threshold.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
import torch
from pydantic import Field, field_validator

from hibiscus.data.boxes.augment import BoxAugment
from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.detection import choose_score_threshold
from hibiscus.methods.augmentation import Brightness, Contrast, Flip, VerticalFlip
from hibiscus.methods.pretrained_backbone import (
    BackboneLRFactor,
    FineTuningEpochs,
    install_notes,
    resolve_backbone,
)
from hibiscus.ops.boxes import DEVIATIONS
from hibiscus.training import config as shared
from hibiscus.training.method import Method

__all__ = ["DetectionConfig", "DetectionMethod"]

DEFAULT_SCORE_THRESHOLD = 0.5  # without a validation part to choose it on
Deviation = Annotated[float, Field(gt=0)]


class DetectionConfig(shared.TrainingConfig):
    """Options of object detection."""

    epochs: FineTuningEpochs = 60
    batch_size: shared.BatchSize = 8
    optimizer: shared.OptimizerName = "adamw"
    learning_rate: shared.LearningRate = 2e-3
    weight_decay: shared.WeightDecay = 1e-2
    schedule: shared.ScheduleName = "one-cycle"
    clip_grad_norm: shared.ClipGradNorm = 10.0
    ema_decay: shared.EMADecay = 0.99
    backbone: Literal["auto", "efficientnet-lite0", "resnet", "vgg", "own"] = Field(
        "auto",
        description="backbone: efficientnet-lite0 (pretrained on photos), resnet (v2), vgg, or own (a small "
        "plain convolutional network); auto: efficientnet-lite0 for color photos if its weights are "
        "installed, otherwise resnet",
    )
    backbone_lr_factor: BackboneLRFactor = 0.5
    width: float = Field(1.0, gt=0, description="multiplier for the number of filters")
    depth: int | None = Field(
        None, ge=1, description="depth of the backbone; default: the smallest available"
    )
    anchors: Literal["fitted", "paper"] = Field(
        "fitted", description="fitted: to the training boxes; paper: the paper's scales and ratios"
    )
    anchors_per_cell: int = Field(4, ge=1, description="anchors=fitted: anchors per cell")
    min_scale: float = Field(
        0.2, gt=0, description="anchors=paper: first map's scale, a fraction of the shorter side (Liu et al.)"
    )
    max_scale: float = Field(0.9, gt=0, description="anchors=paper: scale of the last map (Liu et al.)")
    match_threshold: float = Field(
        0.5, gt=0, lt=1, description="IoU above which an anchor is matched to a box (Liu et al.)"
    )
    negative_limit: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="unmatched anchors whose IoU with a box exceeds this are ignored; default: background",
    )
    negative_ratio: float = Field(
        3.0, gt=0, description="class_loss=mining: background anchors per matched anchor (Liu et al.)"
    )
    offset_loss: Literal["smooth_l1", "l1", "l2"] = Field("smooth_l1", description="loss of the box offsets")
    offset_weight: float = Field(1.0, ge=0, description="weight of the offset loss (Liu et al.)")
    smooth_l1_sigma: float = Field(
        1.0, gt=0, description="offset_loss=smooth_l1: quadratic below 1 / sigma^2 (Girshick)"
    )
    offsets: Literal["normalized", "raw"] = Field(
        "normalized",
        description="normalized: by anchor size and offset_deviations; raw: edges of box minus anchor",
    )
    offset_deviations: tuple[Deviation, Deviation, Deviation, Deviation] = Field(
        DEVIATIONS,
        description="assumed standard deviations of center x, y, log width and height (Liu et al.)",
    )
    nms: Literal["hard", "soft"] = Field(
        "hard", description="hard NMS discards overlapping boxes, soft NMS lowers their scores"
    )
    nms_threshold: float = Field(
        0.45,
        gt=0,
        lt=1,
        description="IoU above which hard NMS discards the lower-scoring box, and soft_nms=linear lowers it",
    )
    soft_nms: Literal["gaussian", "linear"] = Field(
        "gaussian", description="nms=soft: scores times exp(-IoU^2 / sigma), or 1 - IoU above nms_threshold"
    )
    soft_nms_sigma: float = Field(
        0.5, gt=0, description="soft_nms=gaussian: sigma, the width of the Gaussian (Bodla et al.)"
    )
    score_threshold: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="minimum score of reported boxes; default: that of the best F1 on the validation part",
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

    @field_validator("offset_deviations", mode="before")
    @classmethod
    def _four_numbers(cls, value: Any) -> Any:
        return tuple(value.split(",")) if isinstance(value, str) else value

    @property
    def deviations(self) -> tuple[float, ...] | None:
        """The deviations by which offsets are normalized; None for raw offsets."""
        return self.offset_deviations if self.offsets == "normalized" else None

    def build_augment(self, channels: int) -> BoxAugment:
        """The augmentation described by these options, for images with the given number of channels."""
        names = ("flip", "vertical_flip", "zoom_out", "iou_crop", "brightness", "contrast")
        options = {name: getattr(self, name) for name in names}
        return BoxAugment(saturation=self.saturation if channels == 3 else 0.0, **options)


class DetectionMethod(Method):
    """A detector, with the score threshold that was chosen on the validation part.

    The threshold is saved in the checkpoint with the weights that it was chosen for.
    """

    def __init__(self, config: DetectionConfig, preparation: Preparation):
        super().__init__(config, preparation)
        self.chosen_threshold = torch.tensor(DEFAULT_SCORE_THRESHOLD)

    @classmethod
    def resolve(
        cls, config: shared.TrainingConfig, preparation: Preparation, items: int | None = None
    ) -> shared.TrainingConfig:
        """Chooses the backbone, and how long a pretrained one is fine-tuned."""
        return resolve_backbone(config, preparation, items, "resnet", ("width", "depth"))

    @classmethod
    def data_notes(cls, dataset: Dataset, config: shared.TrainingConfig) -> list[str]:
        """How to install the weights from which photos would profit."""
        return install_notes(config, dataset)

    @property
    def classes(self) -> list[str]:
        """The names of the classes, in the order of the scores (after the background score)."""
        return list(self.preparation["boxes"].names)

    @property
    def score_threshold(self) -> float:
        """The minimum score of reported boxes: as given, otherwise as chosen on the validation part."""
        given = self.config.score_threshold
        return float(self.chosen_threshold) if given is None else given

    def choose_threshold(self, detections: np.ndarray, data: PreparedData, part: str) -> None:
        """Chooses the threshold by the detections on a part; it stays as it is if none of them is right."""
        chosen = choose_score_threshold(detections, data, part, self.classes)
        if chosen is not None:
            self.chosen_threshold = torch.tensor(chosen)

    def tensors(self) -> dict[str, torch.Tensor]:
        """All weights, and the chosen score threshold."""
        return {**super().tensors(), "score_threshold": self.chosen_threshold}

    def load_tensors(self, tensors: dict[str, torch.Tensor]) -> None:
        """Loads what `tensors` returned; earlier checkpoints hold no threshold."""
        super().load_tensors(tensors)
        self.chosen_threshold = tensors.get("score_threshold", self.chosen_threshold).cpu().clone()
