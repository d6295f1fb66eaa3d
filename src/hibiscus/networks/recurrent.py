r"""Recurrent networks on sequences and texts: the simple RNN, LSTM and GRU of `recurrent_layers`.

    $y = W\, p(h_1, \dots, h_n) + b$,    $p$ = the last state, or the maximum or the mean over the steps

An image is one sequence of `height` steps of `width * channels` values. A text is a sequence of token
vectors; its padding changes nothing: the last state is that after its last token.

Reference: Hochreiter and Schmidhuber, "Long short-term memory", 1997; Cho et al., 2014, arXiv 1406.1078.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from hibiscus.networks.dropout import Dropout
from hibiscus.networks.input_shapes import (
    check_outputs,
    choice,
    fraction,
    sequence,
    single,
    text_option,
    whole,
)
from hibiscus.networks.layers import initialize
from hibiscus.networks.recurrent_layers import CELLS, PaddedLayer, VariationalLayer
from hibiscus.networks.sequence_pooling import POOLS, at_least, pool_steps, token_lengths
from hibiscus.networks.series_padding import separate_padding
from hibiscus.networks.token_embedding import TokenEmbedding
from hibiscus.tokens import TokenShape

__all__ = ["Recurrent", "TokenRecurrent", "build_recurrent"]


def build_recurrent(
    input_shape: Any,
    outputs: int,
    cell: str = "lstm",
    units: int | None = None,
    layers: int = 1,
    bidirectional: bool = False,
    dropout: float = 0.0,
    recurrent_dropout: float = 0.0,
    pool: str = "last",
    embedding_dim: int | None = None,
) -> Recurrent | TokenRecurrent:
    """Recurrent layers over a sequence or text, and a linear head on one vector of their states.

    Args:
        input_shape: (steps, features), an image (channels, height, width), read row by row, or a
            `TokenShape`.
        outputs: number of outputs.
        cell: `rnn`, `lstm` or `gru`.
        units: units of the state; 256 for `rnn` and 128 for the others if None.
        layers: number of stacked layers.
        bidirectional: whether a second set of weights processes the sequence backwards; the head takes the
            states of both.
        dropout: dropout rate of the inputs of each layer, with the same mask at all steps; for texts also of
            the inputs of the head.
        recurrent_dropout: dropout rate of the state that is passed to the next step, with the same mask at
            all steps. It is slower, since the steps are computed one by one.
        pool: what the head takes: the `last` state, or the `max` or `mean` over the steps.
        embedding_dim: values of the trained vector of a token, for texts; 100 if None.

    Shapes: (batch, steps, features), (batch, channels, height, width) or int64 (batch, steps) to (batch,
        outputs).

    Differences from the paper: the gates share one mask (the tied masks of Gal and Ghahramani); the term $z
        h_{t-1}$ of a GRU is not masked.
    """
    dim = text_option(input_shape, "embedding_dim", embedding_dim, 100)
    shape = single(choice("cell", cell, CELLS), input_shape)
    features = whole("embedding_dim", dim) if isinstance(shape, TokenShape) else sequence(cell, shape)[1]
    width = (256 if cell == "rnn" else 128) if units is None else whole("units", units)
    rates = fraction("dropout", dropout), fraction("recurrent_dropout", recurrent_dropout)
    directions = 2 if bidirectional else 1
    widths = [features, *[width * directions] * (whole("layers", layers) - 1)]
    wide, outputs = width * directions, check_outputs(outputs)
    choice("pool", pool, POOLS)
    if isinstance(shape, TokenShape):
        embedding = TokenEmbedding(shape.vocabulary, features)
        padded = [PaddedLayer(cell, inputs, width, bidirectional, *rates) for inputs in widths]
        return TokenRecurrent(embedding, padded, nn.Linear(wide, outputs), pool, dropout)
    stack = [VariationalLayer(cell, inputs, width, bidirectional, *rates) for inputs in widths]
    return Recurrent(stack, nn.Linear(wide, outputs), pool)


class Recurrent(nn.Module):
    """A stack of recurrent layers, and a linear head on the states of the top layer."""

    def __init__(self, layers: list[VariationalLayer], head: nn.Linear, pool: str = "last"):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.head = initialize(head, "glorot_uniform")
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        """(batch, steps, features), NaN after the end of a series, or (batch, channels, height, width), to
        (batch, outputs).
        """
        if x.dim() == 4:
            x = x.permute(0, 2, 3, 1).flatten(2)  # (batch, height, width * channels)
        x, lengths = separate_padding(x)
        known = None if bool((lengths == x.shape[1]).all()) else lengths  # torch is faster without
        last = x
        for layer in self.layers:
            x, last = layer(x, known)
        return self.head(last if self.pool == "last" else pool_steps(x, lengths, self.pool))


class TokenRecurrent(nn.Module):
    """Token vectors, a stack of recurrent layers, and a linear head on the states of the top layer."""

    def __init__(
        self,
        embedding: TokenEmbedding,
        layers: list[PaddedLayer],
        head: nn.Linear,
        pool: str = "last",
        dropout: float = 0.0,
    ):
        super().__init__()
        self.embedding = embedding
        self.layers = nn.ModuleList(layers)
        self.dropout = Dropout(dropout)
        self.head = initialize(head, "glorot_uniform")
        self.pool = pool

    def forward(self, tokens: Tensor) -> Tensor:
        """int64 (batch, steps), 0 for padding, to (batch, outputs)."""
        tokens = at_least(tokens, 1)
        lengths = token_lengths(tokens)
        x = last = self.embedding(tokens)
        for layer in self.layers:
            x, last = layer(x, lengths)
        pooled = last if self.pool == "last" else pool_steps(x, lengths, self.pool)
        return self.head(self.dropout(pooled))
