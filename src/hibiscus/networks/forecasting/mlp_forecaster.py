r"""A multi-layer perceptron on windows.

    $\hat y = W_n\, \phi(\dots \phi(W_1 [x, f, s] + b_1) \dots) + b_n$

It reads all variables of the window, the known-future columns of the window and of the horizon, and the
static columns as one vector.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from hibiscus.networks.dropout import Dropout
from hibiscus.networks.forecasting.forecast_shape import ForecastShape
from hibiscus.networks.input_shapes import counts, fraction
from hibiscus.networks.layers import activation as make_activation
from hibiscus.networks.layers import initialize

__all__ = ["MLPForecaster", "build_mlp_forecaster"]


def build_mlp_forecaster(
    shape: ForecastShape,
    hidden: Sequence[int] | int = (256, 256),
    dropout: float = 0.1,
    activation: str = "relu",
) -> MLPForecaster:
    """Hidden layers on the window, and a linear layer for all steps of the horizon.

    Args:
        shape: the sizes of the problem.
        hidden: units of each hidden layer.
        dropout: dropout rate after each hidden layer.
        activation: a name in `layers.ACTIVATIONS`.
    """
    return MLPForecaster(shape, counts("hidden", hidden), fraction("dropout", dropout), activation)


class MLPForecaster(nn.Module):
    """The layers as one network.

    Shapes: as `Forecaster`.
    """

    def __init__(self, shape: ForecastShape, hidden: Sequence[int], rate: float, activation: str):
        super().__init__()
        self.shape = shape
        features = shape.input_length * shape.variables + shape.static
        features += (shape.input_length + shape.horizon) * shape.future
        layers: list[nn.Module] = []
        for inputs, units in zip((features, *hidden[:-1]), hidden, strict=True):
            layers += [nn.Linear(inputs, units), make_activation(activation), Dropout(rate)]
        self.body = initialize(nn.Sequential(*layers), "he_uniform")
        self.head = initialize(nn.Linear(hidden[-1], shape.outputs), "glorot_uniform")

    def forward(self, series: Tensor, future: Tensor | None = None, static: Tensor | None = None) -> Tensor:
        """The forecast from everything that is known."""
        known = [part.flatten(1) for part in (series, future, static) if part is not None]
        return self.shape.forecast(self.head(self.body(torch.cat(known, dim=1))))
