"""What every loss does with its inputs first: agree on shapes and on a precision that is safe to take logarithms in."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from hibiscus.errors import ConfigError

__all__ = ["Weights", "class_target", "full_precision", "in_range", "matched", "not_empty", "weights_for", "within"]

Weights = Tensor | Sequence[float]


def full_precision(values: Tensor) -> Tensor:
    """`values` as float32, or as they are where they are float64; a half-precision exponent would lose the loss's tail."""
    return values if values.dtype == torch.float64 else values.float()


def matched(prediction: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both in full precision and one shape; a last axis of one is dropped, since (batch, 1) - (batch,) is (batch, batch)."""
    if prediction.ndim == target.ndim + 1 and prediction.shape[-1] == 1:
        prediction = prediction.squeeze(-1)
    elif target.ndim == prediction.ndim + 1 and target.shape[-1] == 1:
        target = target.squeeze(-1)
    if prediction.shape != target.shape:
        raise ConfigError(
            f"predictions of shape {tuple(prediction.shape)} and targets of shape {tuple(target.shape)}",
            "the same shape for both; (batch,) and (batch, 1) count as the same",
            "check the number of outputs of the network (its last layer) against the number of target columns",
        )
    not_empty(prediction)
    prediction = full_precision(prediction)
    return prediction, target.to(prediction.dtype)


def class_target(logits: Tensor, target: Tensor) -> tuple[Tensor, bool]:
    """The target made ready for `logits` (batch, classes, ...), and whether it holds labels rather than shares per class.

    Labels come back as (batch, 1, ...) int64, ready for `gather`; shares as (batch, classes, ...) in full precision.
    """
    not_empty(logits)
    if logits.ndim < 2 or logits.shape[1] < 2:
        raise ConfigError(
            f"logits of shape {tuple(logits.shape)}",
            "(batch, classes, ...) with two classes or more",
            "give the network one output per class, or use binary_cross_entropy for a single output",
        )
    if target.shape == logits.shape:
        return target.to(full_precision(logits).dtype), False
    if target.shape == logits.shape[:1] + logits.shape[2:] and not target.is_floating_point():
        within(target, 0, logits.shape[1] - 1, "labels")
        return target.long().unsqueeze(1), True
    raise ConfigError(
        f"logits of shape {tuple(logits.shape)} and a target of shape {tuple(target.shape)}, {target.dtype}",
        f"integer labels of shape {tuple(logits.shape[:1] + logits.shape[2:])}, or one share per class, shaped like the logits",
        "drop the extra axis of the target, or turn the labels into integers with target.long()",
    )


def weights_for(logits: Tensor, class_weights: Weights | None) -> Tensor:
    """One weight per class in the logits' precision, shaped (1, classes, 1, ...) to be multiplied with them; ones for None."""
    classes = logits.shape[1]
    if class_weights is None:
        return logits.new_ones(1, classes, *[1] * (logits.ndim - 2))
    weights = torch.as_tensor(class_weights, dtype=logits.dtype, device=logits.device)
    if weights.shape != (classes,):
        raise ConfigError(
            f"class weights of shape {tuple(weights.shape)} for {classes} classes",
            f"one weight per class: ({classes},)",
            "make them with balanced_weights(counts), where counts has one number per class",
        )
    return weights.view(1, classes, *[1] * (logits.ndim - 2))


def within(values: Tensor, low: float, high: float, what: str) -> None:
    """Raise where a value lies outside [low, high]; looked at on a CPU only, since a look on a GPU would wait for it."""
    if values.device.type != "cpu" or torch.compiler.is_compiling():
        return
    least, most = (bound.item() for bound in values.aminmax())
    if not (low <= least and most <= high):
        raise ConfigError(
            f"{what} between {least:g} and {most:g}",
            f"{what} between {low:g} and {high:g}",
            "number the classes from 0, and leave no item without a label",
        )


def in_range(name: str, value: float, low: float, high: float = float("inf")) -> None:
    """Raise where the option `name` lies outside [low, high)."""
    if not low <= value < high:
        raise ConfigError(f"{name}={value}", f"{low:g} <= {name} < {high:g}", f"set {name} inside that range")


def not_empty(values: Tensor) -> None:
    """Raise for a batch of nothing, whose mean would be not a number."""
    if values.numel() == 0:
        raise ConfigError(f"an empty batch, shape {tuple(values.shape)}", "one item or more", "skip empty batches before the loss")
