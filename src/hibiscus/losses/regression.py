"""Losses of regression: pure functions of a prediction and a target, averaged over all entries.

All compute in float32, or in float64 for float64 inputs. (batch,) and (batch, 1) count as the same shape.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from hibiscus.losses._validation import in_range, matched

__all__ = ["huber", "mean_absolute_error", "mean_squared_error", "smooth_l1"]


def mean_squared_error(prediction: Tensor, target: Tensor) -> Tensor:
    r"""Mean squared error, whose best constant prediction is the mean.

        loss = mean((prediction - target)**2)

    A single outlier can dominate it; see `huber`. Some texts have an additional factor 1/2.

    Args:
        prediction: predicted values.
        target: target values.

    Shapes:
        prediction and target of equal shape, (batch, ...); returns a scalar in [0, inf), in the target's unit
        squared.

    Raises:
        ConfigError: when the shapes do not match.
    """
    prediction, target = matched(prediction, target)
    return functional.mse_loss(prediction, target)


def mean_absolute_error(prediction: Tensor, target: Tensor) -> Tensor:
    r"""Mean absolute error, whose best constant prediction is the median; robust to outliers.

        loss = mean(|prediction - target|)

    Args:
        prediction: predicted values.
        target: target values.

    Shapes:
        prediction and target of equal shape, (batch, ...); returns a scalar in [0, inf), in the target's
        unit.

    Raises:
        ConfigError: when the shapes do not match.
    """
    prediction, target = matched(prediction, target)
    return functional.l1_loss(prediction, target)


def huber(prediction: Tensor, target: Tensor, delta: float = 1.0) -> Tensor:
    r"""Huber's loss: quadratic for small errors and linear for large ones, so that the gradient of outliers
    is bounded.

        distance = |prediction - target|
        loss     = mean(distance**2 / 2                    where distance <= delta,
                        delta * (distance - delta / 2)     elsewhere)

    Args:
        prediction: predicted values.
        target: target values.
        delta: the error at which it turns from quadratic to linear, > 0, in the target's unit (default 1,
            ours).

    Shapes:
        prediction and target of equal shape, (batch, ...); returns a scalar in [0, inf), in the target's unit
        squared.

    Raises:
        ConfigError: when the shapes do not match, or delta is not above 0.

    Reference:
        Huber, "Robust Estimation of a Location Parameter", Annals of Mathematical Statistics 35, 1964.
    """
    in_range("delta", delta, 1e-12)
    prediction, target = matched(prediction, target)
    return functional.huber_loss(prediction, target, delta=delta)


def smooth_l1(prediction: Tensor, target: Tensor, beta: float = 1.0) -> Tensor:
    r"""Smooth L1, the usual loss of box offsets: linear for large errors and quadratic near zero.

        distance = |prediction - target|
        loss     = mean(distance**2 / (2 * beta)     where distance < beta,
                        distance - beta / 2          elsewhere)

    It is `huber` with delta = beta, divided by beta; beta = 0 is `mean_absolute_error`.

    Args:
        prediction: predicted values.
        target: target values.
        beta: the error below which it is quadratic, >= 0, in the target's unit (paper: 1).

    Shapes:
        prediction and target of equal shape, (batch, ...); returns a scalar in [0, inf), in the target's
        unit.

    Raises:
        ConfigError: when the shapes do not match, or beta is below 0.

    Reference:
        Girshick, "Fast R-CNN", 2015, arXiv 1504.08083, eq. 3.
    """
    if beta == 0:
        return mean_absolute_error(prediction, target)
    in_range("beta", beta, 1e-12)
    prediction, target = matched(prediction, target)
    return functional.smooth_l1_loss(prediction, target, beta=beta)
