"""The verbs that train several times: crossval and sweep."""

from __future__ import annotations

import math
from typing import Any

from hibiscus.cli.arguments import (
    Data,
    Debug,
    Device,
    Json,
    Method,
    Out,
    Quiet,
    Seed,
    Words,
    command_line,
    load_api,
    read_options,
)
from hibiscus.cli.console import emit, number, table
from hibiscus.errors import ConfigError

__all__ = ["crossval", "sweep"]


def crossval(
    method: Method,
    data: Data,
    words: Words = None,
    out: Out = None,
    seed: Seed = None,
    device: Device = "auto",
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """K-fold cross-validation, then a refit at the best epoch."""
    options = read_options(words, seed)
    folds = str(options.pop("folds", 5))
    if not folds.isdecimal():
        raise ConfigError(f"folds={folds}", "a whole number from 2", "folds=5")
    api = load_api()
    from hibiscus.cli.metrics import result

    options |= {"out": out, "device": device, "quiet": quiet or as_json, "argv": command_line()}
    result(api.crossval(method, data, folds=int(folds), **options), [], as_json, quiet)


def sweep(
    method: Method,
    data: Data,
    words: Words = None,
    out: Out = None,
    seed: Seed = None,
    device: Device = "auto",
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Train once for each of several values, and compare."""
    options = read_options(words, seed)
    api = load_api()

    options |= {"out": out, "device": device, "quiet": quiet or as_json, "argv": command_line()}
    result = api.sweep(method, data, **options)
    if as_json or not quiet:
        emit(result, _comparison(result), as_json)


def _comparison(result: dict[str, Any]) -> str:
    """One column per setting, one row per metric, with mean ± standard deviation over several seeds."""
    settings = result["settings"]
    rows = [["", *(row["setting"] for row in settings)]]
    for name in dict.fromkeys(name for row in settings for name in row["metrics"]):
        cells = [row["metrics"].get(name) for row in settings]
        scale = max(
            (abs(cell["mean"]) for cell in cells if cell and math.isfinite(cell["mean"])), default=0.0
        )
        rows.append(
            [f"{name} *" if name.startswith("val/") else name, *(_cell(cell, scale) for cell in cells)]
        )
    note = "  * selected the best epoch; select a setting by it too, and report only its test metrics"
    return "\n".join([table(rows), note, f"runs:    {result['folder']}", f"compare: {result['compare']}"])


def _cell(cell: dict[str, Any] | None, scale: float) -> str:
    if cell is None:
        return "-"
    spread = "" if cell["sd"] is None else f" ± {number(cell['sd'], scale)} ({cell['count']})"
    return number(cell["mean"], scale) + spread
