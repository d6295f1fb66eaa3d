"""Shared by semantic segmentation methods: options, training, metrics and predictions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.segmentation import IGNORED, draw_mask, evaluate_segments
from hibiscus.losses import balanced_weights, dice, pixel_cross_entropy, pixel_focal
from hibiscus.methods import augmentation
from hibiscus.methods.pretrained_backbone import (
    BASE,
    SEGMENTATION_UPDATES,
    BackboneLRFactor,
    FineTuningEpochs,
    adapt_pretrained,
    backbone_lr_factors,
    install_notes,
    resolve_backbone,
)
from hibiscus.metrics.segmentation import SegmentationSums, confusion_matrices
from hibiscus.training import config as shared
from hibiscus.training.ema import ema_followers, ema_or, with_ema
from hibiscus.training.method import Evaluation, Method, SelectionMetric
from hibiscus.training.player import Stage

__all__ = ["SegmentationConfig", "SegmentationMethod"]


class SegmentationConfig(augmentation.AugmentationConfig):
    """Options of semantic segmentation."""

    epochs: FineTuningEpochs = 40
    batch_size: shared.BatchSize = 8
    optimizer: shared.OptimizerName = "adamw"
    learning_rate: shared.LearningRate = 2e-3
    weight_decay: shared.WeightDecay = 1e-2
    schedule: shared.ScheduleName = "one-cycle"
    loss: Literal["cross-entropy", "balanced", "focal", "dice"] = Field(
        "cross-entropy", description="the loss to minimize; dice is the Dice loss plus the cross-entropy"
    )
    focal_gamma: float = Field(
        2.0, ge=0, description="focal loss: exponent gamma, which down-weights easy pixels (Lin et al.)"
    )
    ema_decay: shared.EMADecay = 0.99
    backbone: Literal["auto", "efficientnet-lite0", "own"] = Field(
        "auto",
        description="encoder: efficientnet-lite0 (pretrained on photos) or own (trained from scratch); auto: "
        "efficientnet-lite0 for color photos if its weights are installed, otherwise own",
    )
    backbone_lr_factor: BackboneLRFactor = 0.5
    flip: augmentation.Flip = True
    vertical_flip: augmentation.VerticalFlip = False
    scale_range: augmentation.ScaleRange = 0.25
    translate: augmentation.Translate = 0.1
    brightness: augmentation.Brightness = 0.2
    contrast: augmentation.Contrast = 0.2
    cutout: augmentation.Cutout = 0
    padding_mode: augmentation.PaddingMode = "reflect"
    tta_flip: augmentation.TTAFlip = False


class SegmentationMethod(Method):
    """One network and one player; a method builds the network and may override the loss."""

    needs = frozenset({"image", "mask"})
    gives_images = True
    selection_metric = SelectionMetric("miou")

    own_options: ClassVar[tuple[str, ...]] = ()  # which only the encoder that is trained from scratch has
    network: nn.Module
    weights: Tensor  # of the classes, for the balanced loss

    @classmethod
    def resolve(
        cls, config: shared.TrainingConfig, preparation: Preparation, items: int | None = None
    ) -> shared.TrainingConfig:
        """Chooses the encoder, and how long a pretrained one is fine-tuned."""
        options = cls.own_options
        return resolve_backbone(config, preparation, items, "own", options, SEGMENTATION_UPDATES)

    @classmethod
    def data_notes(cls, dataset: Dataset, config: shared.TrainingConfig) -> list[str]:
        """How to install the weights from which photos would profit."""
        return install_notes(config, dataset)

    @property
    def classes(self) -> list[str]:
        """The names of the classes, in the order of the network's outputs."""
        return list(self.preparation["mask"].names)

    @abstractmethod
    def build(self, shape: tuple[int, int, int], outputs: int) -> nn.Module:
        """The network that maps images of shape (channels, height, width) to class scores for each pixel."""

    @abstractmethod
    def build_on_backbone(self, shape: tuple[int, int, int], outputs: int) -> nn.Module:
        """The network with the pretrained encoder."""

    def networks(self) -> dict[str, nn.Module]:
        """The network, and its exponential moving average unless `ema_decay` is 0."""
        shape, outputs = self.preparation["image"].shape, len(self.classes)
        if self.config.backbone == BASE:
            network = self.build_on_backbone(shape, outputs)
            adapt_pretrained(network, BASE)
        else:
            network = self.build(shape, outputs)
        return with_ema({"network": network}, "network", self.config.ema_decay)

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage with one player."""
        config = self.config
        self.weights = balanced_weights(self.preparation["mask"].counts).to(data.device)
        source = data.source("train", config.batch_size, config.seed, config.build_augment())
        factors = backbone_lr_factors(self.network, config.backbone_lr_factor)
        player = config.player("segmenter", self.network, self.loss, lr_factors=factors)
        yield Stage([player], config.epochs, source, ema_followers(self.nets, "network", config.ema_decay))

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch and its pixel accuracy."""
        scores = self.network(batch.image)
        correct = (scores.detach().argmax(1) == batch.mask).sum()
        accuracy = correct / (batch.mask != IGNORED).sum().clamp_min(1)
        return self.loss_from_outputs(scores, batch.mask), {"pixel_accuracy": accuracy}

    def loss_from_outputs(self, scores: Tensor, mask: Tensor) -> Tensor:
        """The loss of scores (batch, classes, height, width) against class numbers (batch, height, width)."""
        if self.config.loss == "focal":
            return pixel_focal(scores, mask, self.config.focal_gamma)
        if self.config.loss == "dice":
            return dice(scores, mask) + pixel_cross_entropy(scores, mask)
        return pixel_cross_entropy(scores, mask, self.weights if self.config.loss == "balanced" else None)

    def probabilities(self, images: Tensor) -> Tensor:
        """The class probabilities of each pixel, float32 (batch, classes, height, width)."""
        network = ema_or(self.nets, "network")

        def scores(images: Tensor) -> Tensor:
            return network(images).float()

        if self.config.tta_flip:
            return augmentation.flip_average(scores, images, undo=lambda flipped: flipped.flip(3)).softmax(1)
        return scores(images).softmax(1)

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The metrics of a part and its cross-entropy."""
        sums, losses, count = SegmentationSums(len(self.classes)), 0.0, 0
        for batch in data.iterate(part):
            probabilities = self.probabilities(batch.image)
            losses += (
                float(pixel_cross_entropy(probabilities.clamp_min(1e-12).log(), batch.mask)) * batch.size
            )
            count += batch.size
            predicted, mask = probabilities.argmax(1).cpu().numpy(), batch.mask.cpu().numpy()
            sums.add(confusion_matrices(predicted, mask, len(self.classes)))
        return {**sums.metrics(), "loss": losses / max(1, count)}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Metrics, compared with the most frequent class at each position; a table and images."""
        return evaluate_segments(self._predict_masks(data, part), data, part, self.classes)

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """Predicts the class of each pixel.

        Returns:
            `mask` uint8 (items, height, width, 1), class numbers; `overlay` uint8 (items, height, width, 3),
            the images with their masks drawn over them; `size` (items, 2), height and width of the image
            files; `classes`, the names of the classes.
        """
        images = data.rows("image", part)
        masks = np.zeros(images.shape[:3], np.uint8)
        overlays, done = np.zeros((*images.shape[:3], 3), np.uint8), 0
        for predicted in self._predict_masks(data, part):
            for mask in predicted:
                masks[done], overlays[done] = mask, draw_mask(images[done], mask, len(self.classes))
                done += 1
        return {
            "mask": masks[..., None],
            "overlay": overlays,
            "size": data.file_sizes(part),
            "classes": self.classes,
        }

    def _predict_masks(self, data: PreparedData, part: str) -> Iterator[np.ndarray]:
        """The class of each pixel, uint8 `(items, height, width)`, in batches."""
        for batch in data.iterate(part):
            yield self.probabilities(batch.image).argmax(1).to(torch.uint8).cpu().numpy()
