"""The information that a run records about itself in `run.json`."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hibiscus.damage import reading
from hibiscus.data.dataset import Dataset
from hibiscus.data.locations import BUNDLED
from hibiscus.data.preparation import Preparation
from hibiscus.errors import HibiscusWarning
from hibiscus.run_format import FORMAT
from hibiscus.runs.folder import RunFolder, find_run, now
from hibiscus.runs.info_types import RunInfo
from hibiscus.runs.same_data import items_digest
from hibiscus.runs.trust import check_run
from hibiscus.training.config import TrainingConfig
from hibiscus.training.device import describe_machine
from hibiscus.training.distributed import is_main_process
from hibiscus.training.method import Method
from hibiscus.typed_values import typed_value

__all__ = ["absolute_path", "describe_run", "initial_info", "open_run", "read_info"]


def open_run(path: str | os.PathLike[str], trust: bool) -> tuple[RunFolder, dict[str, Any]]:
    """The folder of a run and the content of its `run.json`, before anything else of it is read.

    If several processes train together, the main process checks the run.

    Args:
        path: the run folder, or `runs/latest`.
        trust: load code that the run names, whoever wrote it.

    Raises:
        RunError: there is no run, it cannot be read, or it names code that is not trusted.
    """
    folder = RunFolder(find_run(path))
    info = read_info(folder)
    if not trust and is_main_process():
        check_run(folder, info)
    return folder, info


def read_info(folder: RunFolder) -> dict[str, Any]:
    """The content of `run.json`, after checking the entries that anything reads.

    Raises:
        RunError: it is missing, damaged, or of a newer format.

    Warns:
        HibiscusWarning: it was changed after it was written.
    """
    path = folder.path / "run.json"
    info, unchanged = folder.read_changed("run.json")
    with reading(path):
        typed_value(RunInfo, info)
    if not unchanged:
        text = f"{path}: it was changed after it was written; its entries are used as they are now"
        warnings.warn(text, HibiscusWarning, stacklevel=2)
    return info


def initial_info(
    method: type[Method],
    config: TrainingConfig,
    preparation: Preparation,
    dataset: Dataset,
    data: dict[str, Any],
    device: torch.device,
) -> dict[str, Any]:
    """The information that is known about a run before its first step.

    Args:
        method: the class of the method.
        config: its options.
        preparation: what was learned from the training part.
        dataset: the opened data.
        data: the summary of the dataset with its parts.
        device: the device of the run.
    """
    return {
        "format": FORMAT,
        "method": method.name,
        "title": method.title,
        "abilities": method.abilities(),
        "gives_images": method.gives_images,
        "status": "running",
        "error": None,
        "seed": config.seed,
        "started": now(),
        "seconds": 0.0,
        "versions": _versions(),
        "device": str(device),
        "machine": describe_machine(device),
        "threads": torch.get_num_threads(),
        "data": {
            **data,
            "kind": _kind(dataset),
            "location": absolute_path(dataset.path),
            "items_digest": items_digest(dataset),
        },
        "config": config.model_dump(mode="json"),
        "selection_metric": vars(method.choose_selection_metric(config, preparation)),
        "best": None,
    }


def describe_run(info: Mapping[str, Any]) -> str:
    """The method, the data, the status and the best value of a run, in a line."""
    best = info.get("best") or {}
    value = f", best val/{info['selection_metric']['name']} {best['value']:.4f}" if best else ""
    value += f" in epoch {best['epoch']}" if best else ""
    return f"{info['method']} on {info['data']['name']}, {info['status']}{value}"


def absolute_path(path: str) -> str:
    """A path that is valid in every working directory; names of bundled and hub data as they are."""
    if path in BUNDLED or path.startswith("hf:"):
        return path
    return str(Path(path).expanduser().resolve()) if Path(path).expanduser().exists() else path


def _kind(dataset: Dataset) -> str:
    words = {"image": "images", "table": "table", "array": "arrays"}
    return " and ".join(words[name] for name in dataset.fields if name in words)


def _versions() -> dict[str, str]:
    system = platform.system() if sys.platform != "linux" else "Linux"
    return {
        "hibiscus": importlib.metadata.version("hibiscus"),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "system": f"{system} {platform.machine()}",
    }
