"""A table with a column of times as time series: what `inspect` says about its times and its variables.

Everything is computed from the whole table, its test part included. Training takes nothing from here: the
default season of a forecast comes from the step of the calendar and the training part alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.data.series.time_axis import TimeAxis, read_time_axis
from hibiscus.data.tables.columns import as_numbers, as_texts
from hibiscus.data.time_split import time_column
from hibiscus.errors import DataError
from hibiscus.progress import step
from hibiscus.runs.series_relations import Relation, relations
from hibiscus.series.description import SeriesDescription, describe_series

__all__ = ["InspectedSeries", "SeriesInspection", "inspect_series", "is_series_table"]

MIN_DISTINCT = 0.9  # fraction of the times of a series that differ, below which a table is none
RANGE = 106_000  # days before and after 1970 that nanoseconds of 64 bits can hold


@dataclass(frozen=True)
class InspectedSeries:
    """One variable of one series.

    Args:
        name: of the variable.
        group: the value of the column that distinguishes the series; empty if there is only one.
        values: float64 (positions,) on the grid, NaN where there is none.
        times: datetime64[ns] (positions,); empty without times.
        about: its description; None if it has no value.
    """

    name: str
    group: str
    values: np.ndarray
    times: np.ndarray
    about: SeriesDescription | None

    @property
    def title(self) -> str:
        """`variable`, or `variable (group)`."""
        return f"{self.name} ({self.group})" if self.group else self.name


@dataclass
class SeriesInspection:
    """What was found.

    Args:
        column: of the times; empty without one.
        axes: the times of each series, by the value of the group.
        series: the variables, series after series.
        count: of all variables of all series; more than in `series` if not all were looked at.
        relations: of the variables of the first series.
        pairs_left_out: pairs of variables that were not compared.
        target: the columns that the user wants to predict.
    """

    column: str
    axes: dict[str, TimeAxis]
    series: list[InspectedSeries]
    count: int
    relations: list[Relation] = field(default_factory=list)
    pairs_left_out: int = 0
    target: tuple[str, ...] = ()


def is_series_table(dataset: Dataset) -> tuple[bool, str]:
    """Whether a table is clearly one of time series; if it only may be, a note on how to describe it."""
    column = time_column(dataset)
    if column is None or set(dataset.fields) & {"image", "boxes", "mask", "array", "target_text", "labels"}:
        return False, ""
    roles = {name: role for name, role in dataset.roles.items() if role not in ("identifier", "ignore")}
    if not _variables(dataset) or dataset.class_counts():
        return False, ""
    note = f"column '{column}' holds times: --time-series describes the numbers over time"
    if set(roles.values()) & {"text", "path", "category"}:
        return False, note
    times, group = _times(dataset, column), _group(dataset)
    for rows in group.values():
        known = times[rows][~np.isnat(times[rows])]
        if len(np.unique(known)) < MIN_DISTINCT * len(known):
            return False, f"{note}; group=COLUMN if the rows are of several series"
    return True, ""


def inspect_series(dataset: Dataset, limit: int | None = None) -> SeriesInspection:
    """Describes the variables of the series of a table.

    Args:
        dataset: the opened table, with or without a column of times.
        limit: the number of variables that are described; by default all.

    Raises:
        DataError: the table has no column of numbers.
        MissingExtraError: statsmodels or ruptures is not installed.
    """
    column, names = time_column(dataset), _variables(dataset)
    if not names:
        received = f"{dataset.path}: no column of numbers"
        raise DataError(received, "a table with numbers over time", "role.COLUMN=number names one")
    times = None if column is None else _times(dataset, column)
    groups = _group(dataset)
    axes = {name: read_time_axis(times, rows) for name, rows in groups.items()}
    chosen = [(group, name) for group in groups for name in names]
    frame, series = dataset.fields["table"], []
    shown = chosen[:limit]
    with step("describing series", total=len(shown)) as describing:
        for group, name in shown:
            series.append(_inspected(frame[name], name, group, axes[group]))
            describing.advance()
    targets = tuple(name for name in names if dataset.roles.get(name) == "target")
    found = SeriesInspection(column or "", axes, series, len(chosen), target=targets)
    first = [one for one in series if one.group == next(iter(groups)) and one.about is not None]
    if len(first) > 1:
        found.relations, found.pairs_left_out = relations(
            {one.name: one.values for one in first}, {one.name: one.about for one in first if one.about}
        )
    return found


def _inspected(values: Any, name: str, group: str, axis: TimeAxis) -> InspectedSeries:
    numbers = axis.on_grid(as_numbers(values, name))
    calendar = axis.step.seasons()
    about = describe_series(numbers, calendar) if np.isfinite(numbers).any() else None
    return InspectedSeries(name, group, numbers, axis.times, about)


def _variables(dataset: Dataset) -> list[str]:
    """The columns of numbers, the targets first."""
    frame = dataset.fields.get("table")
    if frame is None:
        return []
    columns = [name for name in dataset.roles if name in frame.columns]
    targets = [name for name in columns if dataset.roles[name] == "target" and _is_number(frame[name])]
    constants = [name for name in columns if dataset.roles[name] == "constant" and _is_number(frame[name])]
    return targets + [name for name in columns if dataset.roles[name] == "number"] + constants


def _is_number(values: Any) -> bool:
    return getattr(values.dtype, "kind", "O") in "iuf"


def _times(dataset: Dataset, column: str) -> np.ndarray:
    """The times of all rows in UTC, datetime64[ns]; NaT where one is missing or out of range."""
    values = dataset.fields["table"][column]
    days = np.asarray(dataset.readings[column].days(values)[0], np.float64)
    days = np.where(np.abs(days) < RANGE, days, np.nan)
    known = np.nan_to_num(days) * 86_400_000_000
    stamps = np.round(known).astype("datetime64[us]").astype("datetime64[ns]")
    return np.where(np.isnan(days), np.datetime64("NaT", "ns"), stamps)


def _group(dataset: Dataset) -> dict[str, np.ndarray]:
    """The rows of each series by the value of the column with the role `group`, in their order."""
    rows = np.arange(len(dataset))
    column = next((name for name, role in dataset.roles.items() if role == "group"), None)
    if column is None or "table" not in dataset.fields:
        return {"": rows}
    texts = as_texts(dataset.fields["table"][column])
    names = dict.fromkeys("missing" if text is None else text for text in texts.tolist())
    labels = np.array(["missing" if text is None else text for text in texts.tolist()], dtype=object)
    return {name: rows[labels == name] for name in names}
