"""What a model of a table uses: the importance of each column, and how the prediction depends on the most
important ones, on the validation part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hibiscus.data.prepared import INPUTS, PreparedData, evenly_spaced
from hibiscus.data.raw_fields import raw_field
from hibiscus.data.tables.preparation import CategoryColumn, NumberColumn, TablePreparation
from hibiscus.data.tables.raw_columns import column_values
from hibiscus.evaluation.chart_items import Bars, Multiples, Panel, Series
from hibiscus.evaluation.partial_dependence import MAX_ROWS, column_grid, partial_dependence
from hibiscus.evaluation.permutation_importance import REPEATS, affordable_work, permutation_importance
from hibiscus.metrics.catalog import get_metric

__all__ = ["ExplainedModel", "table_items"]

SHOWN = 20  # columns whose importance is drawn
DRAWN = 5  # columns whose partial dependence is drawn
OUTPUTS = 5  # lines of a plot


@dataclass(frozen=True)
class ExplainedModel:
    """A model that predicts from the features of a table.

    Args:
        predict: maps features (rows, features) to probabilities or values (rows, outputs).
        score: the metric of outputs for the items of the validation part at these positions.
        metric: its name in the catalog.
        outputs: the name of each output.
        shown: the outputs whose partial dependence is drawn, the most interesting first.
        y_label: what they are.
    """

    predict: Callable[[np.ndarray], np.ndarray]
    score: Callable[[np.ndarray, np.ndarray], float]
    metric: str
    outputs: Sequence[str]
    shown: Sequence[int]
    y_label: str


def table_items(model: ExplainedModel, data: PreparedData) -> list[Bars | Multiples]:
    """Feature importance and partial dependence, if the inputs are a table alone, with a validation part."""
    if [name for name in INPUTS if name in data.arrays] != ["table"] or not len(data.parts.get("val", ())):
        return []
    preparation: TablePreparation = data.preparation["table"]
    ends = np.cumsum([len(column.features) for column in preparation.columns])
    groups = [
        slice(end - len(column.features), end) for column, end in zip(preparation.columns, ends, strict=True)
    ]
    importance, note = _importance(model, data, groups)
    names = [column.name for column in preparation.columns]
    order = sorted(importance, key=lambda i: -importance[i][0])
    metric = get_metric(model.metric)
    bars = Bars(
        "Feature importance",
        [names[i] for i in order[:SHOWN]],
        [importance[i][0] for i in order[:SHOWN]],
        [importance[i][1] for i in order[:SHOWN]],
        metric.percent,
        note + (f" Shown are the {SHOWN} most important columns." if len(order) > SHOWN else ""),
    )
    plots = _dependence(model, data, groups, order)
    return [bars, plots] if plots.panels else [bars]


def _importance(
    model: ExplainedModel, data: PreparedData, groups: Sequence[slice]
) -> tuple[dict[int, tuple[float, float]], str]:
    """Mean and standard deviation of the importance by the number of the column, and how it was computed."""
    items, metric = data.parts["val"], get_metric(model.metric)
    used, columns = affordable_work(len(items), len(groups))
    rows, sign = evenly_spaced(len(items), used), 1 if metric.higher_is_better else -1
    tested = [i for i, group in enumerate(groups) if group.stop > group.start][:columns]
    means, deviations = permutation_importance(
        model.predict,
        lambda outputs: sign * model.score(outputs, rows),
        data.arrays["table"][items[rows]],
        [groups[i] for i in tested],
    )
    change = "Decrease" if metric.higher_is_better else "Increase"
    points = " in percentage points" if metric.percent else ""
    some = f"{used:,} of {len(items):,} rows" if used < len(items) else f"{used:,} rows"
    note = (
        f"{change} of the {metric.label}{points} on the validation part ({some}) when the values of "
        f"one column are permuted, mean ± standard deviation of {REPEATS} permutations. Columns that say the "
        "same share their importance."
    )
    if len(tested) < len(groups):
        note += f" Computed for the first {len(tested):,} of {len(groups):,} columns, to limit the time."
    return {i: (float(m), float(s)) for i, m, s in zip(tested, means, deviations, strict=True)}, note


def _dependence(
    model: ExplainedModel, data: PreparedData, groups: Sequence[slice], order: Sequence[int]
) -> Multiples:
    """The partial dependence of the most important columns that are numbers or categories."""
    items, owner = data.parts["val"], data.owner("val")
    rows = items[evenly_spaced(len(items), MAX_ROWS)]
    frame, x = raw_field(owner.dataset, "table").iloc[rows], data.arrays["table"][rows]
    shown, panels = list(model.shown[:OUTPUTS]), []
    for i in order:
        column = data.preparation["table"].columns[i]
        if len(panels) == DRAWN or not isinstance(column, NumberColumn | CategoryColumn):
            continue
        positions, names, encoded = column_grid(column, column_values(frame, column.name))
        if len(positions) < 2:  # constant among these rows
            continue
        means = partial_dependence(model.predict, x, groups[i], encoded)
        series = [Series(model.outputs[k] if len(shown) > 1 else "", positions, means[:, k]) for k in shown]
        panels.append(Panel(column.name, series, names))
    note = (
        f"Mean prediction over {len(rows):,} rows of the validation part when one column has the given value "
        "and all others keep theirs. Points are at quantiles of the column."
    )
    if len(model.outputs) > max(len(shown), 2):
        note += f" Shown are {len(shown)} of {len(model.outputs)} outputs."
    return Multiples("Partial dependence", model.y_label, panels, note)
