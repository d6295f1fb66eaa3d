"""Checkpoints: one safetensors file with the JSON state in its header. No pickle is written or read.

A file is written into a temporary folder, flushed to disk and renamed, so there is a complete checkpoint at
all times. A digest of all tensors and the state detects truncated or altered files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from hibiscus.damage import damaged
from hibiscus.errors import RunError
from hibiscus.json_files import parse_json
from hibiscus.run_format import FORMAT, upgrade_tensors
from hibiscus.training.atomic_files import saving

__all__ = ["check_files", "load_checkpoint", "save_checkpoint", "tensors_digest"]


def tensors_digest(tensors: dict[str, Tensor], state: str) -> str:
    """A digest of the names, types, shapes and values of tensors, and of a text."""
    digest = hashlib.blake2b(state.encode(), digest_size=16)
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        if tensor.numel():
            digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def save_checkpoint(path: Path, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
    """Writes tensors and a JSON state as one file, atomically.

    Raises:
        RunError: the disk is full, or the folder is not writable.
    """
    # Weights may be stored channels-last; the file keeps the values, and loading copies them into any layout.
    plain = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}
    text = json.dumps(state)
    with saving(path, SafetensorError) as file:
        save_file(plain, file, metadata={"state": text, "digest": tensors_digest(plain, text)})


def load_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors (on the CPU) and the state of a checkpoint, in the current format.

    Raises:
        RunError: the file is missing, truncated, altered, or of a newer format.
    """
    if not path.is_file():
        raise RunError(f"{path}: there is no checkpoint", "a run that has saved at least once", "train again")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        intact = header["digest"] == tensors_digest(tensors, header["state"])
        state = parse_json(header["state"])
    except Exception as error:  # the reader of safetensors has errors of its own for some kinds of damage
        raise _damaged(path, "truncated, or not a checkpoint") from error
    if not intact or not isinstance(state, dict):
        raise _damaged(path, "its content has been altered")
    if "format" not in state:  # not of a run
        return tensors, state
    if not isinstance(state["format"], int) or state["format"] > FORMAT:
        raise RunError(
            f"{path}: format {state['format']}", f"format {FORMAT} or older", "install a newer Hibiscus"
        )
    return upgrade_tensors(tensors, state)


def check_files(path: Path, state: Mapping[str, Any], files: Mapping[str, str]) -> None:
    """Checks that files of the run are those with which a checkpoint was saved.

    Args:
        path: the checkpoint, in a folder of the run folder.
        state: of the checkpoint; those of older versions hold no digests.
        files: the digest of each file's content, by its name in the run folder.

    Raises:
        RunError: a file was changed.
    """
    stored = state.get("files", {})
    if not isinstance(stored, Mapping):
        raise _damaged(path, "its list of files is damaged")
    for name, saved in stored.items():
        if files.get(name, saved) != saved:
            raise damaged(
                path.parent.parent / name,
                "it was changed since the run was trained",
                "restore it from a backup, or train again",
            )


def _damaged(path: Path, how: str) -> RunError:
    other = "last" if path.stem == "best" else "best"
    return RunError(
        f"{path}: the checkpoint is damaged ({how})",
        "the file as Hibiscus wrote it",
        f"restore it from a backup, or use the other checkpoint: --checkpoint {other}",
    )
