"""Converts the report items of the evaluation for the template of the page."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from hibiscus.report.formatting import capitalized, plain, shorten
from hibiscus.report.images import Images
from hibiscus.report.multiples import bars_view, multiples_view
from hibiscus.report.parse_items import LARGEST_GALLERY
from hibiscus.report.records import (
    BarsRecord,
    Cell,
    CurveRecord,
    GalleryRecord,
    ItemRecord,
    MatrixRecord,
    MultiplesRecord,
    RunRecord,
    ScatterRecord,
    TableRecord,
    UnreadableRecord,
)
from hibiscus.report.scatter_plot import scatter
from hibiscus.report.svg import COLORS, Line, heat, lines
from hibiscus.report.text_marks import TextsRecord, texts_view

__all__ = ["confusions", "gallery_size", "report_items"]

NUMBERED = 25  # classes up to which a matrix shows its numbers
MAX_ROWS = 60  # of a table
MAX_SERIES = 16  # lines of one plot
MAX_RATIO = 1000  # of the numbers of a column that are written with the same number of decimals
TEXT = 240  # characters of a line of a text in a table
MAX_LINES = 24  # of a text in a table
SIZE = (4.0, 3.0)  # inches of a plot
PAIRS = ["true class", "predicted as", "count", "share of the true class"]


def report_items(run: RunRecord, images: Images) -> list[dict[str, Any]]:
    """Every report item in the form that the template shows; items that cannot be drawn are named instead."""
    views = []
    for item in run.report_items:
        try:
            view = _view(item, images)
        except Exception:  # the report is written even if one item is invalid
            view = {"kind": "broken", "type": shorten(item.kind)}
        title = shorten(item.title, 90) or shorten(item.kind)
        views.append({"title": capitalized(title), "note": shorten(item.note, 600), **view})
    column = 0  # figures stand in two columns; one that is left over takes the whole width
    for view, following in zip(views, [*views, None][1:], strict=True):
        column = column + 1 if view["kind"] == "figure" else 0
        view["alone"] = column % 2 == 1 and (following is None or following["kind"] != "figure")
    return views


def gallery_size(run: RunRecord) -> int:
    """How many images the galleries will ask for."""
    galleries = [item for item in run.report_items if isinstance(item, GalleryRecord)]
    return sum(min(LARGEST_GALLERY, item.count) for item in galleries)


def confusions(
    values: list[list[float]], rows: list[str], columns: list[str], limit: int = 15
) -> list[list[str]]:
    """The largest entries off the diagonal, as (true class, predicted class, count, share of the row)."""
    entries = []
    for i, row in enumerate(values):
        total = sum(value for value in row if math.isfinite(value))
        for j, value in enumerate(row):
            if rows[i] != columns[j] and math.isfinite(value) and value > 0:
                entries.append((value, value / total if total else 0.0, rows[i], columns[j]))
    entries.sort(key=lambda entry: -entry[0])
    return [
        [shorten(true), shorten(predicted), plain(value), f"{100 * share:.0f} %"]
        for value, share, true, predicted in entries[:limit]
    ]


def _view(item: ItemRecord, images: Images) -> dict[str, Any]:
    if isinstance(item, GalleryRecord):
        return _gallery(item, images)
    if isinstance(item, UnreadableRecord):
        return {"kind": "broken" if item.known else "unknown", "type": shorten(item.kind)}
    return VIEWS[type(item)](item)


def _matrix(item: MatrixRecord) -> dict[str, Any]:
    values, rows, columns = item.values, item.rows, item.columns
    square = rows == columns
    entries = confusions(values, rows, columns) if square else []
    pairs = {"columns": PAIRS, "rows": entries}
    if any(value % 1 for row in values for value in row if math.isfinite(value)):  # fractions, not counts
        pairs = {"columns": [*PAIRS[:2], PAIRS[3]], "rows": [[*entry[:2], entry[3]] for entry in entries]}
    if max(len(rows), len(columns)) > NUMBERED:
        return {
            "kind": "matrix",
            "pairs": pairs if entries else None,
            "svg": heat(values, rows, columns, item.title),
        }
    top_pairs = {**pairs, "rows": pairs["rows"][:5]} if entries and len(rows) >= 5 else None
    return {
        "kind": "matrix",
        "pairs": top_pairs,
        "head": [shorten(name, 12) for name in columns],
        "upright": max(map(len, columns), default=0) > 4,
        "body": [
            {"name": shorten(name, 18), "cells": _matrix_cells(values, index, square)}
            for index, name in enumerate(rows)
        ],
        "axes": "rows: true class · columns: predicted class" if square else "",
    }


def _matrix_cells(values: list[list[float]], index: int, square: bool) -> list[dict[str, str]]:
    """The cells of a row, colored by their share of the row; of the largest value if it is not square."""
    if square:
        total = sum(value for value in values[index] if math.isfinite(value) and value > 0) or 1
    else:
        total = max((abs(value) for row in values for value in row if math.isfinite(value)), default=1) or 1
    cells = []
    for column, value in enumerate(values[index]):
        share = min(1.0, max(0.0, value / total)) if math.isfinite(value) else 0.0
        tone = "right" if square and index == column else "wrong"
        text = plain(value) if math.isfinite(value) else ""
        cells.append({"text": text, "share": f"{share**0.6:.3f}", "tone": tone})
    return cells


def _curve(item: CurveRecord) -> dict[str, Any]:
    plotted = [
        Line(shorten(series.name, 40), series.x, series.y, COLORS[index % len(COLORS)], index >= len(COLORS))
        for index, series in enumerate(item.series[:MAX_SERIES])
    ]
    legend = [
        {"name": line.name, "color": line.color, "dashed": line.dashed} for line in plotted if line.name
    ]
    options = {
        "x_label": item.x_label,
        "y_label": item.y_label,
        "diagonal": item.diagonal,
        "shares": item.shares,
    }
    return {"kind": "figure", "svg": lines(plotted, item.title, size=SIZE, **options), "legend": legend}


def _scatter(item: ScatterRecord) -> dict[str, Any]:
    groups = [shorten(name, 40) for name in item.groups]
    names = sorted(set(groups), key=lambda name: (-groups.count(name), name))[:MAX_SERIES]
    options = {"x_label": item.x_label, "y_label": item.y_label, "diagonal": item.diagonal}
    svg = scatter(item.x, item.y, item.title, groups=groups, names=names, marked=item.marked, **options)
    legend = [
        {"name": name, "color": COLORS[index % len(COLORS)], "dashed": index >= len(COLORS)}
        for index, name in enumerate(names)
    ]
    return {"kind": "figure", "svg": svg, "legend": legend}


def _table(item: TableRecord) -> dict[str, Any]:
    rows = item.rows[:MAX_ROWS]
    digits = [_digits([row[column] for row in rows]) for column in range(max(map(len, rows), default=0))]
    cells = [[_cell(value, digits[column]) for column, value in enumerate(row)] for row in rows]
    columns = [shorten(name, 40) for name in item.columns]
    return {"kind": "table", "columns": columns, "rows": cells, "more": len(item.rows) - len(rows)}


def _gallery(item: GalleryRecord, images: Images) -> dict[str, Any]:
    pairs = zip(item.images, item.captions, strict=True)
    loaded = [images.take(path, shorten(caption, 100)) for path, caption in pairs]
    groups = [loaded[start : start + item.group] for start in range(0, len(loaded), item.group)]
    groups = [[image for image in group if image] for group in groups if all(group)]
    shown = sum(map(len, groups))
    key = [{"name": shorten(name, 40), "color": color} for name, color in item.key]
    return {
        "kind": "gallery",
        "groups": groups,
        "size": item.group,
        "missing": item.count - shown,
        "key": key,
    }


def _digits(values: list[Cell]) -> int:
    """The decimals of a column: those of its numbers in four digits; 0 if their sizes are too different."""
    numbers = [abs(value) for value in values if isinstance(value, float) and math.isfinite(value) and value]
    if not numbers or max(numbers) >= MAX_RATIO * max(min(numbers), 1e-3):
        return 0
    return max(min(4, len(plain(value).partition(".")[2])) for value in numbers)


def _cell(value: Cell, digits: int) -> dict[str, Any]:
    """A cell; the numbers of one column have the same number of decimals."""
    if isinstance(value, str):
        lines = value.strip().splitlines()
        text = "\n".join(shorten(line, TEXT) for line in lines[:MAX_LINES])
        return {"text": text, "number": False, "lines": len(lines) > 1}
    aligned = digits and math.isfinite(value) and 0.5 * 10**-digits <= abs(value) < 1000
    return {"text": f"{value:.{digits}f}".replace("-", "−") if aligned else plain(value), "number": True}


VIEWS: dict[type[ItemRecord], Callable[[Any], dict[str, Any]]] = {
    MatrixRecord: _matrix,
    CurveRecord: _curve,
    ScatterRecord: _scatter,
    TableRecord: _table,
    BarsRecord: bars_view,
    MultiplesRecord: multiples_view,
    TextsRecord: texts_view,
}
