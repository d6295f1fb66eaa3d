r"""InceptionTime: a residual network of convolutions of three lengths side by side, for series.

    module: $z = W_1 x$;    $y = \mathrm{ReLU}(\mathrm{BN}([w_{9} * z,\ w_{19} * z,\ w_{39} * z,\
            W_2 \max_3(x)]))$
    every three modules: $y \leftarrow \mathrm{ReLU}(y + \mathrm{BN}(W_3 x))$;
    output: $W\, \mathrm{mean}_t\, y_t + b$

Long filters see the course of a series, short ones its details. The mean over the steps makes the output
independent of where something happens. Only the steps of a series count: padding enters no filter, no mean
and no statistic of batch normalization. The paper averages five such networks: `ensemble=5`.

Reference: Fawaz et al., "InceptionTime: finding AlexNet for time series classification", 2020, arXiv
    1909.04939.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from hibiscus.networks.dropout import Dropout
from hibiscus.networks.input_shapes import check_outputs, fraction, series, whole
from hibiscus.networks.layers import initialize
from hibiscus.networks.sequence_pooling import pool_steps, valid_steps
from hibiscus.networks.series_padding import separate_padding

__all__ = ["InceptionTime", "build_inception_time"]

RESIDUAL = 3  # modules between two residual connections


def build_inception_time(
    input_shape: Any,
    outputs: int,
    depth: int = 6,
    filters: int = 32,
    longest: int = 39,
    dropout: float = 0.0,
) -> InceptionTime:
    """Inception modules, the mean over the steps, and a linear head.

    Args:
        input_shape: (steps, features) of a series.
        outputs: number of outputs.
        depth: number of modules.
        filters: of each of the four branches of a module.
        longest: steps that the longest filters cover; the others cover half and a quarter of it.
        dropout: dropout rate of the inputs of the head.

    Shapes: (batch, steps, features), NaN after the end of a series, to (batch, outputs).

    Differences from the paper: filters of odd length (39, 19 and 9 instead of 40, 20 and 10), so that they
    are centered on a step.
    """
    _, features = series("inception-time", input_shape)
    widths = [whole("longest", longest, 3) // part for part in (1, 2, 4)]
    lengths = [max(3, width - 1 + width % 2) for width in widths]
    modules = []
    for number in range(whole("depth", depth)):
        modules.append(InceptionModule(features if number == 0 else 4 * filters, filters, lengths))
    head = nn.Linear(4 * filters, check_outputs(outputs))
    return InceptionTime(modules, features, head, fraction("dropout", dropout))


class StepNorm(nn.BatchNorm1d):
    """Batch normalization over the steps that belong to series; zero at the others.

    Shapes: (batch, channels, steps) and bool (batch, 1, steps) to (batch, channels, steps).
    """

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:  # type: ignore[override]
        """Normalized maps."""
        if not self.training or bool(valid.all()):
            return super().forward(x) * valid
        inside = valid[:, 0]
        y = torch.zeros_like(x).transpose(1, 2)
        y[inside] = super().forward(x.transpose(1, 2)[inside]).to(y.dtype)
        return y.transpose(1, 2)


class InceptionModule(nn.Module):
    """Convolutions of several lengths and a maximum side by side, batch normalization and ReLU.

    Args:
        channels: of the input.
        filters: of each branch.
        lengths: steps that the filters of a branch cover, odd.

    Shapes: (batch, channels, steps) and bool (batch, 1, steps) to (batch, (branches + 1) * filters, steps).
    """

    def __init__(self, channels: int, filters: int, lengths: list[int]):
        super().__init__()
        narrow = channels > 1
        self.bottleneck = nn.Conv1d(channels, filters, 1, bias=False) if narrow else nn.Identity()
        width = filters if narrow else 1
        self.branches = nn.ModuleList(
            nn.Conv1d(width, filters, length, padding=length // 2, bias=False) for length in lengths
        )
        self.pool = nn.MaxPool1d(3, stride=1, padding=1)
        self.pooled = nn.Conv1d(channels, filters, 1, bias=False)
        self.norm = StepNorm(filters * (len(lengths) + 1))

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """The maps of all branches; x is zero after the end of a series."""
        z = self.bottleneck(x)
        # As torch fills the sides of a pooling layer, so that a series ends alike with and without padding.
        largest = self.pool(x.masked_fill(~valid, -math.inf)).masked_fill(~valid, 0)
        maps = [branch(z) for branch in self.branches] + [self.pooled(largest)]
        return self.norm(torch.cat(maps, dim=1), valid).relu()


class InceptionTime(nn.Module):
    """Inception modules with residual connections, the mean over the steps, and a linear head."""

    def __init__(self, modules: list[InceptionModule], features: int, head: nn.Linear, dropout: float):
        super().__init__()
        width = head.in_features
        self.blocks = nn.ModuleList(modules)
        starts = [features if start == 0 else width for start in range(0, len(modules), RESIDUAL)]
        starts = starts[: len(modules) // RESIDUAL]
        self.shortcuts = nn.ModuleList(nn.Conv1d(channels, width, 1, bias=False) for channels in starts)
        self.norms = nn.ModuleList(StepNorm(width) for _ in starts)
        self.dropout = Dropout(dropout)
        initialize(self, "he_uniform")
        self.head = initialize(head, "glorot_uniform")

    def forward(self, x: Tensor) -> Tensor:
        """(batch, steps, features), NaN after the end of a series, to (batch, outputs)."""
        filled, lengths = separate_padding(x)
        valid = valid_steps(lengths, x.shape[1])[:, None]
        y = start = filled.transpose(1, 2)
        for number, block in enumerate(self.blocks, 1):
            y = block(y, valid)
            if number % RESIDUAL == 0:
                index = number // RESIDUAL - 1
                y = start = (y + self.norms[index](self.shortcuts[index](start), valid)).relu()
        return self.head(self.dropout(pool_steps(y.transpose(1, 2), lengths, "mean")))
