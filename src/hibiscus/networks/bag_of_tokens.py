r"""A text as one number per token of the vocabulary, whatever the order of its tokens.

    binary: $x_w = [n_w > 0]$;    count: $x_w = n_w$;
    tfidf: $x_w = n_w\, \mathrm{idf}_w / \sqrt{\sum_v (n_v\, \mathrm{idf}_v)^2}$

with $n_w$ how often token $w$ occurs, and $\mathrm{idf}_w$ its inverse document frequency in the training
part. Padding does not count.

Reference: Salton and Buckley, "Term-weighting approaches in automatic text retrieval", 1988.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.errors import ConfigError
from hibiscus.networks.input_shapes import choice
from hibiscus.tokens import PADDING

__all__ = ["BAG_WEIGHTS", "BagOfTokens"]

BAG_WEIGHTS = ("binary", "count", "tfidf")


class BagOfTokens(nn.Module):
    """One number per token of the vocabulary.

    Args:
        vocabulary: number of tokens, the special ones included.
        weighting: a name in `BAG_WEIGHTS`. The idf values of `tfidf` are 1 until `set_idf`.

    Shapes: int64 (batch, steps), 0 for padding, to float32 (batch, vocabulary).
    """

    idf: Tensor

    def __init__(self, vocabulary: int, weighting: str = "binary"):
        super().__init__()
        self.vocabulary = vocabulary
        self.weighting = choice("weighting", weighting, BAG_WEIGHTS)
        if weighting == "tfidf":
            self.register_buffer("idf", torch.ones(vocabulary))

    def set_idf(self, idf: Any) -> None:
        """Sets the inverse document frequencies, which are saved with the weights.

        Args:
            idf: (vocabulary,), positive numbers.

        Raises:
            ConfigError: another shape or weighting.
        """
        values = torch.as_tensor(np.asarray(idf), dtype=torch.float32)
        if self.weighting != "tfidf" or values.shape != (self.vocabulary,):
            raise ConfigError(
                f"idf of shape {tuple(values.shape)} for weighting={self.weighting}",
                f"shape ({self.vocabulary},) and weighting=tfidf",
                "pass one number per token",
            )
        self.idf.copy_(values)

    def forward(self, tokens: Tensor) -> Tensor:
        """One row per text."""
        ones = torch.ones(tokens.shape, device=tokens.device)
        bag = torch.zeros(len(tokens), self.vocabulary, device=tokens.device)
        bag = bag.scatter_add(1, tokens, ones)
        bag[:, PADDING] = 0
        if self.weighting == "binary":
            return bag.clamp(max=1)
        return bag if self.weighting == "count" else functional.normalize(bag * self.idf)
