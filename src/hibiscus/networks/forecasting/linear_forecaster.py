r"""Linear networks over the window: one matrix from L past values to H future ones, for each variable.

    linear: $\hat y = W x + b$
    nlinear: $\hat y = W (x - x_L) + b + x_L$, with the last value $x_L$
    dlinear: $\hat y = W_t\, m(x) + W_s\, (x - m(x)) + b$, with the moving average $m(x)$, the trend

The moving average of DLinear repeats the first and the last value at the ends. All variables share the
matrix, or each has its own (`individual`).

Reference: Zeng et al., "Are Transformers Effective for Time Series Forecasting?", AAAI 2023, arXiv
    2205.13504.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.errors import ConfigError
from hibiscus.networks.forecasting.forecast_shape import ForecastShape
from hibiscus.networks.input_shapes import whole

__all__ = [
    "LinearForecaster",
    "WindowLinear",
    "build_dlinear",
    "build_linear",
    "build_nlinear",
    "moving_average",
]


def build_linear(shape: ForecastShape, individual: bool = False) -> LinearForecaster:
    """One linear layer.

    Args:
        shape: the sizes of the problem.
        individual: whether each variable has weights of its own.
    """
    return LinearForecaster(shape, individual)


def build_nlinear(shape: ForecastShape, individual: bool = False) -> LinearForecaster:
    """A linear layer on the differences from the last value, which is added to the forecast.

    Args:
        shape: the sizes of the problem.
        individual: whether each variable has weights of its own.
    """
    return LinearForecaster(shape, individual, subtract_last=True)


def build_dlinear(shape: ForecastShape, individual: bool = False, kernel_size: int = 25) -> LinearForecaster:
    """A linear layer for the moving average, and one for the rest.

    Args:
        shape: the sizes of the problem.
        individual: whether each variable has weights of its own.
        kernel_size: steps of the moving average, odd.

    Raises:
        ConfigError: an even kernel, which has no middle.
    """
    if whole("kernel_size", kernel_size) % 2 == 0:
        fix = f"kernel_size={kernel_size + 1}"
        raise ConfigError(f"kernel_size={kernel_size}", "an odd number of steps, with one in the middle", fix)
    return LinearForecaster(shape, individual, kernel_size=kernel_size)


class WindowLinear(nn.Module):
    """A linear layer over the steps of each variable: (variables, batch, L) to (variables, batch, outputs).

    The weights start as the mean of the window, the bias at zero.
    """

    def __init__(self, variables: int, steps: int, outputs: int, individual: bool = False):
        super().__init__()
        own = variables if individual else 1
        self.weight = nn.Parameter(torch.full((own, steps, outputs), 1 / steps))
        self.bias = nn.Parameter(torch.zeros(own, 1, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """The outputs of each variable."""
        return x @ self.weight + self.bias


class LinearForecaster(nn.Module):
    """Linear, NLinear and DLinear.

    Args:
        shape: the sizes of the problem.
        individual: whether each variable has weights of its own.
        subtract_last: whether the layer sees the differences from the last value (NLinear).
        kernel_size: steps of the moving average that has a layer of its own (DLinear); None for one layer.

    Shapes: as `Forecaster`.
    """

    def __init__(
        self,
        shape: ForecastShape,
        individual: bool = False,
        subtract_last: bool = False,
        kernel_size: int | None = None,
    ):
        super().__init__()
        self.shape, self.subtract_last, self.kernel_size = shape, subtract_last, kernel_size
        sizes = shape.targets, shape.input_length, shape.horizon * shape.quantiles, individual
        self.season = WindowLinear(*sizes)
        self.trend = WindowLinear(*sizes) if kernel_size is not None else None

    def forward(self, series: Tensor, future: Tensor | None = None, static: Tensor | None = None) -> Tensor:
        """The forecast of the targets from their own past."""
        shape = self.shape
        x = series[:, :, : shape.targets].permute(2, 0, 1)
        last = x[:, :, -1:] if self.subtract_last else None
        if last is not None:
            x = x - last
        if self.trend is not None and self.kernel_size is not None:
            trend = moving_average(x, self.kernel_size)
            y = self.trend(trend) + self.season(x - trend)
        else:
            y = self.season(x)
        if last is not None:
            y = y + last
        return y.unflatten(2, (shape.horizon, shape.quantiles)).permute(1, 2, 0, 3)


def moving_average(x: Tensor, kernel_size: int) -> Tensor:
    """The centered moving average over the last axis (variables, batch, steps), whose ends repeat the first
    and the last value.
    """
    left = (kernel_size - 1) // 2
    padded = functional.pad(x, (left, kernel_size - 1 - left), mode="replicate")
    return functional.avg_pool1d(padded, kernel_size, stride=1)
