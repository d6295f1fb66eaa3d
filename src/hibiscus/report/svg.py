"""Plots as inline SVG in the page's own colors and font, readable in light and dark mode."""

from __future__ import annotations

import html
import io
import math
import re
import warnings
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hibiscus.report.formatting import plain, shorten

__all__ = ["COLORS", "FAINT", "GRID", "HEX", "INK", "Line", "Mark", "dress", "heat", "lines", "render_svg"]

INK, FAINT, GRID = "#0a0b01", "#0a0b02", "#0a0b03"
COLORS = ("accent", "train", "c2", "c3", "c4", "c5", "c6", "c7")
PAINT = {f"#0a0b1{index}": f"var(--{name})" for index, name in enumerate(COLORS)}
HEX = {name: code for code, name in zip(PAINT, COLORS, strict=True)}
PAINT |= {INK: "var(--ink)", FAINT: "var(--soft)", GRID: "var(--line)"}
POINTS = 400  # of a line that are drawn at most
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "hibiscus", "text.parse_math": False, "text.usetex": False,
    "axes.edgecolor": GRID, "axes.labelcolor": FAINT, "axes.titlecolor": FAINT, "axes.titlesize": 9,
    "axes.labelsize": 9, "font.size": 9,
    "xtick.color": FAINT, "ytick.color": FAINT, "xtick.labelsize": 9, "ytick.labelsize": 9, "text.color": INK,
    "axes.facecolor": "none", "figure.facecolor": "none", "savefig.facecolor": "none", "path.simplify": True,
    "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False, "axes.linewidth": 0.8,
    "xtick.major.size": 0, "ytick.major.size": 0, "axes.grid": False, "font.family": ["DejaVu Sans"],
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One line of a plot.

    Args:
        name: what the legend calls it.
        x: positions.
        y: values; what is not a number leaves a gap.
        color: one of COLORS.
        dashed: drawn with dashes.
        smooth: the smoothed line; if given, the raw line is drawn thin beneath it.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    color: str = "accent"
    dashed: bool = False
    smooth: Sequence[float] | None = None


@dataclass(frozen=True)
class Mark:
    """A vertical line with a label at its top."""

    x: float
    label: str
    color: str = "accent"


def render_svg(paint: Callable[[Axes], None], label: str, size: tuple[float, float] = (4.0, 2.45)) -> str:
    """Draws on one pair of axes and returns SVG text for inlining.

    Args:
        paint: draws on the axes that it is given.
        label: what the image shows, for a reader who does not see it.
        size: width and height in inches; the page scales it to the width that it has.
    """
    with warnings.catch_warnings(), matplotlib.rc_context(STYLE):
        warnings.simplefilter("ignore")  # a glyph that the layout font lacks; the browser has it
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots()
        paint(axes)
        out = io.StringIO()
        figure.savefig(
            out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    return _inline(out.getvalue(), label)


def lines(series: Sequence[Line], label: str, **options: Any) -> str:
    """A plot of lines.

    Args:
        series: the lines.
        label: what the image shows.
        **options: `x_label`, `y_label`, `marks`, `diagonal`, `logarithmic`, `size`, `whole` (x in integers),
            `shares` (both axes from 0 to 1).
    """

    def paint(axes: Axes) -> None:
        for line in series:
            _line(axes, line)
        if options.get("diagonal"):
            axes.axline((0, 0), slope=1, color=FAINT, linewidth=0.8, linestyle=(0, (2, 3)))
        for index, mark in enumerate(options.get("marks", ())):
            axes.axvline(mark.x, color=HEX[mark.color], linewidth=0.9, linestyle=(0, (2, 2)))
            _head(axes, mark, index)
        values = [y for line in series for y in line.y if math.isfinite(y)]
        if options.get("logarithmic") and values and min(values) > 0:
            axes.set_yscale("log")
        elif len(series) and any(line.smooth for line in series):
            _limit(axes, values)
        dress(axes, {**options, "counts": bool(values) and all(value == int(value) for value in values)})
        _widen(axes, [x for line in series for x in line.x if math.isfinite(x)], values)
        if options.get("shares"):
            axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04))

    return render_svg(paint, label, options.get("size", (4.0, 2.45)))


def heat(values: Sequence[Sequence[float]], rows: Sequence[str], columns: Sequence[str], label: str) -> str:
    """A heat map: transparent at zero, full color at the largest value; names as far as they fit."""

    def paint(axes: Axes) -> None:
        top = max((v for row in values for v in row if math.isfinite(v)), default=0.0) or 1.0
        color = (0.78, 0.10, 0.38)
        pixels = [
            [(*color, max(0.0, v / top) ** 0.5 if math.isfinite(v) else 0.0) for v in row] for row in values
        ]
        axes.imshow(pixels, interpolation="nearest", aspect="auto")
        for axis, names in ((axes.xaxis, columns), (axes.yaxis, rows)):
            step = max(1, math.ceil(len(names) / 26))
            axis.set_ticks(
                list(range(0, len(names), step)), [shorten(name, 14) for name in names[::step]], fontsize=6
            )
        for text in axes.get_xticklabels():
            text.set(rotation=60, ha="right", va="center", rotation_mode="anchor")
        axes.spines[:].set_visible(True)

    return render_svg(paint, label, (5.4, 5.0))


