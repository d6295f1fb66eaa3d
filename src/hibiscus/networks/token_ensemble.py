r"""Several networks on the same texts or series, trained side by side, whose predictions are averaged.

    $y$ = the mean of the probabilities (or values) of the members, as a logit

The members differ in their random initial weights and dropout masks. They see the same batches, and their
losses are averaged, so that each learns as it would alone. On a few thousand texts a network from random
weights depends much on chance, which the mean evens out.

Reference: Lakshminarayanan, Pritzel, Blundell, 2017, arXiv 1612.01474 (without adversarial examples).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from hibiscus.networks.realmlp import averaged

__all__ = ["TokenEnsemble"]


class TokenEnsemble(nn.Module):
    """Networks of texts or series side by side.

    Args:
        members: maps of int64 (batch, steps), or of (batch, steps, features), to (batch, outputs).
        average: how their outputs are averaged: `values`, `probabilities` or `probability`, see `averaged`.

    Shapes: as the inputs of the members, to (batch, outputs); in training (members * batch, outputs), one
        member after the other.
    """

    def __init__(self, members: Sequence[nn.Module], average: str):
        super().__init__()
        self.members, self.average = nn.ModuleList(members), average

    def forward(self, tokens: Tensor) -> Tensor:
        """The outputs of each member in training, otherwise their average."""
        y = torch.stack([member(tokens) for member in self.members])
        return y.flatten(0, 1) if self.training else averaged(y, self.average)
