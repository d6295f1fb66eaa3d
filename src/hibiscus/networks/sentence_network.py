r"""A linear classifier or regression on the features of MiniLM, which is not trained.

    $y = W\,\frac{s - m}{d} + b$

with s the features of a text, the means over its tokens after each of the last four layers, and m and d the
mean and standard deviation of the features of the training part. The last layer alone, from which sentence
embeddings are computed, is specific to what a text is about: of rt-polarity, four layers classify 1 to 2
points more than the last one. Features can be computed once and stored: the network takes the tokens of texts
or their features. The weights of MiniLM are those of an installed package, and no part of the network's own.

Reference: Conneau, Kiela, "SentEval", 2018, arXiv 1803.05449 (linear models on sentence embeddings).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.networks.input_shapes import check_outputs, fraction
from hibiscus.networks.minilm import DIMENSION, embed_tokens, load_sentence_encoder
from hibiscus.networks.sentence_pieces import PIECES, piece_rows
from hibiscus.networks.transfer_network import FeatureHead
from hibiscus.networks.tuned_sentence import TunedSentenceNetwork
from hibiscus.tokens import SPECIAL, TokenShape

__all__ = ["SentenceNetwork", "build_sentence"]

LAYERS = 4  # whose means are the features
DROPOUT = 0.2  # of the features
TUNED_DROPOUT = 0.1  # where layers are trained


class SentenceNetwork(nn.Module):
    """The features of MiniLM and a head of one linear layer.

    Args:
        outputs: number of outputs.
        dropout: dropout rate of the features.

    Shapes: int64 (batch, steps) of `tokens=word-piece`, or features (batch, 1536), to (batch, outputs).
    """

    def __init__(self, outputs: int, dropout: float = 0.2):
        super().__init__()
        self.width = LAYERS * DIMENSION
        self.head = FeatureHead(self.width, outputs, dropout)

    def features(self, tokens: Tensor) -> Tensor:
        """The features of texts, float32 (batch, 1536), without gradients."""
        encoder = load_sentence_encoder(str(tokens.device))
        rows = piece_rows(tokens)
        features = embed_tokens(lambda pieces: encoder.layer_means(pieces, LAYERS), rows, tokens.device)
        return torch.from_numpy(features).to(tokens.device)

    def forward(self, x: Tensor) -> Tensor:
        """The outputs for texts, or for features that `features` returned."""
        return self.head(x if x.is_floating_point() else self.features(x))


def build_sentence(
    shape: Any, outputs: int, dropout: float | None = None, trained_layers: int = 0
) -> SentenceNetwork | TunedSentenceNetwork:
    """A linear layer on the features of MiniLM, or on its last layer where layers of it are trained.

    Args:
        shape: the `TokenShape` of texts with `tokens=word-piece`.
        outputs: number of outputs.
        dropout: dropout rate of the features, 0.2 by default; in the layers that are trained, 0.1.
        trained_layers: how many of the last layers of MiniLM are trained.

    Raises:
        ConfigError: other inputs than texts, other tokens, or more layers than MiniLM has.
    """
    fix = "a table with one column of texts, and tokens=word-piece or none"
    if not isinstance(shape, TokenShape):
        raise ConfigError("net=sentence for data other than texts", "texts", fix)
    if shape.vocabulary != PIECES + len(SPECIAL):
        raise ConfigError("net=sentence with other tokens", "tokens=word-piece", "leave out tokens=")
    if dropout is None:
        dropout = TUNED_DROPOUT if trained_layers else DROPOUT
    fraction("dropout", dropout)
    if trained_layers:
        return TunedSentenceNetwork(check_outputs(outputs), trained_layers, dropout)
    return SentenceNetwork(check_outputs(outputs), dropout)
