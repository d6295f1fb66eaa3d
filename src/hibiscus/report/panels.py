"""Where is it wrong: what the evaluation put on show, made ready for the page."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from hibiscus.report.formatting import plain, shorten
from hibiscus.report.images import Images
from hibiscus.report.load import RunFolder, as_list, as_number, as_text, inside
from hibiscus.report.svg import COLORS, Line, heat, lines, scatter

__all__ = ["confusions", "gallery_size", "report_items"]

NUMBERED = 25  # classes up to which a matrix shows its numbers
GALLERY = 64  # images of one gallery
ROWS = 60  # of a table
SERIES = 16  # lines of one plot


def report_items(run: RunFolder, images: Images) -> list[dict[str, Any]]:
    """Every report item as what the template draws; one that cannot be drawn is named and passed over."""
    makers: dict[str, Callable[[dict[str, Any], RunFolder, Images], dict[str, Any]]] = {
        "matrix": _matrix, "curve": _curve, "table": _table, "gallery": _gallery, "scatter": _scatter,
    }  # fmt: skip
    views = []
    for given in run.report_items:
        kind = as_text(given.get("kind") or given.get("type"))
        title = shorten(given.get("title"), 90) or kind
        try:
            view = makers[kind](given, run, images) if kind in makers else {"kind": "unknown", "type": shorten(kind)}
        except Exception:  # whatever a report item holds, the rest of the report is made
            view = {"kind": "broken", "type": shorten(kind)}
        views.append({"title": title, "note": shorten(given.get("note"), 600), **view})
    side = 0  # figures stand two by two; one that is left over takes the whole width
    for view, after in zip(views, [*views, None][1:], strict=True):
        side = side + 1 if view["kind"] == "figure" else 0
        view["alone"] = side % 2 == 1 and (after is None or after["kind"] != "figure")
    return views


def gallery_size(run: RunFolder) -> int:
    """How many images the galleries will ask for."""
    return sum(min(GALLERY, len(as_list(each.get("images") or each.get("files")))) for each in run.report_items)


def confusions(values: list[list[float]], rows: list[str], columns: list[str], most: int = 15) -> list[list[str]]:
    """The largest entries off the diagonal, as (true, taken for, how often, share of the row)."""
    found = []
    for i, row in enumerate(values):
        total = sum(v for v in row if math.isfinite(v))
        for j, value in enumerate(row):
            if rows[i] != columns[j] and math.isfinite(value) and value > 0:
                found.append((value, value / total if total else 0.0, rows[i], columns[j]))
    found.sort(key=lambda each: -each[0])
    return [[shorten(a), shorten(b), plain(v), f"{100 * share:.0f} %"] for v, share, a, b in found[:most]]


def _matrix(given: dict[str, Any], run: RunFolder, images: Images) -> dict[str, Any]:
    values = [[as_number(value) for value in as_list(row)] for row in as_list(given.get("values"))]
    height, width = len(values), max(map(len, values))
    values = [row + [math.nan] * (width - len(row)) for row in values]
    rows, columns = _names(given.get("rows"), height), _names(given.get("columns"), width)
    square = rows == columns
    pairs = {"columns": ["it is", "taken for", "times", "share of its class"], "rows": confusions(values, rows, columns)}
    if any(value % 1 for row in values for value in row if math.isfinite(value)):  # shares, not counts
        pairs = {"columns": ["it is", "taken for", "share of its class"], "rows": [[*row[:2], row[3]] for row in pairs["rows"]]}
    view: dict[str, Any] = {"kind": "matrix", "pairs": pairs if square and pairs["rows"] else None}
    if max(height, width) > NUMBERED:
        return {**view, "svg": heat(values, rows, columns, as_text(given.get("title")))}
    body = []
    for i, row in enumerate(values):
        total = max((abs(v) for line in ([row] if square else values) for v in line if math.isfinite(v)), default=1) or 1
        if square:
            total = sum(v for v in row if math.isfinite(v) and v > 0) or 1
        cells = []
        for j, value in enumerate(row):
            share = min(1.0, max(0.0, value / total)) if math.isfinite(value) else 0.0
            tone = "right" if square and i == j else "wrong"
            cells.append({"text": plain(value) if math.isfinite(value) else "", "share": f"{share**0.6:.3f}", "tone": tone})
        body.append({"name": shorten(rows[i], 18), "cells": cells})
    most = None if height < 5 else view["pairs"]
    if most:
        most = {**most, "rows": most["rows"][:5]}
    axes = "rows: what it is · columns: what it was taken for" if square else ""
    return {
        **view,
        "pairs": most,
        "head": [shorten(name, 12) for name in columns],
        "upright": max(map(len, columns), default=0) > 4,
        "body": body,
        "axes": axes,
    }


def _curve(given: dict[str, Any], run: RunFolder, images: Images) -> dict[str, Any]:
    drawn = []
    for index, each in enumerate(as_list(given.get("series"))[:SERIES]):
        pairs = zip(as_list(each.get("x")), as_list(each.get("y")), strict=False)
        points = [(as_number(x), as_number(y)) for x, y in pairs]
        points = [(x, y if math.isfinite(y) else math.nan) for x, y in points if math.isfinite(x)]
        color = COLORS[index % len(COLORS)]
        drawn.append(Line(shorten(each.get("name")), [x for x, _ in points], [y for _, y in points], color, index >= len(COLORS)))
    legend = [{"name": line.name, "color": line.color, "dashed": line.dashed} for line in drawn if line.name]
    options = {"x_label": given.get("x_label"), "y_label": given.get("y_label")}
    options |= {name: bool(given.get(name)) for name in ("diagonal", "shares")}
    return {"kind": "figure", "svg": lines(drawn, as_text(given.get("title")), size=(4.0, 3.0), **options), "legend": legend}


def _scatter(given: dict[str, Any], run: RunFolder, images: Images) -> dict[str, Any]:
    x, y = ([as_number(value) for value in as_list(given.get(axis))] for axis in ("x", "y"))
    options = {"x_label": given.get("x_label"), "y_label": given.get("y_label"), "diagonal": bool(given.get("diagonal"))}
    groups = [shorten(name, 40) for name in as_list(given.get("groups"))]
    names = sorted(set(groups), key=lambda name: (-groups.count(name), name))[:SERIES] if len(groups) == len(x) else []
    svg = scatter(x, y, as_text(given.get("title")), groups=groups if names else [], names=names, **options)
    styles = [{"name": name, "color": COLORS[i % len(COLORS)], "dashed": i >= len(COLORS)} for i, name in enumerate(names)]
    return {"kind": "figure", "svg": svg, "legend": styles}


def _table(given: dict[str, Any], run: RunFolder, images: Images) -> dict[str, Any]:
    rows = as_list(given.get("rows"))
    digits: dict[int, int] = {}
    for row in rows[:ROWS]:
        for index, value in enumerate(as_list(row)):
            if isinstance(value, float) and math.isfinite(value):
                digits[index] = max(digits.get(index, 0), min(4, len(plain(value).partition(".")[2])))
    shown = [[_cell(value, digits.get(index, 0)) for index, value in enumerate(as_list(row))] for row in rows[:ROWS]]
    columns = [shorten(name, 40) for name in as_list(given.get("columns"))]
    return {"kind": "table", "columns": columns, "rows": shown, "more": max(0, len(rows) - ROWS)}


def _gallery(given: dict[str, Any], run: RunFolder, images: Images) -> dict[str, Any]:
    files, captions = as_list(given.get("images") or given.get("files")), as_list(given.get("captions"))
    captions += [""] * (len(files) - len(captions))
    folder = run.folder / "evaluation"
    taken = [images.take(inside(folder, name), shorten(word, 100)) for name, word in list(zip(files, captions, strict=False))[:GALLERY]]
    shown = [image for image in taken if image]
    key = [{"name": shorten(pair[0], 40), "color": as_text(pair[1])} for pair in map(as_list, as_list(given.get("key"))) if len(pair) == 2]
    key = [each for each in key if re.fullmatch("#[0-9a-f]{6}", each["color"])]  # goes into a style
    return {"kind": "gallery", "images": shown, "lost": len(files) - len(shown), "key": key}


def _names(given: Any, count: int) -> list[str]:
    names = [as_text(name) for name in as_list(given)][:count]
    return names + [str(index) for index in range(len(names), count)]


def _cell(value: Any, digits: int) -> dict[str, Any]:
    """A cell; the numbers of one column have the same count of digits after the point."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return {"text": shorten(value, 80), "number": False}
    number = as_number(value)
    even = digits and math.isfinite(number) and 0.5 * 10**-digits <= abs(number) < 1000
    return {"text": f"{number:.{digits}f}".replace("-", "−") if even else plain(number), "number": True}
