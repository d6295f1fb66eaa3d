"""Rows of numbers of a GAN: their shape and names, and samples in the units of the data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation, TablePreparation
from hibiscus.data.tables.features import NumberColumn
from hibiscus.errors import ConfigError, DataError
from hibiscus.methods.image_sampling import InterpolatedBatch

__all__ = ["column_names", "generate_rows", "item_shape", "no_series", "restore"]

BATCH_SIZE = 1024


def _columns(table: TablePreparation) -> list[NumberColumn]:
    """The columns of a table of numbers.

    Raises:
        DataError: a column of another type, or one with missing values.
    """
    others = [
        f"{column.name} ({'missing values' if isinstance(column, NumberColumn) else column.role})"
        for column in table.columns
        if not isinstance(column, NumberColumn) or column.time or column.missing
    ]
    if others:
        received = f"columns that are not complete numbers: {', '.join(others[:5])}"
        raise DataError(received, "a table of numbers without gaps", "remove these columns, or fill the gaps")
    return [column for column in table.columns if isinstance(column, NumberColumn)]


def item_shape(preparation: Preparation) -> tuple[int, ...]:
    """The shape of an item: `(columns,)`, or `(steps, columns)` for series.

    Raises:
        DataError: images, or a table with other columns than complete numbers.
    """
    if "array" in preparation:
        return tuple(preparation["array"].shape)
    if "table" not in preparation:
        expected = "arrays of vectors or series, or a table of numbers"
        raise DataError(f"data of {', '.join(preparation)}", expected, "pass a .npy, .npz or .csv file")
    return (len(_columns(preparation["table"])),)


def no_series(shape: tuple[int, ...]) -> ConfigError:
    """The error that convolutions need series."""
    return ConfigError(
        f"net=conv for vectors of {shape[0]} values", "series (items, steps, features)", "net=mlp"
    )


def column_names(preparation: Preparation) -> list[str]:
    """The names of the columns; arrays have numbers, from 1."""
    if "table" in preparation and "array" not in preparation:
        return [column.name for column in _columns(preparation["table"])]
    return [f"column_{index + 1}" for index in range(preparation["array"].shape[-1])]


def restore(values: np.ndarray, preparation: Preparation) -> np.ndarray:
    """Standardized items in the units of the data, float32 of the same shape."""
    if "array" in preparation:
        array = preparation["array"]
        center, std = (np.array(numbers, np.float64) for numbers in (array.mean, array.std))
        return (values * std + center).astype(np.float32)
    columns = enumerate(_columns(preparation["table"]))
    restored = [column.decode(values[..., index]) for index, column in columns]
    return np.stack(restored, axis=-1).astype(np.float32)


@torch.no_grad()
def generate_rows(
    generate: Callable[[Batch], Tensor], count: int, device: torch.device, interpolation: float | None = None
) -> np.ndarray:
    """`count` items, float32, in batches.

    Args:
        generate: maps a batch to one item each.
        count: the number of items.
        device: of the computation.
        interpolation: position between two noise vectors, from 0 to 1; None for a single vector.
    """
    items = []
    for start in range(0, count, BATCH_SIZE):
        batch = Batch(index=torch.empty(min(BATCH_SIZE, count - start), device=device))
        if interpolation is not None:
            batch = InterpolatedBatch(batch)
            batch.interpolation = interpolation
        items.append(generate(batch).float().cpu().numpy())
    return np.concatenate(items)
