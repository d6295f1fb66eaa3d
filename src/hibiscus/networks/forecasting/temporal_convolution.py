r"""A temporal convolutional network (TCN): dilated causal convolutions in residual blocks.

    $h^{(i)} = \phi(x + \phi(c_2(\phi(c_1(x)))))$,    $c(x)_t = b + \sum_k W_k\, x_{t - d k}$

The convolutions of block $i$ have the dilation $d = 2^i$ and see no step after their own; a few blocks cover
a long window. The forecast is a linear layer on the values of the last step.

Reference: Bai, Kolter, Koltun, "An Empirical Evaluation of Generic Convolutional and Recurrent Networks for
    Sequence Modeling", 2018, arXiv 1803.01271.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from hibiscus.networks.dropout import Dropout
from hibiscus.networks.forecasting.forecast_shape import ForecastShape, past_inputs
from hibiscus.networks.input_shapes import fraction, whole
from hibiscus.networks.layers import initialize

__all__ = ["CausalConv", "TemporalBlock", "TemporalConvolution", "build_temporal_convolution"]


def build_temporal_convolution(
    shape: ForecastShape,
    filters: int = 32,
    kernel_size: int = 3,
    layers: int | None = None,
    dropout: float = 0.1,
) -> TemporalConvolution:
    """Residual blocks of two causal convolutions each, and a linear layer on the last step.

    Args:
        shape: the sizes of the problem.
        filters: filters of each convolution.
        kernel_size: steps that a filter covers.
        layers: residual blocks, each with twice the dilation of the one before; None for as many as it takes
            for the last step to see the whole window.
        dropout: dropout rate after each convolution.

    Raises:
        ConfigError: a value out of range.
    """
    if whole("kernel_size", kernel_size, 2) and layers is None:
        layers = 1
        while receptive_field(layers, kernel_size) < shape.input_length:
            layers += 1
    sizes = whole("filters", filters), kernel_size, whole("layers", layers), fraction("dropout", dropout)
    return TemporalConvolution(shape, *sizes)


def receptive_field(layers: int, kernel_size: int) -> int:
    """The steps of the window that the last one depends on."""
    return 1 + 2 * (kernel_size - 1) * (2**layers - 1)


class CausalConv(nn.Module):
    """A dilated convolution with a normalized weight, whose output at a step depends on no later one.

    Shapes: (batch, channels, steps) to (batch, filters, steps).
    """

    def __init__(self, channels: int, filters: int, kernel_size: int, dilation: int):
        super().__init__()
        self.padding = (kernel_size - 1) * dilation
        convolution = nn.Conv1d(channels, filters, kernel_size, dilation=dilation)
        self.convolution = weight_norm(initialize(convolution, "he_uniform"))

    def forward(self, x: Tensor) -> Tensor:
        """The filter responses at each step; before the window there are zeros."""
        return self.convolution(functional.pad(x, (self.padding, 0)))


class TemporalBlock(nn.Module):
    """Two causal convolutions beside a connection that skips them.

    Shapes: (batch, channels, steps) to (batch, filters, steps).
    """

    def __init__(self, channels: int, filters: int, kernel_size: int, dilation: int, rate: float):
        super().__init__()
        self.first = CausalConv(channels, filters, kernel_size, dilation)
        self.second = CausalConv(filters, filters, kernel_size, dilation)
        self.dropout = Dropout(rate)
        skip = nn.Identity() if channels == filters else nn.Conv1d(channels, filters, 1)
        self.skip = initialize(skip, "glorot_uniform")

    def forward(self, x: Tensor) -> Tensor:
        """The values of each step for the next block."""
        y = self.dropout(self.first(x).relu())
        y = self.dropout(self.second(y).relu())
        return (self.skip(x) + y).relu()


class TemporalConvolution(nn.Module):
    """The blocks, and a linear layer on the last step.

    Shapes: as `Forecaster`.
    """

    def __init__(self, shape: ForecastShape, filters: int, kernel_size: int, layers: int, rate: float):
        super().__init__()
        self.shape = shape
        channels = [shape.step_features, *[filters] * (layers - 1)]
        blocks = [TemporalBlock(size, filters, kernel_size, 2**i, rate) for i, size in enumerate(channels)]
        self.blocks = nn.Sequential(*blocks)
        self.head = initialize(nn.Linear(filters, shape.outputs), "glorot_uniform")

    def forward(self, series: Tensor, future: Tensor | None = None, static: Tensor | None = None) -> Tensor:
        """The forecast from the window and what is known of its steps."""
        return self.shape.forecast(self.head(self.states(series, future, static)[:, :, -1]))

    def states(self, series: Tensor, future: Tensor | None = None, static: Tensor | None = None) -> Tensor:
        """The outputs of the last block: (batch, filters, L)."""
        return self.blocks(past_inputs(series, future, static).transpose(1, 2))
