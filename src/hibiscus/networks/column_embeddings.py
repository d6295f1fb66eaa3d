r"""Columns of a table as inputs of a network: embedded numbers, one-hot and embedded categories.

    piecewise:  $e = [x;\, W c + b]$,  $c_t = \min(1, \max(0, (x - q_{t-1}) / (q_t - q_{t-1})))$, bins between
        quantiles $q_t$ of the column: a piecewise linear function of the number
    periodic:   $e = [x;\, W \cos(2 \pi f x + p) + b]$, frequencies $f \sim N(0, 0.1^2)$, phases $p$ uniform
    category:   $e = W\,\text{one-hot}$ for columns of many categories; a category that training did not
        contain is all zeros, or that of `other`

Reference: Gorishniy et al., "On Embeddings for Numerical Features in Tabular Deep Learning", 2022, arXiv
    2203.05556 (piecewise and periodic); Holzmüller et al., 2024, arXiv 2407.04491 (periodic bias linear
    DenseNet, PBLD).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = ["Column", "ColumnEmbeddings"]

Column = tuple[str, int, Sequence[float]]  # role, number of features, and for a number the limits of its bins
FREQUENCIES, FREQUENCY_STD, PERIODIC_DIM = 16, 0.1, 4
PIECEWISE_STD = 2.0  # times the root of the bins: of all weights of a function together


class ColumnEmbeddings(nn.Module):
    """Maps the features of a table to the inputs of each member of an ensemble.

    Args:
        columns: in the order of the features; `number` has one feature, other roles have any number.
        members: number of members.
        numbers: `piecewise`, `periodic` or `none`; a number without bins is not embedded piecewise.
        number_dim: values of a piecewise embedding.
        max_one_hot: a column of more categories than this is embedded.
        category_dim: values of the embedding of a category.

    Shapes: (batch, features) to (members, batch, `width`).
    """

    def __init__(
        self,
        columns: Sequence[Column],
        members: int,
        numbers: str,
        number_dim: int,
        max_one_hot: int,
        category_dim: int,
    ):
        super().__init__()
        self.members = members
        starts = [0]
        for _, width, _ in columns:
            starts.append(starts[-1] + width)
        embedded = {"piecewise": lambda edges: len(edges) > 2, "periodic": lambda edges: True}
        is_embedded = embedded.get(numbers, lambda edges: False)
        placed = list(zip(starts, columns, strict=False))
        chosen = [
            (start, edges) for start, (role, _, edges) in placed if role == "number" and is_embedded(edges)
        ]
        large = [
            (start, width) for start, (role, width, _) in placed if role == "category" and width > max_one_hot
        ]
        taken = {start for start, _ in (*chosen, *large)}
        plain = [start + i for start, (_, width, _) in placed if start not in taken for i in range(width)]
        self.embedding: nn.Module | None = None
        if chosen:
            positions = [start for start, _ in chosen]
            if numbers == "piecewise":
                self.embedding = PiecewiseEmbedding(
                    positions, [edges for _, edges in chosen], members, number_dim
                )
            else:
                self.embedding = PeriodicEmbedding(positions, members)
        self.register_buffer("plain", torch.tensor(plain, dtype=torch.int64), persistent=False)
        self.categories = nn.ModuleList(
            CategoryEmbedding(start, width, members, category_dim) for start, width in large
        )
        width = len(plain) + category_dim * len(large)
        self.width = width + (self.embedding.width if self.embedding is not None else 0)

    plain: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """The inputs of each member."""
        parts = [] if self.embedding is None else [self.embedding(x)]
        if len(self.plain):
            parts.append(x[:, self.plain].expand(self.members, -1, -1))
        parts += [category(x) for category in self.categories]
        return torch.cat(parts, dim=2)


class PiecewiseEmbedding(nn.Module):
    """Piecewise linear functions of numbers, computed for all columns and members in one batched product."""

    positions: Tensor
    lower: Tensor
    factor: Tensor

    def __init__(self, positions: Sequence[int], edges: Sequence[Sequence[float]], members: int, dim: int):
        super().__init__()
        count, bins = len(positions), max(len(one) for one in edges) - 1
        lower, factor = (
            torch.zeros(count, 1, bins),
            torch.zeros(count, 1, bins),
        )  # 0 beyond the last bin of a column
        for index, one in enumerate(edges):
            limits = torch.tensor(list(one), dtype=torch.float32)
            lower[index, 0, : len(one) - 1] = limits[:-1]
            factor[index, 0, : len(one) - 1] = 1 / limits.diff()
        self.register_buffer("positions", torch.tensor(list(positions)), persistent=False)
        self.register_buffer("lower", lower, persistent=False)
        self.register_buffer("factor", factor, persistent=False)
        self.members, self.width = members, count * dim
        self.weight = nn.Parameter(
            torch.randn(count, bins, members * (dim - 1)) * (PIECEWISE_STD / math.sqrt(bins))
        )
        self.bias = nn.Parameter(torch.zeros(count * members * (dim - 1)))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, features) to (members, batch, columns * dim)."""
        values = x[:, self.positions].t().unsqueeze(2)  # (columns, batch, 1)
        encoded = ((values - self.lower) * self.factor).clamp_(0, 1)
        bias = self.bias.view(len(self.weight), 1, -1)
        mapped = torch.baddbmm(bias.to(encoded.dtype), encoded, self.weight).unflatten(2, (self.members, -1))
        values = values.unsqueeze(3).expand(-1, -1, self.members, -1).to(mapped.dtype)
        return torch.cat([mapped, values], dim=3).permute(2, 1, 0, 3).flatten(2)


class PeriodicEmbedding(nn.Module):
    """The number itself and a linear function of cosines of it, for each column and member."""

    positions: Tensor

    def __init__(self, positions: Sequence[int], members: int):
        super().__init__()
        count, extra = len(positions), PERIODIC_DIM - 1
        self.register_buffer("positions", torch.tensor(list(positions)), persistent=False)
        self.members, self.width = members, count * PERIODIC_DIM
        self.frequency = nn.Parameter(torch.randn(members, count, 1, FREQUENCIES) * FREQUENCY_STD)
        self.phase = nn.Parameter((torch.rand(members * count * FREQUENCIES) * 2 - 1) * math.pi)
        bound = 1 / math.sqrt(FREQUENCIES)
        self.weight = nn.Parameter((torch.rand(members * count, FREQUENCIES, extra) * 2 - 1) * bound)
        self.bias = nn.Parameter((torch.rand(members * count * extra) * 2 - 1) * bound)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, features) to (members, batch, columns * 4)."""
        values = x[:, self.positions].t()[None, :, :, None].expand(self.members, -1, -1, -1)
        phase = self.phase.view(self.members, -1, 1, FREQUENCIES)
        waves = torch.cos(2 * math.pi * self.frequency * values + phase).flatten(0, 1)
        bias = self.bias.view(len(waves), 1, -1)
        mapped = torch.baddbmm(bias.to(waves.dtype), waves, self.weight).unflatten(0, values.shape[:2])
        return torch.cat([mapped, values.to(mapped.dtype)], dim=3).transpose(1, 2).flatten(2)


class CategoryEmbedding(nn.Module):
    """A vector for each category of a column."""

    def __init__(self, start: int, width: int, members: int, dim: int):
        super().__init__()
        self.start, self.size, self.members = start, width, members
        self.weight = nn.Parameter(torch.randn(width, members * dim))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, features) to (members, batch, dim)."""
        one_hot = x[:, self.start : self.start + self.size]
        return (one_hot @ self.weight).unflatten(1, (self.members, -1)).transpose(0, 1)
