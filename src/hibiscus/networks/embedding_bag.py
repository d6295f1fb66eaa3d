r"""A text as the mean of the vectors of its tokens, and a linear head.

    $y = W \frac{1}{n} \sum_t E_{w_t} + b$

The order of the tokens is lost, and each step takes microseconds. It is the first network to try on texts.

Reference: Joulin, Grave, Bojanowski and Mikolov, 2016 (the paper of fastText), arXiv 1607.01759.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from hibiscus.networks.dropout import Dropout
from hibiscus.networks.input_shapes import check_outputs, choice, fraction, text
from hibiscus.networks.layers import initialize
from hibiscus.networks.sequence_pooling import at_least, pool_steps, token_lengths
from hibiscus.networks.token_embedding import TokenEmbedding

__all__ = ["EmbeddingBag", "build_embedding_bag"]

BAGS = {"mean": ("mean",), "max": ("max",), "mean-max": ("mean", "max")}


def build_embedding_bag(
    input_shape: Any, outputs: int, embedding_dim: int = 100, pool: str = "mean", dropout: float = 0.0
) -> EmbeddingBag:
    """Trained vectors of the tokens, pooled over the text, and a linear head.

    Args:
        input_shape: a `TokenShape`.
        outputs: number of outputs.
        embedding_dim: values of the trained vector of a token.
        pool: `mean`, `max`, or both: `mean-max`.
        dropout: dropout rate of the inputs of the head.

    Shapes: int64 (batch, steps), 0 for padding, to (batch, outputs).

    Differences from the paper: no vectors for pairs of words.
    """
    shape = text("embedding-bag", input_shape)
    embedding = TokenEmbedding(shape.vocabulary, embedding_dim)
    pools = BAGS[choice("pool", pool, BAGS)]
    head = nn.Linear(embedding_dim * len(pools), check_outputs(outputs))
    return EmbeddingBag(embedding, pools, head, fraction("dropout", dropout))


class EmbeddingBag(nn.Module):
    """Token vectors, pooled over the text, and a linear head."""

    def __init__(self, embedding: TokenEmbedding, pools: tuple[str, ...], head: nn.Linear, rate: float):
        super().__init__()
        self.embedding = embedding
        self.pools = pools
        self.dropout = Dropout(rate)
        self.head = initialize(head, "glorot_uniform")

    def forward(self, tokens: Tensor) -> Tensor:
        """int64 (batch, steps), 0 for padding, to (batch, outputs)."""
        tokens = at_least(tokens, 1)
        lengths = token_lengths(tokens)
        x = self.embedding(tokens)
        pooled = [pool_steps(x, lengths, how) for how in self.pools]
        return self.head(self.dropout(torch.cat(pooled, dim=1)))
