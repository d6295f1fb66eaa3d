"""What a person gives a finished run to predict: pictures, folders, tables, arrays, in the shape that the run learned."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.arrays import is_idx, open_arrays, read_idx
from hibiscus.data.bundled import BUNDLED
from hibiscus.data.dataset import Dataset, Skipped, content_keys
from hibiscus.data.domains import bring_to_shape
from hibiscus.data.images import PICTURE_ENDINGS, find_pictures, open_picture_files
from hibiscus.data.open import TABLE_ENDINGS, open_data
from hibiscus.data.prepare import Preparation
from hibiscus.errors import DataError

__all__ = ["open_inputs"]

Given = str | os.PathLike[str] | np.ndarray | Dataset


def open_inputs(given: Given | Sequence[Given], preparation: Preparation) -> Dataset:
    """Opens inputs without labels.

    Args:
        given: paths of pictures, folders, tables or arrays; a DataFrame, an array, a Dataset; or a list of paths.
        preparation: what the run learned; pictures are brought to its size and colours.

    Raises:
        DataError: not the kind of input that the run was trained on.
    """
    if isinstance(given, Dataset):
        return given
    if hasattr(given, "columns"):
        return _dataset("frame", {"table": given}, [f"row {i + 1}" for i in range(len(given))])  # type: ignore[arg-type]
    if isinstance(given, np.ndarray):
        return _from_array(given, "array", preparation)
    paths = [given] if isinstance(given, str | os.PathLike) else list(given)
    if len(paths) == 1 and str(paths[0]) in BUNDLED:
        dataset = open_data(str(paths[0]))
        return _from_array(dataset.fields["image"], dataset.path, preparation) if "image" in dataset.fields else dataset
    if len(paths) == 1 and str(paths[0]).lower().endswith((*TABLE_ENDINGS, ".txt")):
        return open_data(str(paths[0]))
    if "image" in preparation and all(not str(path).lower().endswith((".npz", ".npy")) and not is_idx(Path(str(path))) for path in paths):
        return _open_pictures([Path(str(path)).expanduser() for path in paths], preparation)
    if len(paths) != 1:
        raise DataError(f"{len(paths)} inputs", "one table or one file of arrays", "give them one at a time")
    path = Path(str(paths[0]))
    if is_idx(path):
        return _from_array(read_idx(path), str(path), preparation)
    if path.suffix in (".npz", ".npy"):
        dataset = open_arrays(path)
        return _from_array(dataset.fields["image" if "image" in dataset.fields else "array"], str(path), preparation)
    return open_data(str(path))


def _open_pictures(paths: list[Path], preparation: Preparation) -> Dataset:
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise DataError(f"{path}: there is nothing at this path", "a picture or a folder of pictures", "check the path")
        files += find_pictures(path)[0] if path.is_dir() else [path]
    if not files:
        raise DataError(f"{paths[0]}: no picture in it", f"files ending in {', '.join(sorted(PICTURE_ENDINGS))}", "check the path")
    prepared = preparation["image"]
    pixels, keys, good, skipped = open_picture_files(files, (prepared.height, prepared.width), prepared.channels)
    if not len(good):
        raise DataError(skipped[0].reason, "at least one picture that can be read", "check the files")
    return _dataset("pictures", {"image": pixels}, [str(files[i]) for i in good], keys, skipped)


def _from_array(values: np.ndarray, path: str, preparation: Preparation) -> Dataset:
    if "image" in preparation:
        prepared = preparation["image"]
        wanted = (prepared.height, prepared.width, prepared.channels)
        if "domain" in preparation and values.dtype == np.uint8 and values.ndim in (3, 4):  # as the two data sets themselves were
            values = values[..., None] if values.ndim == 3 else values
            values = bring_to_shape(values, wanted) if values.shape[3] in (1, 3) else values
        if values.ndim >= 2 and values.dtype == np.uint8:
            for shaped in (values, values[None], values[..., None], values[None, ..., None]):
                if shaped.ndim == 4 and shaped.shape[1:] == wanted:
                    pictures = np.ascontiguousarray(shaped)
                    return _dataset(path, {"image": pictures}, [str(i) for i in range(len(pictures))], content_keys(pictures))
        raise DataError(
            f"{path}: {values.dtype} {values.shape}", f"uint8 (items, {', '.join(map(str, wanted))})", "bring them to this shape"
        )
    rows = values.astype(np.float32)
    rows = rows[None] if "array" in preparation and rows.shape == preparation["array"].shape else rows
    return _dataset(path, {"array": rows}, [str(i) for i in range(len(rows))], content_keys(rows))


def _dataset(name: str, fields: dict[str, Any], ids: list[str], keys: np.ndarray | None = None, skipped: Sequence[Skipped] = ()) -> Dataset:
    return Dataset(name, name, fields, ids, np.zeros(len(ids), np.uint64) if keys is None else keys, skipped=list(skipped))
