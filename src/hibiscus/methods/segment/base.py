"""What methods that give each pixel a class share: the losses, the random changes, the figures and the answers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import segmentation as evidence
from hibiscus.losses import balanced_weights, dice, pixel_cross_entropy, pixel_focal
from hibiscus.methods.augmentation import ChangeConfig
from hibiscus.metrics.segmentation import confusion_of, segmentation_metrics
from hibiscus.training.method import Evaluation, Method, SelectionMetric
from hibiscus.training.player import Follower, Stage, frozen_copy

__all__ = ["SegmentConfig", "Segmenter"]


class SegmentConfig(ChangeConfig):
    """Options of methods that give each pixel a class."""

    epochs: int = Field(40, ge=1, description="passes over the training part")
    batch_size: int = Field(8, ge=1, description="images in a batch")
    optimizer: Literal["sgd", "rmsprop", "adam", "adamw"] = Field("adamw", description="which optimizer")
    learning_rate: float = Field(2e-3, gt=0, description="learning rate where the schedule is 1")
    weight_decay: float = Field(1e-2, ge=0, description="L2 decay of weights (not of biases and norms); decoupled in adamw")
    schedule: Literal["constant", "cosine", "linear", "one-cycle", "steps"] = Field("one-cycle", description="course of the learning rate")
    loss: Literal["cross-entropy", "balanced", "focal", "dice"] = Field(
        "cross-entropy", description="what is minimised; dice is the sum of Dice loss and cross-entropy"
    )
    focal_gamma: float = Field(2.0, ge=0, description="focal: how much less easy pixels count (Lin et al.)")
    ema_decay: float = Field(0.99, ge=0, lt=1, description="decay of an average of the weights that is used in the end; 0 for none")
    flip: bool = Field(True, description="random changes: mirror left and right")
    vertical_flip: bool = Field(False, description="random changes: mirror top and bottom")
    scale_range: float = Field(0.25, ge=0, lt=1, description="random changes: magnify by 1 - zoom to 1 + zoom")
    translate: float = Field(0.1, ge=0, lt=1, description="random changes: most offset, as a share of the side")
    brightness: float = Field(0.2, ge=0, le=1, description="random changes: most relative change")
    contrast: float = Field(0.2, ge=0, le=1, description="random changes: most relative change about the mean")
    cutout: int = Field(0, ge=0, description="random changes: side in pixels of an erased square")
    padding_mode: Literal["zero", "nearest", "reflect"] = Field("reflect", description="random changes: what lies outside the image")
    tta_flip: bool = Field(False, description="answer by the mean over each image and its mirror image")


class Segmenter(Method):
    """One network and one player; `build` says which network."""

    family = "segment"
    needs = frozenset({"image", "mask"})
    gives_images = True
    selection_metric = SelectionMetric("miou")

    weights: Tensor  # of the classes, for the balanced loss

    @property
    def classes(self) -> list[str]:
        """The names of the classes, in the order of the network's outputs."""
        return list(self.preparation["mask"].names)

    @abstractmethod
    def build(self, shape: tuple[int, int, int], outputs: int) -> nn.Module:
        """The network from images of a shape (channels, height, width) to class scores of each pixel."""

    def networks(self) -> dict[str, nn.Module]:
        """The network, and its average where one is asked for."""
        network = self.build(self.preparation["image"].shape, len(self.classes))
        average = {"ema": frozen_copy(network)} if self.config.ema_decay else {}
        return {"network": network, **average}

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage, one player."""
        config, network = self.config, self.nets["network"]
        self.weights = balanced_weights(self.preparation["mask"].counts).to(data.device)
        followers = [Follower(self.nets["ema"], network, config.ema_decay, warm_up=True)] if config.ema_decay else []
        source = data.source("train", config.batch_size, config.seed, config.build_augment())
        yield Stage([config.player("segmenter", network, self.loss)], config.epochs, source, followers)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch, and the share of its pixels that are right."""
        scores = self.nets["network"](batch.image)
        right = (scores.detach().argmax(1) == batch.mask).sum() / (batch.mask != evidence.IGNORED).sum().clamp_min(1)
        return self.criterion(scores, batch.mask), {"pixel_accuracy": right}

    def criterion(self, scores: Tensor, mask: Tensor) -> Tensor:
        """What is minimised: scores (batch, classes, height, width) against class numbers (batch, height, width)."""
        if self.config.loss == "focal":
            return pixel_focal(scores, mask, self.config.focal_gamma)
        if self.config.loss == "dice":
            return dice(scores, mask) + pixel_cross_entropy(scores, mask)
        return pixel_cross_entropy(scores, mask, self.weights if self.config.loss == "balanced" else None)

    def probabilities(self, images: Tensor) -> Tensor:
        """The probability of each class at each pixel, float32 (batch, classes, height, width)."""
        network = self.nets.get("ema", self.nets["network"])
        scores = network(images).float()
        if self.config.tta_flip:
            scores = (scores + network(images.flip(3)).float().flip(3)) / 2
        return scores.softmax(1)

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The figures of a part, and its loss."""
        confusions, losses, count = [], 0.0, 0
        for batch in data.iterate(part):
            probabilities = self.probabilities(batch.image)
            losses += float(pixel_cross_entropy(probabilities.clamp_min(1e-12).log(), batch.mask)) * batch.size
            count += batch.size
            confusions.append(confusion_of(probabilities.argmax(1).cpu().numpy(), batch.mask.cpu().numpy(), len(self.classes)))
        return {**segmentation_metrics(np.concatenate(confusions)), "loss": losses / max(1, count)}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """The figures beside those of the commonest class at each place, a table by class, and images."""
        return evidence.evaluate_segments(self._answers(data, part), data, part, self.classes)

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """What each pixel is.

        Returns:
            `mask` uint8 (items, height, width, 1), class numbers; `overlay` uint8 (items, height, width, 3), they painted on the images;
            `size` (items, 2), the height and width that the images have in their files; `classes`, the names of the numbers.
        """
        masks = self._answers(data, part)
        images = data.values("image", part)
        shown = [evidence.painted(image, mask, len(self.classes)) for image, mask in zip(images, masks, strict=True)]
        return {"mask": masks[..., None], "overlay": np.stack(shown), "size": data.file_sizes(part), "classes": self.classes}

    def _answers(self, data: PreparedData, part: str) -> np.ndarray:
        found = [self.probabilities(batch.image).argmax(1).to(torch.uint8).cpu().numpy() for batch in data.iterate(part)]
        return np.concatenate(found)
