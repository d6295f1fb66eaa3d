"""Types as older versions took them from the values of each file, for runs that have no saved readings."""

from __future__ import annotations

from typing import Any

from hibiscus.data.tables.missing import LOOSE_MISSING, MISSING

__all__ = ["infer_types"]


def infer_types(values: Any) -> Any:
    """A column of text as numbers or booleans where all its values are such; anything else as it is."""
    import pandas as pd

    if not isinstance(getattr(values, "dtype", None), pd.StringDtype):
        return values
    column = values.str.strip()
    column = column.mask(column.isin(MISSING))
    if (
        column.dropna().isin(["True", "TRUE", "true", "False", "FALSE", "false"]).all()
        and column.notna().any()
    ):
        return column.map(lambda text: text.lower() == "true", na_action="ignore").astype(object)
    loose = column.mask(column.isin(LOOSE_MISSING))
    numbers: Any = pd.to_numeric(loose, errors="coerce")
    return numbers if loose.notna().any() and numbers.notna().equals(loose.notna()) else column
