"""Decides whether code that a run names may be imported or loaded.

A run folder is data: it may come from anyone. What it names is loaded only if the user says so, or if `train`
wrote the run for the same user on the same machine. `train` therefore signs a run that names code, with the
user's secret key: its method, its options, those of its data, what it learned from the data, which is handed
to the code, and the content of TorchScript files. A run that names no code needs no signature. If a
later format renames options, the signatures of earlier runs no longer hold.
"""

from __future__ import annotations

import hashlib
import hmac
import importlib.util
import sys
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hibiscus.errors import ConfigError, HibiscusWarning, RunError
from hibiscus.import_path import working_directory_on_path
from hibiscus.runs.code_references import CodeReference, code_in_options, code_in_run
from hibiscus.runs.folder import RunFolder
from hibiscus.runs.user_key import key_file, sign

__all__ = ["check_options_file", "check_run", "run_signature"]

SIGNED = ("method", "config", "data_options")
FIX = "if you trust where it comes from, allow it: --trust, or trust=True in Python"
SEVERAL_RUNS = ("sweep.json", "crossval.json")  # in a folder whose subfolders are runs
MAX_LISTED = 5  # references that a message lists


def run_signature(info: Mapping[str, Any], preparation: Mapping[str, Any]) -> dict[str, Any]:
    """The entry `signature` of `run.json`, for a run of this user that names code; otherwise nothing.

    Args:
        info: the content of `run.json`.
        preparation: the content of `preparation.json`.

    Warns:
        HibiscusWarning: the user's key can be neither read nor created.
    """
    references = code_in_run(info, preparation)
    if not references:
        return {}
    files = {str(one.file): _digest(one.file) for one in references if one.file is not None}
    value = sign(_signed(info, preparation, references, files), create=True)
    if value is None:
        text = f"{_key_name()} cannot be read or created, so this run can later be used only with --trust"
        warnings.warn(text, HibiscusWarning, stacklevel=2)
        return {}
    return {"signature": {"files": files, "value": value}}


def check_run(folder: RunFolder, info: Mapping[str, Any]) -> None:
    """Checks that a run names no code, or that it is signed by this user on this machine.

    Args:
        folder: of the run.
        info: the content of `run.json`.

    Raises:
        RunError: neither; the message says what would be imported or loaded.
    """
    references, reason = _code_and_reason(folder, info)
    if reason:
        raise RunError(
            f"{folder.path}: {_listed(references)}, but {reason}",
            "a run that names no code, or one that you have trained on this machine",
            FIX,
        )


def check_options_file(file: Path, options: Mapping[str, Any], data_options: Iterable[str]) -> None:
    """Checks that a file of options names no code, or only that of the signed run in whose folder it is.

    Args:
        file: with the options.
        options: those of it that apply, of the method and of its data together, with `data` itself.
        data_options: the names of those of the data.

    Raises:
        ConfigError: it names other code; the message says what would be imported or loaded.
    """
    references = code_in_options(options, data_options)
    if references and not _is_of_signed_run(file, options, references):
        raise ConfigError(
            f"--config {file}: {_listed(references)}",
            "such options typed on the command line, or the file of a run that you have trained on this "
            "machine",
            "if you trust where the file comes from, allow it: --trust",
        )


def _code_and_reason(folder: RunFolder, info: Mapping[str, Any]) -> tuple[list[CodeReference], str]:
    """The code that a run names, and why it may not be loaded; empty if it may."""
    try:
        preparation = folder.read("preparation.json")
    except RunError:  # what needs it reports the error
        preparation = {}
    references = code_in_run(info, preparation)
    if not references:
        return references, ""
    stored = info.get("signature")
    files = stored.get("files") if isinstance(stored, Mapping) else None
    if not isinstance(stored, Mapping) or not isinstance(files, Mapping):
        return references, "no signature shows that you have trained this run on this machine"
    value = sign(_signed(info, preparation, references, files))
    if value is None or not hmac.compare_digest(value.encode(), str(stored.get("value")).encode()):
        return references, (
            "the run was changed after its training, or was trained by another user or on another machine"
        )
    for one in references:
        if one.file is not None and one.file.exists() and _digest(one.file) != files.get(str(one.file)):
            return references, f"{one.file} has changed since the training"
    if _are_inside(folder.path, [one.module for one in references if one.module]):
        return references, (
            "modules that lie in the folder of a run would be imported; in another working directory, they "
            "would not"
        )
    return references, ""


def _is_of_signed_run(file: Path, options: Mapping[str, Any], references: list[CodeReference]) -> bool:
    folder = RunFolder(file.parent)
    try:
        info = folder.read("run.json")
        known, reason = _code_and_reason(folder, info)
        same_arguments = _arguments(options) == info["config"].get("net_options", {})
    except (RunError, KeyError, TypeError, AttributeError):  # no run, or a damaged one
        return False
    return not reason and same_arguments and {one.code for one in references} <= {one.code for one in known}


def _arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the network, which are handed to the code; a file may write them in two ways."""
    single = {name[4:]: value for name, value in options.items() if name.startswith("net.")}
    return {**options.get("net_options", {}), **single}


def _signed(
    info: Mapping[str, Any], preparation: Any, references: list[CodeReference], files: Mapping[str, Any]
) -> dict[str, Any]:
    """What the signature covers."""
    return {
        "purpose": "hibiscus run",
        "code": [[one.name, one.value] for one in references],
        "files": dict(files),
        "preparation": preparation,
        **{name: info[name] for name in SIGNED},
    }


def _are_inside(run: Path, modules: list[str]) -> bool:
    """Whether modules would be imported from the folder of a run, or of several runs that it belongs to."""
    if not modules:
        return False
    run = run.resolve()
    roots = [run, *(run.parent for name in SEVERAL_RUNS if (run.parent / name).exists())]
    with working_directory_on_path():
        places = [Path(entry or ".") for entry in sys.path]
        for module in modules:
            try:
                spec = importlib.util.find_spec(module.partition(".")[0])  # imports nothing
            except (ImportError, ValueError):
                continue
            if spec is not None:
                places += [Path(place) for place in spec.submodule_search_locations or ()]
                places += [Path(spec.origin)] if spec.has_location and spec.origin else []
    return any(place.resolve().is_relative_to(root) for place in places for root in roots)


def _digest(file: Path) -> str:
    """The SHA-256 of a file; empty if it cannot be read."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _listed(references: list[CodeReference]) -> str:
    more = len(references) - MAX_LISTED
    return "; ".join(map(str, references[:MAX_LISTED])) + (f"; and {more} more" if more > 0 else "")


def _key_name() -> str:
    try:
        return str(key_file())
    except RuntimeError:
        return "the key in your home folder"
