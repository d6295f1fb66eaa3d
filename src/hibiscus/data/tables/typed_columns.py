"""Columns whose values have a type already, as those of Parquet files and of DataFrames in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hibiscus.data.tables.columns import as_texts

if TYPE_CHECKING:
    from pandas import Series

__all__ = ["plain_series", "typed_role"]


def plain_series(values: Series) -> Series:
    """The column with its most specific type: objects of one type as that type, of several types as text."""
    import pandas as pd

    kind = getattr(values.dtype, "kind", "O")
    if kind in "biufM" or isinstance(values.dtype, pd.CategoricalDtype | pd.StringDtype):
        return values
    known = values.dropna().infer_objects()
    if getattr(known.dtype, "kind", "O") in "biufM":
        return values.infer_objects() if len(known) == len(values) else pd.Series(known.reindex(values.index))
    return pd.Series(as_texts(values), index=values.index, name=values.name, dtype="str")


def typed_role(values: Series) -> str | None:
    """The role that the type of a column implies; None for text, whose values decide."""
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(values):
        return "category"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "time"
    return "number" if pd.api.types.is_numeric_dtype(values) and values.dtype.kind != "c" else None
