"""Output of `sweep`: one column per setting, one row per metric."""

from __future__ import annotations

import math
from typing import Any

from hibiscus.cli.console import emit, number, table

__all__ = ["sweep"]


def sweep(method: str, data: str, options: dict[str, Any], as_json: bool, quiet: bool) -> None:
    """Trains all settings and prints their metrics, as mean ± standard deviation over several seeds."""
    from hibiscus import api

    result = api.sweep(method, data, quiet=quiet or as_json, **options)
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
    lines = [
        table(rows),
        "  * selected the best epoch; select a setting by it too, and report only its test metrics",
        f"runs:    {result['folder']}",
        f"compare: {result['compare']}",
    ]
    if as_json or not quiet:
        emit(result, "\n".join(lines), as_json)


def _cell(cell: dict[str, Any] | None, scale: float) -> str:
    if cell is None:
        return "-"
    spread = "" if cell["sd"] is None else f" ± {number(cell['sd'], scale)} ({cell['count']})"
    return number(cell["mean"], scale) + spread
