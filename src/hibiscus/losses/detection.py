"""Losses of object detection: the classes and the box offsets of anchors.

Sums over anchors are divided by N, the number of positive anchors of the batch, at least 1. Labels are 0 for
background, 1 + class, and -1 for ignored anchors, as returned by `hibiscus.ops.boxes.match`. All compute in
float32, or in float64 for float64 inputs.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from hibiscus.errors import ConfigError
from hibiscus.losses._validation import full_precision, in_range, weighted_mean, within

__all__ = ["anchor_focal", "hard_negatives", "mined_cross_entropy", "multibox", "offset_loss"]

OFFSETS = ("smooth_l1", "l1", "l2")
CLASSES = ("mining", "focal")


def offset_loss(
    prediction: Tensor, target: Tensor, positive: Tensor, kind: str = "smooth_l1", sigma: float = 1.0
) -> Tensor:
    r"""The loss of the offsets of positive anchors; the others are ignored.

        u    = prediction - target
        loss = 1 / N * sum over positive anchors and the four offsets of
               (sigma * u)**2 / 2 where |u| < 1 / sigma**2, |u| - 1 / (2 * sigma**2) elsewhere      smooth_l1
               |u|                                                                                  l1
               u**2                                                                                 l2

    Args:
        prediction: predicted offsets, as scaled by `encode`.
        target: target offsets.
        positive: which anchors are matched to a box.
        kind: `smooth_l1` (paper), `l1` or `l2`.
        sigma: scale above 0; larger values are closer to `l1` (SSD: 1).

    Shapes:
        prediction and target (batch, anchors, 4), positive (batch, anchors) bool; returns a scalar in [0,
        inf).

    Raises:
        ConfigError: when the shapes do not match, or an option is unknown or out of range.

    Reference: Girshick, "Fast R-CNN", 2015, arXiv 1504.08083, eq. 3; Liu et al., 2016, arXiv 1512.02325, eq.
        2.
    """
    _known("offsets", kind, OFFSETS)
    in_range("sigma", sigma, 1e-6)
    _fit(prediction.shape == target.shape and prediction.shape[:-1] == positive.shape, prediction, target)
    prediction = full_precision(prediction)
    target = target.to(prediction.dtype)
    if kind == "smooth_l1":
        loss = functional.smooth_l1_loss(prediction, target, reduction="none", beta=1 / sigma**2)
    else:
        loss = (
            functional.l1_loss(prediction, target, reduction="none")
            if kind == "l1"
            else (prediction - target) ** 2
        )
    return weighted_mean(torch.where(positive[..., None], loss, 0), positive)


def hard_negatives(loss: Tensor, labels: Tensor, ratio: float = 3.0, min_negatives: int = 3) -> Tensor:
    """Hard negative mining: the background anchors of each image with the highest loss, `ratio` per positive.

    Args:
        loss: loss of each anchor as background.
        labels: 0 for background.
        ratio: negatives per positive (paper: 3).
        min_negatives: minimum number of negatives of an image, even without positives (ours; none in the code
            of SSD).

    Shapes:
        loss and labels (batch, anchors); returns (batch, anchors) bool. Ties are resolved in favor of the
        first anchor.

    Raises:
        ConfigError: when an option is out of range.

    Reference: Liu et al., 2016, arXiv 1512.02325, section 2.2 (hard negative mining).
    """
    in_range("ratio", ratio, 0)
    in_range("min_negatives", min_negatives, 0)
    negative = labels == 0
    count = ((labels > 0).sum(1, keepdim=True) * ratio).long().clamp_min(min_negatives)
    order = loss.detach().masked_fill(~negative, -1).argsort(dim=1, descending=True, stable=True)
    chosen = torch.arange(labels.shape[1], device=labels.device) < count
    return torch.zeros_like(negative).scatter(1, order, chosen) & negative


def mined_cross_entropy(logits: Tensor, labels: Tensor, ratio: float = 3.0, min_negatives: int = 3) -> Tensor:
    r"""Cross-entropy of the positive anchors and of the hardest negative ones.

        log_prob = logits - logsumexp(logits)
        loss     = -1 / N * (sum over positive of log_prob[label] + sum over hard negatives of log_prob[0])

    Args:
        logits: background first, then the classes.
        labels: 0 background, 1 + class, -1 ignored.
        ratio: negatives per positive (paper: 3).
        min_negatives: minimum number of negatives of an image.

    Shapes:
        logits (batch, anchors, 1 + classes), labels (batch, anchors) integer; returns a scalar in [0, inf),
        nats.

    Raises:
        ConfigError: when the shapes do not match, or an option is out of range.

    Reference: Liu et al., 2016, arXiv 1512.02325, eq. 3.
    """
    loss = -_log_prob(logits, labels)
    used = (labels > 0) | hard_negatives(loss, labels, ratio, min_negatives)
    return weighted_mean(torch.where(used, loss, 0), labels > 0)


def anchor_focal(logits: Tensor, labels: Tensor, alpha: float = 0.25, gamma: float = 2.0) -> Tensor:
    r"""Focal loss of all anchors, which down-weights easy background anchors instead of discarding them.

        p    = softmax(logits)[label]
        loss = -1 / N * sum of (alpha where label > 0, 1 - alpha where it is 0) * (1 - p)**gamma * log(p)

    RetinaNet has one sigmoid per class; here it is applied to a softmax in which the background is a class.

    Args:
        logits: background first, then the classes.
        labels: 0 background, 1 + class, -1 ignored.
        alpha: weight of the foreground, in [0, 1] (paper: 0.25).
        gamma: how strongly easy anchors are down-weighted, >= 0 (paper: 2).

    Shapes:
        logits (batch, anchors, 1 + classes), labels (batch, anchors) integer; returns a scalar in [0, inf),
        nats.

    Raises:
        ConfigError: when the shapes do not match, or an option is out of range.

    Reference: Lin, Goyal, Girshick, He and Dollár, "Focal Loss for Dense Object Detection", 2017, arXiv
        1708.02002, eq. 5.
    """
    in_range("alpha", alpha, 0, 1 + 1e-9)
    in_range("gamma", gamma, 0)
    log_prob = _log_prob(logits, labels)
    # The minimum keeps the gradient of the power finite where p rounds to 1 and gamma < 1.
    error = (-torch.expm1(log_prob)).clamp_min(torch.finfo(log_prob.dtype).tiny)
    weight = torch.where(labels > 0, alpha, 1 - alpha).to(log_prob.dtype)
    return weighted_mean(torch.where(labels >= 0, -weight * error**gamma * log_prob, 0), labels > 0)


def multibox(
    logits: Tensor,
    offsets: Tensor,
    labels: Tensor,
    target: Tensor,
    alpha: float = 1.0,
    classes: str = "mining",
    kind: str = "smooth_l1",
    sigma: float = 1.0,
    ratio: float = 3.0,
) -> Tensor:
    r"""The loss of SSD: the sum of the losses of classes and offsets.

        loss = 1 / N * (L_conf + alpha * L_loc)

    Args:
        logits: background first, then the classes.
        offsets: predicted offsets.
        labels: 0 background, 1 + class, -1 ignored.
        target: target offsets.
        alpha: weight of the loss of the offsets (paper: 1).
        classes: `mining` for `mined_cross_entropy` (paper), `focal` for `anchor_focal`.
        kind: see `offset_loss`.
        sigma: see `offset_loss`.
        ratio: negatives per positive, for `mining` (paper: 3).

    Shapes:
        logits (batch, anchors, 1 + classes), offsets and target (batch, anchors, 4), labels (batch, anchors);
        returns a scalar in [0, inf).

    Raises:
        ConfigError: when the shapes do not match, or an option is unknown or out of range.

    Reference: Liu et al., "SSD: Single Shot MultiBox Detector", 2016, arXiv 1512.02325, eq. 1.
    """
    _known("classes", classes, CLASSES)
    in_range("alpha", alpha, 0)
    mining = classes == "mining"
    class_loss = mined_cross_entropy(logits, labels, ratio) if mining else anchor_focal(logits, labels)
    return class_loss + alpha * offset_loss(offsets, target, labels > 0, kind, sigma)


def _log_prob(logits: Tensor, labels: Tensor) -> Tensor:
    """The log-probability of the label of each anchor (batch, anchors), or of the background for ignored
    anchors.
    """
    _fit(
        logits.ndim == 3 and logits.shape[:2] == labels.shape and not labels.is_floating_point(),
        logits,
        labels,
    )
    fix = "-1 for ignored anchors, 0 for the background, and the classes from 1"
    within(labels, -1, logits.shape[2] - 1, "labels", fix)
    return full_precision(logits).log_softmax(-1).gather(-1, labels.long().clamp_min(0)[..., None])[..., 0]


def _fit(fits: bool, values: Tensor, target: Tensor) -> None:
    if not fits or values.numel() == 0:
        raise ConfigError(
            f"shapes {tuple(values.shape)} and {tuple(target.shape)}, {target.dtype}",
            "logits (batch, anchors, 1 + classes) with integer labels (batch, anchors), "
            "or predicted and target offsets (batch, anchors, 4)",
            "compute labels and offsets with match(truth, anchors) for the anchors of the network",
        )


def _known(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(f"{name}={value!r}", f"one of {', '.join(known)}", f"use {known[0]}")
