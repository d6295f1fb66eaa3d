"""A map of embeddings as a PNG file, with the groups of its points in colors."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hibiscus.evaluation.chart_items import Scatter
from hibiscus.report.formatting import shorten

__all__ = ["plot_embedding"]

COLORS = (
    "#b5179e", "#4361ee", "#f08c00", "#2b8a3e", "#c92a2a", "#0b7285", "#845ef7", "#868e96", "#94d82d",
    "#495057", "#e599f7", "#74c0fc", "#ffd43b", "#8ce99a", "#ffa8a8", "#66d9e8", "#b197fc", "#ced4da",
    "#5c940d", "#a0522d",
)  # fmt: skip
OTHERS = "#dee2e6"  # the color of the groups beyond those
FEW = 500  # points, which are drawn larger


def plot_embedding(path: Path, item: Scatter) -> None:
    """Draws a map; the 20 most frequent groups have colors of their own, marked points a cross.

    Args:
        path: the file.
        item: the map; points that are not finite are left out.
    """
    x, y = np.asarray(item.x, np.float64), np.asarray(item.y, np.float64)
    groups = np.array([shorten(name, 24) for name in item.groups] or [""] * len(x))
    marked = np.asarray(item.marked, bool) if len(item.marked) else np.zeros(len(x), bool)
    kept = np.isfinite(x) & np.isfinite(y)
    x, y, groups, marked = x[kept], y[kept], groups[kept], marked[kept]
    figure = Figure(figsize=(8, 6), dpi=130, layout="constrained")
    axes = figure.subplots()
    size = 14 if len(x) < FEW else 6
    names, counts = np.unique(groups, return_counts=True)
    colored = np.sort(names[np.lexsort((names, -counts))][: len(COLORS)])
    others = ~np.isin(groups, colored)
    axes.scatter(x[others], y[others], size, color=OTHERS, linewidths=0)
    for name, color in zip(colored, COLORS, strict=False):
        own = groups == name
        axes.scatter(x[own], y[own], size, color=color, alpha=0.75, linewidths=0, label=name or None)
    axes.scatter(x[marked], y[marked], 30, color="#000000", marker="x", linewidths=1)
    _finish(axes, item, len(colored) > 1)
    figure.savefig(path)


def _finish(axes: Axes, item: Scatter, legend: bool) -> None:
    axes.set_title(item.title, loc="left", fontsize=11, parse_math=False)
    axes.set_xlabel(item.x_label)
    axes.set_ylabel(item.y_label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xticks([])
    axes.set_yticks([])  # only which points are near to each other has a meaning
    if legend:
        columns = math.ceil(len(axes.get_legend_handles_labels()[0]) / 20)
        box = axes.legend(
            frameon=False,
            fontsize=8,
            ncols=columns,
            loc="center left",
            bbox_to_anchor=(1, 0.5),
            markerscale=2,
        )
        for text in box.get_texts():
            text.set_parse_math(False)
