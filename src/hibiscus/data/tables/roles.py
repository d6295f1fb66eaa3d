r"""The role of each column of a table: number, category, text, path, time, constant, identifier or target."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hibiscus.data.files import IMAGE_ENDINGS
from hibiscus.data.tables.columns import as_texts
from hibiscus.errors import DataError, nearest

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["ROLES", "guess_roles", "role_notes"]

ROLES = ("number", "category", "text", "path", "time", "constant", "identifier", "target")
TIME = re.compile(
    r"(\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))([ T]\d{1,2}:\d{2}.*)?$"
)
IDENTIFIER = re.compile(
    r"(?i:(.*[ _.-])?(id|ids|uuid|guid|key|index|idx|no|nr|row|unnamed: "
    r"\d+|column_\d+))$|[A-Za-z]*[a-z]I[Dd]$"
)


def guess_roles(
    frame: DataFrame, target: str | Sequence[str] | None = None, base: str | Path | None = None
) -> dict[str, str]:
    r"""Determines the role of each column, one of `ROLES`.

    Args:
        frame: the table.
        target: the column (or columns) to predict, which is never guessed; an empty list if there is none.
        base: the folder of the table's file, which image paths are relative to.

    Returns:
        A role for each column. `constant` and `identifier` columns carry no information and are left out (see
        `role_notes`).

    Raises:
        DataError: no target was given, or there is no such column.
    """
    columns = [str(name) for name in frame.columns]
    if target is None:
        names = textwrap.shorten(", ".join(columns), 400, placeholder=" ...")
        raise DataError(
            "no column to predict was given", f"one of the columns: {names}", f"target={columns[-1]}"
        )
    targets = [target] if isinstance(target, str) else list(target)
    for name in targets:
        if name not in columns:
            hint = textwrap.shorten(nearest(name, columns), 400, placeholder=" ...")
            raise DataError(f"no column is named '{name}'", "a column of the table as target", hint)
    series = {name: frame.iloc[:, index] for index, name in enumerate(columns)}
    return {
        name: "target" if name in targets else _role(name, values, base) for name, values in series.items()
    }


def role_notes(roles: dict[str, str]) -> list[str]:
    """One sentence for each column that is left out, with the reason."""
    why = {"constant": "it has the same value in every row", "identifier": "it only identifies the row"}
    return [f"column '{name}' left out: {why[role]}" for name, role in roles.items() if role in why]


def _role(name: str, column: Series, base: str | Path | None) -> str:
    import pandas as pd

    known = column.dropna().infer_objects()
    kind = getattr(known.dtype, "kind", "O")
    if kind == "c" or (kind not in "biufM" and len({type(value) for value in known}) > 1):
        known = pd.Series([text or "" for text in as_texts(known)], dtype=object)
    try:
        distinct = pd.Series(known.unique())
    except TypeError:  # lists and records
        return "constant"
    # Before the next check: a single row does not make a column of images constant.
    if base is not None and kind == "O" and _are_images(known, Path(base)):
        return "path"
    if len(distinct) + (len(known) < len(column)) < 2:
        return "constant"
    if pd.api.types.is_bool_dtype(known) or isinstance(known.dtype, pd.CategoricalDtype):
        return "category"
    if pd.api.types.is_datetime64_any_dtype(known):
        return "time"
    unique, named = len(distinct) == len(known), bool(IDENTIFIER.match(name))
    if pd.api.types.is_numeric_dtype(known):
        # Without a header every column has such a name, so only consecutive numbers count as an identifier.
        running = not name.startswith("column_") or known.diff().iloc[1:].eq(1).all()
        return "identifier" if unique and named and running and (known % 1 == 0).all() else "number"
    texts = pd.Series([text or "" for text in as_texts(distinct)], dtype=object)
    if pd.Series(pd.to_numeric(texts, errors="coerce")).notna().all():
        return "number"
    texts = texts.head(1000)
    if texts.str.match(TIME).mean() >= 0.95:
        return "time"
    if texts.str.split().str.len().mean() >= 4 and (len(distinct) > 50 or len(distinct) > len(known) / 2):
        return "text"
    is_identifier = unique or (named and len(distinct) > 0.9 * len(known))
    return "identifier" if len(known) >= 10 and is_identifier else "category"


def _are_images(known: Series, base: Path) -> bool:
    """Whether the values are names of image files, at least one of which exists (others may be missing)."""
    texts = [text for text in as_texts(known.head(1000)) if text is not None]
    if not texts or not all(text.lower().endswith(tuple(IMAGE_ENDINGS)) for text in texts):
        return False
    return any((base / text).is_file() for text in texts[:20])
