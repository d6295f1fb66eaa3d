"""Output of the verbs: one JSON object or plain text, tables, and rounded numbers."""

from __future__ import annotations

import itertools
import json
import math
import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hibiscus import progress, screen
from hibiscus.screen import columns_of, is_terminal, visible

__all__ = ["emit", "line_width", "note", "number", "plain", "table", "to_json", "unused", "wrap"]


def emit(content: Any, text: str, as_json: bool) -> None:
    """Prints the text, or the content as one JSON object; see `to_json` for names that cannot be encoded."""
    progress.flush()
    screen.write_result(to_json(content) if as_json else text)


def note(text: str) -> None:
    """Prints a remark to standard error, above the progress if it is shown."""
    if not progress.show_line(text):
        screen.write(f"{text}\n")


def to_json(content: Any) -> str:
    """JSON that standard output can encode; if it cannot, every special character is an escape."""
    text = json.dumps(plain(content), ensure_ascii=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(plain(content))
    return text


def plain(value: Any) -> Any:
    """A value as JSON types; numbers that are not finite become null."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value


def table(rows: Sequence[Sequence[str]], indent: str = "  ", wrap_last: bool = False) -> str:
    """Rows in aligned columns.

    Args:
        rows: the cells; the first row may be a heading, and rows may differ in length.
        indent: before each line.
        wrap_last: wrap long cells of the last column to the width of the line.
    """
    if not rows:
        return ""
    rows = [[visible(cell).replace("\n", "\\n") for cell in row] for row in rows]
    count = max(map(len, rows))
    widths = [max(columns_of(row[i]) for row in rows if i < len(row)) for i in range(count)]
    lines = []
    for row in rows:
        first = indent + "".join(
            cell + " " * (widths[i] - columns_of(cell) + 2) for i, cell in enumerate(row[: count - 1])
        )
        cells = [row[-1]] if len(row) == count else [""]
        if wrap_last and cells[0]:
            cells = textwrap.wrap(
                cells[0], max(20, line_width() - len(first)), break_long_words=False, break_on_hyphens=False
            )
        lines += [(first if i == 0 else " " * len(first)) + cell for i, cell in enumerate(cells)]
    return "\n".join(line.rstrip() for line in lines)


def wrap(text: str, first: str = "", after: str = "") -> str:
    """A sentence wrapped to the width of the line, with a prefix and an indent for the other lines."""
    return textwrap.fill(
        text,
        line_width(),
        initial_indent=first,
        subsequent_indent=after,
        break_long_words=False,
        break_on_hyphens=False,
    )


def line_width() -> int:
    """Columns of the terminal, from 60 to 120; 120 if there is none."""
    if "COLUMNS" in os.environ or is_terminal(sys.stdout):
        return max(60, min(120, shutil.get_terminal_size((120, 24)).columns))
    return 120


def number(value: Any, scale: float | None = None) -> str:
    """A number as text: with four decimals, fewer for large numbers, three digits for tiny ones.

    Args:
        value: the number, or None.
        scale: the largest magnitude among the numbers in the same row, so that all get the same decimals.
    """
    if value is None or value != value:
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    size = abs(value) if scale is None else scale
    if size == 0 or 1e-3 <= size < 100:
        return f"{value:.4f}"
    if size < 1e-3 or size >= 1e9:
        return f"{value:.3g}"
    return f"{value:,.2f}" if size < 1e4 else f"{value:,.0f}"


def unused(path: Path) -> Path:
    """The path itself if it is free, otherwise with the first free number from 2: `name-2.parquet`."""
    candidates = (
        path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
        for number in itertools.count(1)
    )
    return next(candidate for candidate in candidates if not candidate.exists())
