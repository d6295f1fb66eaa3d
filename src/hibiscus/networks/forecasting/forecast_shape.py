"""The sizes of a forecasting problem, which every network in this package is built for."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from hibiscus.errors import ConfigError
from hibiscus.networks.input_shapes import whole

__all__ = ["ForecastShape", "past_inputs"]


@dataclass(frozen=True)
class ForecastShape:
    """What a network reads and what it forecasts.

    Attributes:
        input_length: steps of the past, L.
        horizon: steps of the forecast, H.
        variables: variables of the past, V.
        targets: how many of them are forecast, the first T.
        future: columns that are known in the future, such as calendar features, F.
        static: columns that are constant for a series, C.
        quantiles: outputs per value, Q; one is a point forecast.
    """

    input_length: int
    horizon: int
    variables: int = 1
    targets: int = 1
    future: int = 0
    static: int = 0
    quantiles: int = 1

    def __post_init__(self) -> None:
        for name in ("input_length", "horizon", "variables", "targets", "quantiles"):
            whole(name, getattr(self, name))
        for name in ("future", "static"):
            whole(name, getattr(self, name), 0)
        if self.targets > self.variables:
            raise ConfigError(
                f"targets={self.targets} of variables={self.variables}",
                "at most as many targets as variables",
                "the first variables of the past are the targets",
            )

    @property
    def others(self) -> int:
        """The variables that are read and not forecast."""
        return self.variables - self.targets

    @property
    def step_features(self) -> int:
        """The values of one step of `past_inputs`."""
        return self.variables + self.future + self.static

    @property
    def outputs(self) -> int:
        """The values of one forecast: H * T * Q."""
        return self.horizon * self.targets * self.quantiles

    def forecast(self, values: Tensor) -> Tensor:
        """(batch, H * T * Q) as (batch, H, T, Q)."""
        return values.reshape(len(values), self.horizon, self.targets, self.quantiles)


def past_inputs(series: Tensor, future: Tensor | None, static: Tensor | None) -> Tensor:
    """All that is known of each step of the past.

    Args:
        series: (batch, L, V).
        future: (batch, L + H, F), or None.
        static: (batch, C), repeated for each step, or None.

    Returns:
        (batch, L, V + F + C).
    """
    steps, parts = series.shape[1], [series]
    if future is not None:
        parts.append(future[:, :steps].to(series.dtype))
    if static is not None:
        parts.append(static[:, None].expand(-1, steps, -1).to(series.dtype))
    return torch.cat(parts, dim=2) if len(parts) > 1 else series
