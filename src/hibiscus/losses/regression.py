"""Losses for numbers: pure functions of a prediction and a target, averaged over all entries.

All compute in float32, or in float64 where given float64. (batch,) and (batch, 1) count as the same shape.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from hibiscus.losses._inputs import in_range, matched

__all__ = ["huber", "mean_absolute_error", "mean_squared_error", "smooth_l1"]


def mean_squared_error(prediction: Tensor, target: Tensor) -> Tensor:
    r"""Mean squared error: the loss whose best constant answer is the mean.

        loss = mean((prediction - target)**2)

    One far outlier can outweigh all else; see `huber`. Without the factor 1/2 that some texts put in front.

    Args:
        prediction: any numbers.
        target: the numbers that were wanted.

    Shapes:
        prediction and target of one shape, (batch, ...); returns a scalar in [0, inf), in the target's unit squared.

    Raises:
        ConfigError: when the shapes do not fit.
    """
    prediction, target = matched(prediction, target)
    return functional.mse_loss(prediction, target)


def mean_absolute_error(prediction: Tensor, target: Tensor) -> Tensor:
    r"""Mean absolute error: the loss whose best constant answer is the median; steady under outliers.

        loss = mean(|prediction - target|)

    Args:
        prediction: any numbers.
        target: the numbers that were wanted.

    Shapes:
        prediction and target of one shape, (batch, ...); returns a scalar in [0, inf), in the target's unit.

    Raises:
        ConfigError: when the shapes do not fit.
    """
    prediction, target = matched(prediction, target)
    return functional.l1_loss(prediction, target)


def huber(prediction: Tensor, target: Tensor, delta: float = 1.0) -> Tensor:
    r"""Huber's loss: squared near the target, absolute far from it, so that outliers pull with a bounded force.

        distance = |prediction - target|
        loss     = mean(distance**2 / 2                    where distance <= delta,
                        delta * (distance - delta / 2)     elsewhere)

    Args:
        prediction: any numbers.
        target: the numbers that were wanted.
        delta: the distance at which it turns from squared to absolute, > 0, in the target's unit (default 1, ours).

    Shapes:
        prediction and target of one shape, (batch, ...); returns a scalar in [0, inf), in the target's unit squared.

    Raises:
        ConfigError: when the shapes do not fit, or delta is not above 0.

    Reference:
        Huber, "Robust Estimation of a Location Parameter", Annals of Mathematical Statistics 35, 1964.
    """
    in_range("delta", delta, 1e-12)
    prediction, target = matched(prediction, target)
    return functional.huber_loss(prediction, target, delta=delta)


def smooth_l1(prediction: Tensor, target: Tensor, beta: float = 1.0) -> Tensor:
    r"""Smooth L1, the loss of box offsets: absolute, but rounded near zero so that its gradient fades there.

        distance = |prediction - target|
        loss     = mean(distance**2 / (2 * beta)     where distance < beta,
                        distance - beta / 2          elsewhere)

    It is `huber` with delta = beta, divided by beta; beta = 0 is `mean_absolute_error`.

    Args:
        prediction: any numbers.
        target: the numbers that were wanted.
        beta: the distance below which it is rounded, >= 0, in the target's unit (paper: 1).

    Shapes:
        prediction and target of one shape, (batch, ...); returns a scalar in [0, inf), in the target's unit.

    Raises:
        ConfigError: when the shapes do not fit, or beta is below 0.

    Reference:
        Girshick, "Fast R-CNN", 2015, arXiv 1504.08083, eq. 3.
    """
    if beta == 0:
        return mean_absolute_error(prediction, target)
    in_range("beta", beta, 1e-12)
    prediction, target = matched(prediction, target)
    return functional.smooth_l1_loss(prediction, target, beta=beta)
