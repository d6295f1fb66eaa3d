r"""A recurrent encoder-decoder: one network reads the window, another writes the forecast step by step.

    encoder: $s_0$ = the last state of a GRU or LSTM over the window
    decoder: $s_h = \mathrm{cell}(s_{h-1}, [\hat y_{h-1}, f_h, s])$,    $\hat y_h = W s_h + b$

The decoder is fed with its own last output, in training too (no teacher forcing), so that it is trained for
what it does later; the first is the last value of the window. It also reads the columns that are known in the
future, $f_h$, and the static ones.

Reference: Sutskever, Vinyals, Le, "Sequence to Sequence Learning with Neural Networks", 2014, arXiv
    1409.3215; Cho et al., 2014, arXiv 1406.1078.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from hibiscus.networks.dropout import dropout as apply_dropout
from hibiscus.networks.forecasting.forecast_shape import ForecastShape, past_inputs
from hibiscus.networks.input_shapes import choice, fraction, whole
from hibiscus.networks.layers import INITIALIZERS, initialize, initialize_recurrent
from hibiscus.networks.recurrent_layers import CELLS

__all__ = ["RecurrentDecoder", "build_encoder_decoder"]


def build_encoder_decoder(
    shape: ForecastShape, cell: str = "gru", units: int = 64, layers: int = 1, dropout: float = 0.0
) -> RecurrentDecoder:
    """An encoder and a decoder of as many layers and units.

    Args:
        shape: the sizes of the problem.
        cell: `gru`, `lstm` or `rnn`.
        units: units of each layer.
        layers: recurrent layers of the encoder, and of the decoder.
        dropout: dropout rate between layers.

    Raises:
        ConfigError: a value out of range.
    """
    sizes = whole("units", units), whole("layers", layers), fraction("dropout", dropout)
    return RecurrentDecoder(shape, choice("cell", cell, CELLS), *sizes)


class RecurrentDecoder(nn.Module):
    """The encoder and the decoder.

    Shapes: as `Forecaster`.

    Differences from the paper: with quantiles, the decoder is fed with the middle one of its outputs.
    """

    def __init__(self, shape: ForecastShape, cell: str, units: int, layers: int, rate: float):
        super().__init__()
        self.shape, self.rate = shape, rate
        ahead = shape.targets + shape.future + shape.static
        self.encoder = _recurrent(cell, shape.step_features, units, layers)
        self.decoder = _recurrent(cell, ahead, units, layers)
        self.head = initialize(nn.Linear(units, shape.targets * shape.quantiles), "glorot_uniform")

    def forward(self, series: Tensor, future: Tensor | None = None, static: Tensor | None = None) -> Tensor:
        """The forecast, step by step."""
        shape, x, states = self.shape, past_inputs(series, future, static), []
        for layer in self.encoder:
            x, state = layer(apply_dropout(x, self.rate, self.training and bool(states)))
            states.append(state)
        value, outputs = series[:, -1, : shape.targets], []
        for step in range(shape.horizon):
            known = None if future is None else future[:, shape.input_length + step]
            y = self._step(value, known, static, states)
            outputs.append(y)
            value = y[:, :, shape.quantiles // 2]
        return torch.stack(outputs, dim=1)

    def _step(self, value: Tensor, future: Tensor | None, static: Tensor | None, states: list[Any]) -> Tensor:
        """The outputs of one step (batch, T, Q); `states` is replaced by those after it."""
        parts = [part.to(value.dtype) for part in (value, future, static) if part is not None]
        x = torch.cat(parts, dim=1)[:, None]
        for index, layer in enumerate(self.decoder):
            x, states[index] = layer(apply_dropout(x, self.rate, self.training and index > 0), states[index])
        return self.head(x[:, 0]).unflatten(1, (self.shape.targets, self.shape.quantiles))


def _recurrent(cell: str, features: int, units: int, layers: int) -> nn.ModuleList:
    cores = [CELLS[cell](size, units, batch_first=True) for size in (features, *[units] * (layers - 1))]
    for core in cores:
        initialize_recurrent(core, INITIALIZERS["glorot_uniform"], INITIALIZERS["orthogonal"])
    return nn.ModuleList(cores)
