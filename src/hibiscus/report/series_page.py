"""Writes the page of `hibiscus inspect SERIES --out FILE.html`: the words and a drawing of each variable."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from hibiscus.report.formatting import shorten
from hibiscus.report.page import render, save
from hibiscus.report.series_plots import DPI, WIDTH, SeriesView, draw_series, height

__all__ = ["write_series_page"]

LINE = 2_000  # characters


def write_series_page(path: Path, name: str, lines: Sequence[str], views: Sequence[SeriesView]) -> Path:
    """Writes a self-contained page.

    Args:
        path: of the page.
        name: of the data.
        lines: what `inspect` says.
        views: the variables to draw.

    Raises:
        RunError: the page cannot be written.
    """
    drawings = [{"title": shorten(view.title, 80), "uri": _png(view)} for view in views]
    text = "\n".join(shorten(line, LINE) for block in lines for line in block.split("\n"))
    content = {"name": shorten(name, 80), "text": text, "drawings": drawings}
    return save(render("series.html", **content), path)


def _png(view: SeriesView) -> str:
    figure = Figure(figsize=(WIDTH, height(view)), dpi=DPI, layout="constrained")
    draw_series(figure, view)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
