"""Texts with marked tokens in the report: their record, and the form that the template shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from hibiscus.report.coerce import as_list, as_number, as_text
from hibiscus.report.formatting import plain, shorten
from hibiscus.report.records import ItemRecord

__all__ = ["MarkedTextRecord", "TextsRecord", "parse_texts", "texts_view"]

MAX_TEXTS, MAX_PIECES = 40, 1000
FAINTEST = 0.08  # of the largest number of a text, below which a token has no mark
STRONG, MEDIUM = 0.6, 0.3  # of the largest number, from which the line under a token is thicker


@dataclass(frozen=True)
class MarkedTextRecord:
    """A text in pieces, with NaN for those without a number."""

    caption: str
    pieces: list[str]
    values: list[float]


@dataclass(frozen=True)
class TextsRecord(ItemRecord):
    """Texts with marked tokens, and what positive and negative numbers mean."""

    texts: list[MarkedTextRecord]
    raises: str
    lowers: str


def parse_texts(texts: tuple[str, str, str], content: dict[str, Any]) -> TextsRecord:
    """The record of the item `texts` of kind, title and note."""
    records = []
    for text in as_list(content.get("texts")):
        pairs = zip(as_list(text.get("pieces")), as_list(text.get("values")), strict=True)
        pieces = [(as_text(piece), as_number(value)) for piece, value in pairs]
        caption = as_text(text.get("caption"))
        records.append(MarkedTextRecord(caption, [piece for piece, _ in pieces], [v for _, v in pieces]))
    return TextsRecord(*texts, records, as_text(content.get("raises")), as_text(content.get("lowers")))


def texts_view(item: TextsRecord) -> dict[str, Any]:
    """Each text with a mark for its tokens, by the direction and by the size of their numbers."""
    shown = [{"caption": shorten(text.caption, 160), "pieces": _marks(text)} for text in item.texts]
    meanings = {"raises": shorten(item.raises, 60), "lowers": shorten(item.lowers, 60)}
    return {"kind": "texts", "texts": shown[:MAX_TEXTS], "more": len(shown[MAX_TEXTS:]), **meanings}


def _marks(text: MarkedTextRecord) -> list[dict[str, str]]:
    largest = max((abs(value) for value in text.values if math.isfinite(value)), default=0.0) or 1.0
    marks = []
    for piece, value in list(zip(text.pieces, text.values, strict=True))[:MAX_PIECES]:
        size = abs(value) / largest if math.isfinite(value) else 0.0
        if size < FAINTEST or not piece.strip():
            marks.append({"text": piece, "mark": ""})
            continue
        line = "strong" if size >= STRONG else "medium" if size >= MEDIUM else "faint"
        direction = "raises" if value > 0 else "lowers"
        number = f"+{plain(value)}" if value > 0 else plain(value)
        marks.append({"text": piece, "mark": f"{direction} {line}", "size": f"{size:.2f}", "value": number})
    return marks
