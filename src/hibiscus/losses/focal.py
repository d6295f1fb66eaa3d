"""Focal losses, which favor hard items over the many easy ones; classes are weighted by alpha.

Both compute in float32, or in float64 for float64 inputs.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import softplus

from hibiscus.losses._validation import (
    BINARY,
    Weights,
    class_target,
    full_precision,
    in_range,
    matched,
    one_output,
    weights_for,
    within,
)

__all__ = ["binary_focal", "focal"]


def binary_focal(
    logits: Tensor, target: Tensor, alpha: float | Tensor | None = 0.25, gamma: float = 2.0
) -> Tensor:
    r"""Focal loss of a sigmoid: down-weights items that are classified well, so that many easy items do not
    dominate a few hard ones.

        p    = sigmoid(logits)
        loss = mean(-target * alpha * (1 - p)**gamma * log(p)
                    - (1 - target) * (1 - alpha) * p**gamma * log(1 - p))

    Shapes are arbitrary: with one-hot targets (batch, anchors, classes) it is the loss of RetinaNet, with one
    sigmoid per class. The paper divides the sum by the number of positive anchors; this is a mean over all
    entries.

    Args:
        logits: unbounded scores of the positive class.
        target: 0 or 1, or a probability.
        alpha: weight of positive items, in [0, 1] (paper: 0.25, for anchors); negative items have weight 1 -
            alpha; both have 1 if None. A tensor of the shape of the last axis has one weight per label.
        gamma: how strongly easy items are down-weighted, >= 0 (paper: 2); 0 gives the weighted cross-entropy.

    Shapes:
        logits and target of equal shape; (batch,) and (batch, 1) may be mixed; returns a scalar in [0, inf),
        nats.

    Raises:
        ConfigError: when the shapes do not match, or an option is out of range.

    Reference:
        Lin, Goyal, Girshick, He and Dollár, "Focal Loss for Dense Object Detection", 2017, arXiv 1708.02002,
        eq. 5.
    """
    if alpha is None:
        return _binary_focal(logits, target, 1.0, 1.0, gamma)
    if isinstance(alpha, Tensor):
        within(alpha, 0, 1, "alpha", "the share of negative items among all items of the label is usual")
    else:
        in_range("alpha", alpha, 0, 1 + 1e-9)
    return _binary_focal(logits, target, alpha, 1 - alpha, gamma)


def _binary_focal(
    logits: Tensor, target: Tensor, positive: float | Tensor, negative: float | Tensor, gamma: float
) -> Tensor:
    """`binary_focal` with the weights of positive and of negative items."""
    in_range("gamma", gamma, 0)
    logits, target = matched(logits, target)
    within(target, 0, 1, "binary targets", BINARY)
    nll_positive, nll_negative = softplus(-logits), softplus(logits)  # -log(p), -log(1 - p)
    # exp(-gamma * nll_negative) is (1 - p)**gamma with a finite gradient at p = 1 for every gamma.
    positive_term = positive * target * torch.exp(-gamma * nll_negative) * nll_positive
    return (positive_term + negative * (1 - target) * torch.exp(-gamma * nll_positive) * nll_negative).mean()


def focal(logits: Tensor, target: Tensor, alpha: float | Weights | None = 0.25, gamma: float = 2.0) -> Tensor:
    r"""Focal loss in the form that suits the logits: a sigmoid for a single output, a softmax for one output
    per class.

        log_prob = logits - logsumexp(logits)
        loss     = mean(sum(-alpha * target * (1 - exp(log_prob))**gamma * log_prob))  softmax, over the batch

    The factor with gamma favors hard items, not rare classes; alpha weights the classes. The paper suggests
    alpha from the inverse frequency of the classes: `balanced_weights(counts)`, one weight per class. For a
    single output these are the weights of the negative and of the positive class, and a number alpha stands
    for (1 - alpha, alpha), as in `binary_focal`. For a softmax a single number would only rescale the loss,
    so **a scalar alpha has no effect there** (the loss of RetinaNet, with one sigmoid per class, is
    `binary_focal` with one-hot targets).

    Args:
        logits: unbounded scores.
        target: integer labels or class probabilities; 0 or 1 for a single output.
        alpha: one weight per class, a number (single output only; paper: 0.25), or None for no weights.
        gamma: how strongly easy items are down-weighted, >= 0 (paper: 2); 0 gives the cross-entropy.

    Shapes:
        logits (batch, classes, ...), (batch,) or (batch, 1); target as in `cross_entropy`; returns a scalar
        in [0, inf), nats.

    Raises:
        ConfigError: when the shapes do not match, or an option is out of range.

    Reference:
        Lin, Goyal, Girshick, He and Dollár, "Focal Loss for Dense Object Detection", 2017, arXiv 1708.02002,
        eqs. 4 and 5.
    """
    number = alpha if isinstance(alpha, int | float) else None
    weights = None if isinstance(alpha, int | float) else alpha
    if one_output(logits):
        if weights is None:
            return binary_focal(logits, target, number, gamma)
        negative, positive = weights_for(full_precision(logits).new_empty(1, 2), weights)[0]
        return _binary_focal(logits, target, positive, negative, gamma)
    in_range("gamma", gamma, 0)
    target, sparse = class_target(logits, target)
    log_prob = full_precision(logits).log_softmax(1)
    # The minimum keeps the gradient of the power finite where p rounds to 1 and gamma < 1.
    error = (-torch.expm1(log_prob)).clamp_min(torch.finfo(log_prob.dtype).tiny)
    loss = -weights_for(log_prob, weights) * error**gamma * log_prob  # (batch, classes, ...)
    return (loss.gather(1, target) if sparse else (target * loss).sum(1)).mean()
