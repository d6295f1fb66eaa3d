"""The verbs that train several times: crossval, sweep and, for some steps, lr-find."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from hibiscus.cli.arguments import (
    Config,
    Debug,
    Device,
    Json,
    NamedData,
    NamedMethod,
    Out,
    Quiet,
    Seed,
    Trust,
    Words,
    command_line,
    load_api,
    read_training,
)
from hibiscus.cli.console import emit, number, table
from hibiscus.errors import ConfigError, TrainingError

__all__ = ["crossval", "lr_find", "sweep"]


Work = Callable[[str, str, dict[str, Any], bool, bool], None]


def _verb(work: Work) -> Callable[..., None]:
    """The command of a verb that trains several times: `work` with the arguments that all of them share."""

    def command(
        method: NamedMethod = None,
        data: NamedData = None,
        words: Words = None,
        config: Config = None,
        out: Out = None,
        seed: Seed = None,
        device: Device = "auto",
        trust: Trust = False,
        as_json: Json = False,
        quiet: Quiet = False,
        debug: Debug = False,
    ) -> None:
        verb = command.__name__.replace("_", "-")
        name, path, options = read_training(verb, method, data, words, seed, config, trust)
        options |= {"out": out, "device": device, "quiet": quiet or as_json, "trust": trust}
        options["argv"] = command_line()
        work(name, path, options, as_json, quiet)

    command.__name__, command.__doc__ = getattr(work, "__name__", ""), work.__doc__
    return command


@_verb
def crossval(method: str, data: str, options: dict[str, Any], as_json: bool, quiet: bool) -> None:
    """K-fold cross-validation, then a refit at the best epoch."""
    folds = str(options.pop("folds", 5))
    if not folds.isdecimal():
        raise ConfigError(f"folds={folds}", "a whole number from 2", "folds=5")
    api = load_api()
    from hibiscus.cli.metrics import result

    run = api.crossval(method, data, folds=int(folds), **options)
    result(run, [], as_json, quiet)
    failed = run.folder.read("crossval.json")["failed"]
    _raise_failed(failed, int(folds), "folds", str(run.path), as_json)


@_verb
def sweep(method: str, data: str, options: dict[str, Any], as_json: bool, quiet: bool) -> None:
    """Train once for each of several values, and compare."""
    result = load_api().sweep(method, data, **options)
    if as_json or not quiet:
        emit(result, _comparison(result), as_json)
    failed = {row["setting"]: row["reason"] for row in result["failed"]}
    count = len(failed) + sum(len(row["runs"]) for row in result["settings"])
    _raise_failed(failed, count, "trainings", result["folder"], as_json)


@_verb
def lr_find(method: str, data: str, options: dict[str, Any], as_json: bool, quiet: bool) -> None:
    """Suggest a learning rate by short trainings in which it grows."""
    options = {name: value for name, value in options.items() if name not in ("argv", "trust")}
    result = load_api().lr_find(method, data, **options)
    if as_json or not quiet:
        suggestion = result["suggestion"]
        advice = "none: the loss hardly falls at any learning rate; check the data and the other options"
        if suggestion is not None:
            steepest = f"the loss falls most steeply at {result['steepest']:g}"
            advice = f"learning_rate={suggestion:g} ({steepest}; in use: {result['configured']:g})"
        emit(result, f"suggestion: {advice}\nplot:       {result['plot']}", as_json)


def _raise_failed(failed: dict[str, str], count: int, what: str, folder: str, as_json: bool) -> None:
    """Reports the trainings that failed, after the results of the others.

    Raises:
        TrainingError: if there are any.
    """
    if failed:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in failed.items())
        error = TrainingError(
            f"{len(failed)} of {count} {what} failed ({reasons})",
            f"{count} {what}",
            f"other values; to train a failed one again, delete its folder in {folder}",
        )
        error.printed = as_json  # the printed object lists them
        raise error


def _comparison(result: dict[str, Any]) -> str:
    """One column per setting, one row per metric, with mean ± standard deviation over several seeds."""
    settings = result["settings"]
    rows = [["setting", *(row["setting"] for row in settings)]]
    for name in dict.fromkeys(name for row in settings for name in row["metrics"]):
        cells = [row["metrics"].get(name) for row in settings]
        scale = max(
            (abs(cell["mean"]) for cell in cells if cell and math.isfinite(cell["mean"])), default=0.0
        )
        rows.append(
            [f"{name} *" if name == result["metric"] else name, *(_cell(cell, scale) for cell in cells)]
        )
    note = "  * ranks the settings; the test part does not choose one"
    best = f"best:    {result['best'] or 'not ranked, since there is no common metric on validation'}"
    return "\n".join(
        [table(rows), note, best, f"runs:    {result['folder']}", f"compare: {result['compare']}"]
    )


def _cell(cell: dict[str, Any] | None, scale: float) -> str:
    if cell is None:
        return "-"
    spread = "" if cell["sd"] is None else f" ± {number(cell['sd'], scale)} ({cell['count']})"
    return number(cell["mean"], scale) + spread
