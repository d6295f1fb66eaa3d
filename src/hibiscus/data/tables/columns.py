r"""The columns of tables: their values as strings, numbers or days, missing values, and roles.

Values may be lists, arrays or pandas columns; pandas itself is imported only when a table is used.
"""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hibiscus.data.files import IMAGE_ENDINGS
from hibiscus.errors import DataError, nearest

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = [
    "LOOSE_MISSING",
    "MISSING",
    "ROLES",
    "as_days",
    "as_numbers",
    "as_texts",
    "day_comes_first",
    "guess_roles",
    "missing_rows",
    "role_notes",
]

MISSING = frozenset(["", "?", "NA", "N/A", "n/a", "na", "#N/A", "NaN", "nan", "-nan", "-NaN", "null", "NULL", "Null", "<NA>"])
LOOSE_MISSING = MISSING | {"None", "none", "-", "--", ".", "*"}  # missing only if the other values are numbers
ROLES = ("number", "category", "text", "path", "time", "constant", "identifier", "target")
TIME = re.compile(r"(\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))([ T]\d{1,2}:\d{2}.*)?$")
IDENTIFIER = re.compile(r"(?i:(.*[ _.-])?(id|ids|uuid|guid|key|index|idx|no|nr|row|unnamed: \d+|column_\d+))$|[A-Za-z]*[a-z]I[Dd]$")


def as_texts(values: Any) -> np.ndarray:
    r"""Values as stripped strings: whole floats without `.0`, None for missing or blank values.

    Shapes: values (items,); returns object (items,).
    """
    dtype = getattr(values, "dtype", None)
    if hasattr(values, "to_numpy"):
        values = values.to_numpy(dtype=object)
    elif dtype is not None and dtype.kind in "biuf":
        unique, inverse = np.unique(values, return_inverse=True)
        return _objects([_text(value) for value in unique])[inverse.reshape(-1)]
    known: dict[Any, str | None] = {}
    texts = []
    for value in values:
        key = (type(value), value)  # False and 0.0 are equal, but their texts differ
        try:
            text = known[key]
        except KeyError:
            text = known[key] = _text(value)
        except TypeError:  # a list or record
            text = _text(value)
        texts.append(text)
    return _objects(texts)


def _objects(texts: list[str | None]) -> np.ndarray:
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, float | np.floating):
        if value != value:
            return None
        return str(int(value)) if abs(value) < 1e15 and value == int(value) else str(value)
    return str(value).strip() or None


def as_numbers(values: Any, name: str) -> np.ndarray:
    r"""Values as float64, NaN where they are missing or infinite.

    Shapes: values (items,); returns float64 (items,).

    Raises:
        DataError: a value is neither a number nor a missing value; the message gives it and its row.
    """
    kind = getattr(getattr(values, "dtype", None), "kind", "O")
    if kind in "biuf" and hasattr(values, "to_numpy"):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    elif kind in "biuf":
        numbers = np.asarray(values, np.float64)
    else:
        numbers = _from_texts(as_texts(values), lambda text: _number(text, name))
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _from_texts(texts: np.ndarray, read: Callable[[str], float]) -> np.ndarray:
    """Parses each distinct text once; an error states its row, counted from 1."""
    known: dict[str | None, float] = {None: float("nan")}
    for row, text in enumerate(texts.tolist(), 1):
        if text not in known:
            try:
                known[text] = read(text)
            except DataError as error:
                raise DataError(f"row {row}: {error.received}", error.expected, error.fix) from None
    return np.fromiter((known[text] for text in texts.tolist()), dtype=np.float64, count=len(texts))


def _number(text: str, name: str) -> float:
    if text in LOOSE_MISSING:
        return float("nan")
    try:
        return float(text)
    except ValueError:
        expected = "a number, as in the training data, or an empty field"
        fix = "correct the value or leave the field empty"
        raise DataError(f"column '{name}' contains '{text[:60]}'", expected, fix) from None


def day_comes_first(values: Any) -> bool:
    """Whether there are dates like 31/12/2020 among the values, so that 02/03/2020 is in March."""
    if getattr(getattr(values, "dtype", None), "kind", "O") == "M":
        return False
    parts = (re.match(r"(\d{1,2})[-/.]\d{1,2}[-/.]", text) for text in set(as_texts(values)) if text)
    return any(int(part[1]) > 12 for part in parts if part)


def as_days(values: Any, day_first: bool = False) -> np.ndarray:
    r"""Dates and times as days since 1970 (UTC), NaN where they cannot be parsed.

    Shapes: values (items,); returns float64 (items,).
    """
    import pandas as pd

    if getattr(getattr(values, "dtype", None), "kind", "O") == "M":
        times = pd.to_datetime(pd.Series(values), utc=True, errors="coerce")
    else:
        texts = pd.Series(as_texts(values), dtype=object)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pandas warns of a day above 12 where it expects a month
            times = pd.to_datetime(texts, utc=True, errors="coerce", format="mixed", dayfirst=day_first)
    return ((times - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)).to_numpy(np.float64)


def missing_rows(values: Any) -> np.ndarray:
    r"""The positions of rows with a missing (or infinite) label or target, to be removed from training.

    Shapes: values (items,) or (items, columns); returns int64 (missing,), counted from 0.
    """
    if getattr(values, "ndim", 1) == 2:
        frame, count = hasattr(values, "iloc"), values.shape[1]
        columns = [values.iloc[:, index] if frame else values[:, index] for index in range(count)]
        return np.unique(np.concatenate([np.zeros(0, np.int64), *(missing_rows(column) for column in columns)]))
    if getattr(getattr(values, "dtype", None), "kind", "O") == "f":
        return np.flatnonzero(np.isnan(as_numbers(values, "")))
    return np.flatnonzero(np.array([text is None for text in as_texts(values)], dtype=bool))


def guess_roles(frame: DataFrame, target: str | Sequence[str] | None = None, base: str | Path | None = None) -> dict[str, str]:
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
        raise DataError("no column to predict was given", f"one of the columns: {names}", f"target={columns[-1]}")
    targets = [target] if isinstance(target, str) else list(target)
    for name in targets:
        if name not in columns:
            hint = textwrap.shorten(nearest(name, columns), 400, placeholder=" ...")
            raise DataError(f"no column is named '{name}'", "a column of the table as target", hint)
    series = {name: frame.iloc[:, index] for index, name in enumerate(columns)}
    return {name: "target" if name in targets else _role(name, values, base) for name, values in series.items()}


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
