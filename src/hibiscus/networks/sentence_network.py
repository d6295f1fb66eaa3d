r"""A linear classifier or regression on sentence embeddings of MiniLM, which are not trained.

    $y = W\,\frac{s - m}{d} + b$

with s the embedding of a text and m and d the mean and standard deviation of the embeddings of the training
part. Embeddings can be computed once and stored: the network takes the tokens of texts or their embeddings.
The weights of MiniLM are those of an installed package, so they are no part of the network's own.

Reference: Conneau, Kiela, "SentEval", 2018, arXiv 1803.05449 (linear models on sentence embeddings).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.networks.input_shapes import check_outputs, fraction
from hibiscus.networks.minilm import DIMENSION, embed_tokens, load_sentence_encoder
from hibiscus.networks.transfer_network import FeatureScaling
from hibiscus.tokens import PADDING, SPECIAL, UNKNOWN, TokenShape

__all__ = ["SentenceNetwork", "build_sentence"]

PIECES = 30_522  # of MiniLM
FIRST, LAST, UNKNOWN_PIECE = 101, 102, 100  # [CLS], [SEP] and [UNK]
MAX_STEPS = 254  # of a text, without [CLS] and [SEP]


class SentenceNetwork(nn.Module):
    """The embeddings of MiniLM and a head of one linear layer.

    Args:
        outputs: number of outputs.
        dropout: dropout rate of the components of an embedding.

    Shapes: int64 (batch, steps) of `tokens=word-piece`, or embeddings (batch, 384), to (batch, outputs).
    """

    def __init__(self, outputs: int, dropout: float = 0.2):
        super().__init__()
        self.width = DIMENSION
        last = nn.Linear(DIMENSION, outputs)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.head = nn.Sequential(FeatureScaling(DIMENSION), nn.Dropout(dropout), last)

    @property
    def scaling(self) -> FeatureScaling:
        """The first layer of the head."""
        scaling = self.head[0]
        assert isinstance(scaling, FeatureScaling)
        return scaling

    def features(self, tokens: Tensor) -> Tensor:
        """The embeddings of texts, float32 (batch, 384), without gradients."""
        encoder = load_sentence_encoder(str(tokens.device))
        rows = [_pieces(row) for row in tokens.cpu().numpy()]
        return torch.from_numpy(embed_tokens(encoder, rows, tokens.device)).to(tokens.device)

    def forward(self, x: Tensor) -> Tensor:
        """The outputs for texts, or for embeddings that `features` returned."""
        return self.head(x if x.is_floating_point() else self.features(x))


def _pieces(row: np.ndarray) -> list[int]:
    """The word pieces of a text with [CLS] and [SEP], from token numbers that are padded."""
    numbers = row[row != PADDING][:MAX_STEPS]
    pieces = np.where(numbers == UNKNOWN, UNKNOWN_PIECE, numbers - len(SPECIAL))
    return [FIRST, *pieces.tolist(), LAST]


def build_sentence(shape: Any, outputs: int, dropout: float = 0.2) -> SentenceNetwork:
    """A linear layer on the embeddings of MiniLM.

    Args:
        shape: the `TokenShape` of texts with `tokens=word-piece`.
        outputs: number of outputs.
        dropout: dropout rate of the components of an embedding.

    Raises:
        ConfigError: other inputs than texts, or other tokens.
    """
    fix = "a table with one column of texts, and tokens=word-piece or none"
    if not isinstance(shape, TokenShape):
        raise ConfigError("net=sentence for data other than texts", "texts", fix)
    if shape.vocabulary != PIECES + len(SPECIAL):
        raise ConfigError("net=sentence with other tokens", "tokens=word-piece", "leave out tokens=")
    return SentenceNetwork(check_outputs(outputs), fraction("dropout", dropout))
