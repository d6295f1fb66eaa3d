"""What the times of a series say before anything is computed: step, gaps, irregular times, duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hibiscus.data.series.step_inference import infer_step
from hibiscus.data.series.steps import Step
from hibiscus.errors import DataError

__all__ = ["Gap", "TimeAxis", "read_time_axis"]

MAX_OFF_GRID = 0.05  # fraction of the times beyond which a series counts as irregular
MAX_EMPTY = 3.0  # positions without a row, for each row, beyond which it does too


@dataclass(frozen=True)
class Gap:
    """Steps without a row: the times before and after, and how many are missing between them."""

    before: np.datetime64
    after: np.datetime64
    missing: int


@dataclass(frozen=True)
class TimeAxis:
    """The times of one series.

    Args:
        step: of the grid; rows where there are no times, or where they are irregular.
        rows: the rows in the order of time, without those that are left out.
        positions: of these rows on the grid.
        times: datetime64[ns], the time of every position of the grid; empty without times.
        gaps: in the order of time.
        duplicates: pairs of rows at the same time; the first row of each is used.
        off_grid: rows at times between those of the grid, which are left out; none if `irregular`.
        without: rows without a time.
        sorted: whether the rows are in the order of time.
        irregular: whether the times have no common step, so that rows are counted.
    """

    step: Step
    rows: np.ndarray
    positions: np.ndarray
    times: np.ndarray
    gaps: tuple[Gap, ...] = ()
    duplicates: tuple[tuple[int, int], ...] = ()
    off_grid: tuple[int, ...] = ()
    without: tuple[int, ...] = ()
    sorted: bool = True
    irregular: bool = False

    def on_grid(self, values: np.ndarray) -> np.ndarray:
        r"""Values of rows at the positions of the grid, NaN where there is no row.

        Shapes: values (all rows of the table,); returns float64 (positions,).
        """
        result = np.full(int(self.positions[-1]) + 1 if len(self.positions) else 0, np.nan)
        result[self.positions] = values[self.rows]
        return result


def read_time_axis(times: np.ndarray | None, rows: Sequence[int] | np.ndarray) -> TimeAxis:
    r"""The times of the rows of one series; nothing about them is an error.

    Args:
        times: of all rows of the table, NaT where one is missing; None if it has no column of times.
        rows: those of the series.

    Shapes: times datetime64[ns] (all rows,).
    """
    rows = np.asarray(rows, np.int64)
    if times is None:
        return TimeAxis(Step("row"), rows, np.arange(len(rows)), np.zeros(0, "datetime64[ns]"))
    missing = np.isnat(times[rows])
    without, rows = tuple(rows[missing].tolist()), rows[~missing]
    stamps = times[rows]
    order = np.argsort(stamps, kind="stable")
    is_sorted = bool((order == np.arange(len(rows))).all())
    rows, stamps = rows[order], stamps[order]
    same = np.flatnonzero(stamps[1:] == stamps[:-1])
    duplicates = tuple((int(rows[index]), int(rows[index + 1])) for index in same)
    rows, stamps = np.delete(rows, same + 1), np.delete(stamps, same + 1)
    axis = TimeAxis(Step("row"), rows, np.arange(len(rows)), stamps)
    axis = replace(axis, duplicates=duplicates, without=without, sorted=is_sorted)
    return axis if len(rows) < 2 else _on_a_grid(axis, stamps)


def _on_a_grid(axis: TimeAxis, stamps: np.ndarray) -> TimeAxis:
    """The axis with the step that most times have in common, and the positions of the rows on its grid."""
    try:
        step = infer_step([stamps])
        off = step.off_grid(stamps)
        kept = stamps[~off]
        positions = step.positions(kept)
    except (DataError, OverflowError):
        return replace(axis, irregular=True)
    off_grid = tuple(axis.rows[off].tolist())
    too_empty = len(kept) and int(positions[-1]) + 1 > (1 + MAX_EMPTY) * len(kept)
    if len(off_grid) > MAX_OFF_GRID * len(stamps) or too_empty or len(kept) < 2:
        return replace(axis, irregular=True)
    jumps = np.flatnonzero(np.diff(positions) > 1)
    gaps = tuple(
        Gap(kept[index], kept[index + 1], int(positions[index + 1] - positions[index] - 1)) for index in jumps
    )
    times = step.times(kept[0], np.arange(int(positions[-1]) + 1))
    return replace(
        axis,
        step=step,
        rows=axis.rows[~off],
        positions=positions,
        times=times,
        gaps=gaps,
        off_grid=off_grid,
    )
