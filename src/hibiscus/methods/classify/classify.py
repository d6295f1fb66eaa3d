r"""Classification: learns from labeled examples to predict the class of an item.

    loss = - mean over items of  log p(label | x),    p(. | x) = softmax(network(x))

The network is trained by maximum likelihood. With two classes it has one output and `p(second class | x) =
sigmoid(network(x))`. With label smoothing `s` the target is `(1 - s) one_hot(label) + s / classes`.
`class_weight=balanced` multiplies the term of an item by `alpha(label) = items / (classes * items of its
class)`, counted in training; `loss=focal` by `alpha(label) (1 - p(label | x))^gamma`. `sampling=balanced`
instead draws equally many items of each class. `mixup` and `cutmix` train on mixed images with mixed targets.

If items may have several labels, each label has its own output: `loss = - mean over items and labels of
y log p + (1 - y) log(1 - p)`, `p = sigmoid(network(x))`, `y = 1` for the labels of the item. Balanced
weights multiply the first term by the ratio of items without and with the label; `focal` multiplies both by
the frequency of the other value and by the error to the power of gamma. A label is predicted where `p`
reaches the threshold with the best F1 on the validation part. `threshold=f1`, `threshold=balanced-accuracy`
or a number does so for the second of two classes. `calibrate=true` divides the logits by a temperature that
is fitted there.

Use it for images, tables, texts and time series. What most often goes wrong is overfitting: training accuracy
rises while validation accuracy falls. Remedies are more data, augmentation (`augment=strong`, `flip=true`),
`net.dropout=0.3` and weight decay. With imbalanced classes, look at macro F1 and use `class_weight=balanced`.

Differences from the paper: the best epoch is selected on a validation part, never on the test part. Color
photos are learned from a pretrained base: a head, then its deepest blocks (`transfer`; `none`: from scratch).

Reference: Goodfellow, Bengio, Courville, "Deep Learning", 2016, chapters 6 and 8; focal loss: Lin et al.,
    2017, arXiv 1708.02002; label smoothing: Szegedy et al., 2015, arXiv 1512.00567; mixup: Zhang et al.,
    2018, arXiv 1710.09412; CutMix: Yun et al., 2019, arXiv 1905.04899.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.methods import outputs, supervised
from hibiscus.methods.classify import decisions
from hibiscus.methods.classify.evaluated import evaluate_outputs
from hibiscus.methods.classify.objective import ClassifyConfig, check_objective, classification_loss
from hibiscus.methods.supervised_method import SupervisedMethod
from hibiscus.methods.transfer_stages import supervised_stages
from hibiscus.ops.mixing import mix_images, mixed_loss
from hibiscus.training.config import TrainingConfig
from hibiscus.training.ema import ema_or
from hibiscus.training.method import Evaluation, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["Classify"]


class Classify(SupervisedMethod):
    """One network and one player; the output layer and the loss follow from the classes or labels."""

    name = "classify"
    title = "Classification"
    family = "classify"
    summary = "classification of images, tables, texts and time series"
    needs = frozenset({"label"})
    uses = frozenset({"labels"})
    selection_metric = SelectionMetric("accuracy")
    smoke_test = SmokeTest(
        "digits",
        {"net": "mlp", "net_options": {"hidden": [16], "dropout": 0.2}, "epochs": 2, "batch_size": 50},
    )
    Config = ClassifyConfig

    network: nn.Module
    counts: Tensor  # number of training items with each class or label
    items: int  # of the training part

    @property
    def several(self) -> bool:
        """Whether an item may have several labels."""
        return "labels" in self.preparation

    @property
    def classes(self) -> list[str]:
        """The names of the classes or labels, in the order of the network's outputs."""
        return list(self.preparation["labels" if self.several else "label"].names)

    @classmethod
    def choose_selection_metric(cls, config: TrainingConfig, preparation: Any = None) -> SelectionMetric:
        """Accuracy, or that of the threshold; of several labels the mean average precision."""
        if preparation and "labels" in preparation:
            return SelectionMetric("map")
        return SelectionMetric(decisions.metric_of_threshold(config) or "accuracy")

    @classmethod
    def resolve(
        cls, config: TrainingConfig, preparation: Preparation, items: int | None = None
    ) -> TrainingConfig:
        """Fills in the network and the optimizer settings that were not given."""
        resolved = super().resolve(config, preparation, items)
        if isinstance(resolved, ClassifyConfig):
            check_objective(resolved, preparation)
        decisions.check_options(resolved, preparation)
        return resolved

    def networks(self) -> dict[str, nn.Module]:
        """The network, with a single output for two classes, otherwise one output per class or label."""
        num_outputs = 1 if len(self.classes) == 2 and not self.several else len(self.classes)
        networks = supervised.build_supervised(self.config, self.preparation, num_outputs)
        return networks | decisions.decision_networks(self.config, self.several)

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage with one player; with a pretrained base, those of `transfer_stages`."""
        label = data.values("labels" if self.several else "label", "train")
        counts = label.sum(0) if self.several else np.bincount(label, minlength=len(self.classes))
        if self.config.balanced_sampling:
            counts = (counts > 0).astype(counts.dtype)  # as often as they are drawn
        self.counts, self.items = torch.from_numpy(counts).to(data.device), len(label)
        yield from supervised_stages(self.config, self.nets, data, self.loss, "classifier")

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch, of mixed images if the options say so, and the accuracy of single labels."""
        config, mix = self.config, None
        if (config.mixup or config.cutmix) and "image" in batch:  # not of the features of a base
            mix = mix_images(batch.image, config.mixup, config.cutmix)
            batch = Batch({**batch, "image": mix.images})
        logits, label = outputs.with_targets(self.network, batch, "labels" if self.several else "label")
        loss = mixed_loss(lambda target: self.loss_from_outputs(logits, target), label, mix)
        if self.several:
            return loss, {}
        predicted = logits.argmax(1) if logits.shape[1] > 1 else logits[:, 0] > 0
        main = label if mix is None or mix.share >= 0.5 else label[mix.partner]
        return loss, {"accuracy": (predicted == main).float().mean()}

    def loss_from_outputs(self, logits: Tensor, label: Tensor) -> Tensor:
        """The loss of `logits` (batch, outputs) against class numbers (batch,) or labels (batch, labels)."""
        return classification_loss(logits, label, self.counts, self.items, self.config)

    def probabilities(self, logits: Tensor) -> Tensor:
        """Converts outputs `(batch, outputs)` to probabilities `(batch, classes)`."""
        logits = decisions.calibrated(self.nets, logits)
        if self.several:
            return logits.sigmoid()
        if logits.shape[1] == 1:
            return torch.cat([-logits, logits], dim=1).sigmoid()  # 1 - sigmoid would round to 0
        return logits.softmax(1)

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """The probabilities `(items, classes)` of a part, and what a threshold predicts."""
        network, flip = ema_or(self.nets, "network"), self.config.tta_flip
        p = outputs.predict_part(network, data, part, self.probabilities, flip)
        return {**decisions.predicted(p, self.nets, self.preparation), "probabilities": p.numpy()}

    def embed(self, data: PreparedData, part: str) -> np.ndarray:
        """The input of the network's last layer for each item of a part, float32 `(items, features)`."""
        features = outputs.before_last(ema_or(self.nets, "network"))
        return outputs.predict_part(features, data, part, tta_flip=self.config.tta_flip).numpy()

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """Accuracy and loss on a part, or the metrics of several labels."""
        network, flip = ema_or(self.nets, "network"), self.config.tta_flip
        logits = outputs.predict_part(network, data, part, tta_flip=flip).to(data.device)
        target = torch.from_numpy(data.values("labels" if self.several else "label", part)).to(data.device)
        if part == "val":
            decisions.fit_decisions(self.nets, self.config, logits, target, self.probabilities)
        loss, p = self.loss_from_outputs(logits, target).item(), self.probabilities(logits).cpu()
        return {**decisions.decision_metrics(p, target.cpu(), self.nets, self.config), "loss": loss}

    def evaluate_predictions(self, data: PreparedData, part: str) -> Evaluation:
        """All metrics and report items, with simple models as baselines."""
        network = ema_or(self.nets, "network")
        logits = outputs.predict_part(network, data, part, tta_flip=self.config.tta_flip)
        return evaluate_outputs(self, logits, data, part)
