"""Where each row of a table lies on the regular grid of time steps of its series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.data.named_errors import named_errors
from hibiscus.data.raw_fields import raw_field
from hibiscus.data.series.resampling import Resampling, parse_resampling, step_indices, step_starts
from hibiscus.data.series.step_inference import infer_step
from hibiscus.data.series.steps import Step, show_time
from hibiscus.data.series.time_order import as_nanoseconds, check_missing, order_rows
from hibiscus.data.tables.column_reading import ColumnReading
from hibiscus.data.tables.columns import as_texts
from hibiscus.data.time_split import time_column
from hibiscus.errors import DataError

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["RowNames", "TimeIndex", "group_column", "index_of", "row_times"]

MOST_EMPTY, ROOM = 100, 100_000  # steps without a row: for each row, and in any case


@dataclass(frozen=True)
class RowNames:
    """What messages call the rows of a table: the file, each row, and the columns of times and of series."""

    file: str
    ids: Sequence[str]
    time: str = ""
    group: str = ""


@dataclass(frozen=True)
class TimeIndex:
    """The grid of all series, one after another, and the place of each row on it.

    Args:
        step: between two neighboring cells.
        names: of the series, in the order of the grid.
        bounds: int64 (series + 1,), where each series begins, and the number of cells.
        cells: int64 (rows,), the cell of each row of the table.
        times: datetime64[ns] (cells,); the number of the step where there are no times.
        notes: what the user should know of the order of the rows.
    """

    step: Step
    names: tuple[str, ...]
    bounds: np.ndarray
    cells: np.ndarray
    times: np.ndarray
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.bounds[-1])

    @classmethod
    def of(
        cls,
        rows: RowNames,
        times: np.ndarray | None,
        groups: np.ndarray | None,
        step: Step | None = None,
        resampling: Resampling | None = None,
        room: int = 0,
    ) -> TimeIndex:
        """The grid of rows in any order.

        Args:
            rows: their names, for messages.
            times: datetime64[ns] (rows,); None if the rows of a series follow one another in steps.
            groups: the series of each row (rows,); None for a single series.
            step: that of training; by default inferred.
            resampling: the step to which rows are averaged; then several rows may have the same cell.
            room: cells after the last row of each series, for a forecast.

        Raises:
            DataError: no rows, or two rows of a series at the same time.
        """
        count = len(rows.ids)
        if not count:
            raise DataError(f"{rows.file}: no rows", "at least one row", "check the file")
        labels = np.full(count, "") if groups is None else as_texts(groups).astype(str)
        names, codes = np.unique(labels, return_inverse=True)
        if times is None:
            step, times, resampling = Step("row"), _ranks(codes).astype("datetime64[ns]"), None
        if resampling is None:
            order = order_rows(times, codes, rows.ids, rows.file, rows.time, rows.group or None)
            members, notes = np.split(order.rows, order.bounds[1:-1]), order.notes
        else:
            check_missing(times, rows.ids, rows.file, rows.time)
            members, notes = [np.flatnonzero(codes == code) for code in range(len(names))], ()
        if step is None:
            step = resampling.step if resampling else infer_step([times[found] for found in members])
        names_of = np.array(rows.ids, dtype=object)
        cells, grids, start = np.empty(count, np.int64), [], 0
        for found in members:
            with named_errors(rows.file):
                places, grid = _series_grid(times[found], step, resampling is not None, room, names_of[found])
            cells[found] = start + places
            grids.append(grid)
            start += len(grid)
        bounds = np.cumsum([0, *map(len, grids)])
        return cls(step, tuple(names.tolist()), bounds, cells, np.concatenate(grids), notes)

    def series_of(self, cells: np.ndarray) -> np.ndarray:
        """The number of the series of each cell, int64."""
        return np.searchsorted(self.bounds, cells, "right") - 1

    def labels(self, cells: np.ndarray) -> list[str]:
        """The times of cells as text; the number of the step, counted from 1, where there are no times."""
        if self.step.unit == "row":
            return [str(time + 1) for time in self.times[cells].astype(np.int64).tolist()]
        days = (self.times == self.times.astype("datetime64[D]")).all()
        unit = "D" if days else "s" if (self.times == self.times.astype("datetime64[s]")).all() else "us"
        texts = np.datetime_as_string(self.times[cells].astype(f"datetime64[{unit}]"))
        return [text.replace("T", " ") for text in texts.tolist()]


def _ranks(codes: np.ndarray) -> np.ndarray:
    """How many earlier rows have the same code, int64 (rows,)."""
    order = np.argsort(codes, kind="stable")
    first = np.flatnonzero(np.diff(codes[order], prepend=-1))
    ranks = np.empty(len(codes), np.int64)
    ranks[order] = np.arange(len(codes)) - np.repeat(first, np.diff(np.append(first, len(codes))))
    return ranks


def _series_grid(
    times: np.ndarray, step: Step, resampled: bool, room: int, ids: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The cell of each row of one series, counted from its first, and the time of every cell."""
    if resampled:
        numbers = step_indices(times, step)
        count = int(numbers.max() - numbers.min()) + 1 + room
        _check_empty(numbers - numbers.min(), times, step)
        return numbers - numbers.min(), step_starts(numbers.min() + np.arange(count), step)
    places = np.arange(len(times)) if step.unit == "row" else step.positions(times, ids)
    _check_empty(places, times, step)
    grid = np.concatenate([times[:1], step.following(times[0], int(places[-1]))])
    grid[places] = times
    return places, np.concatenate([grid, step.following(times[-1], room)])


