"""Runs side by side: one page with their metrics, their validation curves and the options that differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hibiscus.errors import UsageError
from hibiscus.metrics.catalog import get_metric
from hibiscus.report.curves import SMOOTHED_FROM, history, smoothed
from hibiscus.report.formatting import (
    capitalized,
    duration,
    metric_label,
    metric_value,
    plain,
    setting,
    shorten,
)
from hibiscus.report.load import read_run
from hibiscus.report.page import render, save
from hibiscus.report.ranking import Ranking, rank_by_validation
from hibiscus.report.records import RunRecord
from hibiscus.report.result import Result, result_of
from hibiscus.report.svg import COLORS, Line, lines

__all__ = ["compare_runs"]

MAX_PLOTS = 6
NAME = 40  # characters of a run's name


def compare_runs(folders: Sequence[Path], out: Path | None = None) -> Path | str:
    """Compares runs on one self-contained page.

    Args:
        folders: the run folders, in the order in which they are shown.
        out: the file to write; None returns the text of the page.

    Returns:
        The path of the page, or its text.

    Raises:
        UsageError: when no folder is given.
        RunError: when one of them is no run folder, or `out` cannot be written.
    """
    if not folders:
        raise UsageError("no run to compare", "two run folders or more", "hibiscus compare runs/one runs/two")
    runs = [read_run(Path(folder)) for folder in folders]
    results, ranking = [result_of(run) for run in runs], rank_by_validation(runs)
    text = render(
        "compare.html",
        runs=[_heading(index, *pair) for index, pair in enumerate(zip(runs, results, strict=True))],
        verdict=_verdict(runs, ranking),
        metrics=_metrics(runs, results, ranking),
        plots=_plots(runs, results),
        differences=_differences(runs),
        notices=_notices(runs, results),
    )
    return text if out is None else save(text, Path(out))


def _heading(index: int, run: RunRecord, result: Result) -> dict[str, str]:
    value = metric_value(result.name, result.value) if math.isfinite(result.value) else "–"
    label = metric_label(result.name) if result.evaluated else f"best validation {metric_label(result.name)}"
    color = COLORS[index % len(COLORS)]
    return {
        "name": shorten(run.name, NAME),
        "status": run.info.status,
        "value": value,
        "metric": label,
        "color": color,
    }


def _verdict(runs: list[RunRecord], ranking: Ranking) -> str:
    """Which run is best on validation, and by how much, if a metric ranks them."""
    if len(_fingerprints(runs)) > 1:
        return "These runs were trained on different data, so they are not ranked."
    if not ranking.metric:
        return "These runs have no common selection metric on validation, so they are not ranked."
    order, values = ranking.order, [metric_value(ranking.metric, value) for value in ranking.values]
    label, run_name = metric_label(f"val/{ranking.metric}"), shorten(runs[order[0]].name, NAME)
    if len(order) == 1:
        return f"{capitalized(label)} of {run_name} is {values[0]} on validation."
    if ranking.values[order[0]] == ranking.values[order[1]]:
        return f"The two best runs are equal on validation: {label} is {values[order[0]]}."
    text = f"{run_name} is best on validation: {label} is {values[order[0]]}"
    return f"{text}, compared with {values[order[1]]} for the next."


def _metrics(runs: list[RunRecord], results: list[Result], ranking: Ranking) -> list[dict[str, Any]]:
    """The metric on validation that ranks the runs, its best value marked, and every metric of any run."""
    tables = [run.evaluation.metrics for run in runs]
    selected = [result.name for result in results if result.evaluated]
    rows = []
    if ranking.metric:
        rows.append(_row(f"val/{ranking.metric}", list(ranking.values), ranking.higher, True))
        rows[0]["label"] += ", validation"
    for name in dict.fromkeys([*selected, *(name for table in tables for name in table)]):
        rows.append(_row(name, [table.get(name) for table in tables], None, name in selected))
    times = [duration(run.info.seconds) for run in runs]
    sizes = [sum(run.info.parameters.values()) for run in runs]
    counts = [plain(size) if math.isfinite(size) and size else "–" for size in sizes]
    for label, texts in (("training time", times), ("parameters", counts)):
        cells = [(text, False) for text in texts]
        rows.append({"label": label, "help": label, "cells": cells, "selected": False})
    return rows


def _row(name: str, values: list[float | None], higher: bool | None, selected: bool) -> dict[str, Any]:
    finite = [value for value in values if value is not None and math.isfinite(value)]
    best = None if higher is None or len(finite) < 2 else (max if higher else min)(finite)
    cells = [(metric_value(name, value), best is not None and value == best) for value in values]
    description = ": ".join(filter(None, [name, get_metric(name).description]))
    return {"label": metric_label(name), "help": description, "cells": cells, "selected": selected}


def _plots(runs: list[RunRecord], results: list[Result]) -> list[dict[str, Any]]:
    """The validation curves of all runs, one plot for each term: loss, the selection metrics, others."""
    histories = [history(run)[0] for run in runs]
    names = dict.fromkeys(name for series in histories for name in series if name.startswith("val/"))
    selected = {result.name.rsplit("/", 1)[-1] for result in results}
    order = sorted(names, key=lambda name: (name != "val/loss", name.split("/", 1)[1] not in selected))[
        :MAX_PLOTS
    ]
    plots = []
    for name in order:
        plotted = []
        for index, (run, series) in enumerate(zip(runs, histories, strict=True)):
            if name in series:
                x, y = series[name]
                smooth = smoothed(y) if len(y) >= SMOOTHED_FROM else None
                color = COLORS[index % len(COLORS)]
                plotted.append(Line(shorten(run.name), x, y, color, index >= len(COLORS), smooth))
        legend = [{"name": line.name, "color": line.color, "dashed": line.dashed} for line in plotted]
        svg = lines(plotted, f"{metric_label(name)} of each run", x_label="epoch", whole=True)
        plots.append(
            {
                "title": f"{capitalized(metric_label(name))}, validation",
                "svg": svg,
                "legend": legend,
                "note": "",
            }
        )
    return plots


def _differences(runs: list[RunRecord]) -> list[tuple[str, list[str]]]:
    """Options and circumstances that are not equal in all runs."""
    tables = []
    for run in runs:
        info = run.info
        around = {
            key: getattr(info, key) for key in ("method", "seed", "device", "machine", "precision", "threads")
        }
        around = {key: value for key, value in around.items() if value not in (None, "")}
        versions = {f"version of {name}": version for name, version in info.versions.items()}
        tables.append({**around, "data": info.data.name, **versions, **info.config})
    rows = []
    for key in dict.fromkeys(key for table in tables for key in table):
        values = [setting(table[key]) if key in table else "–" for table in tables]
        if len(set(values)) > 1:
            rows.append((shorten(key, 40), values))
    return rows


def _fingerprints(runs: list[RunRecord]) -> set[str]:
    return {run.info.data.fingerprint for run in runs}


def _notices(runs: list[RunRecord], results: list[Result]) -> list[str]:
    notices = [f"{shorten(run.name, NAME)}: {notice}" for run in runs for notice in run.notices]
    if len(_fingerprints(runs)) > 1:
        notices.insert(
            0,
            "The runs were trained on different data (their fingerprints differ): the metrics are not "
            "comparable.",
        )
    if len({result.name for result in results}) > 1:
        notices.insert(0, "The runs have different selection metrics.")
    return notices
