"""The summary of a sweep: the metrics of each setting over its seeds, and the setting that is best.

All settings are ranked by one metric on the validation part; the test part does not choose among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hibiscus.report.load import read_run
from hibiscus.report.ranking import rank_by_validation
from hibiscus.runs.run import Run

__all__ = ["setting_text", "summarize_sweep"]


def setting_text(setting: Mapping[str, Any]) -> str:
    """A setting as it is typed: `beta=4,seed=0`."""
    return ",".join(f"{name}={value}" for name, value in setting.items())


def summarize_sweep(runs: Mapping[int, Run], settings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The settings with their metrics, and the best of them on the validation part.

    Args:
        runs: the finished runs by the position of their setting.
        settings: of all trainings.

    Returns:
        `settings`: for each setting, apart from its seed: `setting`, `runs` (folders), and `metrics`, by name
            `mean`, `sd` (None for one run) and `count`; the metric that ranks the settings comes first.
        `metric`: that metric, such as `val/accuracy`, and `best`, the best setting; None if the runs have no
            validation metric in common.
    """
    ranking = rank_by_validation([read_run(run.path) for run in runs.values()])
    metric = f"val/{ranking.metric}" if ranking.metric else None
    values = dict(zip(runs, ranking.values, strict=True))
    groups: dict[str, list[int]] = {}
    for index in runs:
        without_seed = {name: value for name, value in settings[index].items() if name != "seed"}
        groups.setdefault(setting_text(without_seed) or "all seeds", []).append(index)
    rows = []
    for name, indices in groups.items():
        numbers: dict[str, list[float]] = {metric: [values[index] for index in indices]} if metric else {}
        for index in indices:
            for key, value in runs[index].evaluation()["metrics"].items():
                numbers.setdefault(key, []).append(value)
        metrics = {key: _spread(seeds) for key, seeds in numbers.items()}
        rows.append(
            {"setting": name, "runs": [str(runs[index].path) for index in indices], "metrics": metrics}
        )
    means = [row["metrics"][metric]["mean"] for row in rows] if metric else []
    best = rows[means.index((max if ranking.higher else min)(means))]["setting"] if means else None
    return {"settings": rows, "metric": metric, "best": best}


def _spread(values: list[float]) -> dict[str, Any]:
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return {"mean": float(np.mean(values)), "sd": sd, "count": len(values)}
