"""Where each row of a table lies on the regular grid of time steps of its series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.data.raw_fields import raw_field
from hibiscus.data.series.step_inference import infer_step
from hibiscus.data.series.steps import Step
from hibiscus.data.tables.column_reading import ColumnReading
from hibiscus.data.tables.columns import as_texts
from hibiscus.data.time_split import time_column
from hibiscus.errors import DataError
from hibiscus.plurals import plural

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["TimeIndex", "group_column", "index_of", "row_times"]

FIRST_DAY, LAST_DAY = -106_650, 106_650  # of nanoseconds in 64 bits: the years 1678 to 2261


@dataclass(frozen=True)
class TimeIndex:
    """The grid of all series, one after another, and the place of each row on it.

    Args:
        step: between two neighboring cells.
        names: of the series, in the order of the grid.
        bounds: int64 (series + 1,), where each series begins, and the number of cells.
        cells: int64 (rows,), the cell of each row of the table.
        times: datetime64[ns] (cells,); the number of the step where there are no times.
    """

    step: Step
    names: tuple[str, ...]
    bounds: np.ndarray
    cells: np.ndarray
    times: np.ndarray

    def __len__(self) -> int:
        return int(self.bounds[-1])

    @classmethod
    def of(
        cls,
        rows: int,
        times: np.ndarray | None,
        groups: np.ndarray | None,
        step: Step | None = None,
        name: str = "time",
        room: int = 0,
    ) -> TimeIndex:
        """The grid of rows in any order.

        Args:
            rows: their number.
            times: datetime64[ns] (rows,); None if the rows of a series follow one another in steps.
            groups: the series of each row (rows,); None for a single series.
            step: that of training; by default inferred.
            name: of the column of times, for messages.
            room: cells after the last row of each series, for a forecast.

        Raises:
            DataError: no rows, or two rows of a series at the same time.
        """
        if not rows:
            raise DataError("a series without rows", "at least one row", "check the file")
        labels = np.full(rows, "") if groups is None else as_texts(groups).astype(str)
        names, codes = np.unique(labels, return_inverse=True)
        if times is None:
            step, times = Step("row"), _ranks(codes).astype("datetime64[ns]")
        members = [np.flatnonzero(codes == code) for code in range(len(names))]
        members = [found[np.argsort(times[found], kind="stable")] for found in members]
        for found in members:
            _check_distinct(times, found, name, groups is not None)
        step = step or infer_step([times[found] for found in members])
        cells, grids, start = np.empty(rows, np.int64), [], 0
        for found in members:
            places = np.arange(len(found)) if step.unit == "row" else step.positions(times[found])
            cells[found] = start + places
            grids.append(_all_times(times[found], places, step, room))
            start += len(grids[-1])
        bounds = np.cumsum([0, *map(len, grids)])
        return cls(step, tuple(names.tolist()), bounds, cells, np.concatenate(grids))

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
    ranks[order] = np.arange(len(codes)) - np.repeat(first, np.diff([*first, len(codes)]))
    return ranks


def _all_times(times: np.ndarray, places: np.ndarray, step: Step, room: int) -> np.ndarray:
    """The time of every cell of a series, also of those without a row."""
    count = int(places[-1]) + 1
    grid = np.concatenate([times[:1], step.following(times[0], count - 1)])
    grid[places] = times
    return np.concatenate([grid, step.following(times[-1], room)])


def _check_distinct(times: np.ndarray, rows: np.ndarray, name: str, grouped: bool) -> None:
    same = np.flatnonzero(times[rows][1:] == times[rows][:-1])
    if not len(same):
        return
    first, second = sorted(int(row) + 1 for row in rows[same[0] : same[0] + 2])
    received = f"{plural(len(same), 'row')} with the time of another row: rows {first} and {second}, {name} "
    received += str(times[rows[same[0]]]).replace("T", " ")
    fix = "remove one of them" if grouped else "group=COLUMN if the rows are of several series; or remove one"
    raise DataError(received, "one row for each time" + " of a series" * grouped, fix)


def row_times(frame: DataFrame, column: str, reading: ColumnReading) -> np.ndarray:
    """The time of each row in UTC, datetime64[ns].

    Raises:
        DataError: a row without a time.
    """
    days, _ = reading.days(frame[column])
    missing = np.flatnonzero(np.isnan(days))
    if len(missing):
        received = f"{plural(len(missing), 'row')} without a time in {column} (first: row {missing[0] + 1})"
        raise DataError(received, "a time in each row", "fill in or remove these rows")
    outside = np.flatnonzero((days < FIRST_DAY) | (days > LAST_DAY))
    if len(outside):
        received = (
            f"{column} in row {outside[0] + 1}: a time in the year {int(1970 + days[outside[0]] // 365.2425)}"
        )
        raise DataError(received, "times from 1678 to 2261", f"role.{column}=ignore counts the rows instead")
    return np.round(days * 86_400_000_000).astype("datetime64[us]").astype("datetime64[ns]")


def group_column(dataset: Dataset, group: str | None) -> str | None:
    """The column that names the series of each row."""
    return group or next((name for name, role in dataset.roles.items() if role == "group"), None)


def index_of(dataset: Dataset, group: str | None, rows: Any = slice(None)) -> TimeIndex:
    """The grid of the rows of a table as it was opened for training.

    Args:
        dataset: the data.
        group: the option that names the column of the series.
        rows: those to take; by default all.

    Raises:
        DataError: no such column, or two rows of a series at the same time.
    """
    frame, column, group = raw_field(dataset, "series"), time_column(dataset), group_column(dataset, group)
    if group is not None and group not in frame.columns:
        received = f"{dataset.path}: group={group}: no such column"
        raise DataError(received, "a column of the table", "omit group, or correct its name")
    frame = frame.iloc[rows]
    times = (
        None
        if column is None
        else row_times(frame, column, dataset.readings.get(column, ColumnReading.plain("time")))
    )
    groups = None if group is None else frame[group].to_numpy()
    return TimeIndex.of(len(frame), times, groups, None, column or "")
