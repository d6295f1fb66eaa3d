r"""A small Transformer encoder on texts, and a linear head on the mean over the steps.

    $y = W\, \frac{1}{n} \sum_t \mathrm{transformer}(E_{w_1} + p_1, \dots, E_{w_n} + p_n)_t + b$

Trained from nothing it needs many texts; on a few thousand, `embedding-bag` and `conv1d` are as good.

Reference: Vaswani et al., "Attention Is All You Need", 2017, arXiv 1706.03762.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from hibiscus.networks.dropout import Dropout
from hibiscus.networks.input_shapes import check_outputs, choice, fraction, text, whole
from hibiscus.networks.layers import initialize
from hibiscus.networks.sequence_pooling import POOLS, at_least, pool_steps, token_lengths, valid_steps
from hibiscus.networks.token_embedding import TokenEmbedding
from hibiscus.networks.transformer import Transformer

__all__ = ["TransformerEncoder", "build_transformer"]


def build_transformer(
    input_shape: Any,
    outputs: int,
    width: int = 128,
    layers: int = 2,
    attention_heads: int = 4,
    feedforward: int | None = None,
    positions: str = "sinusoidal",
    pool: str = "mean",
    dropout: float = 0.1,
    embedding_dim: int | None = None,
) -> TransformerEncoder:
    """Token vectors with positions, blocks of attention, and a linear head on one vector of the steps.

    Args:
        input_shape: a `TokenShape`.
        outputs: number of outputs.
        width: values per step, a multiple of `attention_heads`.
        layers: number of blocks.
        attention_heads: attention heads of each block.
        feedforward: units of the feedforward part of a block; 4 * width if None.
        positions: `sinusoidal`, `learned`, `rotary` or `none`.
        pool: what the head takes: the `mean` or `max` over the steps, or the `last` one.
        dropout: dropout rate of the inputs, of each part of a block and of the inputs of the head.
        embedding_dim: values of the vector of a token; `width` if None, otherwise a linear layer follows.

    Shapes: int64 (batch, steps), 0 for padding, to (batch, outputs).

    Differences from the paper: the norm comes first; GELU in place of ReLU.
    """
    shape = text("transformer", input_shape)
    dim = whole("width", width) if embedding_dim is None else whole("embedding_dim", embedding_dim)
    embedding = TokenEmbedding(shape.vocabulary, dim, std=dim**-0.5)
    project = nn.Identity() if dim == width else nn.Linear(dim, width)
    rate = fraction("dropout", dropout)
    steps = max(shape.steps, 1)
    body = Transformer(width, layers, attention_heads, positions, steps, rate, feedforward=feedforward)
    head = nn.Linear(width, check_outputs(outputs))
    return TransformerEncoder(embedding, project, body, head, choice("pool", pool, POOLS), rate)


class TransformerEncoder(nn.Module):
    """Token vectors, Transformer blocks, and a linear head on one vector of the steps."""

    def __init__(
        self,
        embedding: TokenEmbedding,
        project: nn.Module,
        body: Transformer,
        head: nn.Linear,
        pool: str,
        rate: float,
    ):
        super().__init__()
        self.embedding, self.project, self.body, self.pool = embedding, project, body, pool
        self.dropout = Dropout(rate)
        self.head = initialize(head, "glorot_uniform")

    def forward(self, tokens: Tensor) -> Tensor:
        """int64 (batch, steps), 0 for padding, to (batch, outputs)."""
        tokens = at_least(tokens, 1)
        lengths = token_lengths(tokens)
        valid = valid_steps(lengths, tokens.shape[1])
        states = self.body(self.project(self.embedding(tokens)), valid)
        return self.head(self.dropout(pool_steps(states, lengths, self.pool)))
