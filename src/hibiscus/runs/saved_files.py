"""The files that a run reads together with a checkpoint: the preparation and the split."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from hibiscus.damage import reading
from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import Preparation
from hibiscus.json_files import CHECKED_BY_CHECKPOINT, content_digest
from hibiscus.methods.registry import get_method
from hibiscus.runs.folder import RunFolder
from hibiscus.runs.options import build_options
from hibiscus.runs.training_data import Parts
from hibiscus.training.config import TrainingConfig

__all__ = ["checked_files", "file_digests", "saved_options", "saved_preparation"]


def checked_files(preparation: Preparation, dataset: Dataset, parts: Parts) -> dict[str, dict[str, Any]]:
    """The content of the files that checkpoints belong to, by name.

    Args:
        preparation: what was learned from the training part.
        dataset: the data.
        parts: the indices of its parts.
    """
    names = {part: [dataset.ids[i] for i in items] for part, items in parts.items()}
    return {"preparation.json": preparation.to_json(), "split.json": names}


def file_digests(folder: RunFolder) -> dict[str, str]:
    """The digest of each file that a checkpoint belongs to, by its name; of those that are there.

    Raises:
        RunError: one of them is damaged.
    """
    names = [name for name in CHECKED_BY_CHECKPOINT if (folder.path / name).exists()]
    return {name: content_digest(folder.read(name)) for name in names}


def saved_preparation(folder: RunFolder) -> Preparation:
    """The preparation of a run.

    Raises:
        RunError: it is missing or damaged.
    """
    path = folder.path / "preparation.json"
    content = folder.read(path.name)
    with reading(path):
        return dataclasses.replace(Preparation.from_json(content), file=str(path))


def saved_options(folder: RunFolder, info: Mapping[str, Any]) -> tuple[TrainingConfig, DataConfig]:
    """The options of the method with which a run was trained, and those with which its data was opened.

    Args:
        folder: of the run.
        info: the content of `run.json`.

    Raises:
        RunError: `run.json` names no known method, or holds an option that does not exist or is out of its
            range.
    """
    with reading(folder.path / "run.json"):
        kind = get_method(info["method"])
        return build_options(kind.Config, info["config"]), build_options(DataConfig, info["data_options"])
