"""Forecasts after the last value of each series, as the rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hibiscus.data.series.grid import SeriesGrid
from hibiscus.errors import DataError
from hibiscus.plurals import plural

__all__ = ["forecast_rows", "future_origins"]


def future_origins(grid: SeriesGrid, part: str, input_length: int) -> np.ndarray:
    """The cell after the last target of a part in each series, int64 (series,).

    Raises:
        DataError: a series is too short for the input of the network, or the future of a column that is known
            in advance is not given.
    """
    learned, cells = grid.preparation, grid.cells_of(part)
    cells = cells[grid.observed[cells, : grid.targets].any(axis=1)]
    if not len(cells):
        received = f"no value of {', '.join(learned.targets)}"
        raise DataError(received, "at least one value", "fill in values")
    last = np.flatnonzero(np.diff(grid.index.series_of(cells), append=-1))
    origins = cells[last] + 1
    names = [grid.index.names[series] for series in grid.index.series_of(cells[last])]
    for name, origin, steps in zip(names, origins, origins - grid.beginning(cells[last]), strict=True):
        of_series = f" of {name}" if name else ""
        if steps < input_length:
            received = f"{plural(int(steps), 'step')}{of_series} up to the last value"
            raise DataError(received, f"at least input_length={input_length} steps", "pass a longer history")
        if learned.known is not None and (grid.rows[origin : origin + learned.horizon] < 0).any():
            columns = ", ".join(column.name for column in learned.known.columns)
            received = f"no {columns} for each of the {learned.horizon} steps after the last value{of_series}"
            fix = f"add {learned.horizon} rows with these columns, and {learned.targets[0]} left empty"
            raise DataError(received, "the columns of known_future also for the steps to forecast", fix)
    return origins


def forecast_rows(
    grid: SeriesGrid, origins: np.ndarray, point: np.ndarray, quantiles: np.ndarray, levels: Sequence[float]
) -> dict[str, Any]:
    """One row for each step of each forecast.

    Args:
        grid: the series.
        origins: the first cell of each forecast (forecasts,).
        point: the forecasts (forecasts, horizon, targets).
        quantiles: their quantiles (forecasts, horizon, targets, levels).
        levels: of the quantiles; none without a validation part, on which they are calibrated.

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
            if level != 0.5:
                columns[f"{name}_{level:g}"] = quantiles[:, :, number, index].ravel()
    return columns
