"""Embeddings of sentences by MiniLM, see `networks.minilm`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from hibiscus.data.text.word_pieces import encode_pieces, load_pieces
from hibiscus.networks.minilm import DIMENSION, embed_tokens, load_sentence_encoder
from hibiscus.progress import step

__all__ = ["MiniLM"]


class MiniLM:
    """Embeds sentences as vectors of length 1 with 384 components; what follows 254 word pieces is cut off.

    Args:
        device: where to compute.

    Raises:
        MissingExtraError: the package is not installed.
    """

    name = "minilm"
    dimension = DIMENSION

    def __init__(self, device: torch.device | None = None):
        self.device = device or torch.device("cpu")
        self.notes: list[str] = []
        load_pieces()
        self.encoder = load_sentence_encoder(str(self.device))

    def fit(self, texts: Sequence[str]) -> MiniLM:
        """Nothing is learned from the texts: the weights are those of the publication."""
        return self

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """The embeddings of texts, float32 `(texts, 384)`."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        with step("embedding sentences", len(texts)) as computing:
            return embed_tokens(self.encoder, encode_pieces(texts), self.device, computing.advance)
