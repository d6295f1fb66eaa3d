"""The training curves: grouping into plots, smoothing, the best epoch and the stopping epoch."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hibiscus.metrics.catalog import get_metric
from hibiscus.metrics.learning_curves import smooth, stopping_epoch
from hibiscus.report.formatting import capitalized, duration, metric_label, metric_value, plain, shorten
from hibiscus.report.records import EpochLine, RunRecord
from hibiscus.report.svg import Line, Mark, lines

__all__ = ["Series", "crossval_panel", "history", "panels", "smoothed", "stopping"]

Series = dict[str, tuple[list[float], list[float]]]
FACTOR = 0.8  # of the exponential moving average
SMOOTHED_FROM = 25  # points; on a shorter line the average lags so far behind that it misleads
PARTS = {"train": "training", "val": "validation"}
MAX_PLOTS = 24
PLAYER_COLORS = ("accent", "c2", "c3", "c4", "c5", "c6", "c7", "train")


def history(run: RunRecord) -> tuple[Series, str]:
    """The terms over epochs, each as (x, y); over rounds if fewer than two epochs are complete.

    Returns:
        The series by name, and the name of x.
    """
    epochs = [line for line in run.lines if line.ends_epoch and math.isfinite(line.epoch)]
    if len(epochs) < 2:
        rounds = [line for line in run.lines if not line.ends_epoch and math.isfinite(line.round)]
        if len(rounds) >= 2:
            return _series([(line.round, line) for line in rounds]), "round"
    latest = {(line.stage, line.epoch): line for line in epochs}  # a resumed epoch counts once
    counts = Counter(epoch for _, epoch in latest)
    restarts = any(count > 1 for count in counts.values())  # each stage counts from one
    numbered = enumerate(latest.items(), 1)
    return _series(
        [(float(index) if restarts else epoch, line) for index, ((_, epoch), line) in numbered]
    ), "epoch"


def panels(run: RunRecord) -> dict[str, Any]:
    """The plots: loss, the selection metric, every other term, and the learning rate."""
    series, x_label = history(run)
    marks = _marks(run, series) if x_label == "epoch" else []
    groups: dict[str, list[str]] = {}
    for name in series:
        if name.startswith(("train/", "val/")):
            groups.setdefault(re.split(r"[/.]", name)[-1], []).append(name)
    groups = {term: names for term, names in groups.items() if not _is_setting(term, names, series)}
    selected = run.info.selection_metric.name.rsplit("/", 1)[-1]
    order = sorted(groups, key=lambda term: (term != "loss", term != selected))[:MAX_PLOTS]
    plots = [_panel(term, groups[term], series, x_label, marks, term == selected) for term in order]
    if rates := {name: points for name, points in series.items() if name.startswith("lr/")}:
        plots.append(_learning_rates(rates, x_label))
    last = max((x[-1] for x, _ in series.values() if x), default=0)
    return {
        "first": plots[:2],
        "rest": plots[2:],
        "summary": _summary(run, series, selected) if x_label == "epoch" and plots else {},
        "count": int(last),
        "x": x_label,
        "smoothed": any(len(x) >= SMOOTHED_FROM for x, _ in series.values()),
        "left_out": max(0, len(groups) - MAX_PLOTS),
    }


def _is_setting(term: str, names: list[str], series: Series) -> bool:
    """Whether a term is a constant of the data, such as a number of items, and not a result of training."""
    metric, values = get_metric(term), {value for name in names for value in series[name][1]}
    return bool(metric.description) and metric.higher_is_better is None and len(values) == 1


def smoothed(values: Sequence[float]) -> list[float]:
    """The exponential moving average of the values; gaps are preserved."""
    averages = iter(smooth([value for value in values if math.isfinite(value)], FACTOR).tolist())
    return [next(averages) if math.isfinite(value) else math.nan for value in values]


def stopping(run: RunRecord, series: Series) -> float:
    """The epoch at which training should have stopped: as recorded, else computed; NaN if unknown."""
    for recorded in (run.evaluation.stopping_epoch, run.info.stopping_epoch):
        if math.isfinite(recorded):
            return recorded
    training, validation = next((series[name] for name in _losses(series)), None), series.get("val/loss")
    if not training or not validation or len(validation[1]) < 3:
        return math.nan
    losses = dict(zip(*training, strict=True))
    pairs = [(x, losses.get(x, math.nan), y) for x, y in zip(*validation, strict=True)]
    pairs = [(x, train, val) for x, train, val in pairs if math.isfinite(train) and math.isfinite(val)]
    try:
        count = stopping_epoch([train for _, train, _ in pairs], [val for *_, val in pairs])
        return pairs[count - 1][0] if count else math.nan
    except Exception:  # the report is written whatever the curves contain
        return math.nan


def crossval_panel(run: RunRecord) -> dict[str, Any] | None:
    """The fold scores and the mean curve of a cross-validation."""
    record = run.crossval
    if record is None:
        return None
    label = metric_label(record.selection_metric.name)
    curves = (("train", record.training_curve, "train"), ("val", record.validation_curve, "accent"))
    plotted = [
        _line(PARTS[part], [float(index + 1) for index in range(len(values))], values, color)
        for part, values, color in curves
        if values
    ]
    best = record.best_epoch
    marks = [Mark(best, f"best, epoch {plain(best)}")] if math.isfinite(best) else []
    svg = (
        lines(plotted, "mean curve over the folds", x_label="epoch", marks=marks, whole=True)
        if plotted
        else ""
    )
    return {
        "metric": record.selection_metric.name,
        "scores": record.scores,
        "mean": record.mean,
        "sd": record.sd,
        "figure": {
            "title": f"{capitalized(label)}, mean over folds",
            "svg": svg,
            "legend": _legend(plotted),
            "note": "",
        },
    }


def _series(rows: list[tuple[float, EpochLine]]) -> Series:
    series: Series = {}
    for x, line in rows:
        for name, value in line.terms.items():
            xs, ys = series.setdefault(name, ([], []))
            xs.append(x)
            ys.append(value)
    return series


def _marks(run: RunRecord, series: Series) -> list[Mark]:
    best, stop = run.info.best.epoch, stopping(run, series)
    if math.isfinite(best) and best == stop:
        return [Mark(best, f"{run.info.selected} and stopping epoch {plain(best)}", "accent")]
    marks = [Mark(best, f"{run.info.selected}, epoch {plain(best)}", "accent")] if math.isfinite(best) else []
    return marks + ([Mark(stop, f"stop, epoch {plain(stop)}", "c3")] if math.isfinite(stop) else [])


def _summary(run: RunRecord, series: Series, selected: str) -> dict[str, Any]:
    """The curves in numbers: values at the best epoch and at the end, and where to stop."""
    best, stop = run.info.best.epoch, stopping(run, series)
    end = max((x[-1] for x, _ in series.values()), default=math.nan)
    rows = []
    for name in dict.fromkeys((f"val/{selected}", "val/loss", *_losses(series))):
        values = dict(zip(*series.get(name, ([], [])), strict=True))
        cells = [metric_value(name, values.get(epoch), unit=False) for epoch in (best, end)]
        if values:
            rows.append((f"{PARTS[name.split('/', 1)[0]]} {metric_label(re.split('[/.]', name)[-1])}", cells))
    notes = (
        [f"Stop at epoch {plain(stop)}: the validation loss rises after it."] if math.isfinite(stop) else []
    )
    validation = series.get("val/loss", ([], []))[1]
    if not notes and len(validation) >= 5 and validation[-1] <= 1.02 * min(validation):
        notes = ["The validation loss has not started to rise."]
    seconds = sorted(line.seconds for line in run.lines if math.isfinite(line.seconds))
    if seconds:
        notes.append(f"An epoch takes {duration(seconds[len(seconds) // 2])}.")
    columns = [
        f"{run.info.selected}, epoch {plain(best)}" if math.isfinite(best) else "best",
        f"last, epoch {plain(end)}",
    ]
    return {"columns": columns, "rows": rows, "note": " ".join(notes)} if rows else {}


def _losses(series: Series) -> list[str]:
    """The training loss, if there is a single player."""
    losses = [name for name in series if name == "train/loss" or re.fullmatch(r"train/[^/]+\.loss", name)]
    return losses if len(losses) == 1 else []


def _panel(
    term: str, names: list[str], series: Series, x_label: str, marks: list[Mark], selected: bool
) -> dict[str, Any]:
    """One plot of all the terms that share their last word."""
    players = sorted({_player(name) for name in names})
    all_players = {_player(name) for name in series if name.startswith("train/")}
    single = len([player for player in players if player]) < 2  # one player, whom validation does not name
    plotted = []
    for name in sorted(names, key=lambda name: (_player(name), name.startswith("val/"))):
        part, player = name.split("/", 1)[0], _player(name)
        if single:
            color, dashed = ("accent" if part == "val" else "train"), False
        else:
            color, dashed = PLAYER_COLORS[players.index(player) % len(PLAYER_COLORS)], part == "val"
        line_name = PARTS[part] if single or not player else f"{shorten(player)}, {PARTS[part]}"
        plotted.append(_line(line_name, *series[name], color, dashed))
    gaps = [
        f"{line.name} ({x_label} {plain(line.x[gap])})"
        for line in plotted
        if (gap := _first_gap(line.y)) is not None
    ]
    note = f"Not a number at one or more points, first at: {'; '.join(gaps)}." if gaps else ""
    values = [y for line in plotted for y in line.y if math.isfinite(y)]
    steep = get_metric(term).higher_is_better is not True and _spans(values, 200)
    label = metric_label(term)
    svg = lines(
        plotted, f"{label} over {x_label}s", x_label=x_label, marks=marks, logarithmic=steep, whole=True
    )
    owner = (
        f" of the {shorten(players[0])}" if single and players[-1:] != [""] and len(all_players) > 1 else ""
    )
    title = label + owner + (" (selection metric)" if selected else "") + (" (log scale)" if steep else "")
    return {
        "title": capitalized(title),
        "svg": svg if values else "",
        "legend": _legend(plotted),
        "note": note,
    }


def _learning_rates(rates: Series, x_label: str) -> dict[str, Any]:
    palette = ("train",) if len(rates) == 1 else PLAYER_COLORS[:-1]
    names = sorted(rates)[:12]
    plotted = [
        Line(shorten(name.removeprefix("lr/")), *rates[name], palette[index % len(palette)])
        for index, name in enumerate(names)
    ]
    values = [y for line in plotted for y in line.y if math.isfinite(y)]
    options = {"x_label": x_label, "logarithmic": _spans(values, 20), "whole": True, "size": (4.0, 1.75)}
    svg = lines(plotted, "learning rate", **options) if values else ""
    return {"title": "Learning rate", "svg": svg, "legend": _legend(plotted), "note": "", "small": True}


def _spans(values: Sequence[float], ratio: float) -> bool:
    """Whether the values are positive and span a range that is better shown on a logarithmic axis."""
    return bool(values) and min(values) > 0 and max(values) > ratio * min(values)


def _player(name: str) -> str:
    """The player of a term: `generator` in `train/generator.loss`, empty in `train/loss`."""
    return re.sub(r"[/.][^/.]*$", "", "/" + name.split("/", 1)[1]).strip("/")


def _line(name: str, x: Sequence[float], y: Sequence[float], color: str, dashed: bool = False) -> Line:
    return Line(name, x, y, color, dashed, smoothed(y) if len(y) >= SMOOTHED_FROM else None)


def _first_gap(values: Sequence[float]) -> int | None:
    return next((index for index, value in enumerate(values) if not math.isfinite(value)), None)


def _legend(plotted: Sequence[Line]) -> list[dict[str, Any]]:
    return [{"name": line.name, "color": line.color, "dashed": line.dashed} for line in plotted]
