"""What `sweep` prints: a column for each setting, a row for each figure."""

from __future__ import annotations

import math
from typing import Any

from hibiscus.cli.console import number, say, table

__all__ = ["sweep"]


def sweep(method: str, data: str, options: dict[str, Any], as_json: bool, quiet: bool) -> None:
    """Trains, then prints the figures of every setting side by side, mean ± standard deviation where there are several seeds."""
    from hibiscus import api

    found = api.sweep(method, data, quiet=quiet or as_json, **options)
    settings = found["settings"]
    rows = [["", *(one["setting"] for one in settings)]]
    for name in dict.fromkeys(name for one in settings for name in one["figures"]):
        cells = [one["figures"].get(name) for one in settings]
        scale = max((abs(cell["mean"]) for cell in cells if cell and math.isfinite(cell["mean"])), default=0.0)
        rows.append([f"{name} *" if name.startswith("val/") else name, *(_cell(cell, scale) for cell in cells)])
    lines = [
        table(rows),
        "  * chose the epoch in each run; choose among settings by it too, and report the test part of the one that you chose",
        f"runs:    {found['folder']}",
        f"compare: {found['compare']}",
    ]
    if as_json or not quiet:
        say(found, "\n".join(lines), as_json)


def _cell(cell: dict[str, Any] | None, scale: float) -> str:
    if cell is None:
        return "-"
    spread = "" if cell["sd"] is None else f" ± {number(cell['sd'], scale)} ({cell['count']})"
    return number(cell["mean"], scale) + spread
