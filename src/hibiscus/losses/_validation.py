"""Validation, conversion and reduction in losses: matching shapes, a precision that is safe for logarithms,
and means over the whole batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from hibiscus.errors import ConfigError
from hibiscus.sharding import sum_over_shards

__all__ = [
    "BINARY",
    "LABELS",
    "Weights",
    "class_target",
    "full_precision",
    "in_range",
    "matched",
    "not_empty",
    "one_output",
    "weighted_mean",
    "weights_for",
    "within",
]

Weights = Tensor | Sequence[float]
LABELS = "number the classes from 0, and remove items without a label"  # how to correct what is out of range
BINARY = "pass 0 for negative and 1 for positive items, or a probability"


def full_precision(values: Tensor) -> Tensor:
    """`values` as float32, or as they are where they are float64; half precision would lose small and large
    values of the loss.
    """
    return values if values.dtype == torch.float64 else values.float()


def matched(prediction: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both in full precision and of equal shape; a last axis of size one is dropped, since (batch, 1) -
    (batch,) is (batch, batch).
    """
    if prediction.ndim == target.ndim + 1 and prediction.shape[-1] == 1:
        prediction = prediction.squeeze(-1)
    elif target.ndim == prediction.ndim + 1 and target.shape[-1] == 1:
        target = target.squeeze(-1)
    if prediction.shape != target.shape:
        raise ConfigError(
            f"predictions of shape {tuple(prediction.shape)} and targets of shape {tuple(target.shape)}",
            "the same shape for both; (batch,) and (batch, 1) count as the same",
            "compare the number of outputs of the network with the number of target columns",
        )
    not_empty(prediction)
    prediction = full_precision(prediction)
    return prediction, target.to(prediction.dtype)


def class_target(logits: Tensor, target: Tensor) -> tuple[Tensor, bool]:
    """The target converted for `logits` (batch, classes, ...), and whether it holds labels rather than class
    probabilities.

    Labels are returned as (batch, 1, ...) int64, ready for `gather`; probabilities as (batch, classes, ...)
    in full precision.
    """
    not_empty(logits)
    if logits.ndim < 2 or logits.shape[1] < 2:
        raise ConfigError(
            f"logits of shape {tuple(logits.shape)}",
            "(batch, classes, ...) with at least two classes",
            "use one output per class, or binary_cross_entropy for a single output",
        )
    if target.shape == logits.shape:
        return target.to(full_precision(logits).dtype), False
    if target.shape == logits.shape[:1] + logits.shape[2:] and not target.is_floating_point():
        within(target, 0, logits.shape[1] - 1, "labels", LABELS)
        return target.long().unsqueeze(1), True
    raise ConfigError(
        f"logits of shape {tuple(logits.shape)} and a target of shape {tuple(target.shape)}, {target.dtype}",
        f"integer labels of shape {tuple(logits.shape[:1] + logits.shape[2:])}, or class probabilities",
        "drop the extra axis of the target, or turn the labels into integers with target.long()",
    )


def one_output(logits: Tensor) -> bool:
    """Whether logits (batch,) or (batch, 1) are those of the positive of two classes."""
    return logits.ndim == 1 or (logits.ndim == 2 and logits.shape[1] == 1)


def weights_for(logits: Tensor, class_weights: Weights | None, what: str = "class weights") -> Tensor:
    """One weight per class in the precision of the logits, of shape (1, classes, 1, ...) for multiplication;
    ones for None. `what` names the argument in the message.
    """
    classes = logits.shape[1]
    if class_weights is None:
        return logits.new_ones(1, classes, *[1] * (logits.ndim - 2))
    weights = torch.as_tensor(class_weights, dtype=logits.dtype, device=logits.device)
    if weights.shape != (classes,):
        raise ConfigError(
            f"{what} of shape {tuple(weights.shape)} for {classes} classes",
            f"one weight per class, shape ({classes},); for a single output that of the negative class first",
            f"pass {classes} numbers as {what}, or None for equal weights",
        )
    return weights.view(1, classes, *[1] * (logits.ndim - 2))


def weighted_mean(loss: Tensor, mass: Tensor, minimum: float = 1) -> Tensor:
    """The sum of `loss`, which holds its weights, by that of `mass`, at least `minimum`, over the batch."""
    total, mass = sum_over_shards(loss.sum(), mass.sum())
    return total / mass.clamp_min(minimum)


def within(values: Tensor, low: float, high: float, what: str, fix: str) -> None:
    """Raise where a value lies outside [low, high]; checked on a CPU only, since a check would synchronize
    with a GPU. `what` and `fix` say in the message what the values are and how to correct them.
    """
    if values.device.type != "cpu" or torch.compiler.is_compiling():
        return
    minimum, maximum = (bound.item() for bound in values.aminmax())
    if not (low <= minimum and maximum <= high):
        received, expected = (
            f"{what} between {minimum:g} and {maximum:g}",
            f"{what} between {low:g} and {high:g}",
        )
        raise ConfigError(received, expected, fix)


def in_range(name: str, value: float, low: float, high: float = float("inf")) -> None:
    """Raise where the option `name` lies outside [low, high)."""
    if not low <= value < high:
        raise ConfigError(f"{name}={value}", f"{low:g} <= {name} < {high:g}", f"set {name} inside that range")


def not_empty(values: Tensor) -> None:
    """Raise for an empty batch, whose mean would be NaN."""
    if values.numel() == 0:
        raise ConfigError(
            f"an empty batch, shape {tuple(values.shape)}",
            "at least one item",
            "skip empty batches before the loss",
        )
