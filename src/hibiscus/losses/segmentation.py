r"""Losses of semantic segmentation: class scores against class numbers, ignoring unlabeled pixels.

With p_i the softmax probability of the true class t_i of pixel i, over the N labeled pixels:

    pixel_cross_entropy = - sum_i w_{t_i} log p_i / sum_i w_{t_i}
    pixel_focal         = - 1/N sum_i (1 - p_i)^gamma log p_i
    dice                = 1 - mean over classes c of
                          (2 sum_i q_ic [t_i = c] + 1) / (sum_i q_ic + sum_i [t_i = c] + 1)

q_ic is the probability of class c at pixel i; the mean is over the classes that occur in the batch.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from hibiscus.errors import ConfigError
from hibiscus.losses._validation import weighted_mean
from hibiscus.sharding import sum_over_shards

__all__ = ["dice", "pixel_cross_entropy", "pixel_focal"]

IGNORED = 255


def pixel_cross_entropy(logits: Tensor, mask: Tensor, weights: Tensor | None = None) -> Tensor:
    """The mean cross-entropy of the pixels.

    Args:
        logits: class scores.
        mask: class numbers; 255 is ignored.
        weights: weights of the classes; all equal if None.

    Shapes:
        logits (batch, classes, height, width), mask (batch, height, width), weights (classes,); returns a
        scalar, nats.

    Raises:
        ConfigError: shapes that do not match.
    """
    losses, known = _pixel_losses(logits, mask)
    if weights is None:
        return weighted_mean(losses, known)
    mass = weights.to(losses.dtype)[mask.long().clamp_max(len(weights) - 1)] * known
    return weighted_mean(mass * losses, mass, 1e-12)


def pixel_focal(logits: Tensor, mask: Tensor, gamma: float = 2.0) -> Tensor:
    """The focal loss: the cross-entropy of each pixel times `(1 - p)^gamma`, which down-weights easy pixels
    (Lin et al., 2017).

    Args:
        logits: class scores.
        mask: class numbers; 255 is ignored.
        gamma: focusing parameter; 0 gives the cross-entropy.

    Shapes:
        logits (batch, classes, height, width), mask (batch, height, width); returns a scalar.
    """
    losses, known = _pixel_losses(logits, mask)
    error = (-torch.expm1(-losses)).clamp_min(
        torch.finfo(losses.dtype).tiny
    )  # 1 - p; at 0 the gradient is infinite for gamma < 1
    return weighted_mean(error**gamma * losses, known)


def dice(logits: Tensor, mask: Tensor) -> Tensor:
    """The Dice loss: 1 minus the mean Dice coefficient of the classes over the batch (Milletari et al., 2016,
    arXiv 1606.04797).

    Args:
        logits: class scores.
        mask: class numbers; 255 is ignored.

    Shapes:
        logits (batch, classes, height, width), mask (batch, height, width); returns a scalar in [0, 1).
    """
    _check(logits, mask)
    known = (mask != IGNORED)[:, None]
    predicted = logits.float().softmax(1) * known
    true = functional.one_hot(mask.long().where(known[:, 0], 0), logits.shape[1]).permute(0, 3, 1, 2) * known
    axes = (0, 2, 3)
    common, size, count = sum_over_shards((predicted * true).sum(axes), predicted.sum(axes), true.sum(axes))
    overlap = (2 * common + 1) / (size + count + 1)
    present = count > 0
    return 1 - (overlap * present).sum() / present.sum().clamp_min(1)


def _pixel_losses(logits: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """The cross-entropy of each pixel, 0 for unlabeled pixels, and which pixels are labeled."""
    _check(logits, mask)
    return functional.cross_entropy(
        logits.float(), mask.long(), ignore_index=IGNORED, reduction="none"
    ), mask != IGNORED


def _check(logits: Tensor, mask: Tensor) -> None:
    if logits.ndim != 4 or mask.shape != (logits.shape[0], *logits.shape[2:]):
        received = f"scores {tuple(logits.shape)} and masks {tuple(mask.shape)}"
        raise ConfigError(
            received, "(batch, classes, height, width) and (batch, height, width)", "resize both to one size"
        )
