r"""Classification: learns from labeled examples to predict the class of an item.

    loss = - mean over items of  log p(label | x),    p(. | x) = softmax(network(x))

The network is trained by maximum likelihood. With two classes it has one output and `p(second class | x) =
sigmoid(network(x))`. With label smoothing `s` the target is `(1 - s) one_hot(label) + s / classes`. Choices
of `loss`: `cross-entropy` as above; `balanced` multiplies the term of an item by `alpha(label) = items /
(classes * items of its class)`, counted in the training part; `focal` by `alpha(label) (1 - p)^gamma`, with
`p = p(label | x)`.

Use it for images, tables, texts and time series with one label per item. What most often goes wrong is
overfitting: training accuracy rises while validation accuracy falls. Remedies, in this order, are more data,
augmentation (`crop=4 flip=true`), `net.dropout=0.3` and weight decay. With imbalanced classes, look at macro
F1 and the confusion matrix rather than at accuracy, and use `loss=balanced`.

Differences from the paper: the best epoch is selected on a validation part that is held out from training,
never on the test part.

Reference: Goodfellow, Bengio, Courville, "Deep Learning", 2016, chapters 6 and 8; focal loss: Lin et al.,
    "Focal Loss for Dense Object Detection", 2017, arXiv 1708.02002; label smoothing: Szegedy et al., 2015,
    arXiv 1512.00567.
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
from hibiscus.evaluation.classification import evaluate_classifier
from hibiscus.losses import (
    balanced_cross_entropy,
    balanced_weights,
    binary_cross_entropy,
    cross_entropy,
    focal,
)
from hibiscus.methods import outputs, supervised
from hibiscus.methods.outputs import predict_part
from hibiscus.methods.supervised import SupervisedConfig
from hibiscus.training.config import TrainingConfig
from hibiscus.training.ema import ema_or
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["Classify"]


class Config(SupervisedConfig):
    """Options of `classify`."""

    loss: Literal["cross-entropy", "balanced", "focal"] = Field(
        "cross-entropy", description="the loss to minimize"
    )
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="probability mass of the target that is spread evenly over all classes"
    )
    focal_gamma: float = Field(
        2.0, ge=0, description="focal loss: exponent gamma, which down-weights easy items (Lin et al.)"
    )
    focal_alpha: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="focal loss, two classes: weight alpha of the second class, 1 - alpha of the first; "
        "by default each class is weighted by the inverse of its frequency in training",
    )


class Classify(Method):
    """One network and one player; the output layer and the loss follow from the number of classes."""

    name = "classify"
    title = "Classification"
    family = "classify"
    summary = "classification of images, tables, texts and time series"
    needs = frozenset({"label"})
    selection_metric = SelectionMetric("accuracy")
    smoke_test = SmokeTest(
        "digits",
        {"net": "mlp", "net_options": {"hidden": [16], "dropout": 0.2}, "epochs": 2, "batch_size": 50},
    )
    Config = Config

    network: nn.Module
    counts: Tensor  # number of training items per class, set when the stage is built

    @property
    def classes(self) -> list[str]:
        """The names of the classes, in the order of the network's outputs."""
        return list(self.preparation["label"].names)

    @classmethod
    def resolve(
        cls, config: TrainingConfig, preparation: Preparation, items: int | None = None
    ) -> TrainingConfig:
        """Fills in the network and the optimizer settings that were not given."""
        resolved = supervised.resolve_supervised(config, preparation, items)
        if isinstance(resolved, Config) and resolved.loss == "focal" and resolved.label_smoothing:
            raise ConfigError(
                "label_smoothing together with loss=focal", "one of the two", "leave label_smoothing out"
            )
        if isinstance(resolved, Config) and resolved.focal_alpha and preparation["label"].num_classes > 2:
            raise ConfigError(
                f"focal_alpha={resolved.focal_alpha} with {preparation['label'].num_classes} classes",
                "two classes",
                "leave focal_alpha out: classes are weighted by the inverse of their frequency",
            )
        return resolved

    def networks(self) -> dict[str, nn.Module]:
        """The network, with a single output for two classes, otherwise one output per class."""
        num_outputs = 1 if len(self.classes) == 2 else len(self.classes)
        return supervised.build_supervised(self.config, self.preparation, num_outputs)

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage with one player."""
        self.counts = torch.from_numpy(
            np.bincount(data.values("label", "train"), minlength=len(self.classes))
        ).to(data.device)
        yield supervised.supervised_stage(self.config, self.nets, data, self.loss, "classifier")

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch and its accuracy."""
        logits = outputs.forward(self.network, batch)
        predicted = logits.detach().argmax(1) if logits.shape[1] > 1 else logits.detach()[:, 0] > 0
        accuracy = (predicted == batch.label).float().mean()
        return self.loss_from_outputs(logits, batch.label), {"accuracy": accuracy}

    def loss_from_outputs(self, logits: Tensor, label: Tensor) -> Tensor:
        """The loss of `logits` (batch, outputs) against class numbers `label` (batch,); scalar, nats."""
        config = self.config
        if config.loss == "focal":
            alpha = balanced_weights(self.counts) if config.focal_alpha is None else config.focal_alpha
            return focal(logits, label, alpha=alpha, gamma=config.focal_gamma)
        if config.loss == "balanced":
            return balanced_cross_entropy(logits, label, self.counts, label_smoothing=config.label_smoothing)
        loss = binary_cross_entropy if logits.shape[1] == 1 else cross_entropy
        return loss(logits, label, label_smoothing=config.label_smoothing)

    @staticmethod
    def probabilities(logits: Tensor) -> Tensor:
        """Converts outputs `(batch, outputs)` to probabilities `(batch, classes)`."""
        if logits.shape[1] == 1:
            second = logits.sigmoid()
            return torch.cat([1 - second, second], dim=1)
        return logits.softmax(1)

    def predict(self, data: PreparedData, part: str) -> dict[str, np.ndarray]:
        """The probabilities `(items, classes)` of a part."""
        network = ema_or(self.nets, "network")
        return {
            "probabilities": predict_part(
                network, data, part, self.probabilities, self.config.tta_flip
            ).numpy()
        }

    def embed(self, data: PreparedData, part: str) -> np.ndarray:
        """The input of the network's last layer for each item of a part, float32 `(items, features)`."""
        features = outputs.before_last(ema_or(self.nets, "network"))
        return predict_part(features, data, part, tta_flip=self.config.tta_flip).numpy()

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """Accuracy and loss on a part."""
        logits = predict_part(ema_or(self.nets, "network"), data, part, tta_flip=self.config.tta_flip)
        label = torch.from_numpy(data.values("label", part))
        correct = self.probabilities(logits).argmax(1) == label
        loss = self.loss_from_outputs(logits.to(data.device), label.to(data.device))
        return {"accuracy": correct.float().mean().item(), "loss": loss.item()}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """All metrics and report items, with the majority class and a linear model as baselines."""
        return evaluate_classifier(
            self.predict(data, part)["probabilities"], data, part, self.classes, self.config.seed
        )
