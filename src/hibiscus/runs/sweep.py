"""Several values of an option tried one after another: which trainings that means, and their figures side by side."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.config import DataConfig
from hibiscus.errors import ConfigError, RunError
from hibiscus.runs.folder import RunFolder, make_run_folder
from hibiscus.runs.options import build_options, explain_range, split_options
from hibiscus.runs.run import Run
from hibiscus.training.config import TrainingConfig

__all__ = ["figures_of", "folder_name", "settings_of", "sweep_folder"]

MOST = 1000  # trainings; more is a slip of the hand


def settings_of(kind: type[TrainingConfig], options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The values of the swept options in each training: every combination, the last option changing fastest.

    Args:
        kind: the method's options. Those of its data, and of a network (`net.NAME`), are the same in every training.
        options: as a person gave them; swept are a list, or words between commas, where the option takes one value.

    Raises:
        ConfigError: no option has several values, one has a value twice, or a value out of its range.
    """
    _, own = split_options(kind, options)
    several: dict[str, list[Any]] = {}
    for name, value in own.items():
        values = value.split(",") if isinstance(value, str) else value
        if isinstance(values, list | tuple) and len(values) > 1 and "a,b" not in explain_range(kind, name):
            several[name] = list(values)
    if not several:
        raise ConfigError("sweep: no option with several values", "an option of the method, values between commas", "seed=0,1,2")
    for name, values in several.items():
        if len(set(values)) < len(values):
            raise ConfigError(f"{name}={','.join(map(str, values))}", "each value once", "leave one out")
    found = [dict(zip(several, values, strict=True)) for values in itertools.islice(itertools.product(*several.values()), MOST + 1)]
    if len(found) > MOST:
        raise ConfigError(f"sweep: more than {MOST} trainings", "fewer combinations", "fewer values, or one option after another")
    for setting in found:  # told before the first training, not before the last
        data, method = split_options(kind, {**options, **setting})
        build_options(kind, method)
        build_options(DataConfig, data)
    return found


def folder_name(number: int, setting: Mapping[str, Any]) -> str:
    """The folder of one training inside the sweep's: `02-beta=4,seed=0`."""
    return f"{number:02d}-" + re.sub(r"[^\w.=,+-]+", "-", ",".join(f"{name}={value}" for name, value in setting.items()))


def sweep_folder(method: str, data: str, out: Any, content: dict[str, Any]) -> Path:
    """A new folder for a sweep, or that of one that was stopped and is given again; `sweep.json` in it holds what was asked for.

    Raises:
        ConfigError: the folder holds a sweep of other options.
        RunError: there is something else in it, or it cannot be written.
    """
    if out is not None and (Path(out).expanduser() / "sweep.json").exists():
        folder = RunFolder(Path(out).expanduser())
        kept = folder.read("sweep.json")
        if {name: kept.get(name) for name in content} != content:
            raise ConfigError(f"{out}: a sweep with other options or data", "the same ones, to go on", "another --out FOLDER")
        return folder.path
    if out is not None and (Path(out).expanduser() / "run.json").exists():
        raise RunError(f"{out}: there is a run here", "a folder of its own", "another --out FOLDER")
    folder = make_run_folder(f"sweep-{method}", data, out)
    folder.checkpoints.rmdir()  # it is no run itself
    folder.write("sweep.json", {"format": 1, **content})
    return folder.path


def figures_of(runs: Sequence[Run], settings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The figures of each setting, seeds taken together.

    Returns:
        For each setting but for its seed `setting`, `runs` (folders), and `figures`: by name `mean`, `sd` (None for one run), `count`.
        The value that chose each best epoch comes first, by `val/NAME`; then what was measured in the end.
    """
    groups: dict[str, list[int]] = {}
    for place, setting in enumerate(settings):
        others = {name: value for name, value in setting.items() if name != "seed"}
        groups.setdefault(",".join(f"{name}={value}" for name, value in others.items()) or "all seeds", []).append(place)
    found = []
    for name, places in groups.items():
        values: dict[str, list[float]] = {}
        for place in places:
            info, measured = runs[place].info, runs[place].evaluation()["metrics"]
            best = info.get("best") or {}
            chosen = {f"val/{info['selection_metric']['name']}": best["value"]} if best else {}
            for figure, value in {**chosen, **measured}.items():
                values.setdefault(figure, []).append(value)
        figures = {
            figure: {"mean": float(np.mean(each)), "sd": float(np.std(each, ddof=1)) if len(each) > 1 else None, "count": len(each)}
            for figure, each in values.items()
        }
        found.append({"setting": name, "runs": [str(runs[place].path) for place in places], "figures": figures})
    return found
