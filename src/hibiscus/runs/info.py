"""The information that a run records about itself in `run.json`."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hibiscus.data.dataset import Dataset
from hibiscus.data.locations import BUNDLED
from hibiscus.data.preparation import Preparation
from hibiscus.errors import RunError
from hibiscus.run_format import FORMAT
from hibiscus.runs.folder import RunFolder, find_run, now
from hibiscus.runs.same_data import items_digest
from hibiscus.runs.trust import check_run
from hibiscus.training.config import TrainingConfig
from hibiscus.training.device import describe_machine
from hibiscus.training.distributed import is_main_process
from hibiscus.training.method import Method

__all__ = ["absolute_path", "initial_info", "open_run", "read_info"]

REQUIRED = {
    "method": str,
    "config": dict,
    "data": dict,
    "data_options": dict,
    "selection_metric": dict,
    "status": str,
}


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
    """The content of `run.json`, after checking that the required entries exist.

    Raises:
        RunError: it is missing, damaged, or of a newer format.
    """
    info = folder.read("run.json")
    missing = [
        name
        for name, kind in REQUIRED.items()
        if not isinstance(info, dict) or not isinstance(info.get(name), kind)
    ]
    if missing:
        raise RunError(
            f"{folder.path / 'run.json'}: damaged, without {', '.join(missing)}",
            "the file as Hibiscus wrote it",
            "restore it from a backup",
        )
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
