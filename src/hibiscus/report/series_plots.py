"""Drawings of a series: its course, its components, its autocorrelation and its season."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from hibiscus.report.formatting import shorten
from hibiscus.series.description import SeriesDescription, fill_gaps
from hibiscus.series.moving_statistics import rolling_statistic

__all__ = ["DPI", "MAX_DRAWN", "WIDTH", "SeriesView", "draw_series", "height", "plot_series"]

MAX_DRAWN = 3  # variables of one file
WIDTH, HEIGHT, DPI = 11.0, 9.5, 110  # inches for each variable
INK, TREND, SEASON, CHANGE, FAINT = "#343a40", "#b5179e", "#4361ee", "#f08c00", "#adb5bd"
POINTS = 4_000  # of a line that are drawn
MAX_CYCLES = 40  # of the season plot


@dataclass(frozen=True)
class SeriesView:
    """One variable to draw.

    Args:
        title: its name.
        times: datetime64 (steps,); empty if steps are counted.
        values: float64 (steps,), NaN where there is none.
        about: its description.
    """

    title: str
    times: np.ndarray
    values: np.ndarray
    about: SeriesDescription


def plot_series(path: Path, views: Sequence[SeriesView]) -> None:
    """Draws the first variables below each other into a PNG file."""
    drawn = views[:MAX_DRAWN]
    heights = [height(view) for view in drawn]
    figure = Figure(figsize=(WIDTH, sum(heights)), dpi=DPI, layout="constrained")
    parts = figure.subfigures(len(drawn), 1, squeeze=False, height_ratios=heights)[:, 0]
    for part, view in zip(parts, drawn, strict=True):
        draw_series(part, view)
    figure.savefig(path)


def height(view: SeriesView) -> float:
    """The height in inches of the drawing of a variable, which is lower without a decomposition."""
    return HEIGHT if view.about.structure.decomposition is not None else HEIGHT - 2.8


def draw_series(figure: Figure | SubFigure, view: SeriesView) -> None:
    """Draws one variable: its course, its components if it has a season, its correlations, its spread."""
    about, x = view.about, view.times if len(view.times) else np.arange(1, len(view.values) + 1)
    parts = 3 if about.structure.decomposition is not None else 0
    grid = figure.add_gridspec(3 + parts, 2, height_ratios=(1.7, *(0.8,) * parts, 1.2, 1.5))
    figure.suptitle(shorten(view.title, 80), x=0.01, ha="left", fontsize=13, parse_math=False)
    _course(figure.add_subplot(grid[0, :]), x, view)
    if parts:
        _components([figure.add_subplot(grid[row, :]) for row in (1, 2, 3)], x, about)
    transform, steps = about.structure.transform, about.difference + about.seasonal_difference
    after = f" of {'the differences' if steps else 'the series'}"
    after += f" of the {transform}" if transform != "none" else ""
    for column, (name, values) in enumerate(
        (("Autocorrelation", about.correlations), ("Partial autocorrelation", about.partial))
    ):
        _correlogram(figure.add_subplot(grid[1 + parts, column]), f"{name}{after}", values, about.bound)
    if about.structure.season is None:
        _moving_variance(figure.add_subplot(grid[2 + parts, :]), x, view)
        return
    _moving_variance(figure.add_subplot(grid[2 + parts, 0]), x, view)
    _season(figure.add_subplot(grid[2 + parts, 1]), view, about.structure.season)


def _course(axes: Axes, x: np.ndarray, view: SeriesView) -> None:
    """The values, their rolling mean, and the changes of the level."""
    axes.plot(*_thinned(x, view.values), color=INK, linewidth=0.9, label="values")
    mean = _rolling("mean", view)
    if mean is not None:
        label = f"rolling mean of {_window(view):,} steps"
        axes.plot(*_thinned(x, mean), color=TREND, linewidth=1.6, label=label)
    changes = view.about.changes
    offset = int(np.isfinite(view.values).argmax())
    for number, index in enumerate(changes.steps if changes else ()):
        label = f"change of the {changes.kind}" if changes and not number else None
        axes.axvline(x[offset + index], color=CHANGE, linewidth=1.3, linestyle="--", label=label)
    _dress(axes, "Values")
    _legend(axes)


def _components(rows: Sequence[Axes], x: np.ndarray, about: SeriesDescription) -> None:
    """Trend, season and residual by STL."""
    structure = about.structure
    scale = f" of the {structure.transform}" if structure.transform != "none" else ""
    part = f", the last {about.used:,} steps" if about.used < about.steps - about.missing else ""
    names = (f"Trend{scale} (STL{part})", f"Season of {structure.season:,} steps", "Residual")
    for axes, name, key in zip(rows, names, ("trend", "seasonal", "residual"), strict=True):
        values = getattr(structure.decomposition, key)[-len(x) :]
        color = {"trend": TREND, "seasonal": SEASON, "residual": INK}[key]
        axes.plot(*_thinned(x[len(x) - len(values) :], values), color=color, linewidth=0.9)
        _dress(axes, name)


def _correlogram(axes: Axes, title: str, values: np.ndarray, bound: float) -> None:
    lags = np.arange(1, len(values))
    axes.vlines(lags, 0, values[1:], color=INK, linewidth=1.1 if len(lags) < 80 else 0.7)
    axes.axhspan(-bound, bound, color=SEASON, alpha=0.15, linewidth=0)
    axes.axhline(0, color=INK, linewidth=0.6)
    _dress(axes, f"{title}, ±1.96/√n shaded")
    axes.set_xlabel("lag", fontsize=8)


def _moving_variance(axes: Axes, x: np.ndarray, view: SeriesView) -> None:
    variance = _rolling("variance", view)
    if variance is not None:
        axes.plot(*_thinned(x, variance), color=TREND, linewidth=1.2)
    _dress(axes, f"Rolling variance of {_window(view):,} steps")
    axes.tick_params(axis="x", labelrotation=20)


def _season(axes: Axes, view: SeriesView, season: int) -> None:
    """Each cycle as a line over the position in the season, later ones darker, and their mean.

    Of an additive season, the mean of each cycle is taken out, so that slow changes of level do not hide it.
    """
    count = len(view.values) // season
    cycles = view.values[len(view.values) - count * season :].reshape(count, season)
    known = np.isfinite(cycles)
    centered = view.about.structure.transform == "none"
    if centered:
        cycles = cycles - (np.where(known, cycles, 0).sum(1) / np.maximum(known.sum(1), 1))[:, None]
    chosen = cycles[np.unique(np.linspace(0, count - 1, MAX_CYCLES).round().astype(int))]
    position = np.arange(1, season + 1)
    for number, cycle in enumerate(chosen):
        axes.plot(position, cycle, color=SEASON, alpha=0.15 + 0.5 * number / len(chosen), linewidth=0.8)
    sums, counts = np.where(known, cycles, 0).sum(0), known.sum(0)
    mean = np.divide(sums, counts, out=np.full(season, np.nan), where=counts > 0)
    axes.plot(position, mean, color=INK, linewidth=1.8)
    less = ", each less its mean" if centered else ""
    _dress(axes, f"{count:,} cycles of {season:,} steps{less}; black: their mean")


def _window(view: SeriesView) -> int:
    season, share = view.about.structure.season, len(view.values) // 60
    return season * max(1, round(share / season)) if season else max(3, 3 * share)


def _rolling(name: str, view: SeriesView) -> np.ndarray | None:
    """A statistic of the last steps, at the step at which it is known; gaps are interpolated."""
    window, result = _window(view), np.full(len(view.values), np.nan)
    filled, first = fill_gaps(view.values), int(np.isfinite(view.values).argmax())
    if len(filled) <= window:
        return None
    result[first + window - 1 : first + len(filled)] = rolling_statistic(filled, window, name)
    return result


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most 4,000 points: the smallest and largest of each block, so that no peak is lost."""
    block = -(-2 * len(y) // POINTS)
    if block < 4:
        return x, y
    count = len(y) // block
    rows = y[: count * block].reshape(count, block)
    filled = np.where(np.isnan(rows), np.inf, rows), np.where(np.isnan(rows), -np.inf, rows)
    picks = np.sort(np.stack([filled[0].argmin(1), filled[1].argmax(1)], 1), 1)
    index = (np.arange(count)[:, None] * block + picks).ravel()
    return x[index], y[index]


def _dress(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=9, color=INK, parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.2)
    axes.margins(x=0.01)


def _legend(axes: Axes) -> None:
    """The legend beside the title, where it hides no line."""
    axes.legend(frameon=False, fontsize=8, loc="lower right", bbox_to_anchor=(1, 0.97), ncols=3, borderpad=0)
