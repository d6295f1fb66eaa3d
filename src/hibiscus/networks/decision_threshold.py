"""The probability from which a label counts as predicted, saved beside the weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["DecisionThreshold"]


class DecisionThreshold(nn.Module):
    """A threshold that is chosen on the validation part rather than learned; 0.5 before that.

    It is a buffer, so that a checkpoint holds the threshold that belongs to its weights.
    """

    value: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("value", torch.tensor(0.5))

    def choose(self, threshold: float) -> None:
        """Sets the threshold."""
        self.value.fill_(threshold)

    def forward(self, probabilities: Tensor) -> Tensor:
        """Which probabilities reach the threshold; of any shape, returns booleans of the same shape."""
        return probabilities >= self.value
