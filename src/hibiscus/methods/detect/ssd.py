r"""Single shot detector (SSD): predicts the class and box of every object in one pass over the image.

    loss = 1/N (L_conf + offset_weight L_loc),    N = number of anchors matched to a box
    L_conf = - sum over the matched and the 3 N hardest background anchors of  log p(true class)
    L_loc  = sum over the N matched anchors and four offsets of  smooth_l1(predicted - target)
    target = ((x_box - x_anchor) / w_anchor / 0.1, (y_box - y_anchor) / h_anchor / 0.1,
              log(w_box / w_anchor) / 0.2,         log(h_box / h_anchor) / 0.2)

Anchors of a few sizes are centered on every cell of feature maps of several resolutions. For each anchor, the
network predicts a class and box offsets. In training, each true box is matched to the anchor with the highest
IoU and to all anchors whose IoU exceeds `match_threshold`; at inference, non-maximum suppression keeps the
highest-scoring of overlapping boxes.

Use it to count and locate objects such as cells, products or animals; annotations may be Pascal VOC, COCO,
YOLO, CSV and other files. Boxes are reported from the score with the best F1 on the validation part. What
most often goes wrong: objects without annotations (they are learned as background), objects smaller than the
anchors of the finest map (set `finest_stride=4` or a larger `image_size`), and too few epochs: from scratch,
200 images need about 60.

For color photos the backbone is EfficientNet-Lite0, pretrained on ImageNet, if its weights are installed
(extra `pretrained`). It needs fewer images and fewer epochs than a network from scratch: about 900 batches in
all. Its stages of strides 2 and 4, its depthwise filters and its batch-norm statistics stay as they are; the
rest learns at half the rate of the new layers (`backbone_lr_factor`). `backbone=resnet` trains from scratch.

Differences from the paper: anchors fitted to the training boxes (`anchors=paper` for the paper's); the
    pretrained backbone, or a small ResNet v2, instead of VGG; all images are resized to one size with their
    typical aspect ratio; predictions use an exponential moving average (EMA) of the weights.
    `class_loss=focal` uses all background anchors and down-weights easy ones; `offsets=raw` predicts the
    differences of the edges of box and anchor.

Reference: Liu et al., "SSD: Single Shot MultiBox Detector", 2016, arXiv 1512.02325; focal loss: Lin et al.,
    2017, arXiv 1708.02002; Soft-NMS: Bodla et al., 2017, arXiv 1704.04503; anchors from data: Redmon,
    Farhadi, 2017, arXiv 1612.08242.
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
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import detection
from hibiscus.evaluation.box_predictions import box_predictions
from hibiscus.losses import multibox
from hibiscus.methods.detect.anchor_grid import AnchorGrid, fitted_anchor_grid, paper_anchor_grid
from hibiscus.methods.detect.base import DetectionConfig, DetectionMethod
from hibiscus.methods.pretrained_backbone import BASE, adapt_pretrained, backbone_lr_factors
from hibiscus.networks.ssd import build_ssd
from hibiscus.ops.boxes import decode, match
from hibiscus.ops.nms import detect
from hibiscus.training.ema import ema_followers, ema_or, with_ema
from hibiscus.training.method import Evaluation, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["SSD"]


class Config(DetectionConfig):
    """Options of `ssd`."""

    pyramid: bool = Field(
        True, description="feature pyramid: add coarse to fine maps; false for the paper's separate maps"
    )
    finest_stride: Literal[4, 8, 16] = Field(
        8, description="stride of the finest map in pixels (8 in Liu et al.)"
    )
    levels: int | None = Field(
        None, ge=1, description="feature maps; default: chosen by box sizes, or all for anchors=paper"
    )
    class_loss: Literal["mining", "focal"] = Field(
        "mining", description="class loss: mining (cross-entropy with hard negative mining) or focal"
    )


class SSD(DetectionMethod):
    """One network with prediction heads on each feature map, trained by one player."""

    name = "ssd"
    title = "Single shot detector"
    family = "detect"
    summary = "object detection in a single pass with SSD"
    needs = frozenset({"image", "boxes"})
    selection_metric = SelectionMetric("map50")
    smoke_test = SmokeTest(
        "scenes",
        {"epochs": 2, "batch_size": 16, "width": 0.25, "levels": 2, "anchors_per_cell": 2, "ema_decay": 0.9},
    )
    Config = Config

    network: nn.Module
    anchor_grid: AnchorGrid

    def networks(self) -> dict[str, nn.Module]:
        """The network for the anchor grid, and its exponential moving average unless `ema_decay` is 0."""
        config, shape = self.config, self.preparation["image"].shape
        if config.anchors == "fitted":
            sizes = self.preparation["boxes"].sizes
            self.anchor_grid = fitted_anchor_grid(
                shape, config.finest_stride, sizes, config.anchors_per_cell, config.levels
            )
        else:
            self.anchor_grid = paper_anchor_grid(
                shape, config.finest_stride, config.levels, config.min_scale, config.max_scale
            )
        options = {name: getattr(config, name) for name in ("width", "depth", "pyramid", "finest_stride")}
        options["backbone"] = "resnet" if config.backbone == "auto" else config.backbone
        network = build_ssd(shape, len(self.classes), self.anchor_grid.per_cell, prior=0.01, **options)
        if config.backbone == BASE:
            adapt_pretrained(network, BASE)
        return with_ema({"network": network}, "network", config.ema_decay)

    def to(self, device: torch.device) -> None:
        """Moves the networks and the anchors to the device."""
        super().to(device)
        self.anchor_grid.anchors = self.anchor_grid.anchors.to(device)

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage with one player."""
        config, augment = self.config, self.config.build_augment(self.preparation["image"].channels)
        source = data.source("train", config.batch_size, config.seed, augment)
        factors = backbone_lr_factors(self.network, config.backbone_lr_factor)
        player = config.player("detector", self.network, self.loss, lr_factors=factors)
        yield Stage([player], config.epochs, source, ema_followers(self.nets, "network", config.ema_decay))

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch, and the number of matched anchors per image."""
        scores, offsets = self.network(batch.image)
        return self.loss_from_outputs(scores.float(), offsets.float(), batch.boxes)

    def loss_from_outputs(
        self, scores: Tensor, offsets: Tensor, boxes: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of scores (batch, A, 1 + classes), offsets (batch, A, 4) against boxes (batch, n, 5)."""
        config = self.config
        limits = config.match_threshold, config.negative_limit
        labels, targets, positive = match(boxes, self.anchor_grid.anchors, *limits, config.deviations)
        options = {"alpha": config.offset_weight, "classes": config.class_loss, "kind": config.offset_loss}
        options |= {"sigma": config.smooth_l1_sigma, "ratio": config.negative_ratio}
        return multibox(scores, offsets, labels, targets, **options), {"anchors": positive.sum() / len(boxes)}

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The scores (batch, A, 1 + classes) and offsets (batch, A, 4) used for prediction, float32."""
        scores, offsets = ema_or(self.nets, "network")(images)
        return scores.float(), offsets.float()

    def detections(self, scores: Tensor, offsets: Tensor) -> Tensor:
        """Detections (batch, 200, 6): relative xmin, ymin, xmax, ymax, score, class; class -1 is padding."""
        config = self.config
        boxes = decode(offsets, self.anchor_grid.anchors, config.deviations).clamp(0, 1)
        soft = config.soft_nms if config.nms == "soft" else ""
        return detect(
            scores.softmax(2),
            boxes,
            iou_threshold=config.nms_threshold,
            soft=soft,
            sigma=config.soft_nms_sigma,
        )

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """Mean average precision and loss on a part."""
        detections, losses, count = [], 0.0, 0
        for batch in data.iterate(part):
            scores, offsets = self.forward(batch.image)
            losses += float(self.loss_from_outputs(scores, offsets, batch.boxes)[0]) * batch.size
            count += batch.size
            detections.append(self.detections(scores, offsets).cpu().numpy())
        every = np.concatenate(detections)
        self.choose_threshold(every, data, part)
        metrics = detection.mean_average_precision(every, data, part, self.classes)
        return {**metrics, "loss": losses / max(1, count)}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Average precision compared with that of the mean boxes; curves, a table by class, and images."""
        start = time.perf_counter()
        detections = self._detect_part(data, part)
        throughput = len(detections) / (time.perf_counter() - start)
        chosen = self.config.score_threshold is None
        return detection.evaluate_boxes(
            detections, data, part, self.classes, self.score_threshold, throughput, chosen
        )

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`boxes`: rows of xmin, ymin, xmax, ymax in pixels, score, class; `overlay`: images with boxes."""
        return box_predictions(self._detect_part(data, part), data, part, self.classes, self.score_threshold)

    def _detect_part(self, data: PreparedData, part: str) -> np.ndarray:
        batches = [self.detections(*self.forward(batch.image)).cpu().numpy() for batch in data.iterate(part)]
        return np.concatenate(batches)
