"""The objective of `classify` for items with any number of labels."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from hibiscus.losses import binary_focal, multi_label_cross_entropy, positive_weights

__all__ = ["label_loss"]


def label_loss(logits: Tensor, labels: Tensor, counts: Tensor, items: int, options: Any) -> Tensor:
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
    weights = positive_weights(counts, items) if options.class_weight == "balanced" else None
    return multi_label_cross_entropy(logits, labels, weights, options.label_smoothing)
