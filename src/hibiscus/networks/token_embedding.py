r"""A trained vector for each token of a vocabulary.

    $x_t = E_{w_t}$,    $E_0 = 0$

with $w_t$ the index of token $t$ and 0 that of padding, whose vector stays zero. The vectors may come from
elsewhere, such as GloVe, and then be trained further or kept.

Reference: Bengio et al., "A Neural Probabilistic Language Model", JMLR 2003.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.networks.dropout import dropout
from hibiscus.networks.input_shapes import fraction, whole

__all__ = ["TokenEmbedding", "token_embeddings"]


class TokenEmbedding(nn.Embedding):
    """Vectors of tokens, those of padding zero, with dropout of single values during training.

    Args:
        vocabulary: number of tokens, padding and the other special ones included.
        dim: values per vector.
        dropout: dropout rate of the vectors.
        std: standard deviation of the initial values.

    Shapes: int64 (batch, steps) to (batch, steps, dim).
    """

    def __init__(self, vocabulary: int, dim: int, dropout: float = 0.0, std: float = 0.1):
        super().__init__(whole("vocabulary", vocabulary), whole("embedding_dim", dim), padding_idx=0)
        self.dropout = fraction("dropout", dropout)
        with torch.no_grad():
            self.weight.normal_(0, std)[0] = 0

    def forward(self, input: Tensor) -> Tensor:
        """The vectors of the tokens."""
        return dropout(super().forward(input), self.dropout, self.training)

    def set_vectors(self, matrix: Any, frozen: bool = False) -> None:
        """Replaces the vectors; that of padding is set to zero.

        Args:
            matrix: (vocabulary, dim), an array or tensor of finite numbers.
            frozen: whether the vectors are kept as they are during training.

        Raises:
            ConfigError: another shape, or a value that is not finite.
        """
        vectors = torch.as_tensor(np.asarray(matrix), dtype=self.weight.dtype)
        if vectors.shape != self.weight.shape:
            raise ConfigError(
                f"word vectors of shape {tuple(vectors.shape)}",
                f"(vocabulary, embedding_dim) = {tuple(self.weight.shape)}",
                "pass one vector per token, with embedding_dim values",
            )
        if not torch.isfinite(vectors).all():
            raise ConfigError("word vectors with NaN or infinity", "finite numbers", "check the file")
        with torch.no_grad():
            self.weight.copy_(vectors)[0] = 0
        self.weight.requires_grad_(not frozen)


def token_embeddings(network: nn.Module) -> list[TokenEmbedding]:
    """The token embeddings of a network, in the order of its layers."""
    return [layer for layer in network.modules() if isinstance(layer, TokenEmbedding)]
