r"""Convolutions over the tokens of a text: Kim's network, and a convolution that shortens a text for a
recurrent layer.

    conv1d: $c^k_t = \max(0, W^k x_{t : t+k} + b^k)$,
            $y = W\,[\max_t c^3_t, \max_t c^4_t, \max_t c^5_t] + b$
    conv1d-rnn: $z$ = convolution, ReLU, maximum of every `shorten` steps; $y = W h_n(z) + b$

A filter of width $k$ responds to a phrase of $k$ tokens wherever it stands; the maximum over the text keeps
whether it occurs. Texts are padded with zeros, and windows beyond the end of a text do not count.

Reference: Kim, "Convolutional Neural Networks for Sentence Classification", 2014, arXiv 1408.5882.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.networks.dropout import Dropout
from hibiscus.networks.input_shapes import check_outputs, choice, counts, fraction, text, whole
from hibiscus.networks.layers import initialize
from hibiscus.networks.recurrent_layers import CELLS, PaddedLayer
from hibiscus.networks.sequence_pooling import at_least, token_lengths, valid_steps
from hibiscus.networks.token_embedding import TokenEmbedding

__all__ = ["Conv1d", "Conv1dRecurrent", "StepConv", "build_conv1d", "build_conv1d_rnn"]


def build_conv1d(
    input_shape: Any,
    outputs: int,
    embedding_dim: int = 100,
    filters: int = 100,
    widths: Sequence[int] = (3, 4, 5),
    dropout: float = 0.5,
) -> Conv1d:
    """Convolutions of several widths over the token vectors, the maximum of each over the text, and a linear
    head.

    Args:
        input_shape: a `TokenShape`.
        outputs: number of outputs.
        embedding_dim: values of the trained vector of a token.
        filters: filters of each width.
        widths: tokens that a filter covers.
        dropout: dropout rate of the inputs of the head.

    Shapes: int64 (batch, steps), 0 for padding, to (batch, outputs).

    Differences from the paper: no constraint on the norm of the weights of the head; use weight_decay.
    """
    shape = text("conv1d", input_shape)
    embedding = TokenEmbedding(shape.vocabulary, embedding_dim)
    filters = whole("filters", filters)
    branches = [StepConv(embedding_dim, filters, width) for width in counts("widths", widths)]
    head = nn.Linear(filters * len(branches), check_outputs(outputs))
    return Conv1d(embedding, branches, head, fraction("dropout", dropout))


def build_conv1d_rnn(
    input_shape: Any,
    outputs: int,
    embedding_dim: int = 100,
    filters: int = 100,
    width: int = 5,
    shorten: int = 4,
    cell: str = "lstm",
    units: int = 100,
    bidirectional: bool = False,
    dropout: float = 0.5,
) -> Conv1dRecurrent:
    """A convolution whose maxima over every few steps are the inputs of a recurrent layer, and a linear head
    on its last state; for long texts, since the recurrent layer takes fewer steps.

    Args:
        input_shape: a `TokenShape`.
        outputs: number of outputs.
        embedding_dim: values of the trained vector of a token.
        filters: filters of the convolution.
        width: tokens that a filter covers.
        shorten: steps of the text for one step of the recurrent layer.
        cell: `rnn`, `lstm` or `gru`.
        units: units of the recurrent state.
        bidirectional: whether a second recurrent layer reads the text backwards.
        dropout: dropout rate of the inputs of the head.

    Shapes: int64 (batch, steps), 0 for padding, to (batch, outputs).
    """
    shape = text("conv1d-rnn", input_shape)
    embedding = TokenEmbedding(shape.vocabulary, embedding_dim)
    convolution = StepConv(embedding_dim, whole("filters", filters), whole("width", width))
    layer = PaddedLayer(choice("cell", cell, CELLS), filters, whole("units", units), bidirectional)
    head = nn.Linear(units * (2 if bidirectional else 1), check_outputs(outputs))
    rate = fraction("dropout", dropout)
    return Conv1dRecurrent(embedding, convolution, whole("shorten", shorten), layer, head, rate)


class StepConv(nn.Conv1d):
    """A convolution over the steps, followed by ReLU; steps beyond the end of a sequence are zero.

    Shapes: (batch, steps, features) and lengths (batch,) to (batch, steps, filters).
    """

    def __init__(self, features: int, filters: int, width: int):
        super().__init__(features, filters, width, padding=width // 2)
        initialize(self, "he_uniform")

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:  # type: ignore[override]
        """One vector of filter responses for each step; x is zero beyond the end of a sequence."""
        maps = super().forward(x.transpose(1, 2))[:, :, : x.shape[1]]  # an even width adds a step
        valid = valid_steps(lengths, x.shape[1])
        return maps.relu().transpose(1, 2).masked_fill(~valid[:, :, None], 0)


class Conv1d(nn.Module):
    """Token vectors, convolutions side by side, the maximum of each over the text, and a linear head."""

    def __init__(self, embedding: TokenEmbedding, branches: list[StepConv], head: nn.Linear, rate: float):
        super().__init__()
        self.embedding = embedding
        self.branches = nn.ModuleList(branches)
        self.dropout = Dropout(rate)
        self.head = initialize(head, "glorot_uniform")

    def forward(self, tokens: Tensor) -> Tensor:
        """int64 (batch, steps), 0 for padding, to (batch, outputs)."""
        tokens = at_least(tokens, 1)
        lengths = token_lengths(tokens)
        x = self.embedding(tokens)
        found = [branch(x, lengths).amax(1) for branch in self.branches]  # ReLU: zeros do not count
        return self.head(self.dropout(torch.cat(found, dim=1)))


class Conv1dRecurrent(nn.Module):
    """Token vectors, a convolution, maxima over every few steps, a recurrent layer, and a linear head."""

    def __init__(
        self,
        embedding: TokenEmbedding,
        convolution: StepConv,
        shorten: int,
        layer: PaddedLayer,
        head: nn.Linear,
        rate: float,
    ):
        super().__init__()
        self.embedding, self.convolution, self.shorten, self.layer = embedding, convolution, shorten, layer
        self.dropout = Dropout(rate)
        self.head = initialize(head, "glorot_uniform")

    def forward(self, tokens: Tensor) -> Tensor:
        """int64 (batch, steps), 0 for padding, to (batch, outputs)."""
        tokens = at_least(tokens, 1)
        lengths = token_lengths(tokens)
        maps = self.convolution(self.embedding(tokens), lengths).transpose(1, 2)
        short = functional.max_pool1d(maps, self.shorten, ceil_mode=True).transpose(1, 2)
        _, last = self.layer(short, (lengths + self.shorten - 1) // self.shorten)
        return self.head(self.dropout(last))
