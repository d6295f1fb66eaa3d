r"""Occlusion of the columns of a table: how much a score changes if a column is that of other rows.

    attribution[row, column] = score(row) - mean over draws of  score(row with the column of another row)

This is permutation importance (Breiman, 2001) of single predictions. The features of a column, such as the
one-hot features of its categories, are exchanged together, so that every value remains possible.

Reference: Breiman, "Random Forests", 2001; Zeiler, Fergus, 2014, arXiv 1311.2901 (occlusion).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from hibiscus.evaluation.attribution.map_gradient import Score

__all__ = ["column_occlusion", "column_sums"]


def column_occlusion(
    score: Score, rows: Tensor, columns: Sequence[slice], draws: int = 16, seed: int = 0
) -> Tensor:
    """The attribution of each row's score to each column.

    Args:
        score: maps rows (items, features) to the score of each, (items,).
        rows: (items, features), prepared as in training.
        columns: the features of each column.
        draws: permutations of each column; of a single row, every column is set to 0 instead, the mean of the
            training part for standardized numbers.
        seed: of the permutations.

    Returns:
        float32 (items, columns).
    """
    generator = torch.Generator().manual_seed(seed)
    result = torch.zeros(len(rows), len(columns))
    with torch.no_grad(), torch.compiler.set_stance("force_eager"):
        original = score(rows)
        for index, features in enumerate(columns):
            changed = rows.clone()
            if len(rows) == 1:
                changed[:, features] = 0
                result[:, index] = (original - score(changed)).cpu()
                continue
            for _ in range(draws):
                # Shifted by a random number of a random order, so that no row keeps its own value.
                order = torch.randperm(len(rows), generator=generator)
                other = torch.empty_like(order)
                other[order] = order.roll(1)
                changed[:, features] = rows[other.to(rows.device)][:, features]
                result[:, index] += (original - score(changed)).cpu() / draws
    return result


def column_sums(attributions: Tensor, columns: Sequence[slice]) -> Tensor:
    """The attributions (items, features) summed over the features of each column, (items, columns)."""
    return torch.stack([attributions[:, features].sum(1) for features in columns], 1)
