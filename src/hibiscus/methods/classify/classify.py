r"""Classification: learns from labelled examples which class an item belongs to.

    loss = - mean over items of  log p(label | x),    p(. | x) = softmax(network(x))

With two classes the network has one output and `p(second class | x) = sigmoid(network(x))`. With label smoothing `s`
the target is `(1 - s) one_hot(label) + s / classes`. Choices of `loss`: `cross-entropy` as above; `balanced` weighs each
class by the inverse of its share in the training part; `focal` weighs each item by `(1 - p(label | x))^gamma`.

Use it for images, tables, texts and series with one label each. What most often goes wrong is overfitting: training
accuracy climbs while validation turns. More data, augmentation (`crop=4 flip=true`), `net.dropout=0.3` or weight decay
help, in this order. Unequal classes: read macro F1 and the confusion matrix, not accuracy.

Departs: the best epoch is chosen on a validation part cut from the training part, never on the test part.

Reference: Goodfellow, Bengio, Courville, "Deep Learning", 2016, chapters 6 and 8; focal loss: Lin et al., "Focal Loss for
Dense Object Detection", 2017, arXiv 1708.02002; label smoothing: Szegedy et al., 2015, arXiv 1512.00567.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import ConfigError
from hibiscus.evaluation import classification as evidence
from hibiscus.losses import balanced_cross_entropy, binary_cross_entropy, cross_entropy, focal
from hibiscus.methods.supervised import (
    SupervisedConfig,
    before_last,
    build_supervised,
    forward,
    read_all,
    resolve_supervised,
    supervised_stage,
)
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["Classify"]


class Config(SupervisedConfig):
    """Options of `classify`."""

    loss: Literal["cross-entropy", "balanced", "focal"] = Field("cross-entropy", description="what is minimised")
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="share of the target spread over all classes")
    focal_gamma: float = Field(2.0, ge=0, description="focal: how much less easy items count (Lin et al.)")
    focal_alpha: float = Field(0.25, gt=0, lt=1, description="focal, two classes: weight of the second (Lin et al.)")


class Classify(Method):
    """One network and one player; the head and the loss follow from the number of classes."""

    name, title, family = "classify", "Classification", "classify"
    needs = frozenset({"label"})
    selection_metric = SelectionMetric("accuracy")
    smoke_test = SmokeTest("digits", {"net": "mlp", "net_options": {"hidden": [16], "dropout": 0.2}, "epochs": 2, "batch_size": 50})
    Config = Config

    counts: Tensor  # items of each class in training, known once the stage is built

    @property
    def classes(self) -> list[str]:
        """The names of the classes, in the order of the network's outputs."""
        return list(self.preparation["label"].names)

    @classmethod
    def resolve(cls, config: TrainingConfig, preparation: Preparation, items: int | None = None) -> TrainingConfig:
        """The network for the data, and the optimizer's settings for the network, where they were left open."""
        resolved = resolve_supervised(config, preparation, items)
        if isinstance(resolved, Config) and resolved.loss == "focal" and resolved.label_smoothing:
            raise ConfigError("label_smoothing together with loss=focal", "one of the two", "leave label_smoothing out")
        return resolved

    def networks(self) -> dict[str, nn.Module]:
        """The network, with one output for two classes and one for each of more."""
        outputs = 1 if len(self.classes) == 2 else len(self.classes)
        return build_supervised(self.config, self.preparation, outputs)

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage, one player."""
        self.counts = torch.from_numpy(np.bincount(data.values("label", "train"), minlength=len(self.classes))).to(data.device)
        yield supervised_stage(self.config, self.nets, data, self.loss, "classifier")

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch and its accuracy."""
        logits = forward(self.nets["network"], batch)
        answer = logits.detach().argmax(1) if logits.shape[1] > 1 else logits.detach()[:, 0] > 0
        right = (answer == batch.label).float().mean()
        return self.criterion(logits, batch.label), {"accuracy": right}

    def criterion(self, logits: Tensor, label: Tensor) -> Tensor:
        """The loss of `logits` (batch, outputs) against class numbers `label` (batch,); scalar, nats."""
        config = self.config
        if config.loss == "focal":
            alpha = config.focal_alpha if logits.shape[1] == 1 else None
            return focal(logits, label, alpha=alpha, gamma=config.focal_gamma)
        if config.loss == "balanced":
            return balanced_cross_entropy(logits, label, self.counts, label_smoothing=config.label_smoothing)
        chosen = binary_cross_entropy if logits.shape[1] == 1 else cross_entropy
        return chosen(logits, label, label_smoothing=config.label_smoothing)

    @staticmethod
    def probabilities(logits: Tensor) -> Tensor:
        """From outputs `(batch, outputs)` to probabilities `(batch, classes)`."""
        if logits.shape[1] == 1:
            second = logits.sigmoid()
            return torch.cat([1 - second, second], dim=1)
        return logits.softmax(1)

    def predict(self, data: PreparedData, part: str) -> dict[str, np.ndarray]:
        """The probabilities `(items, classes)` of a part."""
        network = self.nets.get("ema", self.nets["network"])
        return {"probabilities": read_all(network, data, part, self.probabilities, self.config.tta_flip).numpy()}

    def embed(self, data: PreparedData, part: str) -> np.ndarray:
        """What the network's last layer sees of each item of a part, float32 `(items, numbers)`."""
        seen = before_last(self.nets.get("ema", self.nets["network"]))
        return read_all(seen, data, part, lambda features: features, self.config.tta_flip).numpy()

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """Accuracy on a part, and the loss that is minimised in training."""
        logits = read_all(self.nets.get("ema", self.nets["network"]), data, part, lambda raw: raw, self.config.tta_flip)
        label = torch.from_numpy(data.values("label", part))
        right = self.probabilities(logits).argmax(1) == label
        return {"accuracy": right.float().mean().item(), "loss": self.criterion(logits.to(data.device), label.to(data.device)).item()}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """All metrics, beside the majority class and a linear model, with the evidence for the report."""
        return evidence.evaluate_classifier(self.predict(data, part)["probabilities"], data, part, self.classes, self.config.seed)