def _check_empty(places: np.ndarray, times: np.ndarray, step: Step) -> None:
    """Raises DataError if nearly all cells have no row, as with one time of another century."""
    order = np.argsort(places, kind="stable")
    count = int(places[order[-1]]) + 1
    if count > MOST_EMPTY * len(places) + ROOM:
        index = int(np.diff(places[order]).argmax())
        before, after = (show_time(time) for time in times[order[index : index + 2]])
        received = f"{len(places):,} rows on {count:,} steps of {step} (the largest gap: {before} to {after})"
        raise DataError(
            received, "a row for most of the steps", "correct the times, or a longer resample=STEP"
        )


def row_times(frame: DataFrame, rows: RowNames, reading: ColumnReading) -> np.ndarray:
    """The time of each row in UTC, datetime64[ns]; NaT where there is none.

    Raises:
        DataError: a time outside the years that 64 bits of nanoseconds hold.
    """
    days, _ = reading.days(frame[rows.time])
    micro = np.round(np.nan_to_num(days) * 86_400_000_000).astype("datetime64[us]")
    micro[np.isnan(days)] = np.datetime64("NaT")
    return as_nanoseconds(micro, rows.ids, rows.file, rows.time)


def group_column(dataset: Dataset, group: str | None) -> str | None:
    """The column that names the series of each row."""
    return group or next((name for name, role in dataset.roles.items() if role == "group"), None)


def index_of(dataset: Dataset, group: str | None, resample: str | None = None) -> TimeIndex:
    """The grid of the rows of a table as it was opened for training.

    Args:
        dataset: the data.
        group: the option that names the column of the series.
        resample: the option that names the step to which rows are averaged.

    Raises:
        DataError: no such column, or two rows of a series at the same time.
        ConfigError: `resample` is no step.
    """
    frame, column, group = raw_field(dataset, "series"), time_column(dataset), group_column(dataset, group)
    if group is not None and group not in frame.columns:
        received = f"{dataset.path}: group={group}: no such column"
        raise DataError(received, "a column of the table", "omit group, or correct its name")
    if resample is not None and column is None:
        received = f"{dataset.path}: resample={resample}, but there is no column of times"
        raise DataError(received, "a table with a column of dates or times", "omit resample")
    rows = RowNames(dataset.path, dataset.ids, column or "", group or "")
    times = None
    if column is not None:
        times = row_times(frame, rows, dataset.readings.get(column, ColumnReading.plain("time")))
    groups = None if group is None else frame[group].to_numpy()
    resampling = None if resample is None else parse_resampling(resample)
    return TimeIndex.of(rows, times, groups, None, resampling)
