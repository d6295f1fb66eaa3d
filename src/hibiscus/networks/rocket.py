r"""ROCKET: thousands of random convolutions over a series, two numbers of each, and a linear layer on them.

    $z_t = b + \sum_{c, j} w_{c, j}\, u_{c, t + jd}$,    $u = x$ or $u_t = (x_t - x_{t-1}) / s$
    $\mathrm{ppv} = \frac{1}{n} \sum_t [z_t > 0]$,    $\max_t z_t$,    $y = W\,[\mathrm{ppv}, \max] + b$

The kernels are drawn once and never trained: length 7, 9 or 11; weights normal, of mean zero; bias uniform in
[-1, 1]; dilation $\lfloor 2^u \rfloor$, $u$ uniform up to the length of the series; half of them with zeros
around the series; of several variables a random subset. Half of them see the differences of neighboring
steps, divided by their root mean square $s$ in the training part. Only the last layer learns, from features
that are computed once, so that training takes seconds. Of a series that is shorter than the others only its
own steps count.

Reference: Dempster, Petitjean, Webb, "ROCKET: exceptionally fast and accurate time series classification
    using random convolutional kernels", 2020, arXiv 1910.13051; differences: Tan et al., "MultiRocket", 2022,
    arXiv 2102.00457.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.networks.input_shapes import check_outputs, fraction, series, whole
from hibiscus.networks.series_padding import separate_padding
from hibiscus.networks.transfer_network import FeatureHead

__all__ = ["RandomKernels", "Rocket", "build_rocket"]

LENGTHS = (7, 9, 11)
VALUES_AT_ONCE = 2**23  # responses that are held at a time


def build_rocket(input_shape: Any, outputs: int, kernels: int = 10_000, dropout: float = 0.0) -> Rocket:
    """Random convolutions and a linear head.

    Args:
        input_shape: (steps, features) of a series.
        outputs: number of outputs.
        kernels: random convolutions, of which each gives two features.
        dropout: dropout rate of the features.

    Shapes: (batch, steps, features), NaN after the end of a series, to (batch, outputs).

    Differences from the paper: half of the kernels see differences, as in MultiRocket; the linear layer is
    trained with the loss of the method instead of by ridge regression, so that its outputs are probabilities;
    variables are scaled by the training part.
    """
    steps, features = series("rocket", input_shape)
    random = RandomKernels(steps, features, whole("kernels", kernels))
    return Rocket(random, check_outputs(outputs), fraction("dropout", dropout))


class RandomKernels(nn.Module):
    """Random convolutions, and of each the proportion of positive values and the maximum over the series.

    Args:
        steps: of the longest series.
        features: of a step.
        kernels: number of convolutions.

    Shapes: (batch, steps, features), NaN after the end of a series, to (batch, 2 * kernels): the proportions,
        then the maxima.
    """

    differenced: Tensor
    difference_scale: Tensor
    length: Tensor
    dilation: Tensor
    padded: Tensor
    weight: Tensor
    bias: Tensor

    def __init__(self, steps: int, features: int, kernels: int):
        super().__init__()
        length = torch.tensor(LENGTHS)[torch.randint(len(LENGTHS), (kernels,))]
        differenced = torch.arange(kernels) % 2 == (1 if steps > 1 else 2)
        longest = ((steps - differenced.long() - 1) / (length - 1)).clamp(min=1).log2()
        weight = torch.randn(kernels, features, max(LENGTHS))
        # Variables of a kernel: 2^u of them, u uniform, as many as a kernel has weights at most.
        most = torch.minimum(length, torch.tensor(features)).add(1).log2()
        count = (2 ** (most * torch.rand(kernels))).long().clamp(1, features)
        order = torch.rand(kernels, features).argsort(1).argsort(1)
        inside = torch.arange(max(LENGTHS)) < length[:, None, None]
        weight = weight * inside
        weight = (weight - weight.sum(2, keepdim=True) / length[:, None, None]) * inside
        self.register_buffer("differenced", differenced)
        self.register_buffer("difference_scale", torch.ones(features))
        self.register_buffer("length", length)
        self.register_buffer("dilation", (2 ** (longest * torch.rand(kernels))).long())
        self.register_buffer("padded", torch.rand(kernels) < 0.5)
        self.register_buffer("weight", weight * (order < count[:, None])[:, :, None])
        self.register_buffer("bias", 2 * torch.rand(kernels) - 1)

    def fit(self, x: Tensor) -> None:
        """Learns the scale of the differences from the training series (items, steps, features)."""
        square = (x[:, 1:] - x[:, :-1]).double().square().nanmean((0, 1)).nan_to_num(nan=0.0)
        self.difference_scale.copy_(torch.where(square > 1e-16, square.sqrt(), 1.0))

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        """The features of series, in float32 whatever the precision of the training."""
        with torch.autocast(x.device.type, enabled=False):
            return self._features(x.float())

    def _features(self, x: Tensor) -> Tensor:
        differences = (x[:, 1:] - x[:, :-1]) / self.difference_scale if x.shape[1] > 1 else x
        both = [separate_padding(x), separate_padding(differences)]
        found = x.new_zeros(len(x), 2, len(self.bias))
        kinds = torch.stack([self.differenced.long(), self.length, self.dilation, self.padded.long()], 1)
        for kind in torch.unique(kinds, dim=0).tolist():
            differenced, length, dilation, padded = kind
            index = (kinds == kinds.new_tensor(kind)).all(1).nonzero()[:, 0]
            filled, lengths = both[differenced][0].transpose(1, 2), both[differenced][1]
            reach = (length - 1) * dilation
            for few in index.split(max(1, VALUES_AT_ONCE // max(1, len(x) * x.shape[1]))):
                weight, side = self.weight[few, :, :length], reach // 2 if padded else 0
                wide = functional.pad(filled, (0, max(0, reach + 1 - 2 * side - filled.shape[2])))
                z = functional.conv1d(wide, weight, self.bias[few], dilation=dilation, padding=side)
                found[:, :, few] = _summary(z, lengths if padded else lengths - reach)
        return found.flatten(1)


def _summary(z: Tensor, lengths: Tensor) -> Tensor:
    """The proportion of positive values and the maximum over the first `lengths` steps, zero if there are
    none.

    Shapes: (batch, kernels, steps) and (batch,) to (batch, 2, kernels).
    """
    lengths = lengths.clamp(min=0)
    valid = (torch.arange(z.shape[2], device=z.device) < lengths[:, None])[:, None]
    counts = lengths.clamp(min=1)[:, None]
    positive = ((z > 0) & valid).sum(2) / counts
    largest = z.masked_fill(~valid, -math.inf).amax(2)
    return torch.stack([positive, largest.masked_fill(largest.isinf(), 0.0)], 1)


class Rocket(nn.Module):
    """Random convolutions, the scale of their features, and a linear layer.

    Args:
        random: the convolutions.
        outputs: number of outputs.
        dropout: dropout rate of the features.

    Shapes: (batch, steps, features) of series, or features (batch, 2 * kernels), to (batch, outputs).
    """

    def __init__(self, random: RandomKernels, outputs: int, dropout: float = 0.0):
        super().__init__()
        self.random = random
        self.head = FeatureHead(2 * len(random.bias), outputs, dropout)

    def forward(self, x: Tensor) -> Tensor:
        """The outputs for series, or for features of `random`."""
        return self.head(self.random(x) if x.dim() == 3 else x)
