r"""Linear model and multi-layer perceptron.

    linear: $y = W x + b$;    mlp: $h_l = \phi(W_l h_{l-1} + b_l)$, $y = W h_L + b$

Suitable for tables, and as a first attempt on small data of any type; images and sequences are flattened,
which discards their spatial or temporal structure, and a text is a bag of tokens. A stack of linear layers
without activations is still linear.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from hibiscus.networks.bag_of_tokens import BagOfTokens
from hibiscus.networks.dropout import Dropout
from hibiscus.networks.input_shapes import check_outputs, counts, flat, fraction, single, text_option
from hibiscus.networks.layers import activation as make_activation
from hibiscus.networks.layers import initialize
from hibiscus.networks.series_padding import FlatSeries
from hibiscus.tokens import TokenShape

__all__ = ["build_linear", "build_mlp", "hidden_layers"]


def build_linear(input_shape: Any, outputs: int, weighting: str | None = None) -> nn.Sequential:
    """One linear layer on the flattened input: logistic or linear regression, a baseline for every other
    network.

    Args:
        input_shape: any one input; flattened. A text is one number per token of the vocabulary.
        outputs: number of outputs.
        weighting: the numbers of a text: `binary` (if None), `count` or `tfidf`.

    Shapes: (batch, *input_shape) to (batch, outputs).
    """
    first, features = _as_vector("linear", input_shape, weighting)
    network = nn.Sequential(first, nn.Linear(features, check_outputs(outputs)))
    initialize(network, "glorot_uniform")
    return network


def build_mlp(
    input_shape: Any,
    outputs: int,
    hidden: Sequence[int] = (256, 256),
    activation: str = "relu",
    dropout: float = 0.0,
    batch_norm: bool = False,
    weighting: str | None = None,
) -> nn.Sequential:
    """Hidden layers of linear, optional batch norm, activation and optional dropout, then a linear head.

    Args:
        input_shape: any one input; flattened. A text is one number per token of the vocabulary.
        outputs: number of outputs; each hidden layer should have more units than this.
        hidden: units per hidden layer; empty for none.
        activation: name in `layers.ACTIVATIONS`.
        dropout: dropout rate of each hidden layer.
        batch_norm: batch normalization before each activation.
        weighting: the numbers of a text: `binary` (if None), `count` or `tfidf`.

    Shapes: (batch, *input_shape) to (batch, outputs).
    """
    first, features = _as_vector("mlp", input_shape, weighting)
    widths = counts("hidden", hidden, empty=True)
    body = hidden_layers(features, widths, activation, dropout, batch_norm)
    network = nn.Sequential(first, *body, nn.Linear((features, *widths)[-1], check_outputs(outputs)))
    initialize(network, "glorot_uniform")
    return network


def _as_vector(network: str, input_shape: Any, weighting: str | None) -> tuple[nn.Module, int]:
    """The layer that turns an input into one vector, and the number of its values."""
    chosen = text_option(input_shape, "weighting", weighting, "binary")
    shape = single(network, input_shape)
    if isinstance(shape, TokenShape):
        return BagOfTokens(shape.vocabulary, chosen), shape.vocabulary
    return FlatSeries() if len(shape) == 2 else nn.Flatten(), flat(network, input_shape)


def hidden_layers(
    features: int, widths: Sequence[int], activation: str, dropout: float, batch_norm: bool
) -> list[nn.Module]:
    """The layers from `features` values through each width, without a head."""
    layers: list[nn.Module] = []
    for width in widths:
        layers.append(nn.Linear(features, width, bias=not batch_norm))
        if batch_norm:
            layers.append(nn.BatchNorm1d(width))
        layers.append(make_activation(activation))
        if fraction("dropout", dropout):
            layers.append(Dropout(dropout))
        features = width
    return layers
