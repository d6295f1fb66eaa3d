r"""Reversible instance normalization (RevIN): each window is standardized by its own mean and standard
deviation, and the forecast is put back on its scale.

    $\tilde x_{l} = \gamma \frac{x_{l} - \mu}{\sigma} + \beta$,
    $\hat y = \sigma \frac{\tilde y - \beta}{\gamma} + \mu$

with $\mu$, $\sigma$ of the window, variable by variable. A network then forecasts relative to the level of
the window, which helps where the level drifts from the training part to the test part.

Reference: Kim et al., "Reversible Instance Normalization for Accurate Time-Series Forecasting against
    Distribution Shift", ICLR 2022.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["InstanceNorm", "WindowScale"]

WindowScale = tuple[Tensor, Tensor]  # mean and standard deviation, each (batch, 1, V)
EPS = 1e-5  # added to the variance


class InstanceNorm(nn.Module):
    r"""Standardizes windows, and puts forecasts back.

    Args:
        variables: of the windows; the targets are the first of them.

    Shapes: (batch, L, V) to the same, and forecasts (batch, H, T, Q) to the same.

    Differences from the paper: $\gamma$ is the exponential of a parameter, which cannot reach zero.
    """

    def __init__(self, variables: int):
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(variables))
        self.shift = nn.Parameter(torch.zeros(variables))

    def forward(self, series: Tensor) -> tuple[Tensor, WindowScale]:
        """The standardized windows, and the scale that `inverse` needs."""
        values = series.float()
        mean = values.mean(1, keepdim=True).detach()
        deviation = (values.var(1, keepdim=True, correction=0) + EPS).sqrt().detach()
        standardized = (values - mean) / deviation * self.log_scale.exp() + self.shift
        return standardized, (mean, deviation)

    def inverse(self, forecast: Tensor, scale: WindowScale) -> Tensor:
        """The forecast on the scale of its window."""
        targets = forecast.shape[2]
        mean, deviation = (part[:, :, :targets, None] for part in scale)
        gain, shift = self.log_scale[:targets, None].exp(), self.shift[:targets, None]
        return (forecast.float() - shift) / gain * deviation + mean
