"""Small records of many files, such as their headers, kept in the cache: one table for each folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.disk_cache import cache_folder, mark_used
from hibiscus.data.images.decoded_rows import read_table, sealed
from hibiscus.data.images.stamps import STAMP_BYTES, file_stamps
from hibiscus.temporary_files import replacing

__all__ = ["file_records"]

FORMAT = 1
FEW = 32  # files that are read rather than looked up


def file_records(
    kind: str, fields: Sequence[tuple[str, str]], files: Sequence[Path], read: Callable[[Path], Any]
) -> list[tuple[Any, ...] | None]:
    """The record of each file, from the cache if the file has not changed since.

    Args:
        kind: what the records are.
        fields: name and NumPy type of each of their fields.
        files: the files.
        read: reads a record; None for a file that cannot be read, which is tried again the next time.

    Returns:
        A tuple of plain values for each file, or None.
    """
    if len(files) < FEW:
        return [read(file) for file in files]
    dtype = np.dtype([("stamp", f"V{STAMP_BYTES}"), *fields])
    stamps, root = file_stamps(files)
    name = hashlib.blake2b(os.fsencode(f"{FORMAT} {kind} {dtype.descr} {root}"), digest_size=16)
    path = cache_folder() / "headers" / name.hexdigest()
    table = read_table(path, dtype, 2 * len(files) + 10_000)
    known = {} if table is None else {row[0]: row[1:] for row in table.tolist()}
    mark_used(path)
    records, new = [], dict[bytes, tuple[Any, ...]]()
    for file, stamp in zip(files, stamps, strict=True):
        record = known.get(stamp)
        if record is None and (record := read(file)) is not None and stamp:
            new[stamp] = record
        records.append(record)
    if new:
        requested = set(stamps)
        others = {stamp: record for stamp, record in known.items() if stamp not in requested}
        others = others if len(others) <= len(files) else {}  # most likely out of date
        known = {stamp: record for stamp, record in known.items() if stamp in requested}
        _write(path, np.array([(stamp, *row) for stamp, row in (others | known | new).items()], dtype))
    return records


def _write(path: Path, table: np.ndarray) -> None:
    """Replaces a table, so that another process reads the old or the new one."""
    with contextlib.suppress(OSError):  # a cache that cannot be written
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, flush=False) as file:
            file.write_bytes(sealed(table))
