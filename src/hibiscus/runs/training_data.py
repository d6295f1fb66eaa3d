"""The data of a run: opened before training, and again with the same parts when it is resumed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.damage import damaged
from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.locations import BUNDLED
from hibiscus.data.open import open_data
from hibiscus.data.preparation import Preparation
from hibiscus.errors import RunError
from hibiscus.progress import step
from hibiscus.runs.folder import RunFolder
from hibiscus.runs.options import build_options
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Method

__all__ = ["Data", "Parts", "open_dataset", "open_for_method", "open_other_data", "saved_parts"]

Data = Dataset | str | os.PathLike[str] | Any  # or data in memory, see `open_in_memory`
Parts = dict[str, np.ndarray]  # indices of items by part


def open_dataset(data: Data, options: DataConfig) -> Dataset:
    """The dataset itself, or the one at a path."""
    if isinstance(data, Dataset):
        return data
    is_path = isinstance(data, str | os.PathLike)
    with step(f"reading {os.fspath(data)}" if is_path else "reading the data"):
        dataset = open_data(data, **options.opening())
    if (
        is_path and dataset.path in BUNDLED and os.fspath(data) not in BUNDLED
    ):  # ./digits is not the bundled digits
        dataset.path = str(Path(data).expanduser().resolve())
    return dataset


def open_for_method(
    data: Data, options: DataConfig, kind: type[Method], config: TrainingConfig
) -> tuple[Dataset, DataConfig]:
    """The dataset at the image size that the method takes by default, and the options with that size.

    Image files are resized if the method has a default for images like these and no size is given.

    Args:
        data: a path, a bundled name, a Dataset, or data in memory.
        options: of the data, as given.
        kind: the class of the method.
        config: its options, as given.
    """
    dataset, options = _resized(data, options, kind, config)
    dataset.notes += [note for note in kind.data_notes(dataset, config) if note not in dataset.notes]
    return dataset, options


def _resized(
    data: Data, options: DataConfig, kind: type[Method], config: TrainingConfig
) -> tuple[Dataset, DataConfig]:
    dataset = open_dataset(data, options)
    image = dataset.fields.get("image")
    if image is None or options.image_size is not None or isinstance(data, Dataset):
        return dataset, options
    side = kind.default_image_size(dataset, config)
    if side is None:
        return dataset, options
    options = options.model_copy(update={"image_size": side})
    resized = open_dataset(data, options)
    if resized.fields["image"].shape[1:3] != (side, side):  # arrays keep their size
        return dataset, options.model_copy(update={"image_size": None})
    resized.notes.append(f"image_size={side} is the default of {kind.name} for such images")
    return resized, options


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
    if "labels" in preparation:  # whatever the other data looks like
        opening |= {"multi_label": True, "label_separator": preparation["labels"].separator}
    elif "label" in preparation:
        opening["multi_label"] = False
    if "image" in preparation:
        image = preparation["image"]
        opening["image_size"] = (image.height, image.width)
        opening["white_level"] = image.white_level
        if "target_image" not in preparation:  # a target may have other channels than its input
            opening["channels"] = image.channels
    return open_data(data, trained=preparation, **opening)


def saved_parts(dataset: Dataset, folder: RunFolder) -> Parts:
    """The parts of a run, found by the names of their items.

    Raises:
        RunError: an item is missing, or `split.json` is damaged.
    """
    index = {name: i for i, name in enumerate(dataset.ids)}
    names = folder.read("split.json")
    for part in ("train", *names):
        if not isinstance(names.get(part), list) or not names[part]:
            raise damaged(folder.path / "split.json", f"{part!r:.60} is not a list of items")
    try:
        return {part: np.array([index[name] for name in ids], np.int64) for part, ids in names.items()}
    except (KeyError, TypeError) as error:
        raise RunError(
            f"{dataset.path}: item {error}, which {folder.path / 'split.json'} names, is missing",
            "items with the same names as in training",
            "restore their names, or train a new run",
        ) from None
