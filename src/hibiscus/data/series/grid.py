"""The series of prepared data on a regular grid of steps, one series after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hibiscus.data.dataset import PART_NAMES
from hibiscus.data.named_errors import named_errors
from hibiscus.data.prepared import PreparedData
from hibiscus.data.raw_fields import raw_field
from hibiscus.data.series.calendar_features import calendar_features
from hibiscus.data.series.preparation import SeriesPreparation
from hibiscus.data.series.resampling import aggregate
from hibiscus.data.series.time_index import TimeIndex
from hibiscus.errors import DataError

__all__ = ["SeriesGrid", "series_grid"]

NO_PART = -1


@dataclass(frozen=True)
class SeriesGrid:
    """All series of some data, as they are read and as networks take them.

    Args:
        preparation: what was learned from the training part.
        index: the times of the cells, and where each series begins.
        values: float32 (cells, variables), filled, transformed and standardized; the targets come first.
        raw: float64 (cells, variables), filled, in the original unit.
        observed: bool (cells, variables), whether the value was there.
        future: float32 (cells, features), columns whose future is known.
        calendar: float32 (cells, features), see `calendar_features`.
        static: float32 (series, features), columns that are constant within each series.
        part: int64 (cells,), the position of the part in `part_names`; -1 for none.
        part_names: of the data.
        rows: int64 (cells,), the last row of the table in each; -1 for a step without one.
    """

    preparation: SeriesPreparation
    index: TimeIndex
    values: np.ndarray
    raw: np.ndarray
    observed: np.ndarray
    future: np.ndarray
    calendar: np.ndarray
    static: np.ndarray
    part: np.ndarray
    part_names: tuple[str, ...]
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    @property
    def targets(self) -> int:
        """The number of variables to forecast, the first of all variables."""
        return len(self.preparation.targets)

    def cells_of(self, part: str) -> np.ndarray:
        """The cells of a part, int64, in order.

        Raises:
            DataError: there is no such part.
        """
        if part not in self.part_names:
            expected = ", ".join(self.part_names)
            raise DataError(f"no {PART_NAMES.get(part, part)} part", expected, "test=0.15 val=0.1")
        return np.flatnonzero(self.part == self.part_names.index(part))

    def beginning(self, cells: np.ndarray) -> np.ndarray:
        """The first cell of the series of each cell."""
        return self.index.bounds[self.index.series_of(cells)]

    def ends(self) -> np.ndarray:
        """The cell after the last one of each series with a target, int64 (series,), where the future begins.

        A series without a single target ends after its last row.
        """
        known = np.where(self.observed[:, : self.targets].any(axis=1), np.arange(len(self)) + 1, 0)
        starts, stops = self.index.bounds[:-1], self.index.bounds[1:]
        ends = np.maximum.reduceat(known, starts)
        return np.where(ends > starts, ends, stops - self.preparation.horizon)

    def levels(self, forecasts: np.ndarray, origins: np.ndarray) -> np.ndarray:
        """Forecasts without their differences, as logarithms, roots or powers; see `original`.

        Args:
            forecasts: as networks give them (forecasts, steps, targets).
            origins: the first cell of each forecast (forecasts,).

        Returns:
            float64 (forecasts, steps, targets).
        """
        cells = origins[:, None] + np.arange(-self.preparation.transforms.past, 0)
        history = self.raw[cells][..., : self.targets]
        return self.preparation.levels(forecasts.astype(np.float64), history)

    def original(self, levels: np.ndarray) -> np.ndarray:
        """`levels` (..., targets) in the unit of the data, float64."""
        return self.preparation.transforms.unpowered(levels)

    def targets_at(self, origins: np.ndarray, horizon: int) -> np.ndarray:
        """The true values of forecasts in their own unit (origins, horizon, targets), NaN where missing."""
        cells, count = origins[:, None] + np.arange(horizon), self.targets
        return np.where(self.observed[cells, :count], self.raw[cells, :count], np.nan)


def series_grid(data: PreparedData) -> SeriesGrid:
    """The grid of prepared data; computed once. Each series has room for a forecast after its last row.

    Steps without a row belong to the part of the step before them, and those after the last row to no part.

    Raises:
        DataError: two rows of a series at the same time, or a time between two steps.
    """
    known = getattr(data, "_series_grid", None)
    if known is None:
        known = data._series_grid = _grid(data)  # type: ignore[attr-defined]
    return known


def _grid(data: PreparedData) -> SeriesGrid:
    prepared: SeriesPreparation = data.preparation["series"]
    frame = raw_field(data.dataset, "series")
    index = prepared.index(frame, data.dataset.path, data.dataset.ids)
    with named_errors(data.dataset.path):
        prepared.transforms.check(data.arrays["series"], prepared.variables, data.dataset.ids)
    rows = np.full(len(index), -1)
    rows[index.cells] = np.arange(len(frame))
    how = prepared.resampling.aggregate if prepared.resampling else "mean"
    measured = aggregate(data.arrays["series"], index.cells, len(index), how)
    observed = np.isfinite(measured)
    raw, values = np.empty_like(measured), np.empty(measured.shape, np.float32)
    for start, end in zip(index.bounds[:-1], index.bounds[1:], strict=True):
        raw[start:end] = prepared.filled(measured[start:end])
        values[start:end] = prepared.standardized(raw[start:end])
    names = tuple(data.parts)
    part = np.full(len(frame), NO_PART)
    for number, items in enumerate(data.parts.values()):
        part[items] = number
    last = _last_row(rows, index)
    parts = part[last]
    for end in index.bounds[1:]:
        parts[end - prepared.horizon : end] = NO_PART
    return SeriesGrid(
        prepared, index, values, raw, observed, _known_future(prepared.known, frame, index, rows),
        calendar_features(index.times, index.step),
        _static(prepared.static, frame, last[index.bounds[:-1]]), parts, names, rows,
    )  # fmt: skip


def _last_row(rows: np.ndarray, index: TimeIndex) -> np.ndarray:
    """The row of each cell, or of the last cell before it that has one; each series begins with a row."""
    cells = np.where(rows >= 0, np.arange(len(rows)), 0)
    return rows[np.maximum.accumulate(cells)]


def _known_future(table: Any, frame: Any, index: TimeIndex, rows: np.ndarray) -> np.ndarray:
    """The features of the columns whose future is known, float32 (cells, features); means of several rows.

    A cell without a row has those of the last cell before it that has one.
    """
    if table is None:
        return np.zeros((len(index), 0), np.float32)
    means = aggregate(table.encode(frame), index.cells, len(index), "mean").astype(np.float32)
    return means[np.maximum.accumulate(np.where(rows >= 0, np.arange(len(rows)), 0))]


def _static(table: Any, frame: Any, rows: np.ndarray) -> np.ndarray:
    """The features of columns that are constant within a series, float32 (series, features)."""
    return np.zeros((len(rows), 0), np.float32) if table is None else table.encode(frame)[rows]
