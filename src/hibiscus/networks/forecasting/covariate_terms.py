r"""A linear term of the covariates, which is added to the forecast of a network that does not read them.

    $\hat y_{h} \mathrel{+}= A f_{h} + B s + \sum_{l} C_{h,l}\, (z_{l} - z_{L})$

$f_h$ are the columns known in the future at step $h$, $s$ the static columns, and $z$ the variables of the
past that are not forecast, relative to their last value. The weights start at zero: the network begins as the
one without covariates.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hibiscus.networks.forecasting.forecast_shape import ForecastShape

__all__ = ["CovariateTerm", "covariate_term"]


def covariate_term(shape: ForecastShape, past: bool = True) -> CovariateTerm | None:
    """The term for what the shape has of covariates; None without any.

    Args:
        shape: the sizes of the problem.
        past: whether the other variables of the past are among them.
    """
    if not shape.future and not shape.static and not (past and shape.others):
        return None
    return CovariateTerm(shape, past)


class CovariateTerm(nn.Module):
    """The term as a layer.

    Shapes: as `Forecaster`.
    """

    def __init__(self, shape: ForecastShape, past: bool = True):
        super().__init__()
        self.shape, outputs = shape, shape.targets * shape.quantiles
        self.future = nn.Linear(shape.future, outputs, bias=False) if shape.future else None
        self.static = nn.Linear(shape.static, outputs, bias=False) if shape.static else None
        others = shape.others * shape.input_length if past else 0
        self.others = nn.Linear(others, shape.outputs, bias=False) if others else None
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, series: Tensor, future: Tensor | None, static: Tensor | None) -> Tensor:
        """What is added to the forecast: (batch, H, T, Q)."""
        shape = self.shape
        total = torch.zeros(len(series), shape.horizon, shape.targets, shape.quantiles, device=series.device)
        if self.future is not None and future is not None:
            ahead = self.future(future[:, shape.input_length :])
            total = total + ahead.reshape(total.shape)
        if self.static is not None and static is not None:
            total = total + self.static(static).reshape(len(series), 1, shape.targets, shape.quantiles)
        if self.others is not None:
            others = series[:, :, shape.targets :]
            total = total + shape.forecast(self.others((others - others[:, -1:]).flatten(1)))
        return total
