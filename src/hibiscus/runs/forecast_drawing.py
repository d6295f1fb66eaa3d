"""Draws the forecasts of a run after the history from which it forecast."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.prepared import PreparedData
from hibiscus.data.series.grid import SeriesGrid, series_grid
from hibiscus.runs.destination import writing

__all__ = ["draw_forecasts", "is_forecast"]

MOST_PANELS = 12
SHOWN = 5  # of the history, in horizons
FEWEST = 60  # steps of the history


def is_forecast(predicted: Mapping[str, Any], data: PreparedData) -> bool:
    """Whether predictions are forecasts of the targets of series."""
    return "series" in data.preparation and data.preparation["series"].targets[0] in predicted


def draw_forecasts(predicted: Mapping[str, Any], data: PreparedData, path: Path) -> None:
    """Writes a PNG file with a panel for each target of each series, the first twelve.

    Args:
        predicted: as returned by `Run.predict`.
        data: the history, as prepared for the run.
        path: the file.

    Raises:
        DataError: the file cannot be written.
    """
    from hibiscus.report.series_plot import ForecastPanel, plot_forecasts

    grid, learned = series_grid(data), data.preparation["series"]
    names = np.array(predicted.get("series", [""] * len(predicted["time"])))
    panels: list[ForecastPanel] = []
    for series, end in enumerate(grid.ends()):
        rows = np.flatnonzero(names == grid.index.names[series])
        for number, target in enumerate(learned.targets):
            if len(rows) and len(panels) < MOST_PANELS:
                panels.append(_panel(ForecastPanel, grid, predicted, rows, series, int(end), number, target))
    with writing(path):
        plot_forecasts(path, panels)


def _panel(
    kind: Any,
    grid: SeriesGrid,
    predicted: Mapping[str, Any],
    rows: np.ndarray,
    series: int,
    end: int,
    number: int,
    target: str,
) -> Any:
    steps = max(FEWEST, SHOWN * len(rows))
    cells = np.arange(max(int(grid.index.bounds[series]), end - steps), end)
    future = np.arange(end, end + len(rows))
    times = grid.index.times if grid.preparation.time else np.arange(len(grid)) + 1
    values = np.where(grid.observed[cells, number], grid.raw[cells, number], np.nan)
    values[-1] = grid.raw[cells[-1], number]
    prefix = f"{target}_"
    levels = sorted(float(name[len(prefix) :]) for name in predicted if _is_level(name, prefix))
    bounds: dict[str, Any] = {}
    if len(levels) > 1:
        low, high = levels[0], levels[-1]
        bounds = {
            "low": np.asarray(predicted[f"{prefix}{low:g}"])[rows],
            "high": np.asarray(predicted[f"{prefix}{high:g}"])[rows],
            "interval": f"quantiles {low:g} to {high:g}",
        }
    title = f"{grid.index.names[series]}: {target}" if grid.index.names[series] else target
    return kind(title, times[cells], values, times[future], np.asarray(predicted[target])[rows], **bounds)


def _is_level(name: str, prefix: str) -> bool:
    rest = name.removeprefix(prefix)
    return name.startswith(prefix) and rest.replace(".", "", 1).isdigit()
