r"""Temperature scaling: a number, fitted on the validation part, that makes probabilities match frequencies.

    p = softmax(logits / temperature),      temperature = argmin nll(softmax(logits / temperature), labels)

The order of the classes of an item does not change, so neither does the accuracy. Above 1 the probabilities
move toward each other, since the network was overconfident.

Reference: Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", 2017, arXiv
    1706.04599, section 4.2.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

__all__ = ["Temperature", "fitted_temperature"]

LOWEST, HIGHEST = 0.05, 100.0


class Temperature(nn.Module):
    """Divides logits by a temperature that is fitted on the validation part; 1 before that.

    It is a buffer, so that a checkpoint holds the temperature that belongs to its weights.
    """

    value: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("value", torch.tensor(1.0))

    def fit(self, logits: Tensor, target: Tensor) -> None:
        """Sets the temperature to that of `fitted_temperature`."""
        self.value.fill_(fitted_temperature(logits, target))

    def forward(self, logits: Tensor) -> Tensor:
        """The logits divided by the temperature, of the same shape."""
        return logits / self.value.to(logits.device)


def fitted_temperature(logits: Tensor, target: Tensor) -> float:
    r"""The temperature with the lowest negative log-likelihood, from 0.05 to 100.

        slope(b) = d nll(b * logits) / d b,    b = 1 / temperature,    is zero at the minimum

    The likelihood is convex in b, so there is one minimum. If it still falls at the lowest temperature, every
    prediction is right and the likelihood has no maximum: the temperature is then 1.

    Args:
        logits: outputs of the network.
        target: class numbers; with one output of two classes likewise; zeros and ones of several labels.

    Shapes:
        logits (N, classes), (N, 1) or (N, labels); target (N,), (N,) or (N, labels); returns a number.
    """
    from scipy.optimize import brentq  # imported where it is needed, since it is slow to import

    z = logits.detach().double().cpu()
    y = target.detach().cpu()
    several = y.ndim == 2 or z.shape[1] == 1
    truth = y.reshape(len(z), -1).double() if several else z.gather(1, y[:, None].long())[:, 0]

    def slope(log_b: float) -> float:
        scaled = math.exp(log_b) * z
        if several:
            return ((scaled.sigmoid() - truth) * z).sum(1).mean().item()
        return ((scaled.softmax(1) * z).sum(1) - truth).mean().item()

    low, high = -math.log(HIGHEST), -math.log(LOWEST)
    if not torch.isfinite(z).all() or slope(high) <= 0:
        return 1.0
    if slope(low) >= 0:  # no better than chance
        return HIGHEST
    return math.exp(-float(brentq(slope, low, high, xtol=1e-6)))  # type: ignore[arg-type]
