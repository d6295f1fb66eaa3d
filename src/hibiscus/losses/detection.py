"""Losses of a detector: what each anchor says it holds, and how far its box lies from the truth.

Sums over anchors are divided by N, the positive anchors of the whole batch (1 where there is none). Labels are 0 for background, 1 + class,
and -1 for anchors that do not count, as `hibiscus.ops.boxes.match` gives them. All compute in float32, or in float64.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from hibiscus.errors import ConfigError
from hibiscus.losses._inputs import full_precision, in_range, within

__all__ = ["anchor_focal", "hard_negatives", "mined_cross_entropy", "multibox", "offset_loss"]

OFFSETS = ("smooth_l1", "l1", "l2")
CLASSES = ("mining", "focal")


def offset_loss(prediction: Tensor, target: Tensor, positive: Tensor, kind: str = "smooth_l1", sigma: float = 1.0) -> Tensor:
    r"""How far the offsets of positive anchors lie from theirs; the others do not count.

        u    = prediction - target
        loss = 1 / N * sum over positive anchors and the four offsets of
               (sigma * u)**2 / 2 where |u| < 1 / sigma**2, |u| - 1 / (2 * sigma**2) elsewhere      smooth_l1
               |u|                                                                                  l1
               u**2                                                                                 l2

    Args:
        prediction: offsets, as `encode` scales them.
        target: offsets that were wanted.
        positive: which anchors answer for a box.
        kind: `smooth_l1` (paper), `l1` or `l2`.
        sigma: a scale, above 0, not a standard deviation: the larger, the closer to `l1` (SSD: 1).

    Shapes:
        prediction and target (batch, anchors, 4), positive (batch, anchors) bool; returns a scalar in [0, inf).

    Raises:
        ConfigError: when the shapes do not fit, or an option is unknown or out of range.

    Reference: Girshick, "Fast R-CNN", 2015, arXiv 1504.08083, eq. 3; Liu et al., 2016, arXiv 1512.02325, eq. 2.
    """
    _known("offsets", kind, OFFSETS)
    in_range("sigma", sigma, 1e-6)
    _fit(prediction.shape == target.shape and prediction.shape[:-1] == positive.shape, prediction, target)
    prediction = full_precision(prediction)
    target = target.to(prediction.dtype)
    if kind == "smooth_l1":
        loss = functional.smooth_l1_loss(prediction, target, reduction="none", beta=1 / sigma**2)
    else:
        loss = functional.l1_loss(prediction, target, reduction="none") if kind == "l1" else (prediction - target) ** 2
    return torch.where(positive[..., None], loss, 0).sum() / _count(positive)


def hard_negatives(loss: Tensor, labels: Tensor, ratio: float = 3.0, least: int = 3) -> Tensor:
    """The background anchors that an image learns from: those that look least like background, some for each positive one.

    Args:
        loss: of each anchor as background.
        labels: 0 for background.
        ratio: negatives for each positive (paper: 3).
        least: negatives of an image at least, also where it has no positive (ours; SSD's code takes none there).

    Shapes:
        loss and labels (batch, anchors); returns (batch, anchors) bool. Among equal losses the first anchor comes first.

    Raises:
        ConfigError: when an option is out of range.

    Reference: Liu et al., 2016, arXiv 1512.02325, section 2.2 (hard negative mining).
    """
    in_range("ratio", ratio, 0)
    in_range("least", least, 0)
    negative = labels == 0
    wanted = ((labels > 0).sum(1, keepdim=True) * ratio).long().clamp_min(least)
    order = loss.detach().masked_fill(~negative, -1).argsort(dim=1, descending=True, stable=True)
    chosen = torch.arange(labels.shape[1], device=labels.device) < wanted
    return torch.zeros_like(negative).scatter(1, order, chosen) & negative


def mined_cross_entropy(logits: Tensor, labels: Tensor, ratio: float = 3.0, least: int = 3) -> Tensor:
    r"""Cross-entropy of the positive anchors and of the hardest negative ones.

        log_prob = logits - logsumexp(logits)
        loss     = -1 / N * (sum over positive of log_prob[label] + sum over hard negatives of log_prob[0])

    Args:
        logits: background first, then the classes.
        labels: 0 background, 1 + class, -1 does not count.
        ratio: negatives for each positive (paper: 3).
        least: negatives of an image at least.

    Shapes:
        logits (batch, anchors, 1 + classes), labels (batch, anchors) integer; returns a scalar in [0, inf), nats.

    Raises:
        ConfigError: when the shapes do not fit, or an option is out of range.

    Reference: Liu et al., 2016, arXiv 1512.02325, eq. 3.
    """
    loss = -_log_prob(logits, labels)
    used = (labels > 0) | hard_negatives(loss, labels, ratio, least)
    return torch.where(used, loss, 0).sum() / _count(labels > 0)


def anchor_focal(logits: Tensor, labels: Tensor, alpha: float = 0.25, gamma: float = 2.0) -> Tensor:
    r"""Focal loss of all anchors: backgrounds that are already right count next to nothing, so none need be left out.

        p    = softmax(logits)[label]
        loss = -1 / N * sum of (alpha where label > 0, 1 - alpha where it is 0) * (1 - p)**gamma * log(p)

    RetinaNet has one sigmoid per class; this is the same over a softmax, where background is a class of its own.

    Args:
        logits: background first, then the classes.
        labels: 0 background, 1 + class, -1 does not count.
        alpha: weight of the foreground, in [0, 1] (paper: 0.25).
        gamma: how fast easy anchors fade, >= 0 (paper: 2).

    Shapes:
        logits (batch, anchors, 1 + classes), labels (batch, anchors) integer; returns a scalar in [0, inf), nats.

    Raises:
        ConfigError: when the shapes do not fit, or an option is out of range.

    Reference: Lin, Goyal, Girshick, He and Dollár, "Focal Loss for Dense Object Detection", 2017, arXiv 1708.02002, eq. 5.
    """
    in_range("alpha", alpha, 0, 1 + 1e-9)
    in_range("gamma", gamma, 0)
    log_prob = _log_prob(logits, labels)
    # The floor keeps the gradient of the power finite where p rounds to 1 and gamma < 1.
    miss = (-torch.expm1(log_prob)).clamp_min(torch.finfo(log_prob.dtype).tiny)
    weight = torch.where(labels > 0, alpha, 1 - alpha).to(log_prob.dtype)
    return torch.where(labels >= 0, -weight * miss**gamma * log_prob, 0).sum() / _count(labels > 0)


def multibox(
    logits: Tensor,
    offsets: Tensor,
    labels: Tensor,
    target: Tensor,
    alpha: float = 1.0,
    classes: str = "mining",
    kind: str = "smooth_l1",
    sigma: float = 1.0,
) -> Tensor:
    r"""The loss of SSD: classes and offsets together.

        loss = 1 / N * (L_conf + alpha * L_loc)

    Args:
        logits: background first, then the classes.
        offsets: predicted.
        labels: 0 background, 1 + class, -1 does not count.
        target: the offsets that were wanted.
        alpha: weight of the offsets (paper: 1).
        classes: `mining` for `mined_cross_entropy` (paper), `focal` for `anchor_focal`.
        kind: of `offset_loss`.
        sigma: of `offset_loss`.

    Shapes:
        logits (batch, anchors, 1 + classes), offsets and target (batch, anchors, 4), labels (batch, anchors); returns a scalar in [0, inf).

    Raises:
        ConfigError: when the shapes do not fit, or an option is unknown or out of range.

    Reference: Liu et al., "SSD: Single Shot MultiBox Detector", 2016, arXiv 1512.02325, eq. 1.
    """
    _known("classes", classes, CLASSES)
    in_range("alpha", alpha, 0)
    named = mined_cross_entropy(logits, labels) if classes == "mining" else anchor_focal(logits, labels)
    return named + alpha * offset_loss(offsets, target, labels > 0, kind, sigma)


def _log_prob(logits: Tensor, labels: Tensor) -> Tensor:
    """Of each anchor's label (batch, anchors); of background where it does not count."""
    _fit(logits.ndim == 3 and logits.shape[:2] == labels.shape and not labels.is_floating_point(), logits, labels)
    within(labels, -1, logits.shape[2] - 1, "labels")
    return full_precision(logits).log_softmax(-1).gather(-1, labels.long().clamp_min(0)[..., None])[..., 0]


def _count(positive: Tensor) -> Tensor:
    """N, at least 1."""
    return positive.sum().clamp_min(1)


def _fit(fits: bool, one: Tensor, other: Tensor) -> None:
    if not fits or one.numel() == 0:
        raise ConfigError(
            f"shapes {tuple(one.shape)} and {tuple(other.shape)}, {other.dtype}",
            "logits (batch, anchors, 1 + classes) with integer labels (batch, anchors), or offsets (batch, anchors, 4) twice",
            "make labels and offsets with match(truth, anchors), for the anchors that the network has",
        )


def _known(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(f"{name}={value!r}", f"one of {', '.join(known)}", f"use {known[0]}")
