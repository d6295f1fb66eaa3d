r"""SSD: finds where things are and what they are, in one look at the image.

    loss = 1/N (L_conf + offset_weight L_loc),    N = anchors that answer for a box
    L_conf = - sum over these and the 3 N most mistaken background anchors of  log p(true class)
    L_loc  = sum over the N anchors and four offsets of  smooth_l1(given - wanted)
    wanted = ((x_box - x_anchor) / w_anchor / 0.1, (y_box - y_anchor) / h_anchor / 0.1,
              log(w_box / w_anchor) / 0.2,         log(h_box / h_anchor) / 0.2)

Anchors are boxes of a few sizes at each place of maps of several resolutions. The network says of each anchor what stands there, and how
to move its middle and sides so that they fit. In training each true box has the anchor that overlaps it most and all that overlap it by
more than `match_threshold`; at the end, of answers that overlap the surest is kept.

Use it to count and to find things: cells, goods, animals. Boxes are read from Pascal VOC, COCO, YOLO or CSV files. What most often goes
wrong: boxes of things that nobody marked (they teach that there is nothing), things smaller than the finest map's anchors
(`finest_stride=4`, or a larger `image_size`), and too few epochs: two hundred images want sixty of them.

Departs: anchors are fitted to the training boxes (`anchors=paper` for the paper's scales and aspect ratios); the backbone is a small
ResNet v2 trained from nothing with batch normalisation; images are squashed to one size of their own proportions; an average of the
weights answers. With `class_loss=focal` no background is left out, and easy anchors count little.

Reference: Liu et al., "SSD: Single Shot MultiBox Detector", 2016, arXiv 1512.02325; focal loss: Lin et al., 2017, arXiv 1708.02002;
Soft-NMS: Bodla et al., 2017, arXiv 1704.04503; anchors from data: Redmon, Farhadi, 2017, arXiv 1612.08242.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.boxes.augment import BoxAugment
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import detection as evidence
from hibiscus.losses import multibox
from hibiscus.methods.detect.anchor_grid import Layout, fitted_layout, paper_layout
from hibiscus.networks.ssd import build_ssd
from hibiscus.ops.boxes import decode, match
from hibiscus.ops.nms import detect
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Follower, Stage, frozen_copy

__all__ = ["SSD"]


class Config(TrainingConfig):
    """Options of `ssd`."""

    epochs: int = Field(60, ge=1, description="passes over the training part")
    batch_size: int = Field(8, ge=1, description="images in a batch")
    optimizer: Literal["sgd", "rmsprop", "adam", "adamw"] = Field("adamw", description="which optimizer")
    learning_rate: float = Field(2e-3, gt=0, description="learning rate where the schedule is 1")
    weight_decay: float = Field(1e-2, ge=0, description="L2 decay of weights (not of biases and norms); decoupled in adamw")
    schedule: Literal["constant", "cosine", "linear", "one-cycle", "steps"] = Field("one-cycle", description="course of the learning rate")
    clip_grad_norm: float | None = Field(10.0, gt=0, description="largest norm of a player's whole gradient")
    backbone: Literal["resnet", "vgg", "own"] = Field("resnet", description="network under the maps: ResNet v2, VGG, or plain convolutions")
    width: float = Field(1.0, gt=0, description="times the backbone's filters")
    depth: int | None = Field(None, ge=1, description="the backbone's depth, as its own `depth`; its smallest if left out")
    pyramid: bool = Field(True, description="bring coarse maps back to fine ones (feature pyramid); false for the paper's heads")
    finest_stride: Literal[4, 8, 16] = Field(8, description="pixels between places of the finest map (paper: 8)")
    levels: int | None = Field(None, ge=1, description="maps; as many as the boxes' sizes need, or with anchors=paper all, if left out")
    anchors: Literal["fitted", "paper"] = Field("fitted", description="fitted to the training boxes; paper: by scales and aspect ratios")
    anchors_per_cell: int = Field(4, ge=1, description="auto: anchors at each place")
    min_scale: float = Field(0.2, gt=0, description="paper: scale of the first map's anchors, a share of the shorter side (Liu et al.)")
    max_scale: float = Field(0.9, gt=0, description="paper: scale of the last map's anchors (Liu et al.)")
    match_threshold: float = Field(0.5, gt=0, lt=1, description="overlap from which a further anchor answers for a box (Liu et al.)")
    class_loss: Literal["mining", "focal"] = Field("mining", description="cross-entropy with the hardest negatives, or focal loss")
    offset_loss: Literal["smooth_l1", "l1", "l2"] = Field("smooth_l1", description="error of the offsets")
    offset_weight: float = Field(1.0, ge=0, description="weight of the offsets' loss (Liu et al.)")
    ema_decay: float = Field(0.99, ge=0, lt=1, description="decay of an average of the weights that is used in the end; 0 for none")
    nms: Literal["hard", "soft"] = Field(
        "hard", description="hard: keep the highest-scoring of overlapping boxes; soft: lower the scores of the others"
    )
    nms_threshold: float = Field(0.45, gt=0, lt=1, description="nms: overlap from which the less sure of two is dropped (Liu et al.)")
    soft_nms_sigma: float = Field(0.5, gt=0, description="soft: score times exp(-overlap^2 / sigma) (Bodla et al.)")
    score_threshold: float = Field(0.5, gt=0, lt=1, description="score from which a box is drawn, and counted in precision and recall")
    flip: bool = Field(True, description="random changes: mirror left and right")
    vertical_flip: bool = Field(False, description="random changes: mirror top and bottom")
    zoom_out: float = Field(1.5, ge=1, le=10, description="random changes: most factor of shrinking onto a canvas; 1 for never")
    iou_crop: bool = Field(True, description="random changes: cut out a piece that holds a box to some overlap (Liu et al.)")
    brightness: float = Field(0.125, ge=0, le=1, description="random changes: most relative change")
    contrast: float = Field(0.3, ge=0, le=1, description="random changes: most relative change about the mean")
    saturation: float = Field(0.3, ge=0, le=1, description="random changes: of colours' strength; none for grey images")

    def build_augment(self, channels: int) -> BoxAugment:
        """The random changes that these options describe, for images of some channels."""
        names = ("flip", "vertical_flip", "zoom_out", "iou_crop", "brightness", "contrast")
        return BoxAugment(saturation=self.saturation if channels == 3 else 0.0, **{name: getattr(self, name) for name in names})


class SSD(Method):
    """One network with a head on each of its maps, one player."""

    name, title, family = "ssd", "Single shot detector", "detect"
    needs = frozenset({"image", "boxes"})
    selection_metric = SelectionMetric("map50")
    smoke_test = SmokeTest("scenes", {"epochs": 2, "batch_size": 16, "width": 0.25, "levels": 2, "anchors_per_cell": 2, "ema_decay": 0.9})
    Config = Config

    layout: Layout

    @property
    def classes(self) -> list[str]:
        """The names of the classes, in the order of the scores after the background's."""
        return list(self.preparation["boxes"].names)

    def networks(self) -> dict[str, nn.Module]:
        """The network over the anchors' layout, and its average where one is asked for."""
        config, shape = self.config, self.preparation["image"].shape
        if config.anchors == "fitted":
            sizes = self.preparation["boxes"].sizes
            self.layout = fitted_layout(shape, config.finest_stride, sizes, config.anchors_per_cell, config.levels)
        else:
            self.layout = paper_layout(shape, config.finest_stride, config.levels, config.min_scale, config.max_scale)
        under = {"backbone": config.backbone, "width": config.width, "depth": config.depth, "pyramid": config.pyramid}
        network = build_ssd(shape, len(self.classes), self.layout.per_cell, finest_stride=config.finest_stride, prior=0.01, **under)
        average = {"ema": frozen_copy(network)} if config.ema_decay else {}
        return {"network": network, **average}

    def to(self, device: torch.device) -> None:
        """Moves the networks to a device, and the anchors with them."""
        super().to(device)
        self.layout.anchors = self.layout.anchors.to(device)

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage, one player."""
        config, network = self.config, self.nets["network"]
        followers = [Follower(self.nets["ema"], network, config.ema_decay, warm_up=True)] if config.ema_decay else []
        source = data.source("train", config.batch_size, config.seed, config.build_augment(self.preparation["image"].channels))
        yield Stage([config.player("detector", network, self.loss)], config.epochs, source, followers)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch, and how many anchors answer for a box."""
        scores, offsets = self.nets["network"](batch.image)
        return self.criterion(scores.float(), offsets.float(), batch.boxes)

    def criterion(self, scores: Tensor, offsets: Tensor, boxes: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """What is minimised: scores (batch, A, 1 + classes) and offsets (batch, A, 4) against true boxes (batch, most, 5)."""
        config = self.config
        labels, wanted, positive = match(boxes, self.layout.anchors, config.match_threshold)
        how = {"alpha": config.offset_weight, "classes": config.class_loss, "kind": config.offset_loss}
        return multibox(scores, offsets, labels, wanted, **how), {"anchors": positive.sum() / len(boxes)}

    def read(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The scores (batch, A, 1 + classes) and offsets (batch, A, 4) by which it answers, float32."""
        scores, offsets = self.nets.get("ema", self.nets["network"])(images)
        return scores.float(), offsets.float()

    def detections(self, scores: Tensor, offsets: Tensor) -> Tensor:
        """What is seen in each image: (batch, 200, 6) of xmin, ymin, xmax, ymax in shares, score and class, -1 for no more."""
        config = self.config
        boxes = decode(offsets, self.layout.anchors).clamp(0, 1)
        soft = "gaussian" if config.nms == "soft" else ""
        return detect(scores.softmax(2), boxes, iou_threshold=config.nms_threshold, soft=soft, sigma=config.soft_nms_sigma)

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The average precision of a part, and its loss."""
        found, losses, count = [], 0.0, 0
        for batch in data.iterate(part):
            scores, offsets = self.read(batch.image)
            losses += float(self.criterion(scores, offsets, batch.boxes)[0]) * batch.size
            count += batch.size
            found.append(self.detections(scores, offsets).cpu().numpy())
        return {**evidence.precision_of(np.concatenate(found), data, part, self.classes), "loss": losses / max(1, count)}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Average precision beside that of mean boxes, curves, a row for each class, and images."""
        start = time.perf_counter()
        found = self._found(data, part)
        rate = len(found) / (time.perf_counter() - start)
        return evidence.evaluate_boxes(found, data, part, self.classes, self.config.score_threshold, rate)

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`boxes`: for each image rows of xmin, ymin, xmax, ymax in its own pixels, score and class; `overlay` shows the surest."""
        return evidence.answers(self._found(data, part), data, part, self.classes, self.config.score_threshold)

    def _found(self, data: PreparedData, part: str) -> np.ndarray:
        return np.concatenate([self.detections(*self.read(batch.image)).cpu().numpy() for batch in data.iterate(part)])
