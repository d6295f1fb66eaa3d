"""Sweeps: one training run per combination of option values, and a comparison of their metrics.

All runs are ranked by one metric on the validation part; the test part does not choose among settings.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hibiscus.data.dataset import Dataset
from hibiscus.errors import (
    ConfigError,
    DataError,
    HibiscusError,
    InterruptedRunError,
    ProcessLostError,
    RunError,
    TrainingError,
)
from hibiscus.methods.registry import get_method
from hibiscus.progress import show_line
from hibiscus.report.compare import compare_runs
from hibiscus.run_format import FORMAT
from hibiscus.runs.folder import RunFolder, discarded_without_runs, make_run_folder
from hibiscus.runs.info import open_run
from hibiscus.runs.option_words import resolve_aliases
from hibiscus.runs.options import check_options, explain_range, split_options
from hibiscus.runs.recorded_loop import training_failed
from hibiscus.runs.run import Run
from hibiscus.runs.sweep_summary import setting_text, summarize_sweep
from hibiscus.runs.train import resume_run, train_run
from hibiscus.runs.training_data import Data
from hibiscus.training.config import TrainingConfig

__all__ = ["folder_name", "settings_of", "sweep_runs"]

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
    trust: bool = False,
) -> dict[str, Any]:
    """Trains all settings that have not been trained yet, and compares them; see `hibiscus.sweep`.

    A setting that cannot be trained is recorded as failed, and the others are trained; a diverged training is
    passed over when the sweep is continued.

    Raises:
        HibiscusError: the error of the first setting, if none could be trained.
    """
    options = resolve_aliases(options)
    settings = settings_of(get_method(method).Config, options)
    dataset = data if isinstance(data, Dataset) else None
    name, path = (data.name, data.path) if isinstance(data, Dataset) else (Path(data).name, os.fspath(data))
    request = {"method": method, "data": path, "options": json.loads(json.dumps(options, default=str))}
    root = _sweep_folder(method, name, out, request)
    runs: dict[int, Run] = {}
    errors: dict[int, HibiscusError] = {}
    with discarded_without_runs(RunFolder(root)):
        for index, setting in enumerate(settings):
            folder = root / folder_name(index + 1, setting)
            if not quiet:
                text = setting_text(setting).replace(",", ", ")
                show_line(f"training {index + 1} of {len(settings)}: {text}")
            try:
                if (folder / "run.json").exists():
                    _finish(folder, dataset, device, quiet, trust)
                else:
                    chosen = {**options, **setting}
                    train_run(method, data, chosen, out=folder, device=device, quiet=quiet, argv=argv)
                runs[index] = Run(folder, device, dataset, trust=True)  # trained here, or checked
            except InterruptedRunError as error:
                error.fix = f"the same command again with --out {root}"
                raise
            except (TrainingError, ConfigError, DataError) as error:
                if isinstance(error, RunError | ProcessLostError):  # it concerns the other trainings as well
                    raise
                errors[index] = error
                if not quiet:
                    show_line(f"training {index + 1} failed: {error.received}")
        if not runs:
            raise next(iter(errors.values()))
    failed = [
        {"setting": setting_text(settings[index]), "reason": error.received}
        for index, error in errors.items()
    ]
    result = {**summarize_sweep(runs, settings), "failed": failed, "folder": str(root)}
    RunFolder(root).write("sweep.json", {"format": FORMAT, **request, **result})
    page = compare_runs([run.path for run in runs.values()], root / "compare.html")
    return {**result, "compare": str(page)}


def _finish(folder: Path, data: Dataset | None, device: str, quiet: bool, trust: bool) -> None:
    """Resumes a training that was interrupted.

    Raises:
        TrainingError: it has failed before.
    """
    _, info = open_run(folder, trust)
    if training_failed(info):
        raise TrainingError(str(info["error"]).splitlines()[0], "", f"to train it again, delete {folder}")
    if info["status"] != "done":
        resume_run(folder, data=data, device=device, quiet=quiet, trust=trust)


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
    return f"{number:02d}-" + re.sub(r"[^\w.=,+-]+", "-", setting_text(setting))


def _sweep_folder(method: str, data: str, out: Any, request: dict[str, Any]) -> Path:
    """A new folder for a sweep, or the folder of the same sweep; `sweep.json` contains the request.

    Raises:
        ConfigError: the folder contains a sweep with other options.
        RunError: it contains something else, or is not writable.
    """
    if out is not None and (Path(out).expanduser() / "sweep.json").exists():
        folder = RunFolder(Path(out).expanduser())
        folder.check()
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
