"""The data of a run, opened again: where it is now, and whether it is still the same."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.errors import DataError, HibiscusWarning, RunError
from hibiscus.runs.training_data import Data, open_dataset

__all__ = ["check_data", "has_moved", "items_digest", "reopen_dataset"]


def reopen_dataset(run: Path, info: Mapping[str, Any], options: DataConfig, data: Data | None) -> Dataset:
    """The data of a run, opened where it was, or where it is now.

    Args:
        run: the run folder.
        info: the content of `run.json`.
        options: of the data.
        data: the dataset, or its new location; None for the location in `run.json`.

    Raises:
        DataError: it cannot be opened.
    """
    if data is not None:
        return open_dataset(data, options)
    location = info["data"].get("location", info["data"]["path"])
    try:
        return open_dataset(location, options)
    except DataError as error:
        if not has_moved(info):
            raise
        fix = f"name its new location: hibiscus resume {run} --data PATH; evaluate takes --data as well"
        raise RunError(f"{location}: the data of {run} is no longer here", error.expected, fix) from None


def has_moved(info: Mapping[str, Any]) -> bool:
    """Whether nothing is left where the files of a run were."""
    location = Path(info["data"].get("location", info["data"]["path"]))
    return location.is_absolute() and not location.exists()


def items_digest(dataset: Dataset) -> str:
    """A digest of the items and their names, without labels, boxes and masks."""
    state = hashlib.blake2b(np.ascontiguousarray(dataset.keys).tobytes(), digest_size=16)
    state.update("\x1f".join(dataset.ids).encode(errors="surrogateescape"))
    return state.hexdigest()


def check_data(dataset: Dataset, run: Path, info: Mapping[str, Any], labels_may_change: bool = False) -> None:
    """Checks that a dataset is that of a run, by its fingerprint.

    Args:
        dataset: the opened data.
        run: the run folder.
        info: the content of `run.json`.
        labels_may_change: warn if only labels, boxes or masks have changed.

    Raises:
        RunError: the data has changed.

    Warns:
        HibiscusWarning: `labels_may_change`, and they have.
    """
    if dataset.fingerprint == info["data"]["fingerprint"]:
        return
    same_items = info["data"].get("items_digest") == items_digest(dataset)
    if same_items and labels_may_change:
        text = f"{dataset.path}: the annotations have changed since {run} was trained"
        warnings.warn(f"{text}; they are used as they are now", HibiscusWarning, stacklevel=2)
        return
    what = "the annotations have" if same_items else "the data has"
    raise RunError(
        f"{dataset.path}: {what} changed since {run} was trained",
        "the same items in the same order, with the same labels",
        "restore the data, or train a new run on the changed data",
    )
