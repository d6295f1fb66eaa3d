"""Draws report items of bars and of small multiples: bars as rows of the page, the plots as SVG."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.axes import Axes

from hibiscus.report.formatting import plain, shorten
from hibiscus.report.records import BarsRecord, MultiplesRecord, PanelRecord
from hibiscus.report.svg import COLORS, GRID, HEX, dress, render_svg

__all__ = ["bars_view", "multiples_view"]

MAX_BARS, MAX_PANELS, MAX_SERIES, MAX_CATEGORIES = 40, 12, len(COLORS), 20
MAX_MARKERS = 40  # points of a line that are marked
SIZE = (3.2, 2.2)  # inches of a plot of lines


def bars_view(item: BarsRecord) -> dict[str, Any]:
    """Horizontal bars on one scale that contains zero."""
    known = [value for value in item.values[:MAX_BARS] if math.isfinite(value)]
    low, high = min(0.0, *known, 0.0), max(0.0, *known, 0.0)
    width, rows = (high - low) or 1.0, []
    for index, (name, value) in enumerate(zip(item.names[:MAX_BARS], item.values, strict=False)):
        start, end = sorted((0.0, value if math.isfinite(value) else 0.0))
        deviation = item.deviations[index] if index < len(item.deviations) else math.nan
        rows.append(
            {
                "name": shorten(name, 40),
                "left": f"{100 * (start - low) / width:.2f}",
                "width": f"{100 * (end - start) / width:.2f}",
                "value": _number(value, item.percent),
                "deviation": _number(deviation, item.percent) if math.isfinite(deviation) else "",
            }
        )
    return {"kind": "bars", "bars": rows, "more": max(0, len(item.names) - MAX_BARS)}


def multiples_view(item: MultiplesRecord) -> dict[str, Any]:
    """Small plots whose axes of values have the same limits."""
    panels = item.panels[:MAX_PANELS]
    values = [y for panel in panels for line in panel.series for y in line.y if math.isfinite(y)]
    if any(panel.categories for panel in panels):
        values.append(0.0)  # where bars begin
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = 0.06 * (high - low) or 0.5
    limits = (low - room * (low != 0), high + room)
    names = [line.name for line in panels[0].series[:MAX_SERIES]] if panels else []
    return {
        "kind": "multiples",
        "y_label": shorten(item.y_label, 60),
        "legend": [
            {"name": shorten(name, 40), "color": COLORS[index], "dashed": False}
            for index, name in enumerate(names)
            if name
        ],
        "panels": [
            {"title": shorten(panel.title, 40), "svg": _panel(panel, limits, item.y_label)}
            for panel in panels
        ],
    }


def _panel(panel: PanelRecord, limits: tuple[float, float], y_label: str) -> str:
    label = f"{y_label} by {panel.title}"
    if panel.categories:
        return _category_bars(panel, limits, label)

    def paint(axes: Axes) -> None:
        for index, line in enumerate(panel.series[:MAX_SERIES]):
            marker = "o" if len(line.x) <= MAX_MARKERS else ""
            axes.plot(line.x, line.y, color=HEX[COLORS[index]], linewidth=1.5, marker=marker, markersize=2.4)
        axes.set_ylim(*limits)
        dress(axes, {})
        axes.locator_params(axis="x", nbins=4)

    return render_svg(paint, label, SIZE)


def _category_bars(panel: PanelRecord, limits: tuple[float, float], label: str) -> str:
    """Bars for each category, the most frequent at the top; those of one category next to each other."""
    names, series = panel.categories[:MAX_CATEGORIES], panel.series[:MAX_SERIES]
    height = 0.8 / max(1, len(series))

    def paint(axes: Axes) -> None:
        for index, line in enumerate(series):
            places = [place + (index - (len(series) - 1) / 2) * height for place in range(len(line.y))]
            axes.barh(places, line.y, 0.9 * height, color=HEX[COLORS[index]], alpha=0.8)
        dress(axes, {})
        axes.set_yticks(range(len(names)), [shorten(name, 18) for name in names])
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(*limits)
        axes.locator_params(axis="x", nbins=4)
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x", color=GRID, linewidth=0.6)

    rows = len(names) * max(1, len(series) / 2)
    return render_svg(paint, label, (SIZE[0], max(SIZE[1], 0.6 + 0.2 * rows)))


def _number(value: float, percent: bool) -> str:
    if not math.isfinite(value):
        return ""
    if not percent:
        return plain(float(f"{value:.3g}"))
    return f"{round(100 * value, 1) + 0.0:.1f} %".replace("-", "−")  # never -0.0
