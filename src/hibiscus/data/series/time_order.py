"""The order of the rows of a table in time: each series by itself, without two rows at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hibiscus.data.series.steps import HOUR, show_time
from hibiscus.errors import DataError
from hibiscus.plurals import plural

__all__ = ["TimeOrder", "as_nanoseconds", "check_missing", "order_rows"]

MAX_LISTED = 3  # rows of a message
RANGE = (np.datetime64("1677-09-22"), np.datetime64("2262-04-11"))  # of 64 bits of nanoseconds


@dataclass(frozen=True)
class TimeOrder:
    r"""The rows of a table in the order of time, series after series.

    Args:
        rows: the positions of the rows in the table.
        bounds: the first row of every series, and the number of rows.
        notes: whether rows had to be sorted.

    Shapes: rows int64 (rows,), bounds int64 (series + 1,).
    """

    rows: np.ndarray
    bounds: np.ndarray
    notes: tuple[str, ...] = ()


def order_rows(
    times: np.ndarray, series: np.ndarray, ids: Sequence[str], file: str, column: str, group: str | None
) -> TimeOrder:
    r"""Orders the rows of a table by series and time.

    Args:
        times: of the rows.
        series: the number of the series of each row, from 0; all 0 for a single series.
        ids: a readable name for each row.
        file: the file, for messages.
        column: the column of the times, for messages.
        group: the column whose values distinguish the series, None for a single series.

    Shapes: times datetime64[ns] (rows,), series int64 (rows,).

    Raises:
        DataError: two rows of a series have the same time, or a row has none.
    """
    check_missing(times, ids, file, column)
    rows = np.lexsort((times, series))
    ordered, groups = times[rows], series[rows]
    same = np.flatnonzero((ordered[1:] == ordered[:-1]) & (groups[1:] == groups[:-1]))
    if len(same):
        raise _duplicates(ordered, rows, same, ids, file, column, group)
    bounds = np.append(np.flatnonzero(np.diff(groups, prepend=groups[:1] - 1)), len(rows))
    notes = ()
    descending = np.flatnonzero((times[1:] < times[:-1]) & (series[1:] == series[:-1]))
    if len(descending):
        notes = (f"rows sorted by '{column}': {ids[descending[0] + 1]} was earlier than the row before it",)
    return TimeOrder(rows, bounds, notes)


def as_nanoseconds(times: np.ndarray, ids: Sequence[str], file: str, column: str) -> np.ndarray:
    r"""Times in nanoseconds, with which time steps are computed.

    Shapes: times datetime64 (rows,) of any unit; returns datetime64[ns] (rows,).

    Raises:
        DataError: a time before 1678 or after 2261, which are mostly placeholders.
    """
    stamps = np.asarray(times)
    outside = np.flatnonzero((stamps < RANGE[0]) | (stamps >= RANGE[1]))
    if len(outside):
        first = np.datetime_as_string(stamps[outside[0]], unit="D")
        raise DataError(
            f"{file}: {plural(len(outside), 'row')} with a time out of range in column '{column}' "
            f"(first: {ids[outside[0]]}, {first})",
            "times from 1678 to 2261",
            f"correct or remove {'this row' if len(outside) == 1 else 'these rows'}, or count rows with "
            f"role.{column}=ignore",
        )
    return stamps.astype("datetime64[ns]")


def check_missing(times: np.ndarray, ids: Sequence[str], file: str, column: str) -> None:
    """Raises DataError if a row has no time."""
    missing = np.flatnonzero(np.isnat(times))
    if len(missing):
        raise DataError(
            f"{file}: {plural(len(missing), 'row')} without a time in column '{column}' "
            f"(first: {_listed(missing, ids)})",
            "a time in each row",
            f"fill in or remove {'this row' if len(missing) == 1 else 'these rows'}",
        )


def _duplicates(
    ordered: np.ndarray,
    rows: np.ndarray,
    same: np.ndarray,
    ids: Sequence[str],
    file: str,
    column: str,
    group: str | None,
) -> DataError:
    """The error for rows at the same time, with the rows."""
    shown = "; ".join(
        f"{ids[min(pair)]} and {ids[max(pair)]}: {show_time(ordered[index])}"
        for index in same[:MAX_LISTED].tolist()
        for pair in [rows[index : index + 2].tolist()]
    )
    fix = "resample=STEP (as in 5min, 1h, D) averages rows of one time; or remove one row of each pair"
    if group is None:
        fix = "group=COLUMN if the rows are several series that a column distinguishes, or " + fix
    if _clock_turned_back(ordered[same]):
        fix = "write the times with their offset from UTC (2020-10-25 02:00+01:00), or " + fix
    return DataError(
        f"{file}: {plural(len(same), 'row')} of column '{column}' at the same time as another row ({shown})",
        "one row for each time" if group is None else f"one row for each time and value of '{group}'",
        fix,
    )


def _clock_turned_back(times: np.ndarray) -> bool:
    """Whether all duplicates are in the hours that zones with daylight saving time repeat."""
    clock = (times - times.astype("datetime64[D]")).astype(np.int64)
    months = times.astype("datetime64[M]").astype(np.int64) % 12 + 1
    sundays = (times.astype("datetime64[D]").astype(np.int64) + 4) % 7 == 0
    return bool((sundays & np.isin(months, (3, 4, 10, 11)) & (clock >= HOUR) & (clock < 3 * HOUR)).all())


def _listed(indices: np.ndarray, ids: Sequence[str]) -> str:
    return ", ".join(ids[int(index)] for index in indices[:MAX_LISTED])
