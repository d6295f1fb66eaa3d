"""Explanations of the rows of a table: the attribution of a score to each column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.prepared import INPUTS, PreparedData
from hibiscus.errors import UsageError
from hibiscus.evaluation.attribution.column_occlusion import column_occlusion, column_sums
from hibiscus.evaluation.attribution.integrated_gradients import integrated_gradients
from hibiscus.evaluation.attribution.scores import Explained, ItemScores

__all__ = ["ColumnAttributions", "explain_rows"]


@dataclass(frozen=True)
class ColumnAttributions:
    """The attributions of a table's rows.

    Args:
        kind: `integrated-gradients` or `occlusion`.
        columns: their names.
        names: the score of each row that is explained, such as the predicted class.
        amounts: of it that was predicted.
        values: float32 (rows, columns).
        checks: numbers that show how far the attributions can be trusted.
    """

    kind: str
    columns: list[str]
    names: list[str]
    amounts: list[float]
    values: np.ndarray
    checks: dict[str, Any]


def explain_rows(
    explained: Explained, data: PreparedData, part: str, kinds: Sequence[str], index: int | None, limit: int
) -> list[ColumnAttributions]:
    """The attributions of the first rows of a part.

    Args:
        explained: the network and its scores.
        data: prepared rows.
        part: the name of the part.
        kinds: of attributions.
        index: of the score; by default the one that is shown for each row.
        limit: of rows.

    Raises:
        UsageError: the network has no scores.
    """
    scores, network = explained.scores, explained.network
    if scores is None:
        raise UsageError("a table without predictions", "a run of classify or regress", "hibiscus list")
    columns = _columns(data)
    rows = torch.cat([batch.table for batch in data.iterate(part)])[:limit]
    with torch.no_grad():
        outputs = network(rows)
    chosen = ItemScores(scores, outputs, index)

    def score(values: Tensor) -> Tensor:
        return chosen.of(network(values), range(len(values)))

    found = []
    for kind in kinds:
        values, checks = KINDS[kind](score, rows, list(columns.values()))
        about = kind, list(columns), chosen.names, chosen.amounts
        found.append(ColumnAttributions(*about, values.cpu().numpy(), checks))
    return found


def _columns(data: PreparedData) -> dict[str, slice]:
    """The features of each column.

    Raises:
        UsageError: the inputs are not, or not only, a table.
    """
    names = [name for name in INPUTS if name in data.preparation.fields]
    if names != ["table"]:
        raise UsageError(
            f"inputs of {' and '.join(names) or 'another type'}", "images, or a table", "hibiscus predict"
        )
    start, slices = 0, {}
    for column in data.preparation["table"].columns:
        width = len(column.features)
        slices[column.name], start = slice(start, start + width), start + width
    return slices


def _integrated(
    score: Callable[[Tensor], Tensor], rows: Tensor, columns: Sequence[slice]
) -> tuple[Tensor, dict[str, Any]]:
    result = integrated_gradients(score, rows)
    checks = {"median_completeness_error": float(result.errors.median()), "steps": result.steps}
    checks |= {"largest_completeness_error": float(result.errors.max())}
    return column_sums(result.attributions, columns), checks


def _occluded(
    score: Callable[[Tensor], Tensor], rows: Tensor, columns: Sequence[slice]
) -> tuple[Tensor, dict[str, Any]]:
    values = column_occlusion(score, rows, columns)
    return values, {"replaced_by": "other rows" if len(rows) > 1 else "the mean of the training part"}


KINDS: dict[str, Callable[..., tuple[Tensor, dict[str, Any]]]] = {
    "integrated-gradients": _integrated,
    "occlusion": _occluded,
}
