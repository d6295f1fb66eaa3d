"""Losses of classification, such as cross-entropies: pure functions of logits and targets, in nats.

All take logits, never probabilities, since the logarithm of a rounded probability is inaccurate. All compute
in float32, or in float64 for float64 inputs.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.functional import softplus

from hibiscus.errors import ConfigError
from hibiscus.losses._validation import (
    BINARY,
    Weights,
    class_target,
    full_precision,
    in_range,
    matched,
    one_output,
    weighted_mean,
    weights_for,
    within,
)

__all__ = [
    "balanced_cross_entropy",
    "balanced_weights",
    "binary_cross_entropy",
    "cross_entropy",
    "multi_label_cross_entropy",
    "positive_weights",
]


def cross_entropy(
    logits: Tensor, target: Tensor, label_smoothing: float = 0.0, class_weights: Weights | None = None
) -> Tensor:
    r"""Cross-entropy of a softmax over classes, from integer labels or from class probabilities.

        log_prob = logits - logsumexp(logits)
        smooth   = (1 - label_smoothing) * target + label_smoothing / classes
        loss     = sum(-weights * smooth * log_prob) / sum(weights * target)

    An integer label is equivalent to its one-hot target. The weighted mean divides by the weights of the
    targets, as PyTorch does for labels (for probabilities PyTorch divides by the batch size instead). A
    common mistake is a softmax at the end of the network: it then trains slowly, and its predictions never
    become confident.

    Args:
        logits: unbounded scores.
        target: labels in 0 .. classes - 1, or class probabilities.
        label_smoothing: probability mass spread over all classes, in [0, 1) (0.1 in Szegedy et al. 2015,
            section 7).
        class_weights: one weight per class, >= 0; all equal if None.

    Shapes:
        logits (batch, classes, ...); target (batch, ...) integer or (batch, classes, ...); returns a scalar
        in [0, inf), nats.

    Raises:
        ConfigError: when the shapes do not match, or a label is out of range.

    Reference:
        Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, "Rethinking the Inception Architecture for Computer
        Vision", 2015, arXiv 1512.00567 (label smoothing).
    """
    if (
        target.ndim == logits.ndim - 1 and class_weights is None
    ):  # the common case in one fused call, with the same result
        labels, _ = class_target(logits, target)
        in_range("label_smoothing", label_smoothing, 0, 1)
        return functional.cross_entropy(
            full_precision(logits), labels.squeeze(1), label_smoothing=label_smoothing
        )
    loss, mass = _cross_entropy_terms(logits, target, label_smoothing, class_weights)
    return weighted_mean(loss, mass, torch.finfo(loss.dtype).tiny)


def binary_cross_entropy(
    logits: Tensor, target: Tensor, label_smoothing: float = 0.0, class_weights: Weights | None = None
) -> Tensor:
    r"""Cross-entropy of a sigmoid: two classes from one output, or several independent binary labels.

        smooth = (1 - label_smoothing) * target + label_smoothing / 2
        loss   = sum(w1 * smooth * softplus(-logits) + w0 * (1 - smooth) * softplus(logits))
                 / sum(w1 * target + w0 * (1 - target))

    Equal to `cross_entropy` of the two logits (0, logits), including weights and smoothing.

    Args:
        logits: unbounded scores of the positive class.
        target: 0 or 1, or a probability; boolean, integer or float.
        label_smoothing: probability mass spread over both classes, in [0, 1).
        class_weights: (w0, w1), the weights of the negative and of the positive class; (1, 1) if None.

    Shapes:
        logits and target (batch,), (batch, 1) or any common shape; returns a scalar in [0, inf), nats.

    Raises:
        ConfigError: when the shapes do not match, or a target lies outside [0, 1].
    """
    loss, mass = _binary_terms(logits, target, label_smoothing, class_weights)
    return weighted_mean(loss, mass, torch.finfo(loss.dtype).tiny)


def balanced_weights(counts: Tensor | Sequence[float]) -> Tensor:
    r"""Weights inversely proportional to the frequency of the classes; their mean over the counted items is
    one.

        weights = sum(counts) / (present * counts),    0 where counts == 0

    `present` is the number of classes with a positive count. Count on the training part only.

    Args:
        counts: items of each class, >= 0.

    Shapes:
        counts (classes,); returns (classes,), float32 (float64 for float64).

    Raises:
        ConfigError: when all counts are 0, or one is negative.
    """
    counts = full_precision(torch.as_tensor(counts))
    if counts.ndim != 1 or not bool((counts >= 0).all()) or not bool(counts.sum() > 0):
        raise ConfigError(
            f"class counts {counts.tolist()}",
            "one count per class, none negative and at least one above 0",
            "count the training labels: torch.bincount(labels, minlength=classes)",
        )
    weights = counts.sum() / ((counts > 0).sum() * counts)
    return torch.where(counts > 0, weights, torch.zeros_like(weights))


def balanced_cross_entropy(
    logits: Tensor, target: Tensor, counts: Tensor | Sequence[float], label_smoothing: float = 0.0
) -> Tensor:
    r"""Cross-entropy in which every class has the same total weight, for imbalanced data.

        weights = balanced_weights(counts)
        loss    = mean(sum(-weights * smooth * log_prob))      smooth, log_prob as in cross_entropy

    It balances rare and common classes; `focal` balances hard and easy items. The mean is taken over items,
    not over weights, so that the mean over batches is the loss of the whole training part, and a batch of one
    keeps its weight.

    Args:
        logits: unbounded scores; a single output means two classes, as in `binary_cross_entropy`.
        target: as in `cross_entropy` or `binary_cross_entropy`.
        counts: training items of each class.
        label_smoothing: probability mass spread over all classes, in [0, 1).

    Shapes:
        logits (batch, classes, ...) or (batch,) or (batch, 1); counts (classes,); returns a scalar in [0,
        inf), nats.

    Raises:
        ConfigError: when the shapes or counts do not fit.

    Reference:
        Lin, Goyal, Girshick, He and Dollár, "Focal Loss for Dense Object Detection", 2017, arXiv 1708.02002,
        eq. 3.
    """
    terms = _binary_terms if one_output(logits) else _cross_entropy_terms
    loss, _ = terms(logits, target, label_smoothing, balanced_weights(counts))
    return loss.mean()


def positive_weights(counts: Tensor | Sequence[float], items: int) -> Tensor:
    r"""For each label, the weight of its positive items with which they count as much as its negative ones.

        weights = (items - counts) / counts,    1 where counts == 0

    Count on the training part only.

    Args:
        counts: items that have the label.
        items: items in all.

    Shapes:
        counts (labels,); returns (labels,), float32 (float64 for float64).

    Raises:
        ConfigError: when a count lies outside 0 .. items.
    """
    counts = full_precision(torch.as_tensor(counts))
    within(counts, 0, items, "counts of items", "count the items that have each label, and all items")
    return torch.where(counts > 0, (items - counts) / counts.clamp_min(1), torch.ones_like(counts))


def multi_label_cross_entropy(
    logits: Tensor, target: Tensor, weights: Tensor | None = None, label_smoothing: float = 0.0
) -> Tensor:
    r"""Cross-entropy of one sigmoid per label, for items with any number of labels.

        smooth = (1 - label_smoothing) * target + label_smoothing / 2
        loss   = mean(weights * smooth * softplus(-logits) + (1 - smooth) * softplus(logits))

    The mean is taken over items and labels.

    Args:
        logits: unbounded scores of the labels.
        target: 0 or 1, or a probability.
        weights: the weight of the positive items of each label, such as `positive_weights`; 1 if None.
        label_smoothing: probability mass spread over both values of a label, in [0, 1).

    Shapes:
        logits and target (batch, labels); weights (labels,); returns a scalar in [0, inf), nats.

    Raises:
        ConfigError: when the shapes do not match, or a target lies outside [0, 1].
    """
    in_range("label_smoothing", label_smoothing, 0, 1)
    logits, target = matched(logits, target)
    within(target, 0, 1, "binary targets", BINARY)
    smooth = (1 - label_smoothing) * target + label_smoothing / 2
    positive = weights_for(logits, weights, "weights of positive items")
    return (positive * smooth * softplus(-logits) + (1 - smooth) * softplus(logits)).mean()


def _cross_entropy_terms(
    logits: Tensor, target: Tensor, label_smoothing: float, class_weights: Weights | None
) -> tuple[Tensor, Tensor]:
    """The weighted cross-entropy of each item and the weight of its target, (batch, ...) each."""
    in_range("label_smoothing", label_smoothing, 0, 1)
    target, sparse = class_target(logits, target)
    log_prob = full_precision(logits).log_softmax(1)
    weights = weights_for(log_prob, class_weights)
    nll = -weights * log_prob
    if sparse:  # without a one-hot array, which would double the memory for a large vocabulary
        loss, mass = (
            nll.gather(1, target).squeeze(1),
            weights.expand_as(log_prob).gather(1, target).squeeze(1),
        )
    else:
        loss, mass = (target * nll).sum(1), (weights * target).sum(1)
    return (1 - label_smoothing) * loss + label_smoothing * nll.mean(1), mass


def _binary_terms(
    logits: Tensor, target: Tensor, label_smoothing: float, class_weights: Weights | None
) -> tuple[Tensor, Tensor]:
    """The weighted cross-entropy of each output and the weight of its target, in the shape of the logits."""
    in_range("label_smoothing", label_smoothing, 0, 1)
    logits, target = matched(logits, target)
    within(target, 0, 1, "binary targets", BINARY)
    w0, w1 = weights_for(logits.new_empty(1, 2), class_weights)[0]
    smooth = (1 - label_smoothing) * target + label_smoothing / 2
    loss = w1 * smooth * softplus(-logits) + w0 * (1 - smooth) * softplus(logits)
    return loss, w1 * target + w0 * (1 - target)
