"""Splits by time: the latest items are the test part, those before them are for validation."""

from __future__ import annotations

import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.data.tables.columns import as_days, day_comes_first
from hibiscus.errors import DataError
from hibiscus.plurals import plural

__all__ = ["item_times", "latest_items", "time_column"]


def time_column(dataset: Dataset) -> str | None:
    """The first column of a table that holds times."""
    return next((name for name, role in dataset.roles.items() if role == "time"), None)


def item_times(dataset: Dataset, items: np.ndarray) -> np.ndarray:
    """The time of each item in days.

    Raises:
        DataError: no column of times, or an item without a time.
    """
    column = time_column(dataset)
    if column is None or "table" not in dataset.fields:
        received = f"{dataset.path}: split=time, but there is no column of times"
        raise DataError(received, "a table with a column of dates or times", "omit split")
    values = dataset.fields["table"][column]
    days = as_days(values, day_comes_first(values))[items]
    missing = np.flatnonzero(np.isnan(days))
    if len(missing):
        without = plural(len(missing), "item has", "items have")
        raise DataError(
            f"{dataset.path}: split=time, but {without} no time in {column} "
            f"(first: {dataset.ids[items[missing[0]]]})",
            "a time in each row",
            "fill in or remove these rows",
        )
    return days


def latest_items(times: np.ndarray, sizes: dict[str, float]) -> dict[str, np.ndarray]:
    """Which items each part gets: the first part the latest, the next those before; equal times together.

    Args:
        times: the time of each item.
        sizes: the fraction that each part gets, `test` before `val`; the rest is for training.

    Shapes: times (items,); returns a mask (items,) for each part.
    """
    ordered = np.sort(times)
    end, count, parts = np.inf, len(times), {}
    for name, size in sizes.items():
        count = max(0, count - round(size * len(times)))
        start = ordered[count] if count < len(times) else np.inf
        parts[name] = (times >= start) & (times < end)
        end, count = min(end, start), int(np.searchsorted(ordered, start))
    return parts
