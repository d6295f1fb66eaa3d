"""Parquet files, whose columns have types already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hibiscus.errors import DataError

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["read_parquet"]


def read_parquet(path: Path, data: bytes) -> tuple[DataFrame, list[str]]:
    """The table of a Parquet file, and notes.

    Args:
        path: the file, for messages.
        data: its content.

    Raises:
        DataError: a damaged file, or columns of the same name.
    """
    import pandas as pd
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(data))
        names = list(file.schema_arrow.names)
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            received = f"{path}: more than one column is named {', '.join(repeated[:5])}"
            raise DataError(received, "distinct column names", "rename them")
        frame = file.read().to_pandas()
    except (pyarrow.ArrowException, OSError) as error:
        fix = "export it again"
        raise DataError(
            f"{path} cannot be read as Parquet: {error}", "a complete Parquet file", fix
        ) from error
    notes = []
    for name in [name for name in frame.columns if str(frame[name].dtype) == "object"]:
        kind = pd.api.types.infer_dtype(frame[name], skipna=True)
        if kind == "decimal":
            frame[name] = frame[name].astype(float)
        elif kind in ("date", "datetime"):
            frame[name] = pd.to_datetime(frame[name], errors="coerce")
        elif kind in ("bytes", "mixed"):
            content = "bytes" if kind == "bytes" else "lists or records"
            notes.append(f"column '{name}' left out: it contains {content}")
            frame = frame.drop(columns=name)
    unnamed = all(name is None for name in frame.index.names)
    return frame.reset_index(drop=unnamed), notes
