"""Parquet files, whose columns have types already."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hibiscus.data.memory_limit import check_memory
from hibiscus.errors import DataError

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["read_parquet"]

READING = 4  # bytes of memory for each byte of a column, until the table is split into parts
MIN_WIDTH = 8  # bytes that a value takes at least, as a number, a reference or an offset of a text


def read_parquet(path: Path, data: bytes) -> tuple[DataFrame, list[str]]:
    """The table of a Parquet file, and notes; columns of lists, records or bytes are left out.

    Equal values are stored once: a few bytes may be millions of rows of a long text. Texts are therefore
    read as references to their distinct values, and measured before each gets a copy.

    Args:
        path: the file, for messages.
        data: its content.

    Raises:
        DataError: a damaged file, columns of the same name, or more than the memory may hold.
    """
    import pandas as pd
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(data))
        schema = file.schema_arrow
        names = list(schema.names)
        repeated = sorted(name for name, count in Counter(names).items() if count > 1)
        if repeated:
            received = f"{path}: more than one column is named {', '.join(repeated[:5])}"
            raise DataError(received, "distinct column names", "rename them")
        left_out = {field.name: reason for field in schema if (reason := _left_out(field.type))}
        kept = [name for name in names if name not in left_out]
        _check_cells(path, file.metadata, len(kept), len(data))
        texts = [name for name in kept if _is_text(schema.field(name).type)]
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(data), read_dictionary=texts)
        table = file.read(columns=kept)
        check_memory(path, _decoded_size(table), stored=len(data), factor=READING)
        frame = _plain_texts(table, schema, set(texts)).to_pandas()
    except (pyarrow.ArrowException, OSError) as error:
        fix = "export it again"
        raise DataError(
            f"{path} cannot be read as Parquet: {error}", "a complete Parquet file", fix
        ) from error
    notes = [f"column '{name}' left out: it contains {reason}" for name, reason in left_out.items()]
    for name in [name for name in frame.columns if str(frame[name].dtype) == "object"]:
        kind = pd.api.types.infer_dtype(frame[name], skipna=True)
        if kind == "decimal":
            frame[name] = frame[name].astype(float)
        elif kind in ("date", "datetime"):
            frame[name] = pd.to_datetime(frame[name], errors="coerce")
    unnamed = all(name is None for name in frame.index.names)
    return frame.reset_index(drop=unnamed), notes


def _plain_texts(table: Any, schema: Any, texts: set[str]) -> Any:
    """The table with columns of texts as the schema has them; made once, since a table may be very wide."""
    import pyarrow

    columns = table.columns
    fields = [schema.field(field.name) if field.name in texts else field for field in table.schema]
    metadata = table.schema.metadata
    del table
    for index, field in enumerate(fields):
        if field.name in texts:
            columns[index] = columns[index].cast(field.type)
    return pyarrow.Table.from_arrays(columns, schema=pyarrow.schema(fields, metadata))


def _left_out(kind: Any) -> str:
    """What a column holds that is not read, or an empty text."""
    from pyarrow import types

    value = kind.value_type if types.is_dictionary(kind) else kind
    is_bytes = types.is_binary(value) or types.is_large_binary(value) or types.is_fixed_size_binary(value)
    return "bytes" if is_bytes else "lists or records" if types.is_nested(value) else ""


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return types.is_string(kind) or types.is_large_string(kind)


def _check_cells(path: Path, metadata: Any, columns: int, stored: int) -> None:
    """Compares the declared rows and columns, and the declared size of the columns, with the memory."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    rows = max(metadata.num_rows, sum(group.num_rows for group in groups))
    check_memory(path, rows * columns * MIN_WIDTH, stored=stored, factor=READING)
    check_memory(path, sum(max(0, group.total_byte_size) for group in groups), stored=stored)


def _decoded_size(table: Any) -> int:
    """Bytes of all columns when each row has its own copy of its text."""
    import pyarrow.compute
    from pyarrow import types

    compute: Any = pyarrow.compute  # whose functions are made at run time
    size = 0
    for column in table.columns:
        for chunk in column.chunks:
            size += len(chunk) * MIN_WIDTH
            if types.is_dictionary(chunk.type) and _is_text(chunk.type.value_type):
                lengths = compute.binary_length(chunk.dictionary).cast("int64")
                size += compute.sum(lengths.take(chunk.indices)).as_py() or 0
    return size
