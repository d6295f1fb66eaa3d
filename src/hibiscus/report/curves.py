"""The curves of a training: which terms share a plot, how they are smoothed, and where it was best and should have stopped."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hibiscus.report.formatting import direction, duration, metric, plain, shorten, show
from hibiscus.report.load import RunFolder, as_list, as_mapping, as_number, as_text
from hibiscus.report.svg import Line, Mark, lines

__all__ = ["Series", "crossval_panel", "history", "panels", "smoothed", "stopping"]

Series = dict[str, tuple[list[float], list[float]]]
FACTOR = 0.8  # of the exponential moving average
SMOOTHED_FROM = 25  # points; on a shorter line the average lags so far behind that it misleads
PARTS = {"train": "training", "val": "validation"}
AT_MOST = 24  # plots


def history(run: RunFolder) -> tuple[Series, str]:
    """The terms over epochs, each as (x, y); over rounds while fewer than two epochs are done.

    Returns:
        The series by name, and the word for x.
    """
    epochs = [line for line in run.lines if line.get("event") == "epoch" and math.isfinite(as_number(line.get("epoch")))]
    if len(epochs) < 2:
        rounds = [line for line in run.lines if line.get("event") == "rounds" and math.isfinite(as_number(line.get("round")))]
        if len(rounds) >= 2:
            return _series([(as_number(line["round"]), line) for line in rounds]), "round"
    latest = {(as_number(line.get("stage")), as_number(line["epoch"])): line for line in epochs}  # a resumed epoch counts once
    numbers = Counter(epoch for _, epoch in latest)
    again = any(times > 1 for times in numbers.values())  # each stage counts from one
    return _series([(index + 1.0 if again else epoch, line) for index, ((_, epoch), line) in enumerate(latest.items())]), "epoch"


def panels(run: RunFolder) -> dict[str, Any]:
    """The plots: loss, the metric that decides, every other term, and the learning rate."""
    series, x_label = history(run)
    marks = _marks(run, series) if x_label == "epoch" else []
    groups: dict[str, list[str]] = {}
    for name in series:
        if name.startswith(("train/", "val/")):
            groups.setdefault(re.split(r"[/.]", name)[-1], []).append(name)
    selection_metric = as_text(as_mapping(run.info.get("selection_metric")).get("name")).rsplit("/", 1)[-1]
    order = sorted(groups, key=lambda word: (word != "loss", word != selection_metric))[:AT_MOST]
    drawn = [_panel(word, groups[word], series, x_label, marks, word == selection_metric) for word in order]
    if rates := {name: each for name, each in series.items() if name.startswith("lr/")}:
        drawn.append(_rates(rates, x_label))
    last = max((x[-1] for x, _ in series.values() if x), default=0)
    read = _read_off(run, series, selection_metric) if x_label == "epoch" and drawn else {}
    return {
        "first": drawn[:2],
        "rest": drawn[2:],
        "read": read,
        "count": int(last),
        "x": x_label,
        "left_out": max(0, len(groups) - AT_MOST),
    }


def smoothed(values: Sequence[float]) -> list[float]:
    """The exponential moving average of what is measured; a gap stays a gap."""
    from hibiscus.metrics.learning_curves import smooth

    averages = iter(smooth([value for value in values if math.isfinite(value)], FACTOR).tolist())
    return [next(averages) if math.isfinite(value) else math.nan for value in values]


def stopping(run: RunFolder, series: Series) -> float:
    """The epoch at which training should have stopped: as the run says, else computed; not a number where unknown."""
    for place in (run.evaluation, run.info):
        for key in ("stopping_epoch",):
            value = place.get(key)
            value = as_number(value.get("epoch") if isinstance(value, dict) else value)
            if math.isfinite(value):
                return value
    training, validation = next((series[name] for name in _losses(series)), None), series.get("val/loss")
    if not training or not validation or len(validation[1]) < 3:
        return math.nan
    try:
        from hibiscus.metrics.learning_curves import stopping_epoch
    except ImportError:
        return math.nan
    pairs = dict(zip(*training, strict=True))
    both = [(x, pairs[x], y) for x, y in zip(*validation, strict=True) if math.isfinite(y) and math.isfinite(pairs.get(x, math.nan))]
    try:
        count = stopping_epoch([each[1] for each in both], [each[2] for each in both])
        return both[count - 1][0] if count else math.nan
    except Exception:  # the report is made whatever the curves hold
        return math.nan


def crossval_panel(run: RunFolder) -> dict[str, Any] | None:
    """The fold scores and the mean curve of a cross-validation."""
    if not run.crossval:
        return None
    name = as_text(as_mapping(run.crossval.get("selection_metric")).get("name"))
    curve = as_mapping(run.crossval.get("curve"))
    drawn = []
    for part, color in (("train", "train"), ("val", "accent")):
        values = [as_number(value) for value in as_list(curve.get(part))]
        if values:
            drawn.append(_line(PARTS[part], [float(i + 1) for i in range(len(values))], values, color))
    best = as_number(run.crossval.get("best_epoch"))
    marks = [Mark(best, f"best, epoch {plain(best)}")] if math.isfinite(best) else []
    figure = {"title": f"{metric(name)}, mean over folds", "svg": "", "legend": _legend(drawn), "note": ""}
    if drawn:
        figure["svg"] = lines(drawn, "mean curve over the folds", x_label="epoch", marks=marks, whole=True)
    scores = [as_number(value) for value in as_list(run.crossval.get("scores"))]
    return {"metric": name, "scores": scores, "mean": run.crossval.get("mean"), "sd": run.crossval.get("sd"), "figure": figure}


def _series(rows: list[tuple[float, dict[str, Any]]]) -> Series:
    found: Series = {}
    for x, line in rows:
        for name, value in line.items():
            if name.startswith(("train/", "val/", "lr/")):
                xs, ys = found.setdefault(name, ([], []))
                xs.append(x)
                ys.append(as_number(value) if math.isfinite(as_number(value)) else math.nan)
    return found


def _marks(run: RunFolder, series: Series) -> list[Mark]:
    best = as_number(as_mapping(run.info.get("best")).get("epoch"))
    stop = stopping(run, series)
    if math.isfinite(best) and best == stop:
        return [Mark(best, f"best and stopping epoch {plain(best)}", "accent")]
    marks = [Mark(best, f"best, epoch {plain(best)}", "accent")] if math.isfinite(best) else []
    return marks + ([Mark(stop, f"stop, epoch {plain(stop)}", "c3")] if math.isfinite(stop) else [])


def _read_off(run: RunFolder, series: Series, selection_metric: str) -> dict[str, Any]:
    """What the curves say in numbers: the figures at the best epoch and at the end, and where to stop."""
    best, stop = as_number(as_mapping(run.info.get("best")).get("epoch")), stopping(run, series)
    end = max((x[-1] for x, _ in series.values()), default=math.nan)
    rows = []
    for name in dict.fromkeys((f"val/{selection_metric}", "val/loss", *_losses(series))):
        values = dict(zip(*series.get(name, ([], [])), strict=True))
        cells = [show(name, values[at], unit=False) if at in values else "–" for at in (best, end)]
        if values:
            rows.append((f"{PARTS[name.split('/', 1)[0]]} {metric(re.split('[/.]', name)[-1])}", cells))
    notes = [f"Stop at epoch {plain(stop)}: from there the validation loss rises."] if math.isfinite(stop) else []
    validation = series.get("val/loss", ([], []))[1]
    if not notes and len(validation) >= 5 and validation[-1] <= 1.02 * min(validation):
        notes = ["The validation loss has not turned upwards."]
    seconds = sorted(value for line in run.lines if math.isfinite(value := as_number(line.get("seconds"))))
    if seconds:
        notes.append(f"An epoch takes {duration(seconds[len(seconds) // 2])}.")
    columns = [f"best, epoch {plain(best)}" if math.isfinite(best) else "best", f"last, epoch {plain(end)}"]
    return {"columns": columns, "rows": rows, "note": " ".join(notes)} if rows else {}


def _losses(series: Series) -> list[str]:
    """The training loss, where there is one player."""
    losses = [name for name in series if name == "train/loss" or re.fullmatch(r"train/[^/]+\.loss", name)]
    return losses if len(losses) == 1 else []


def _panel(word: str, names: list[str], series: Series, x_label: str, marks: list[Mark], selection_metric: bool) -> dict[str, Any]:
    """One plot of all the terms that share their last word."""
    owners = sorted({_owner(name) for name in names})
    players = {_owner(name) for name in series if name.startswith("train/")}
    alone = len([owner for owner in owners if owner]) < 2  # one player, whom validation does not name
    drawn = []
    for name in sorted(names, key=lambda each: (_owner(each), each.startswith("val/"))):
        part, owner = name.split("/", 1)[0], _owner(name)
        if alone:
            color, dashed = ("accent" if part == "val" else "train"), False
        else:
            color = ("accent", "c2", "c3", "c4", "c5", "c6", "c7", "train")[owners.index(owner) % 8]
            dashed = part == "val"
        called = f"{shorten(owner)}, {PARTS[part]}" if owner and not alone else PARTS[part]
        drawn.append(_line(called, *series[name], color, dashed))
    holes = [f"{line.name} ({x_label} {plain(line.x[line_hole])})" for line in drawn if (line_hole := _hole(line.y)) is not None]
    note = f"Not a number, from here on or for a while: {'; '.join(holes)}." if holes else ""
    values = [y for line in drawn for y in line.y if math.isfinite(y)]
    steep = direction(word) is not True and bool(values) and min(values) > 0 and max(values) > 200 * min(values)
    svg = lines(drawn, f"{metric(word)} over {x_label}s", x_label=x_label, marks=marks, logarithmic=steep, whole=True)
    whose = f" of the {shorten(owners[0])}" if alone and owners[-1:] != [""] and len(players) > 1 else ""
    title = metric(word) + whose + (", which decides" if selection_metric else "") + (" (logarithmic)" if steep else "")
    return {"title": title, "svg": svg if values else "", "legend": _legend(drawn), "note": note}


def _rates(rates: Series, x_label: str) -> dict[str, Any]:
    palette = ("train",) if len(rates) == 1 else ("accent", "c2", "c3", "c4", "c5", "c6", "c7")
    drawn = [Line(shorten(name[5:]), *rates[name], palette[i % len(palette)]) for i, name in enumerate(sorted(rates))][:12]
    values = [y for line in drawn for y in line.y if math.isfinite(y)]
    steep = bool(values) and min(values) > 0 and max(values) > 20 * min(values)
    options = {"x_label": x_label, "logarithmic": steep, "whole": True, "size": (4.0, 1.75)}
    svg = lines(drawn, "learning rate", **options) if values else ""
    return {"title": "learning rate", "svg": svg, "legend": _legend(drawn), "note": "", "small": True}


def _owner(name: str) -> str:
    """Whose term it is: `generator` in `train/generator.loss`, nobody's in `train/loss`."""
    return re.sub(r"[/.][^/.]*$", "", "/" + name.split("/", 1)[1]).strip("/")


def _line(name: str, x: list[float], y: list[float], color: str, dashed: bool = False) -> Line:
    return Line(name, x, y, color, dashed, smoothed(y) if len(y) >= SMOOTHED_FROM else None)


def _hole(values: Sequence[float]) -> int | None:
    return next((index for index, value in enumerate(values) if not math.isfinite(value)), None)


def _legend(drawn: Sequence[Line]) -> list[dict[str, Any]]:
    return [{"name": line.name, "color": line.color, "dashed": line.dashed} for line in drawn]
