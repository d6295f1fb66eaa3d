"""Data in memory: DataFrames, pairs of arrays and labels, dictionaries of arrays, and lists of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from hibiscus.data.arrays.assemble import dataset_from_arrays
from hibiscus.data.arrays.open import dataset_from_named
from hibiscus.data.dataset import Dataset
from hibiscus.data.images.decode import decode_image, is_deep
from hibiscus.data.images.reading import default_size
from hibiscus.data.keys import content_keys
from hibiscus.data.tables.open import table_dataset
from hibiscus.data.tables.table_options import TableOptions
from hibiscus.data.tables.table_source import TableSource
from hibiscus.errors import DataError

__all__ = ["open_in_memory"]

NAME = "memory"  # of the dataset, and of run folders


def open_in_memory(
    data: Any,
    like: Dataset | None = None,
    *,
    target: str | None = None,
    image_size: Any = None,
    channels: int | None = None,
    white_level: float | None = None,
    reading: TableOptions | None = None,
    trained: Any = None,
    **_: Any,
) -> Dataset:
    """Opens data in memory as a file of the same content is opened.

    Args:
        data: a DataFrame, with `target`; `(x, y)`, items and labels, where x is an array, a DataFrame or a
            list of PIL images; a dictionary of arrays, named as in a `.npz` file, or of columns; an array or
            a tensor; or a list of PIL images.
        like: the training part.
        target: for a DataFrame or columns, the column to predict.
        image_size: side, or `(height, width)`, of PIL images.
        channels: of PIL images.
        white_level: the value of white in images of more than 8 bits.
        reading: how a table is read.
        trained: what a run learned.

    Raises:
        DataError: data of another type, or with different numbers of items and labels.
    """
    if isinstance(data, Dataset):
        return data
    source = TableSource(
        path="DataFrame", target=target, options=reading or TableOptions(), like=like, trained=trained
    )
    if hasattr(data, "iloc") and hasattr(data, "columns"):
        return table_dataset(NAME, data.reset_index(drop=True), source)
    if isinstance(data, Mapping):
        return _from_mapping(data, source, white_level)
    items, labels = data if isinstance(data, tuple) and len(data) == 2 else (data, None)
    if hasattr(items, "iloc") and hasattr(items, "columns"):
        frame, name = _with_labels(items, labels)
        return table_dataset(NAME, frame, TableSource(**{**vars(source), "target": name}))
    if isinstance(items, Sequence) and items and all(isinstance(item, Image.Image) for item in items):
        dataset = _from_images(items, image_size, channels, white_level)
    elif hasattr(items, "shape") or (isinstance(items, Sequence) and not isinstance(items, str)):
        arrays = {"image": _as_array(items)} | ({} if labels is None else {"label": _as_array(labels)})
        return dataset_from_arrays(NAME, "array", {"": arrays}, None, white_level, source.options.series)
    else:
        raise DataError(
            f"data of type {type(data).__name__}",
            "a path, a DataFrame, (x, y), a dictionary of arrays, an array, or a list of PIL images",
            "hibiscus.open((x, y))",
        )
    if labels is not None:
        _check_count(len(dataset), len(labels))
        dataset.fields["label"] = np.asarray([str(label) for label in labels])
    return dataset


def _as_array(values: Any) -> np.ndarray:
    """An array, also from a tensor, a Series or a list."""
    if hasattr(values, "detach"):
        return values.detach().cpu().numpy()
    array = np.asarray(values)
    if array.dtype == object and all(isinstance(value, str) for value in array.ravel()):
        return array.astype(str)
    return array


def _from_mapping(data: Mapping[Any, Any], source: TableSource, white_level: float | None) -> Dataset:
    """Arrays by name, or the columns of a table."""
    arrays = {str(name): _as_array(values) for name, values in data.items()}
    if (arrays and source.target is not None) or _are_columns(arrays):
        import pandas

        return table_dataset(NAME, pandas.DataFrame({name: list(data[name]) for name in data}), source)
    return dataset_from_named(arrays, NAME, "dictionary", white_level, series=source.options.series)


def _are_columns(arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether all arrays have one dimension and the same length, as items of a single number are rare."""
    return (
        bool(arrays)
        and len({array.shape for array in arrays.values()}) == 1
        and all(array.ndim == 1 for array in arrays.values())
    )


def _with_labels(frame: Any, labels: Any) -> tuple[Any, str | None]:
    """The frame with a column of labels, and its name."""
    frame = frame.reset_index(drop=True)
    if labels is None:
        return frame, None
    _check_count(len(frame), len(labels))
    name = str(getattr(labels, "name", None) or "target")
    while name in frame.columns:
        name += "_"
    return frame.assign(**{name: _as_array(labels)}), name


def _check_count(items: int, labels: int) -> None:
    if items != labels:
        received = f"{items} items and {labels} labels"
        raise DataError(received, "equal numbers of items and labels", "pass the labels of these items")


def _from_images(
    images: Sequence[Image.Image], image_size: Any, channels: int | None, white_level: float | None
) -> Dataset:
    """PIL images, resized as files are."""
    gray = all(is_deep(image) or image.mode in ("1", "L", "LA", "La") for image in images)
    channels = channels or (1 if gray else 3)
    deep = [np.asarray(image).max() for image in images if is_deep(image)]
    level = white_level or (max(1.0, float(max(deep))) if deep else None)
    sizes = [decode_image(image, white_level=level).shape[:2] for image in images]
    size = default_size([(int(height), int(width)) for height, width in sizes], image_size)
    mode = "gray" if channels == 1 else "rgb"
    decoded = [decode_image(image, size, mode, white_level=level) for image in images]
    pixels = np.stack(decoded).reshape(len(images), *size, channels)
    return Dataset(
        name=NAME,
        path="PIL images",
        fields={"image": pixels},
        ids=[str(index) for index in range(len(images))],
        keys=content_keys(pixels),
        notes=[f"images resized to {size[0]}x{size[1]}"],
        about={"image": {"white_level": level}} if level else {},
    )
