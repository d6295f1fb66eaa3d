r"""Layers of several networks that are computed side by side: the members of an ensemble.

    $h_m' = g\, h_m W_m^\top + b_m$ for each member $m$, in one batched matrix product

Their inputs and outputs are (members, batch, features). Vectors hold the values of one member after the
other, so that they are one-dimensional and weight decay leaves them alone.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from hibiscus.networks.dropout import dropout
from hibiscus.networks.layers import activation as make_activation

__all__ = ["MemberDropout", "MemberLinear", "MemberScale", "ParametricActivation"]


class MemberLinear(nn.Linear):
    r"""A linear layer of each member.

    In the NTK parametrization $g = 1 / \sqrt{\text{inputs}}$, with weights and biases of variance 1;
    otherwise $g = 1$, with weights of variance $1 / \text{inputs}$ and biases of 0.

    Reference: Jacot et al., "Neural Tangent Kernel", 2018, arXiv 1806.07572.
    """

    def __init__(self, members: int, inputs: int, outputs: int, ntk: bool = True):
        super().__init__(inputs, members * outputs)
        self.members = members
        self.gain = 1 / math.sqrt(inputs) if ntk else 1.0
        nn.init.normal_(self.weight, 0, 1 if ntk else 1 / math.sqrt(inputs))
        (nn.init.normal_ if ntk else nn.init.zeros_)(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """(members, batch, inputs) to (members, batch, outputs)."""
        weight = self.weight.view(self.members, -1, self.in_features).transpose(1, 2)
        bias = self.bias.view(self.members, 1, -1)
        return torch.baddbmm(bias.to(input.dtype), input, weight, alpha=self.gain)


class MemberScale(nn.Module):
    """A learned factor for each feature of each member, at first 1: a soft selection of features."""

    def __init__(self, members: int, features: int):
        super().__init__()
        self.members = members
        self.scale = nn.Parameter(torch.ones(members * features))

    def forward(self, x: Tensor) -> Tensor:
        """(members, batch, features) to the same shape."""
        return x * self.scale.view(self.members, 1, -1)


class ParametricActivation(nn.Module):
    r"""$x + \alpha (\phi(x) - x)$ with a learned $\alpha$ for each unit of each member, at first 1."""

    def __init__(self, members: int, units: int, activation: str):
        super().__init__()
        self.members, self.activation = members, make_activation(activation)
        self.alpha = nn.Parameter(torch.ones(members * units))

    def forward(self, x: Tensor) -> Tensor:
        """(members, batch, units) to the same shape."""
        return torch.lerp(x, self.activation(x), self.alpha.view(self.members, 1, -1).to(x.dtype))


class MemberDropout(nn.Dropout):
    """Dropout of (members, batch, features) values, with a mask for each member."""

    def forward(self, input: Tensor) -> Tensor:
        """A tensor of the same shape, with values set to 0 during training."""
        return dropout(input.flatten(0, 1), self.p, self.training).view_as(input)
