"""Writes the page of `hibiscus visualize`, which holds the drawings together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hibiscus.evaluation.marked_texts import MarkedTexts
from hibiscus.report.coerce import clean
from hibiscus.report.formatting import plain, shorten
from hibiscus.report.images import Images
from hibiscus.report.page import render, save
from hibiscus.report.text_marks import parse_texts, texts_view

__all__ = ["Drawing", "PageTable", "Section", "write_visualization_page"]

BUDGET = 8_000_000  # bytes of images in the page, before base64 adds a third
TEXT, CAPTION = 300, 160  # characters


@dataclass(frozen=True)
class Drawing:
    """An image file beside the page, with its caption."""

    path: Path
    caption: str


@dataclass(frozen=True)
class PageTable:
    """Rows of texts and numbers under named columns."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str | float | int]]


@dataclass(frozen=True)
class Section:
    """A part of the page: a heading, a sentence on how to read it, drawings, tables and marked texts."""

    title: str
    note: str = ""
    drawings: Sequence[Drawing] = ()
    tables: Sequence[PageTable] = field(default_factory=tuple)
    texts: MarkedTexts | None = None


def write_visualization_page(path: Path, run: str, summary: str, sections: Sequence[Section]) -> Path:
    """Writes a self-contained page; images beyond its budget are shrunk, the files beside it are not.

    Args:
        path: of the page; the drawings stand in the same folder.
        run: the name of the run.
        summary: a sentence on what is shown.
        sections: in order.

    Raises:
        RunError: the page cannot be written.
    """
    images = Images(sum(len(section.drawings) for section in sections), BUDGET)
    shown = []
    for section in sections:
        loaded = [images.take(one.path, shorten(one.caption, CAPTION)) for one in section.drawings]
        shown.append(
            {
                "title": shorten(section.title, 90),
                "note": shorten(section.note, 600),
                "groups": [[image] for image in loaded if image],
                "tables": [_table(table) for table in section.tables],
                "texts": _texts(section.texts) if section.texts else None,
            }
        )
    left_out = f"{images.left_out} images left out to keep this page small." if images.left_out else ""
    content = {"run": shorten(run, 80), "summary": shorten(summary, TEXT), "left_out": left_out}
    return save(render("visualization.html", sections=shown, **content), path)


def _table(table: PageTable) -> dict[str, list]:
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    return {"columns": [shorten(name, 40) for name in table.columns], "rows": rows}


def _texts(item: MarkedTexts) -> dict[str, Any]:
    """The texts as the report shows them, without invalid characters."""
    return texts_view(parse_texts((item.kind, item.title, item.note), clean(item.to_json())))


def _cell(cell: str | float) -> dict[str, object]:
    is_text = isinstance(cell, str)
    return {"text": shorten(cell, 80) if is_text else plain(cell), "number": not is_text}
