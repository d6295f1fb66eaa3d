"""The content of items that are not images, as columns of a report table: features or texts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from hibiscus.data.prepared import PreparedData

__all__ = ["content_columns"]

MAX_COLUMNS = 8  # features that are shown
SHOWN_ROLES = ("text", "category", "number", "time")  # texts first: they say most about an item


def content_columns(
    data: PreparedData, part: str, rows: Sequence[int] | np.ndarray
) -> tuple[list[str], list[list[str | float | None]], str]:
    """Names and values of the features of some items, so that a wrong prediction can be understood.

    Args:
        data: the prepared data.
        part: the name of the part.
        rows: positions within the part.

    Returns:
        The columns, the values `(rows, columns)`, and a note if some columns are left out. Items that are no
        rows of a table have no columns.
    """
    frame = data.dataset.fields.get("table")
    if frame is None:
        return [], [[] for _ in rows], ""
    roles = data.dataset.roles
    used = [str(name) for name in frame.columns if roles.get(str(name)) in SHOWN_ROLES]
    ordered = sorted(used, key=lambda name: SHOWN_ROLES.index(roles[name]) > 0)
    names = ordered[:MAX_COLUMNS]
    items = data.parts[part][np.asarray(rows, np.int64)]
    chosen = frame.iloc[items]
    by_name = {str(name): position for position, name in enumerate(frame.columns)}
    columns = [
        [_plain(value, roles[name]) for value in chosen.iloc[:, by_name[name]].tolist()] for name in names
    ]
    note = f"Shown are {len(names)} of {len(used)} columns." if len(used) > len(names) else ""
    return names, [list(values) for values in zip(*columns, strict=True)] or [[] for _ in rows], note


def _plain(value: Any, role: str) -> str | float | None:
    """A value of a table as a cell: a number, a text, or None where it is missing."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if role != "number":
        return str(value)
    try:  # the columns of a file are texts
        return float(value) if math.isfinite(float(value)) else str(value)
    except (TypeError, ValueError):
        return str(value)
