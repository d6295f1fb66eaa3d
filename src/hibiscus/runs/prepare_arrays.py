"""Learns the scale of vectors and series from the training part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.arrays.series_gaps import is_padded
from hibiscus.data.dataset import Dataset
from hibiscus.errors import ConfigError, DataError

if TYPE_CHECKING:
    from hibiscus.training.method import Method

__all__ = ["check_scaling", "fit_array"]


def check_scaling(dataset: Dataset, scaling: str) -> None:
    """Raises ConfigError if each series is to be scaled by itself and the data holds none."""
    values = dataset.fields.get("array")
    if scaling == "series" and (values is None or values.ndim != 3):
        received = f"scaling=series for data that holds {', '.join(dataset.describe_fields().values())}"
        raise ConfigError(received, "series (items, steps, features)", "omit scaling")


def fit_array(dataset: Dataset, train: np.ndarray, kind: type[Method], scaling: str) -> ArrayPreparation:
    """The shape and scale of vectors or series.

    Args:
        dataset: the opened data.
        train: the indices of its training part.
        kind: the method class.
        scaling: as the option of that name.

    Raises:
        DataError: series of different lengths for a method that takes series of one length.
    """
    values = dataset.fields["array"]
    padded = is_padded(values)
    if padded and not kind.padded_series:
        received = f"{dataset.path}: series of different lengths"
        fix = "resample them to one length, or cut them"
        raise DataError(received, f"series of one length for {kind.name}", fix)
    return ArrayPreparation.fit(values[train], padded, scaling == "series")
