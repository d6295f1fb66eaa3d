"""Sweeps: one training run per combination of option values, and a comparison of their metrics."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.errors import ConfigError, InterruptedRunError, RunError
from hibiscus.methods.registry import get_method
from hibiscus.progress import show_line
from hibiscus.report.compare import compare_runs
from hibiscus.run_format import FORMAT
from hibiscus.runs.folder import RunFolder, discarded_without_runs, make_run_folder
from hibiscus.runs.options import check_options, explain_range, resolve_aliases, split_options
from hibiscus.runs.run import Run
from hibiscus.runs.train import resume_run, train_run
from hibiscus.runs.training_data import Data
from hibiscus.training.config import TrainingConfig

__all__ = ["folder_name", "settings_of", "summarize_settings", "sweep_runs"]

MAX_TRAININGS = 1000  # more are probably a mistake


def sweep_runs(
    method: str,
    data: Data,
    options: Mapping[str, Any],
    *,
    out: Any = None,
    device: str = "auto",
    quiet: bool = False,
    argv: list[str] | None = None,
) -> dict[str, Any]:
    """Trains all settings that have not been trained yet, and compares them; see `hibiscus.sweep`."""
    options = resolve_aliases(options)
    settings = settings_of(get_method(method).Config, options)
    dataset = data if isinstance(data, Dataset) else None
    name, path = (data.name, data.path) if isinstance(data, Dataset) else (Path(data).name, os.fspath(data))
    request = {"method": method, "data": path, "options": json.loads(json.dumps(options, default=str))}
    root = _sweep_folder(method, name, out, request)
    runs = []
    with discarded_without_runs(RunFolder(root)):
        for number, setting in enumerate(settings, 1):
            folder = root / folder_name(number, setting)
            if not quiet:
                text = ", ".join(f"{key}={value}" for key, value in setting.items())
                show_line(f"training {number} of {len(settings)}: {text}")
            try:
                if not (folder / "run.json").exists():
                    chosen = {**options, **setting}
                    train_run(method, data, chosen, out=folder, device=device, quiet=quiet, argv=argv)
                elif Run(folder).info["status"] != "done":
                    resume_run(folder, data=dataset, device=device, quiet=quiet)
            except InterruptedRunError as error:
                error.fix = f"the same command again with --out {root}"
                raise
            runs.append(Run(folder, device, dataset))
    result = {"settings": summarize_settings(runs, settings), "folder": str(root)}
    RunFolder(root).write("sweep.json", {"format": FORMAT, **request, **result})
    return {**result, "compare": str(compare_runs([run.path for run in runs], root / "compare.html"))}


def settings_of(config_type: type[TrainingConfig], options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The swept options of each training run: all combinations; the last option changes fastest.

    Args:
        config_type: the method's options. Those of its data and of its network (`net.NAME`) are the same in
            every training.
        options: as given; an option is swept if it takes one value but has a list of them, or text with
            commas.

    Raises:
        ConfigError: no option has several values, an option has a value twice, or a value is out of its
            range.
    """
    _, method_options = split_options(config_type, options)
    swept: dict[str, list[Any]] = {}
    for name, value in method_options.items():
        values = value.split(",") if isinstance(value, str) else value
        if (
            isinstance(values, list | tuple)
            and len(values) > 1
            and "a,b" not in explain_range(config_type, name)
        ):
            swept[name] = list(values)
    if not swept:
        raise ConfigError(
            "sweep: no option with several values",
            "an option of the method with values between commas",
            "seed=0,1,2",
        )
    for name, values in swept.items():
        if len(set(values)) < len(values):
            raise ConfigError(f"{name}={','.join(map(str, values))}", "each value once", "leave one out")
    combinations = itertools.islice(itertools.product(*swept.values()), MAX_TRAININGS + 1)
    settings = [dict(zip(swept, values, strict=True)) for values in combinations]
    if len(settings) > MAX_TRAININGS:
        raise ConfigError(
            f"sweep: more than {MAX_TRAININGS} trainings",
            "fewer combinations",
            "fewer values, or one option at a time",
        )
    for setting in settings:  # errors are reported before the first training, not before the last
        check_options(config_type, {**resolve_aliases(options), **setting})
    return settings


def folder_name(number: int, setting: Mapping[str, Any]) -> str:
    """The folder of one training run inside the sweep folder, such as `02-beta=4,seed=0`."""
    return f"{number:02d}-" + re.sub(
        r"[^\w.=,+-]+", "-", ",".join(f"{name}={value}" for name, value in setting.items())
    )


def _sweep_folder(method: str, data: str, out: Any, request: dict[str, Any]) -> Path:
    """A new folder for a sweep, or the folder of the same sweep; `sweep.json` contains the request.

    Raises:
        ConfigError: the folder contains a sweep with other options.
        RunError: it contains something else, or is not writable.
    """
    if out is not None and (Path(out).expanduser() / "sweep.json").exists():
        folder = RunFolder(Path(out).expanduser())
        stored = folder.read("sweep.json")
        if {name: stored.get(name) for name in request} != request:
            raise ConfigError(
                f"{out}: a sweep with other options or data",
                "the same ones, to continue",
                "another --out FOLDER",
            )
        return folder.path
    if out is not None and (Path(out).expanduser() / "run.json").exists():
        raise RunError(f"{out}: already holds a run", "a new folder", "another --out FOLDER")
    folder = make_run_folder(f"sweep-{method}", data, out)
    folder.checkpoints.rmdir()  # the folder of the sweep is not a run
    folder.write("sweep.json", {"format": FORMAT, **request})
    return folder.path


def summarize_settings(runs: Sequence[Run], settings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The metrics of each setting over its seeds.

    Returns:
        For each setting, apart from its seed: `setting`, `runs` (folders), and `metrics`, by name `mean`,
            `sd` (None for one run)
        and `count`. The selection metric, `val/NAME`, comes first, then the metrics of the final evaluation.
    """
    groups: dict[str, list[int]] = {}
    for index, setting in enumerate(settings):
        without_seed = [f"{name}={value}" for name, value in setting.items() if name != "seed"]
        groups.setdefault(",".join(without_seed) or "all seeds", []).append(index)
    summaries = []
    for name, indices in groups.items():
        values: dict[str, list[float]] = {}
        for index in indices:
            for metric, value in _metrics_of(runs[index]).items():
                values.setdefault(metric, []).append(value)
        metrics = {metric: _spread(numbers) for metric, numbers in values.items()}
        summaries.append(
            {"setting": name, "runs": [str(runs[index].path) for index in indices], "metrics": metrics}
        )
    return summaries


def _metrics_of(run: Run) -> dict[str, float]:
    best = run.info.get("best") or {}
    selection = {f"val/{run.info['selection_metric']['name']}": best["value"]} if best else {}
    return {**selection, **run.evaluation()["metrics"]}


def _spread(values: list[float]) -> dict[str, Any]:
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return {"mean": float(np.mean(values)), "sd": sd, "count": len(values)}
