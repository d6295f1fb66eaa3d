"""The data of a run: opened before training, and again with the same parts when it is resumed."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.open import open_data
from hibiscus.data.preparation import Preparation
from hibiscus.errors import RunError
from hibiscus.progress import step
from hibiscus.runs.folder import RunFolder
from hibiscus.runs.options import build_options

__all__ = ["Data", "Parts", "open_dataset", "open_other_data", "saved_parts"]

Data = Dataset | str | os.PathLike[str]
Parts = dict[str, np.ndarray]  # indices of items by part


def open_dataset(data: Data, options: DataConfig) -> Dataset:
    """The dataset itself, or the one at a path."""
    if isinstance(data, Dataset):
        return data
    with step(f"reading {os.fspath(data)}"):
        return open_data(data, **options.opening())


def open_other_data(data: Data, stored_options: dict[str, Any], preparation: Preparation) -> Dataset:
    """Opens other data with the options of a run; images are resized and scaled as in training.

    Args:
        data: the dataset itself, or its path.
        stored_options: the data options of the run.
        preparation: what the run learned.
    """
    if isinstance(data, Dataset):
        return data
    options = build_options(DataConfig, stored_options)
    opening = {**options.opening(), "test_data": None, "target_domain": None}
    if "image" in preparation:
        image = preparation["image"]
        opening["image_size"] = (image.height, image.width)
        opening["channels"], opening["white_level"] = image.channels, image.white_level
    return open_data(data, **opening)


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
