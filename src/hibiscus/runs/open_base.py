"""Bases that the option `net` names: opened when a run begins, and described in its options from then on.

    net=efficientnet-lite0   published weights of an installed package
    net=run:RUN              an earlier run
    net=hub:OWNER/NAME       a model on the Hugging Face Hub
    net=FILE.safetensors     weights of a known architecture

The description says how the base is built, so that opening the run needs neither the package, nor the other
run, the hub or the file: its checkpoints hold all weights. Before the first checkpoint, the weights are read
again from where they came.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import os
from pathlib import Path
from typing import TypeVar

from torch import Tensor

from hibiscus.errors import ConfigError, RunError
from hibiscus.import_path import working_directory_on_path
from hibiscus.networks.backbone import Backbone
from hibiscus.networks.base_names import BASE_OPTION, may_be_code, names_base
from hibiscus.networks.bases import PUBLISHED, BaseDescription
from hibiscus.networks.loading import load_base
from hibiscus.runs.file_bases import open_file_base
from hibiscus.runs.hub_bases import open_hub_base
from hibiscus.runs.run_bases import open_run_base
from hibiscus.training.checkpoint import tensors_digest
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Method
from hibiscus.training.pretrained import load_pretrained

__all__ = ["load_bases", "open_base", "with_base"]

Config = TypeVar("Config", bound=TrainingConfig)


def open_base(source: str) -> tuple[BaseDescription, dict[str, Tensor]]:
    """The description of a base, and its weights by the names that `load_base` takes.

    Args:
        source: as the option `net` names it.

    Raises:
        HibiscusError: there is no such base, it cannot be read, or an extra is not installed.
    """
    if source in PUBLISHED:
        return PUBLISHED[source], load_pretrained(source)
    kind, _, name = source.partition(":")
    if kind == "run":
        description, tensors = open_run_base(source, name)
    elif kind == "hub":
        description, tensors = open_hub_base(source, name)
    else:
        description, tensors = open_file_base(source)
    return dataclasses.replace(description, digest=tensors_digest(tensors, "")), tensors


def with_base(config: Config) -> Config:
    """The options of a new run, with the description of the base that `net` names, if it names one.

    Raises:
        HibiscusError: the base cannot be opened.
        ConfigError: the name may refer to a base and to code.
    """
    name = getattr(config, "net", "")
    if not names_base(name) or _is_code(name):
        return config
    description, _ = open_base(name)
    options = {**config.net_options, BASE_OPTION: description.to_json()}  # type: ignore[attr-defined]
    return config.model_copy(update={"net": description.source, "net_options": options})


def load_bases(method: Method) -> None:
    """Loads the weights of each base in the networks of a method, in place; for a run without checkpoints.

    Raises:
        HibiscusError: the weights cannot be read.
        RunError: they are others than those with which the run was begun.
    """
    opened: dict[str, tuple[BaseDescription, dict[str, Tensor]]] = {}
    for network in method.nets.values():
        for module in network.modules():
            if not isinstance(module, Backbone) or module.description is None:
                continue
            source = module.description.source
            if source not in opened:
                opened[source] = open_base(source)
            description, tensors = opened[source]
            if description.digest != module.description.digest:
                received = f"net={source}: its weights have changed since this run began"
                raise RunError(received, "the same weights", "begin a new run")
            load_base(module, tensors, f"net={source}")


def _is_code(name: str) -> bool:
    """Whether a name such as `run:build` refers to a module of the user, named `run` or `hub`."""
    kind, _, path = name.partition(":")
    if not may_be_code(name, {}):
        return False
    with working_directory_on_path():
        spec = importlib.util.find_spec(kind)  # imports nothing
    if spec is None or spec.origin is None:  # none, or a folder of that name, which defines nothing
        return False
    if kind == "run" and (Path(path) / "run.json").exists():
        received = f"net={name}: the run {path}, or {path} in the module {spec.origin}"
        raise ConfigError(
            received, "one of them", f"net={kind}:{os.curdir}/{path} for the run, or rename the module"
        )
    return True
