"""The cache of tables: a large table is read once; later openings take its decided columns from the cache.

An entry is one file, `tables/KEY`: a SHA-256 digest and an Arrow stream with the columns, the keys and the
row numbers, whose metadata hold the readings and notes as JSON. Loading it runs no code. Its key covers the
state of the file, the options, the readings of the training part and the source code of the reader, so that
no entry is used after one of them has changed. A damaged entry is built again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.data.disk_cache import cache_folder, mark_used, trim_cache
from hibiscus.data.tables.column_reading import ColumnReading
from hibiscus.data.tables.listed_images import has_images_near
from hibiscus.data.tables.table_source import TableSource
from hibiscus.data.tables.target_columns import split_target, target_fields
from hibiscus.temporary_files import replacing

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["cache_table", "cached_table", "entry_of"]

MIN_BYTES = 2**20  # smaller files are read as fast as an entry
DIGEST = 32  # bytes
INFO = b"hibiscus"
NAMES_IMAGES = "left out: it names images"  # which may be found when they are added later


@functools.cache
def _reader() -> str:
    """A digest of the source code that reads tables, and of the versions of the libraries that it uses."""
    import pandas
    import pyarrow

    digest = hashlib.blake2b(f"{pandas.__version__} {pyarrow.__version__}".encode(), digest_size=16)
    here = Path(__file__).parent
    for file in (*sorted(here.glob("*.py")), here.parent / "keys.py", here.parent / "encoding.py"):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def entry_of(file: Path, source: TableSource) -> Path | None:
    """The entry of a table that has, or may get, one; None for small files and those read with a run.

    Tables beside images are left out as well, since a column may list them.
    """
    try:
        state = file.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_size < MIN_BYTES or source.trained is not None:
            return None
        if has_images_near(file.parent):
            return None
        like = None
        if source.like is not None:
            readings = {name: reading.to_json() for name, reading in source.like.readings.items()}
            like = [source.like.path, source.like.roles, readings]
        options, reader = dataclasses.asdict(source.options), _reader()
    except OSError:  # reported when the table is read
        return None
    stamp = (state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, state.st_dev)
    key = json.dumps([os.path.abspath(file), stamp, source.target, options, like, reader])
    return cache_folder() / "tables" / hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def cached_table(entry: Path, file: Path, source: TableSource) -> Dataset | None:
    """The dataset of an entry; None if there is none, or it is damaged."""
    try:
        content = entry.read_bytes()
        if hashlib.sha256(memoryview(content)[DIGEST:]).digest() != content[:DIGEST]:
            return None
        frame, keys, rows, info = _unpacked(content)
        readings = {name: ColumnReading.from_json(saved) for name, saved in info["readings"].items()}
        fields = {"table": frame, **target_fields(frame, split_target(source.target, list(frame.columns)))}
    except Exception:  # whatever is wrong with it, the entry is built again
        return None
    mark_used(entry)
    ids = [f"row {row}" for row in rows.tolist()]
    return Dataset(
        file.name.split(".")[0], source.path, fields, ids, keys,
        roles=info["roles"], notes=info["notes"], readings=readings,
    )  # fmt: skip


def cache_table(entry: Path, dataset: Dataset) -> None:
    """Builds the entry of a table, unless its columns would not be the same again."""
    if "path" in dataset.roles.values() or any(NAMES_IMAGES in note for note in dataset.notes):
        return
    with contextlib.suppress(Exception):  # no space, no permission, or columns that Arrow does not hold
        frame = dataset.fields["table"]
        if not _arrow_table(frame.iloc[:0]).to_pandas().dtypes.equals(_numbered(frame).dtypes):
            return
        entry.parent.mkdir(parents=True, exist_ok=True)
        with replacing(entry, flush=False) as part:
            _write(part, dataset)
        trim_cache()


def _numbered(frame: DataFrame) -> DataFrame:
    """The frame with the numbers of its columns as their names."""
    return frame.set_axis([str(number) for number in range(len(frame.columns))], axis=1)


def _arrow_table(frame: DataFrame) -> Any:
    """The columns of a frame by their numbers; NaN stays a number, which pandas would turn into a null."""
    import pyarrow as pa

    columns = [frame.iloc[:, index] for index in range(len(frame.columns))]
    arrays = [pa.array(values.to_numpy() if values.dtype.kind in "fiub" else values) for values in columns]
    return pa.table(arrays, names=list(_numbered(frame).columns))


def _write(path: Path, dataset: Dataset) -> None:
    """Writes an entry."""
    import pyarrow as pa

    frame = dataset.fields["table"]
    info = {
        "names": list(frame.columns),
        "roles": dataset.roles,
        "notes": dataset.notes,
        "readings": {name: reading.to_json() for name, reading in dataset.readings.items()},
        "numbered": bool((frame.index == np.arange(len(frame))).all()),
    }
    rows = np.fromiter((int(name.removeprefix("row ")) for name in dataset.ids), np.int64, len(dataset))
    table = _arrow_table(frame).append_column("keys", pa.array(dataset.keys))
    table = table.append_column("rows", pa.array(rows)).replace_schema_metadata({INFO: json.dumps(info)})
    with open(path, "wb") as file:
        file.write(bytes(DIGEST))
        with pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table)
    with open(path, "r+b") as file:
        file.seek(DIGEST)
        digest = hashlib.file_digest(file, "sha256").digest()
        file.seek(0)
        file.write(digest)


def _unpacked(content: Any) -> tuple[DataFrame, np.ndarray, np.ndarray, dict[str, Any]]:
    """The table, the keys, the row numbers below the header, and the information of an entry."""
    import pandas as pd
    import pyarrow as pa

    table = pa.ipc.open_stream(pa.py_buffer(content).slice(DIGEST)).read_all()
    info = json.loads(table.schema.metadata[INFO])
    keys, rows = (table.column(index).to_numpy() for index in (-2, -1))
    frame = table.select(range(len(info["names"]))).replace_schema_metadata(None).to_pandas(split_blocks=True)
    frame.columns = info["names"]
    if not info["numbered"]:
        frame.index = pd.Index(rows - 1)
    return frame, keys, rows, info
