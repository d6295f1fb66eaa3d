r"""Losses of forecasts: quantiles, and means over the values that were observed.

    pinball: $\max(\tau (y - \hat y),\ (\tau - 1)(y - \hat y))$, whose best constant is the quantile $\tau$

A missing target, marked by `observed`, counts neither in the sum nor in the number of values; its value may
be NaN. All compute in float32, or in float64 for float64 inputs.

Reference: Koenker and Bassett, "Regression Quantiles", Econometrica 46, 1978.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from hibiscus.errors import ConfigError
from hibiscus.losses._validation import full_precision, in_range, matched, not_empty, weighted_mean

__all__ = ["observed_huber", "observed_mean_absolute_error", "observed_mean_squared_error", "pinball"]


def observed_mean_squared_error(prediction: Tensor, target: Tensor, observed: Tensor | None = None) -> Tensor:
    """Mean squared error over the observed targets; 0 if there are none.

    Args:
        prediction: predicted values.
        target: target values; any where they are not observed.
        observed: bool; all if None.

    Shapes:
        all of equal shape, (batch, ...); returns a scalar in the target's unit squared.

    Raises:
        ConfigError: when the shapes do not match.
    """
    prediction, target = _matched(prediction, target, observed)
    return _mean((prediction - target).square(), observed)


def observed_mean_absolute_error(
    prediction: Tensor, target: Tensor, observed: Tensor | None = None
) -> Tensor:
    """Mean absolute error over the observed targets; 0 if there are none.

    Args:
        prediction: predicted values.
        target: target values; any where they are not observed.
        observed: bool; all if None.

    Shapes:
        all of equal shape, (batch, ...); returns a scalar in the target's unit.

    Raises:
        ConfigError: when the shapes do not match.
    """
    prediction, target = _matched(prediction, target, observed)
    return _mean((prediction - target).abs(), observed)


def observed_huber(
    prediction: Tensor, target: Tensor, observed: Tensor | None = None, delta: float = 1.0
) -> Tensor:
    """Huber's loss over the observed targets, see `regression.huber`; 0 if there are none.

    Args:
        prediction: predicted values.
        target: target values; any where they are not observed.
        observed: bool; all if None.
        delta: the error at which it turns from quadratic to linear, > 0, in the target's unit.

    Shapes:
        all of equal shape, (batch, ...); returns a scalar in the target's unit squared.

    Raises:
        ConfigError: when the shapes do not match, or delta is not above 0.
    """
    in_range("delta", delta, 1e-12)
    prediction, target = _matched(prediction, target, observed)
    distance = (prediction - target).abs()
    inner = distance.clamp(max=delta)
    return _mean(inner * (distance - inner / 2), observed)


def pinball(
    prediction: Tensor,
    target: Tensor,
    quantiles: Sequence[float],
    observed: Tensor | None = None,
) -> Tensor:
    r"""Pinball loss, the mean over the quantiles and the observed targets; 0 if there are none.

    For the quantile 0.5 it is half the mean absolute error.

    Args:
        prediction: one value per quantile.
        target: target values; any where they are not observed.
        quantiles: in (0, 1), such as (0.1, 0.5, 0.9).
        observed: bool; all if None.

    Shapes:
        prediction (batch, ..., quantiles), target and observed (batch, ...); returns a scalar in the target's
        unit.

    Raises:
        ConfigError: when the shapes do not match, or a quantile is not between 0 and 1.
    """
    for quantile in quantiles:
        if not 0 < quantile < 1:
            raise ConfigError(f"the quantile {quantile!r}", "above 0 and below 1", "for example 0.5")
    if prediction.shape != (*target.shape, len(quantiles)):
        raise ConfigError(
            f"predictions of shape {tuple(prediction.shape)}, targets of shape {tuple(target.shape)}",
            f"predictions of shape {(*target.shape, len(quantiles))} for {len(quantiles)} quantiles",
            "the last axis of the predictions holds the quantiles",
        )
    levels = torch.tensor(quantiles, dtype=full_precision(prediction).dtype, device=prediction.device)
    wide = None if observed is None else observed[..., None].expand(prediction.shape)
    prediction, values = _matched(prediction, target[..., None].expand(prediction.shape), wide)
    error = values - prediction
    return _mean(torch.maximum(levels * error, (levels - 1) * error), wide)


def _matched(prediction: Tensor, target: Tensor, observed: Tensor | None) -> tuple[Tensor, Tensor]:
    """Both in full precision and of one shape; what is not observed is replaced by the prediction, since the
    gradient of NaN is NaN even where its weight is zero.
    """
    if observed is not None and observed.shape != target.shape:
        raise ConfigError(
            f"observed of shape {tuple(observed.shape)}, targets of shape {tuple(target.shape)}",
            "the same shape for both",
            "pass one truth value for each target",
        )
    not_empty(prediction)
    prediction, target = matched(prediction, target)
    if observed is not None:
        target = torch.where(observed.reshape(target.shape), target, prediction)
    return prediction, target


def _mean(errors: Tensor, observed: Tensor | None) -> Tensor:
    if observed is None:
        return errors.mean()
    return weighted_mean(errors, observed.sum())
