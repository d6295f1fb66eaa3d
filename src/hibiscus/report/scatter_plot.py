"""A scatter plot of points in groups as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from hibiscus.report.formatting import shorten
from hibiscus.report.svg import COLORS, FAINT, HEX, INK, dress, render_svg

__all__ = ["scatter"]

DOTS = 1500  # points that are drawn at most


def scatter(x: Sequence[float], y: Sequence[float], label: str, **options: Any) -> str:
    """A scatter plot of at most 1,500 points.

    Each group in `names` has its own color, beyond the number of colors as rings; all others are faint.
    Points that are marked have a cross in the color of text.

    Args:
        x: positions; points that are not finite are left out.
        y: positions.
        label: what the image shows.
        **options: as for `lines`, and `groups` (one per point), `names`, `marked` (one per point).
    """
    groups, names = options.get("groups") or [""] * len(x), options.get("names", ())
    marked = options.get("marked") or [False] * len(x)
    points = [
        (a, b, name, mark)
        for a, b, name, mark in zip(x, y, groups, marked, strict=False)
        if math.isfinite(a) and math.isfinite(b)
    ]
    points = points[:: max(1, math.ceil(len(points) / DOTS))]

    def paint(axes: Axes) -> None:
        alpha = 0.75 if len(points) < 150 else 0.4
        style: dict[str, Any] = {"alpha": alpha, "markersize": 2.6 if len(points) < 400 else 1.8}
        if not names:
            axes.plot(
                [a for a, *_ in points],
                [b for _, b, *_ in points],
                "o",
                color=HEX["accent"],
                markeredgewidth=0,
                **style,
            )
        else:
            _groups(axes, points, names)
        crosses = [(a, b) for a, b, _, mark in points if mark]
        if crosses:
            axes.plot(*zip(*crosses, strict=True), "x", color=INK, markersize=3.4, markeredgewidth=0.7)
        if options.get("diagonal") and points:
            axes.axline(
                (points[0][0], points[0][0]), slope=1, color=FAINT, linewidth=0.9, linestyle=(0, (3, 3))
            )
        dress(axes, options)

    return render_svg(paint, label, options.get("size", (4.0, 3.1)))


def _groups(axes: Axes, points: Sequence[tuple[float, float, str, bool]], names: Sequence[str]) -> None:
    """Points in a different color for each group, with the name of the group at their center."""
    for index, name in enumerate([None, *names]):
        chosen = [
            (a, b) for a, b, group, _ in points if (group not in names if name is None else group == name)
        ]
        if not chosen:
            continue
        color = FAINT if name is None else HEX[COLORS[(index - 1) % len(COLORS)]]
        fill: dict[str, Any] = (
            {"markeredgewidth": 0}
            if index <= len(COLORS)
            else {"markerfacecolor": "none", "markeredgewidth": 0.6}
        )
        axes.plot(*zip(*chosen, strict=True), "o", color=color, alpha=0.7, markersize=2.4, **fill)
    for name in names:
        members = [(a, b) for a, b, group, _ in points if group == name]
        if members:
            a, b = (sorted(values)[len(members) // 2] for values in zip(*members, strict=True))
            axes.text(a, b, shorten(name, 16), ha="center", va="center", fontsize=9, fontweight="bold")
