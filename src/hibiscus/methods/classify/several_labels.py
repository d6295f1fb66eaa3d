"""The objective of `classify` for items with any number of labels, and its metrics on the validation part."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from hibiscus.data.preparation import Preparation
from hibiscus.losses import binary_focal, multi_label_cross_entropy, positive_weights
from hibiscus.metrics.label_metrics import best_threshold, multi_label_metrics
from hibiscus.networks.decision_threshold import DecisionThreshold

__all__ = ["label_loss", "predicted_labels", "validate_labels"]


class _Options(Protocol):
    """The options of `classify` that concern the loss."""

    loss: str
    label_smoothing: float
    focal_gamma: float


def label_loss(logits: Tensor, labels: Tensor, counts: Tensor, items: int, options: _Options) -> Tensor:
    """The loss of logits against zeros and ones, both (batch, labels); scalar, nats.

    Args:
        logits: unbounded scores of the labels.
        labels: whether the item has the label.
        counts: the number of training items with each label.
        items: the number of training items.
        options: of the method.
    """
    if options.loss == "focal":
        return binary_focal(logits, labels, alpha=1 - counts / items, gamma=options.focal_gamma)
    weights = positive_weights(counts, items) if options.loss == "balanced" else None
    return multi_label_cross_entropy(logits, labels, weights, options.label_smoothing)


def validate_labels(
    probabilities: Tensor, labels: Tensor, threshold: DecisionThreshold, part: str
) -> dict[str, float]:
    """The metrics of probabilities (items, labels); on the validation part, the threshold is chosen first."""
    p, y = probabilities.cpu().numpy(), labels.cpu().numpy()
    if part == "val":
        threshold.choose(best_threshold(p, y))
    return multi_label_metrics(p, y, threshold.value.item())


def predicted_labels(
    probabilities: Tensor, threshold: DecisionThreshold, preparation: Preparation
) -> dict[str, list[str]]:
    """The labels of each item whose probability (items, labels) reaches the threshold, as one text."""
    chosen = threshold(probabilities.to(threshold.value.device)).cpu()
    prepared = preparation["labels"]
    return {"labels": prepared.decode(chosen), "classes": list(prepared.names)}
