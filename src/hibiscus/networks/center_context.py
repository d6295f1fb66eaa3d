r"""Two vectors for each word: one as a center, one as a context.

    score(w, c) = v_w \cdot u_c

The vectors $v$ are the word vectors; the vectors $u$ serve the training only.

Reference: Mikolov et al., "Distributed representations of words and phrases and their compositionality",
    2013, arXiv 1310.4546.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["SkipGram"]


class SkipGram(nn.Module):
    """The vectors of all tokens of a vocabulary.

    Args:
        vocabulary: number of tokens, the special ones included.
        dim: values per vector.

    Shapes: int64 centers (batch,) and contexts (batch, K) to scores (batch, K).
    """

    def __init__(self, vocabulary: int, dim: int):
        super().__init__()
        self.centers = nn.Embedding(vocabulary, dim, padding_idx=0)
        self.contexts = nn.Embedding(vocabulary, dim, padding_idx=0)
        with torch.no_grad():
            for layer in (self.centers, self.contexts):
                layer.weight.uniform_(-0.5 / dim, 0.5 / dim)[0] = 0

    def forward(self, center: Tensor, context: Tensor) -> Tensor:
        """The scores of contexts for each center."""
        return torch.einsum("bd,bkd->bk", self.centers(center), self.contexts(context))
