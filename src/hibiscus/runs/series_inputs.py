"""Files of series as the inputs of a run that learned series, and arrays in the shape of training."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hibiscus.data.arrays.series_files import ENDINGS, open_series_inputs
from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import Preparation

__all__ = ["as_items", "series_inputs"]


def series_inputs(file: Path, preparation: Preparation) -> Dataset | None:
    """Opens a file of series, with or without labels; None if the run or the file is of another type.

    Raises:
        DataError: it cannot be read.
    """
    series = "array" in preparation and len(preparation["array"].shape) == 2
    if not series or file.suffix.lower() not in ENDINGS:
        return None
    learned = preparation["array"]
    classes = preparation["label"].names if "label" in preparation else ()
    return open_series_inputs(file, learned.shape[0], learned.padded, classes)


def as_items(values: np.ndarray, preparation: Preparation) -> np.ndarray:
    """Items `(items, ...)`: of a single one, or of series of one variable as rows.

    Shapes: (items, ...), the shape of one item, or (items, steps) for series of one variable.
    """
    if "array" not in preparation:
        return values
    shape = preparation["array"].shape
    if values.shape == shape:
        return values[None]
    return values[:, :, None] if values.ndim == 2 and shape == (values.shape[1], 1) else values