def _line(axes: Axes, line: Line) -> None:
    step = max(1, math.ceil(len(line.x) / POINTS))
    x, y = list(line.x)[::step], list(line.y)[::step]
    color, dashes = HEX[line.color], (0, (4, 2)) if line.dashed else "-"
    if line.smooth is None:
        few = len(x) <= 12
        axes.plot(
            x, y, color=color, linewidth=1.5, linestyle=dashes, marker="o" if few else "", markersize=2.4
        )
        return
    axes.plot(x, y, color=color, linewidth=0.7, alpha=0.42)
    axes.plot(
        x, list(line.smooth)[::step], color=color, linewidth=1.7, linestyle=dashes, solid_capstyle="round"
    )


def _head(axes: Axes, mark: Mark, index: int) -> None:
    """Writes the labels of vertical marks at their tops, on the side with more room; a second one higher."""
    low, high = axes.get_xlim()
    right = mark.x > low + 0.5 * (high - low)
    where = axes.get_xaxis_transform()
    offset = 0.03 + 0.1 * index
    text = shorten(mark.label, 40)
    axes.text(
        mark.x,
        1 + offset,
        text,
        transform=where,
        ha="right" if right else "left",
        fontsize=8.5,
        color=HEX[mark.color],
    )


def _widen(axes: Axes, x: list[float], y: list[float]) -> None:
    """Gives a single position or a constant value a range of its own, so that its ticks say what it is."""
    if x and min(x) == max(x):
        axes.set_xlim(x[0] - 0.5, x[0] + 0.5)
        axes.set_xticks([x[0]])
    if y and min(y) == max(y) and axes.get_yscale() == "linear":
        room = abs(y[0]) / 2 or 1.0
        axes.set_ylim(y[0] - room, y[0] + room)
        axes.set_yticks([y[0]])


def _limit(axes: Axes, values: list[float]) -> None:
    """Keeps outliers from flattening the rest: the axis ends a little beyond the 98th percentile."""
    if len(values) < 40:
        return
    ordered = sorted(values)
    low, high = ordered[int(0.02 * len(ordered))], ordered[int(0.98 * (len(ordered) - 1))]
    room = 0.6 * (high - low) or 1.0
    if ordered[-1] > high + 3 * room or ordered[0] < low - 3 * room:
        axes.set_ylim(max(ordered[0], low - room), min(ordered[-1], high + room))


def dress(axes: Axes, options: dict[str, Any]) -> None:
    """Grid, tick words and labels alike on every plot."""
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.margins(x=0.02)
    logarithmic = axes.get_yscale() == "log"
    if not logarithmic:
        axes.locator_params(axis="y", nbins=5, **({"integer": True} if options.get("counts") else {}))
    axes.locator_params(axis="x", nbins=6, **({"integer": True} if options.get("whole") else {}))
    axes.xaxis.set_major_formatter(lambda value, _: plain(float(f"{value:.6g}")))
    axes.yaxis.set_major_formatter(lambda value, _: plain(float(f"{value:.6g}")))
    axes.yaxis.set_minor_formatter(lambda value, _: "")
    axes.tick_params(which="minor", length=0)
    if options.get("x_label"):
        axes.set_xlabel(shorten(options["x_label"], 50))
    if options.get("y_label"):
        axes.set_title(shorten(options["y_label"], 50), loc="left", pad=8)


def _inline(svg: str, label: str) -> str:
    """Matplotlib's SVG in the page's colors and font, with unique ids, without header or fixed size."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(
        r"<metadata>.*?</metadata>|<!--.*?-->|<style type=\"text/css\">.*?</style>", "", svg, flags=re.DOTALL
    )
    prefix = f"f{zlib.crc32(svg.encode()):08x}-"
    svg = re.sub(
        r"<[^<>]*>", lambda tag: _tag(tag[0], prefix), svg
    )  # tags alone: text between them stays as it is
    box = re.search(r'viewBox="([\d. ]+)"', svg)
    size, text = box[1] if box else "0 0 300 200", html.escape(shorten(label, 90))
    head = f'<svg viewBox="{size}" role="img" aria-label="{text}" '
    return head + 'xmlns:xlink="http://www.w3.org/1999/xlink">' + svg[svg.index(">") + 1 :].strip()


def _tag(tag: str, prefix: str) -> str:
    tag = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}", tag)
    tag = re.sub(r"font: (?:[a-z]+ |\d{3} )*([\d.]+)px [^;\"]*", r"font-size: \1px", tag)
    tag = re.sub("#0a0b[01][0-9]", lambda match: PAINT.get(match[0], match[0]), tag)
    return re.sub(r"(\d\.\d\d)\d+", r"\1", tag) if tag.startswith(("<path", "<use")) else tag
