"""Forecasts after the last value of each series, as the rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hibiscus.data.dataset import Skipped
from hibiscus.data.series.grid import SeriesGrid
from hibiscus.errors import DataError
from hibiscus.plurals import plural

__all__ = ["forecast_rows", "future_origins"]


def future_origins(grid: SeriesGrid, part: str, input_length: int) -> tuple[np.ndarray, list[Skipped]]:
    """The cell after the last target of a part in each series, int64 (series,), and those too short for it.

    Raises:
        DataError: every series is too short for the input of the network, or the future of a column that is
            known in advance is not given.
    """
    learned, cells = grid.preparation, grid.cells_of(part)
    cells = cells[grid.observed[cells, : grid.targets].any(axis=1)]
    if not len(cells):
        received = f"no value of {', '.join(learned.targets)}"
        raise DataError(received, "at least one value", "fill in values")
    last = cells[np.flatnonzero(np.diff(grid.index.series_of(cells), append=-1))]
    long, skipped = [], []
    for cell, steps in zip(last, last + 1 - grid.beginning(last), strict=True):
        name = grid.index.names[grid.index.series_of(cell)]
        of_series = f" of {name}" if name else ""
        if steps < input_length:
            reason = f"{plural(int(steps), 'step')}{of_series} up to the last value"
            skipped.append(Skipped(name, f"{reason}, fewer than input_length={input_length}"))
            continue
        if learned.known is not None:
            _check_future(grid, int(cell) + 1, of_series)
        long.append(cell + 1)
    if not long:
        received = skipped[0].reason.partition(",")[0]
        raise DataError(received, f"at least input_length={input_length} steps", "pass a longer history")
    return np.array(long, np.int64), skipped


def _check_future(grid: SeriesGrid, origin: int, of_series: str) -> None:
    """Raises DataError if the known columns of a step to forecast are not given."""
    learned = grid.preparation
    known = learned.known.columns if learned.known is not None else ()
    cells = np.arange(origin, origin + learned.horizon)
    missing = cells[grid.rows[cells] < 0]
    if len(missing):
        columns = ", ".join(column.name for column in known)
        times = grid.index.labels(missing)
        shown = times[0] if len(times) == 1 else f"{times[0]} to {times[-1]}"
        received = f"no {columns} for {plural(len(times), 'step')} after the last value{of_series} ({shown})"
        fix = f"add rows for these steps with {columns}, and {learned.targets[0]} left empty"
        raise DataError(received, "the columns of known_future also for the steps to forecast", fix)


def forecast_rows(
    grid: SeriesGrid,
    origins: np.ndarray,
    point: np.ndarray,
    quantiles: np.ndarray,
    levels: Sequence[float],
    fitted: Sequence[bool],
) -> dict[str, Any]:
    """One row for each step of each forecast.

    Args:
        grid: the series.
        origins: the first cell of each forecast (forecasts,).
        point: the forecasts (forecasts, horizon, targets).
        quantiles: their quantiles (forecasts, horizon, targets, levels).
        levels: of the quantiles.
        fitted: whether those of each target were calibrated; others are left out.

    Returns:
        `id`, `time` and, with several series, `series`; for each target its forecast and its quantiles, as in
        `sales` and `sales_0.1`; each (rows,).
    """
    cells = (origins[:, None] + np.arange(point.shape[1])).ravel()
    times = grid.index.labels(cells)
    columns: dict[str, Any] = {"id": times, "time": times}
    if grid.preparation.group:
        columns["series"] = [grid.index.names[series] for series in grid.index.series_of(cells)]
        columns["id"] = [f"{name}, {time}" for name, time in zip(columns["series"], times, strict=True)]
    for number, name in enumerate(grid.preparation.targets):
        columns[name] = point[:, :, number].ravel()
        for index, level in enumerate(levels):
            if level != 0.5 and fitted[number]:
                columns[f"{name}_{level:g}"] = quantiles[:, :, number, index].ravel()
    return columns
