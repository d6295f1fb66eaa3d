"""Runs side by side: one page with their figures, their validation curves and what was set differently."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hibiscus.errors import UsageError
from hibiscus.report.curves import SMOOTHED_FROM, history, smoothed
from hibiscus.report.formatting import direction, duration, metric, plain, setting, shorten, show, with_article
from hibiscus.report.load import RunFolder, as_mapping, as_number, as_text, read_run
from hibiscus.report.page import render, save
from hibiscus.report.svg import COLORS, Line, lines
from hibiscus.report.verdict import Deciding, deciding

__all__ = ["compare_runs"]

CURVES = 6  # plots


def compare_runs(folders: Sequence[Path], out: Path | None = None) -> Path | str:
    """Compares runs on one self-contained page.

    Args:
        folders: the run folders, in the order in which they are shown.
        out: the file to write; None gives the page's text back.

    Returns:
        The path of the page, or its text.

    Raises:
        UsageError: when no folder is given.
        RunError: when one of them is no run folder, or `out` cannot be written.
    """
    if not folders:
        raise UsageError("no run to compare", "two run folders or more", "hibiscus compare runs/one runs/two")
    runs = [read_run(Path(folder)) for folder in folders]
    selection_metric = [deciding(run) for run in runs]
    text = render(
        "compare.html",
        runs=[_heading(index, run, main) for index, (run, main) in enumerate(zip(runs, selection_metric, strict=True))],
        verdict=_verdict(runs, selection_metric),
        metrics=_metrics(runs, selection_metric),
        figures=_figures(runs, selection_metric),
        differences=_differences(runs),
        notices=_notices(runs, selection_metric),
    )
    return text if out is None else save(text, Path(out))


def _heading(index: int, run: RunFolder, main: Deciding) -> dict[str, str]:
    value = show(main.name, main.value) if math.isfinite(main.value) else "–"
    where = metric(main.name) + ("" if main.measured else ", best in validation")
    color = COLORS[index % len(COLORS)]
    return {"name": shorten(run.name, 40), "status": run.status, "value": value, "metric": where, "color": color}


def _verdict(runs: list[RunFolder], selection_metric: list[Deciding]) -> str:
    """Which run is ahead, and by how much, where all are judged by the same figure."""
    if len(_fingerprints(runs)) > 1:
        return "These runs were not made on the same data, so none is called the best."
    if len({main.name for main in selection_metric}) > 1 or not all(math.isfinite(main.value) for main in selection_metric):
        return "These runs are not all judged by the same figure, so none is called the best."
    pairs = sorted(zip(selection_metric, runs, strict=True), key=lambda pair: pair[0].value, reverse=selection_metric[0].higher)
    (first, best), name = pairs[0], selection_metric[0].name
    figure = with_article(f"{metric(name)} of {show(name, first.value)}")
    if len(pairs) == 1:
        return f"{shorten(best.name, 40)} reaches {figure}."
    second = pairs[1][0].value
    if first.value == second:
        return f"The best two runs are level: {figure}."
    return f"{shorten(best.name, 40)} is ahead: {figure}, the next has {show(name, second)}."


def _metrics(runs: list[RunFolder], selection_metric: list[Deciding]) -> list[dict[str, Any]]:
    """A row for every metric that any run has, the best value marked where it is known which way is better."""
    higher = {main.name: main.higher for main in selection_metric}
    tables = [as_mapping(run.evaluation.get("metrics")) for run in runs]
    names = list(dict.fromkeys([main.name for main in selection_metric if main.measured] + [name for each in tables for name in each]))
    rows = [_row(name, [each.get(name) for each in tables], higher.get(name, direction(name)), name in higher) for name in names]
    seconds = [run.info.get("seconds") for run in runs]
    rows.append(
        {"name": "training time", "full": "seconds", "cells": [(duration(each), False) for each in seconds], "selection_metric": False}
    )
    sizes = [sum(as_number(v) for v in as_mapping(run.info.get("parameters")).values()) for run in runs]
    cells = [(plain(size) if math.isfinite(size) and size else "–", False) for size in sizes]
    rows.append({"name": "parameters", "full": "parameters", "cells": cells, "selection_metric": False})
    return rows


def _row(name: str, values: list[Any], higher: bool | None, selection_metric: bool) -> dict[str, Any]:
    numbers = [as_number(value) for value in values]
    finite = [value for value in numbers if math.isfinite(value)]
    best = None if higher is None or len(finite) < 2 else (max if higher else min)(finite)
    cells = [(show(name, value), number == best) for value, number in zip(values, numbers, strict=True)]
    return {"name": metric(name), "full": name, "cells": cells, "selection_metric": selection_metric}


def _figures(runs: list[RunFolder], selection_metric: list[Deciding]) -> list[dict[str, Any]]:
    """The validation curves of all runs, one plot for each term: loss, the deciding metric, others."""
    found = [history(run)[0] for run in runs]
    names = dict.fromkeys(name for series in found for name in series if name.startswith("val/"))
    words = {main.name.rsplit("/", 1)[-1] for main in selection_metric}
    order = sorted(names, key=lambda name: (name != "val/loss", name.split("/", 1)[1] not in words))[:CURVES]
    drawn = []
    for name in order:
        plot = []
        for index, (run, series) in enumerate(zip(runs, found, strict=True)):
            if name in series:
                x, y = series[name]
                smooth = smoothed(y) if len(y) >= SMOOTHED_FROM else None
                plot.append(Line(shorten(run.name), x, y, COLORS[index % len(COLORS)], index >= len(COLORS), smooth))
        legend = [{"name": line.name, "color": line.color, "dashed": line.dashed} for line in plot]
        svg = lines(plot, f"{metric(name)} of each run", x_label="epoch", whole=True)
        drawn.append({"title": f"{metric(name)}, validation", "svg": svg, "legend": legend, "note": ""})
    return drawn


def _differences(runs: list[RunFolder]) -> list[tuple[str, list[str]]]:
    """What was set differently: configuration values and circumstances that are not the same in every run."""
    tables = []
    for run in runs:
        around = {key: run.info.get(key) for key in ("method", "seed", "device", "machine", "precision", "threads")}
        data = {"data": as_mapping(run.info.get("data")).get("name")}
        versions = {f"version of {key}": value for key, value in as_mapping(run.info.get("versions")).items()}
        tables.append({**around, **data, **versions, **as_mapping(run.info.get("config"))})
    rows = []
    for key in dict.fromkeys(key for table in tables for key in table):
        values = [setting(table[key]) if key in table else "–" for table in tables]
        if len(set(values)) > 1:
            rows.append((shorten(key, 40), values))
    return rows


def _fingerprints(runs: list[RunFolder]) -> set[str]:
    return {as_text(as_mapping(run.info.get("data")).get("fingerprint")) for run in runs}


def _notices(runs: list[RunFolder], selection_metric: list[Deciding]) -> list[str]:
    notices = [f"{shorten(run.name, 40)}: {each}" for run in runs for each in run.missing]
    if len(_fingerprints(runs)) > 1:
        notices.insert(0, "The runs were not made on the same data (their fingerprints differ): read the figures with care.")
    if len({main.name for main in selection_metric}) > 1:
        notices.insert(0, "The runs are judged by different figures.")
    return notices
