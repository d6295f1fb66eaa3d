r"""Recurrent networks on windows, also after a convolution that shortens the window.

    $h_1, \dots, h_L$ = states of a simple RNN, LSTM or GRU,    $\hat y = W h_L + b$

With `bidirectional`, a second layer reads the window from its end; the future is not part of the window,
hence it does not look ahead. `conv-rnn` reads every `stride`-th step of a convolution, which takes a long
window in fewer steps of the recurrence.

Reference: Hochreiter and Schmidhuber, "Long short-term memory", 1997; Cho et al., 2014, arXiv 1406.1078.
"""

from __future__ import annotations

from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.networks.forecasting.forecast_shape import ForecastShape, past_inputs
from hibiscus.networks.input_shapes import choice, fraction, whole
from hibiscus.networks.layers import initialize
from hibiscus.networks.recurrent_layers import CELLS, VariationalLayer

__all__ = ["RecurrentForecaster", "build_conv_rnn", "build_gru", "build_lstm", "build_rnn"]


def build_rnn(
    shape: ForecastShape, units: int = 64, layers: int = 1, bidirectional: bool = False, dropout: float = 0.0
) -> RecurrentForecaster:
    """Simple recurrent layers; see `build_lstm`."""
    return _build("rnn", shape, units, layers, bidirectional, dropout)


def build_gru(
    shape: ForecastShape, units: int = 64, layers: int = 1, bidirectional: bool = False, dropout: float = 0.0
) -> RecurrentForecaster:
    """Gated recurrent units; see `build_lstm`."""
    return _build("gru", shape, units, layers, bidirectional, dropout)


def build_lstm(
    shape: ForecastShape, units: int = 64, layers: int = 1, bidirectional: bool = False, dropout: float = 0.0
) -> RecurrentForecaster:
    """Long short-term memory, and a linear layer on its last state.

    Args:
        shape: the sizes of the problem.
        units: units of each layer.
        layers: layers, each on the states of the one before.
        bidirectional: whether a second set of weights reads the window backwards.
        dropout: dropout rate of the inputs of the layers after the first, with the same mask at all steps.

    Raises:
        ConfigError: a value out of range.
    """
    return _build("lstm", shape, units, layers, bidirectional, dropout)


def build_conv_rnn(
    shape: ForecastShape,
    filters: int = 32,
    kernel_size: int = 5,
    stride: int = 2,
    cell: str = "gru",
    units: int = 64,
    layers: int = 1,
    bidirectional: bool = False,
    dropout: float = 0.0,
) -> RecurrentForecaster:
    """A convolution over the steps, and recurrent layers on its responses.

    Args:
        shape: the sizes of the problem.
        filters: filters of the convolution.
        kernel_size: steps that a filter covers.
        stride: steps of the window for one of the recurrence.
        cell: `rnn`, `lstm` or `gru`.
        units: units of each layer.
        layers: recurrent layers.
        bidirectional: whether a second set of weights reads the window backwards.
        dropout: dropout rate of the inputs of the layers after the first.

    Raises:
        ConfigError: a value out of range, or a window shorter than the filters.
    """
    if whole("kernel_size", kernel_size) > shape.input_length:
        raise ConfigError(
            f"kernel_size={kernel_size} with an input length of {shape.input_length}",
            "filters that are not longer than the window",
            f"kernel_size={shape.input_length}, or a longer window",
        )
    convolution = nn.Conv1d(
        shape.step_features, whole("filters", filters), kernel_size, stride=whole("stride", stride)
    )
    initialize(convolution, "he_uniform")
    stack = _stack(choice("cell", cell, CELLS), filters, units, layers, bidirectional, dropout)
    return RecurrentForecaster(shape, stack, convolution)


def _build(
    cell: str, shape: ForecastShape, units: int, layers: int, bidirectional: bool, dropout: float
) -> RecurrentForecaster:
    return RecurrentForecaster(
        shape, _stack(cell, shape.step_features, units, layers, bidirectional, dropout)
    )


def _stack(
    cell: str, features: int, units: int, layers: int, bidirectional: bool, dropout: float
) -> list[VariationalLayer]:
    wide = whole("units", units) * (2 if bidirectional else 1)
    widths, rate = [features, *[wide] * (whole("layers", layers) - 1)], fraction("dropout", dropout)
    return [
        VariationalLayer(cell, width, units, bidirectional, rate if index else 0.0)
        for index, width in enumerate(widths)
    ]


class RecurrentForecaster(nn.Module):
    """An optional convolution, recurrent layers, and a linear layer on the last state.

    Args:
        shape: the sizes of the problem.
        layers: the recurrent layers.
        convolution: whose responses they read, after ReLU; None for the window itself.

    Shapes: as `Forecaster`.

    Differences from the paper: with a stride, the filters are aligned with the end of the window, so that its
        last step is always read.
    """

    def __init__(
        self, shape: ForecastShape, layers: list[VariationalLayer], convolution: nn.Conv1d | None = None
    ):
        super().__init__()
        self.shape, self.convolution = shape, convolution
        self.layers = nn.ModuleList(layers)
        core = layers[-1].core
        states = core.hidden_size * (2 if core.bidirectional else 1)
        self.head = initialize(nn.Linear(states, shape.outputs), "glorot_uniform")

    def forward(self, series: Tensor, future: Tensor | None = None, static: Tensor | None = None) -> Tensor:
        """The forecast from the window and what is known of its steps."""
        x = past_inputs(series, future, static)
        if self.convolution is not None:
            (width,), (stride,) = self.convolution.kernel_size, self.convolution.stride
            first = (x.shape[1] - width) % stride
            x = self.convolution(x[:, first:].transpose(1, 2)).relu().transpose(1, 2)
        last = x
        for layer in self.layers:
            x, last = layer(x)
        return self.shape.forecast(self.head(last))
