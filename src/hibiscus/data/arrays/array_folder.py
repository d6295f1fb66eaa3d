"""Folders of files of arrays: IDX, CIFAR's binary batches, and series in files `NAME_TRAIN`, `NAME_TEST`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hibiscus.data.arrays.idx import is_idx
from hibiscus.data.arrays.open import open_cifar, open_idx
from hibiscus.data.arrays.series_files import find_series_parts, open_series_parts
from hibiscus.data.dataset import Dataset
from hibiscus.data.tables.table_options import TableOptions

__all__ = ["open_array_folder"]


def open_array_folder(folder: Path, names: Sequence[str], options: TableOptions) -> Dataset | None:
    """Opens a folder of files of arrays; None if it is none.

    Args:
        folder: with the files.
        names: of the files and folders in it.
        options: how a table, or series, are read.

    Raises:
        DataError: the files cannot be read, or hold the series of several datasets.
    """
    if any(is_idx(folder / name) for name in names):
        return open_idx(folder)
    if "test_batch.bin" in names or {"train.bin", "test.bin"} <= set(names):
        return open_cifar(folder)
    series = find_series_parts(folder, names, options)
    return open_series_parts(series) if series else None
