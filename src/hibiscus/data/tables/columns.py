r"""The columns of tables: their values as strings, numbers or days, missing values, and roles.

Values may be lists, arrays or pandas columns; pandas itself is imported only when a table is used.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from hibiscus.data.tables.missing import LOOSE_MISSING, MISSING
from hibiscus.errors import DataError

__all__ = [
    "LOOSE_MISSING",
    "MISSING",
    "as_days",
    "as_numbers",
    "as_texts",
    "coded_texts",
    "day_comes_first",
    "missing_rows",
]


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
    values = list(values)
    if set(map(type, values)) <= {str, float, type(None)}:  # of which equal values have equal texts
        known = {value: _text(value) for value in dict.fromkeys(values)}
        return _objects(list(map(known.__getitem__, values)))
    texts_of: dict[Any, str | None] = {}
    texts = []
    for value in values:
        key = (type(value), value)  # False and 0.0 are equal, but their texts differ
        try:
            text = texts_of[key]
        except KeyError:
            text = texts_of[key] = _text(value)
        except TypeError:  # a list or record
            text = _text(value)
        texts.append(text)
    return _objects(texts)


def coded_texts(values: Any) -> tuple[list[str], np.ndarray]:
    r"""The distinct stripped texts of a column in order, and the index of each row's text, -1 if missing.

    Shapes: values (items,); returns texts (distinct,) and int64 (items,).
    """
    import pandas as pd

    if not isinstance(getattr(values, "dtype", None), pd.StringDtype):
        codes, texts = pd.factorize(as_texts(values))
        return texts.tolist(), codes
    codes, uniques = pd.factorize(values)
    spelled = np.asarray(uniques, dtype=object).tolist()
    texts = list(map(str.strip, spelled))
    if all(texts) and (texts == spelled or len(set(texts)) == len(texts)):
        return texts, codes
    again, distinct = pd.factorize(_objects([text or None for text in texts]))
    return distinct.tolist(), np.append(again, -1)[codes]


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
        return np.unique(
            np.concatenate([np.zeros(0, np.int64), *(missing_rows(column) for column in columns)])
        )
    if getattr(getattr(values, "dtype", None), "kind", "O") == "f":
        return np.flatnonzero(np.isnan(as_numbers(values, "")))
    return np.flatnonzero(np.array([text is None for text in as_texts(values)], dtype=bool))
