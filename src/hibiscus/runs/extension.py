"""Extending a run: which options may change, and which files are copied."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hibiscus.damage import reading
from hibiscus.data.config import DataConfig
from hibiscus.errors import ConfigError, RunError
from hibiscus.json_files import content_digest
from hibiscus.run_format import FORMAT
from hibiscus.runs.folder import RunFolder
from hibiscus.runs.options import build_options, split_options
from hibiscus.runs.saved_files import file_digests
from hibiscus.training.checkpoint import check_files, load_checkpoint, save_checkpoint
from hibiscus.training.config import TrainingConfig

__all__ = ["PATHS", "check_extension", "copy_run", "load_last"]

FIXED = (
    "net",
    "net_options",
    "transfer",
    "unfreeze",
    "backbone",
    "ema_decay",
    "optimizer",
    "batch_size",
    "seed",
)  # options that cannot be changed
PATHS = ("test_data", "target_domain")


def load_last(folder: RunFolder) -> tuple[dict[str, Any], dict[str, Any]]:
    """The last checkpoint of a run.

    Raises:
        RunError: the run has not saved one, it is damaged, or a file that it belongs to was changed.
    """
    path = folder.checkpoints / "last.safetensors"
    if not path.is_file():
        raise RunError(
            f"{folder.path}: no checkpoint to continue from",
            "a run that has saved at least once",
            "train a new run",
        )
    tensors, state = load_checkpoint(path)
    check_files(path, state, file_digests(folder))
    return tensors, state


def check_extension(
    config: TrainingConfig,
    options: Mapping[str, Any],
    state: Mapping[str, Any],
    previous: str,
    *,
    method: tuple[str, str],
    data: tuple[str | None, str],
    data_options: DataConfig,
) -> TrainingConfig:
    """The options of the extended run.

    Args:
        config: the options of the previous run.
        options: those of the extended run, as given.
        state: of the last checkpoint.
        previous: the folder of the previous run, as given.
        method: the method as given, and that of the previous run.
        data: the path of the data as given, and that of the previous run; None for a Dataset in memory.
        data_options: the options of the data of the previous run; they may be given again.

    Raises:
        ConfigError: an option that cannot change, or no more epochs than before.
    """
    if data[0] is not None and not _same_path(data[0], data[1]):
        raise ConfigError(
            f"{data[0]} together with extend={previous}",
            f"the data of that run, {data[1]}",
            "name the same data, or leave out extend=",
        )
    if method[0] != method[1]:
        raise ConfigError(
            f"extend={previous}: a run of {method[1]}", f"a run of {method[0]}", f"train {method[1]}"
        )
    given, method_options = split_options(type(config), options)
    repeated = build_options(DataConfig, given)
    changed = [name for name in given if not _same_option(name, repeated, data_options)]
    if changed:
        values = ", ".join(f"{name}={getattr(data_options, name)}" for name in changed)
        raise ConfigError(
            f"{', '.join(changed)} together with extend=",
            f"as in the extended run: {values}",
            "leave them out",
        )
    extended = build_options(type(config), {**config.model_dump(), **method_options})
    fixed = [name for name in FIXED if getattr(extended, name, None) != getattr(config, name, None)]
    if fixed:
        values = ", ".join(f"{name}={getattr(config, name)}" for name in fixed)
        raise ConfigError(
            f"{', '.join(fixed)} together with extend=", f"as in the extended run: {values}", "leave them out"
        )
    done = math.ceil(
        config.epochs * state["stage_round"] / max(1, state["stage_rounds"])
    )  # in the current stage
    if extended.epochs <= done:
        raise ConfigError(
            f"epochs={extended.epochs} with extend={previous}, which has completed {done}",
            f"more than {done}",
            f"epochs={2 * done}",
        )
    return extended


def copy_run(
    old: RunFolder,
    new: RunFolder,
    tensors: dict[str, Any],
    state: dict[str, Any],
    files: Mapping[str, dict[str, Any]],
) -> None:
    """Copies the log, the best checkpoint and the last one, without the reason why the previous run ended.

    Args:
        old: the folder of the previous run.
        new: the folder of the extended run.
        tensors: of the last checkpoint.
        state: of the last checkpoint.
        files: the content of the files that the checkpoints of the extended run belong to, by name.

    Raises:
        RunError: the best checkpoint is damaged, or a folder cannot be written.
    """
    digests = {name: content_digest(content) for name, content in files.items()}
    written = {"format": FORMAT, "files": digests}  # the tensors have their current names by now
    callbacks = {
        name: value for name, value in state["callbacks"].items() if name not in ("plateau", "early_stopping")
    }
    with old.locked():
        if old.log.exists():
            with reading(old.log):
                shutil.copyfile(old.log, new.log)
        if (old.checkpoints / "best.safetensors").exists():
            best, best_state = load_checkpoint(old.checkpoints / "best.safetensors")
            save_checkpoint(new.checkpoints / "best.safetensors", best, {**best_state, **written})
    changed = {"stop_reason": "", "callbacks": callbacks}
    save_checkpoint(new.checkpoints / "last.safetensors", tensors, {**state, **changed, **written})


def _same_option(name: str, first: DataConfig, second: DataConfig) -> bool:
    values = getattr(first, name), getattr(second, name)
    return values[0] == values[1] or (name in PATHS and None not in values and _same_path(*values))


def _same_path(first: str, second: str) -> bool:
    return first == second or Path(first).expanduser().resolve() == Path(second).expanduser().resolve()
