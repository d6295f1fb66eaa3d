"""The records of the report items in `report_items.json`; an inconsistent item is marked as unreadable."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hibiscus.report.coerce import as_integer, as_list, as_number, as_text, inside
from hibiscus.report.records import (
    BarsRecord,
    Cell,
    CurveRecord,
    GalleryRecord,
    ItemRecord,
    MatrixRecord,
    MultiplesRecord,
    PanelRecord,
    ScatterRecord,
    SeriesRecord,
    TableRecord,
    UnreadableRecord,
)
from hibiscus.report.text_marks import TextsRecord, parse_texts

__all__ = ["LARGEST_GALLERY", "parse_item"]

LARGEST_GALLERY = 64  # images of one gallery
LARGEST_GROUP = 16  # images that stand together in one row


def parse_item(content: dict[str, Any], folder: Path) -> ItemRecord:
    """The record of a report item whose images lie in the folder."""
    kind = as_text(content.get("kind") or content.get("type"))
    texts = (kind, as_text(content.get("title")), as_text(content.get("note")))
    if kind not in PARSERS:
        return UnreadableRecord(*texts, known=False)
    try:
        return PARSERS[kind](texts, content, folder)
    except (AttributeError, IndexError, TypeError, ValueError):
        return UnreadableRecord(*texts, known=True)


def _matrix(texts: tuple[str, str, str], content: dict[str, Any], folder: Path) -> MatrixRecord:
    values = [[as_number(value) for value in as_list(row)] for row in as_list(content.get("values"))]
    height, width = len(values), max(map(len, values))  # ValueError where there is none
    values = [row + [math.nan] * (width - len(row)) for row in values]
    return MatrixRecord(
        *texts, _names(content.get("rows"), height), _names(content.get("columns"), width), values
    )


def _curve(texts: tuple[str, str, str], content: dict[str, Any], folder: Path) -> CurveRecord:
    series = [_series(entry) for entry in as_list(content.get("series"))]
    axes = as_text(content.get("x_label")), as_text(content.get("y_label"))
    return CurveRecord(*texts, *axes, series, bool(content.get("diagonal")), bool(content.get("shares")))


def _series(content: Any) -> SeriesRecord:
    if not isinstance(content, dict):
        raise ValueError("a line is an object with name, x and y")
    pairs = zip(as_list(content.get("x")), as_list(content.get("y")), strict=False)
    points = [(as_number(x), as_number(y)) for x, y in pairs]
    points = [(x, y if math.isfinite(y) else math.nan) for x, y in points if math.isfinite(x)]
    return SeriesRecord(as_text(content.get("name")), [x for x, _ in points], [y for _, y in points])


def _scatter(texts: tuple[str, str, str], content: dict[str, Any], folder: Path) -> ScatterRecord:
    x, y = ([as_number(value) for value in as_list(content.get(axis))] for axis in ("x", "y"))
    axes = as_text(content.get("x_label")), as_text(content.get("y_label"))
    groups = [as_text(name) for name in as_list(content.get("groups"))]
    marked = [value is True for value in as_list(content.get("marked"))]
    groups = groups if len(groups) == len(x) else []
    marked = marked if len(marked) == len(x) else []
    return ScatterRecord(*texts, *axes, x, y, groups, bool(content.get("diagonal")), marked)


def _bars(texts: tuple[str, str, str], content: dict[str, Any], folder: Path) -> BarsRecord:
    values, deviations = (
        [as_number(value) for value in as_list(content.get(name))] for name in ("values", "deviations")
    )
    return BarsRecord(
        *texts, _names(content.get("names"), len(values)), values, deviations, bool(content.get("percent"))
    )


def _multiples(texts: tuple[str, str, str], content: dict[str, Any], folder: Path) -> MultiplesRecord:
    panels = []
    for panel in as_list(content.get("panels")):
        series = [_series(entry) for entry in as_list(panel.get("series"))]
        categories = [as_text(name) for name in as_list(panel.get("categories"))]
        panels.append(PanelRecord(as_text(panel.get("title")), series, categories))
    return MultiplesRecord(*texts, as_text(content.get("y_label")), panels)


def _table(texts: tuple[str, str, str], content: dict[str, Any], folder: Path) -> TableRecord:
    rows = [[_cell(value) for value in as_list(row)] for row in as_list(content.get("rows"))]
    return TableRecord(*texts, [as_text(name) for name in as_list(content.get("columns"))], rows)


def _cell(value: Any) -> Cell:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if number and not math.isnan(as_number(value)) else as_text(value)


def _texts(texts: tuple[str, str, str], content: dict[str, Any], folder: Path) -> TextsRecord:
    return parse_texts(texts, content)


def _gallery(texts: tuple[str, str, str], content: dict[str, Any], folder: Path) -> GalleryRecord:
    files = as_list(content.get("images") or content.get("files"))
    captions = [as_text(caption) for caption in as_list(content.get("captions"))]
    captions += [""] * (len(files) - len(captions))
    pairs = [as_list(pair) for pair in as_list(content.get("key"))]
    key = [(as_text(pair[0]), as_text(pair[1])) for pair in pairs if len(pair) == 2]
    key = [(name, color) for name, color in key if re.fullmatch("#[0-9a-f]{6}", color)]  # goes into a style
    group = as_integer(content.get("group")) or 1
    group = group if 1 <= group <= LARGEST_GROUP else 1
    images = [inside(folder, name) for name in files[: LARGEST_GALLERY // group * group]]
    return GalleryRecord(*texts, images, captions[: len(images)], len(files), key, group)


def _names(value: Any, count: int) -> list[str]:
    names = [as_text(name) for name in as_list(value)][:count]
    return names + [str(index) for index in range(len(names), count)]


PARSERS: dict[str, Callable[[tuple[str, str, str], dict[str, Any], Path], ItemRecord]] = {
    "matrix": _matrix,
    "curve": _curve,
    "scatter": _scatter,
    "bars": _bars,
    "multiples": _multiples,
    "table": _table,
    "gallery": _gallery,
    "texts": _texts,
}
