"""The data of a run: opened before training, and again with the same parts when it is resumed."""

from __future__ import annotations

import os

import numpy as np

from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.open import open_data
from hibiscus.errors import RunError
from hibiscus.progress import step
from hibiscus.runs.folder import RunFolder

__all__ = ["Data", "Parts", "open_dataset", "saved_parts"]

Data = Dataset | str | os.PathLike[str]
Parts = dict[str, np.ndarray]  # indices of items by part


def open_dataset(data: Data, options: DataConfig) -> Dataset:
    """The dataset itself, or the one at a path."""
    if isinstance(data, Dataset):
        return data
    with step(f"reading {os.fspath(data)}"):
        return open_data(data, **options.opening())


def saved_parts(dataset: Dataset, folder: RunFolder) -> Parts:
    """The parts of a run, found by the names of their items.

    Raises:
        RunError: an item is missing, or `split.json` is damaged.
    """
    index = {name: i for i, name in enumerate(dataset.ids)}
    try:
        return {
            part: np.array([index[name] for name in ids], np.int64)
            for part, ids in folder.read("split.json").items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise RunError(
            f"{dataset.path}: item {error}, which {folder.path / 'split.json'} names, is missing",
            "items with the same names as in training",
            "restore their names, or train a new run",
        ) from None
