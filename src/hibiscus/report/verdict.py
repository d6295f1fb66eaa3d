"""Did it work, and compared with what: the verdict and the baselines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from hibiscus.report.formatting import SPACE, UNITS, direction, duration, is_share, metric, plain, plural, shorten, show, with_article
from hibiscus.report.load import RunFolder, as_list, as_mapping, as_number, as_text

__all__ = ["Deciding", "comparison", "deciding", "verdict"]

NAME = 32  # characters of a baseline's name


@dataclass(frozen=True)
class Deciding:
    """The figure that decides.

    Args:
        name: the metric, such as `test/accuracy`.
        higher: whether higher is better.
        value: the run's figure; not a number where there is none.
        measured: whether it is from `evaluation.json` (else it is the best one on the validation part).
    """

    name: str
    higher: bool
    value: float
    measured: bool

    def beats(self, other: float) -> bool:
        """Whether the run's figure is strictly better than another."""
        return self.value > other if self.higher else self.value < other


def deciding(run: RunFolder) -> Deciding:
    """The deciding figure: from the evaluation, else the best one of the training."""
    selection_metric = as_mapping(run.evaluation.get("selection_metric")) or as_mapping(run.info.get("selection_metric"))
    name = as_text(selection_metric.get("name"))
    metrics = as_mapping(run.evaluation.get("metrics"))
    if metrics:
        part = as_text(run.evaluation.get("part")) or "test"
        name = next((each for each in (name, f"{part}/{name}") if each in metrics), name or next(iter(metrics)))
    higher = selection_metric.get("higher_is_better")
    if not isinstance(higher, bool):
        higher = direction(name) is not False
    if name in metrics:
        return Deciding(name, higher, as_number(metrics[name]), True)
    best = as_number(as_mapping(run.info.get("best")).get("value"))
    return Deciding(name or "result", higher, best, False)


def comparison(run: RunFolder) -> dict[str, Any]:
    """The run beside its baselines: bars for the deciding metric, sentences, and a table of every metric."""
    main = deciding(run)
    recorded = {name: as_mapping(each) for name, each in as_mapping(run.evaluation.get("baselines")).items()}
    baselines = [(name, as_number(each.get(main.name))) for name, each in recorded.items()]
    baselines = [(name, value) for name, value in baselines if math.isfinite(value)] if main.measured else []
    baselines.sort(key=lambda pair: pair[1], reverse=main.higher)
    not_beaten = [(name, value) for name, value in baselines if not main.beats(value)]
    return {
        "metric": metric(main.name, part=True),
        "better": "higher is better" if main.higher else "lower is better",
        "bars": _bars(main, baselines) if baselines else [],
        "gains": [_gain(main, name, value) for name, value in baselines if main.beats(value)],
        "losses": [_gain(main, name, value) for name, value in not_beaten],
        "table": _table(run, main, recorded),
        "spread": spread(run, main),
    }


def verdict(run: RunFolder) -> dict[str, Any]:
    """One sentence that says whether it worked, with the figure that decides and what stands beside it."""
    main = deciding(run)
    known = math.isfinite(main.value)
    found = _folds(run) if run.crossval and not main.measured else None
    tone, word, sentence = found["said"] if found else _said(run, main)
    unit = UNITS.get(main.name.rsplit("/", 1)[-1], "")
    return {
        "tone": tone,
        "word": word,
        "sentence": sentence,
        "value": found["value"] if found else (show(main.name, main.value, unit=False) if known else ""),
        "unit": unit if known and not found else "",
        "label": found["label"] if found else _label(run, main),
        "info": _facts(run, main),
        "error": as_text(run.info.get("error"))[:2000] if run.status == "failed" else "",
    }


def spread(run: RunFolder, main: Deciding) -> str:
    """The spread of the deciding figure as `± 0.4 %` or `97.1 % to 98.6 %`, where the evaluation gives one."""
    given = run.evaluation.get("spread")
    given = as_mapping(given).get(main.name, given)
    if isinstance(given, dict):
        low, high = (given.get("low", given.get("lower")), given.get("high", given.get("upper")))
        given = [low, high] if low is not None else given.get("sd")
    pair = [as_number(each) for each in as_list(given)]
    if len(pair) == 2 and all(map(math.isfinite, pair)):
        return f"{show(main.name, pair[0], unit=False)} to {show(main.name, pair[1])}"
    number = as_number(given)
    return f"± {show(main.name, number)}" if math.isfinite(number) else ""


def _said(run: RunFolder, main: Deciding) -> tuple[str, str, str]:
    """The tone, the first word and the sentence."""
    what = with_article(f"{metric(main.name)} of {show(main.name, main.value)}")
    if run.status == "failed":
        return "bad", "It failed.", f"The training stopped with an error{_so_far(run, main)}."
    if not main.measured:
        so_far = _so_far(run, main) or "; no figure has been measured yet"
        words = {"running": "Still running", "interrupted": "Stopped before its end", "done": "Trained, not yet measured"}
        return "open", f"{words.get(run.status, 'Not finished')}.", f"This run has no test result{so_far}."
    if not math.isfinite(main.value):
        return "bad", "No.", f"The {metric(main.name)} is not a number."
    baselines = [(n, as_number(as_mapping(b).get(main.name))) for n, b in as_mapping(run.evaluation.get("baselines")).items()]
    baselines = [(name, value) for name, value in baselines if math.isfinite(value)]
    early = "" if run.status == "done" else f" The run itself is {run.status}."
    if not baselines:
        return "open", "Measured.", f"It reaches {what}; no baseline stands beside it.{early}"
    best = (max if main.higher else min)(baselines, key=lambda pair: pair[1])
    name = f"the {shorten(best[0], NAME)} ({show(main.name, best[1])})"
    if not main.beats(best[1]):
        return "bad", "No.", f"{what[0].upper()}{what[1:]} is not better than {name}.{early}"
    beside = f"{name}, its baseline" if len(baselines) == 1 else f"every baseline; the nearest is {name}"
    return "good", "Yes.", f"It reaches {what}, better than {beside}.{early}"


def _so_far(run: RunFolder, main: Deciding) -> str:
    if not math.isfinite(main.value) or main.measured:
        return ""
    epoch = as_number(as_mapping(run.info.get("best")).get("epoch"))
    at = f" (epoch {plain(epoch)})" if math.isfinite(epoch) else ""
    return f"; the best {metric(main.name)} on the validation part is {show(main.name, main.value)}{at}"


def _label(run: RunFolder, main: Deciding) -> str:
    if not math.isfinite(main.value):
        return ""
    part = as_text(run.evaluation.get("part")) or "test"
    part = part if main.measured else "val"
    size = as_number(as_mapping(as_mapping(run.info.get("data")).get("parts")).get(part))
    where = {"test": "the test part", "val": "the validation part", "train": "the training part"}.get(part, shorten(part))
    return f"{metric(main.name)} on {where}" + (f", {plural(size, 'item')}" if math.isfinite(size) else "")


def _facts(run: RunFolder, main: Deciding) -> list[tuple[str, str]]:
    """The smaller figures beside the large one."""
    info = []
    if (between := spread(run, main)) and main.measured:
        info.append((between, "spread"))
    best = as_mapping(run.info.get("best"))
    if main.measured and math.isfinite(as_number(best.get("value"))):
        name = as_text(as_mapping(run.info.get("selection_metric")).get("name"))
        epoch = plain(as_number(best.get("epoch")))
        info.append((show(name, best.get("value")), f"best {metric(name)} in validation, epoch {epoch}"))
    if math.isfinite(as_number(run.info.get("seconds"))):
        info.append((duration(run.info["seconds"]), f"of training on {shorten(run.info.get('device')) or 'this machine'}"))
    sizes = [as_number(each) for each in as_mapping(run.info.get("parameters")).values()]
    if sizes and all(map(math.isfinite, sizes)):
        info.append((plain(sum(sizes)), "parameters"))
    return info


def _folds(run: RunFolder) -> dict[str, Any] | None:
    """The same for a cross-validation: the mean over the folds."""
    name = as_text(as_mapping(run.crossval.get("selection_metric")).get("name"))
    mean, sd = as_number(run.crossval.get("mean")), as_number(run.crossval.get("sd"))
    if not math.isfinite(mean):
        return None
    around = f" ± {show(name, sd)}" if math.isfinite(sd) else ""
    folds = plural(as_number(run.crossval.get("folds")), "fold")
    said = ("open", "Cross-validated.", f"Over {folds} the {metric(name)} is {show(name, mean)}{around}.")
    return {"said": said, "value": show(name, mean), "label": f"mean {metric(name)} over {folds}{around}"}


def _error(name: str, value: float, higher: bool) -> float:
    """What is left to do: 1 - accuracy, an error itself; not a number where a metric has no such end."""
    if higher:
        return 1 - value if is_share(name) or name.endswith("/r2") else math.nan
    return value if value >= 0 and not name.endswith("/nll") else math.nan


def _gain(main: Deciding, baseline: str, value: float) -> dict[str, str]:
    """By how much the run is ahead of, or behind, one baseline."""
    baseline = shorten(baseline, NAME)
    ours, theirs = (_error(main.name, each, main.higher) for each in (main.value, value))
    called = "error" if main.higher or main.name.endswith("error") else metric(main.name)
    if main.name.endswith("/r2"):
        called = "unexplained variance"
    both = f"{show(main.name, main.value)} against {show(main.name, value)}"
    if not math.isfinite(main.value):
        words = f"gives no number beside the {baseline}"
    elif main.value == value:
        words, both = f"only equals the {baseline}", show(main.name, value)
    elif math.isfinite(ours) and theirs > 0 and main.beats(value):
        words = f"cuts the {baseline}’{'' if baseline.endswith('s') else 's'} {called} by {_percent(1 - ours / theirs)}"
    elif math.isfinite(ours) and theirs > 0:
        words = f"is worse than the {baseline}: its {called} is {_percent(ours / theirs - 1)} larger"
    else:
        words = f"is {plain(float(f'{abs(main.value - value):.3g}'))} {'better' if main.beats(value) else 'worse'} than the {baseline}"
    return {"words": words, "both": both}


def _percent(share: float) -> str:
    digits = 1 if 0 < share < 0.0995 or 0.995 <= share < 1 else 0
    return f"{100 * share:,.{digits}f}{SPACE}%"


def _bars(main: Deciding, baselines: list[tuple[str, float]]) -> list[dict[str, Any]]:
    """Horizontal bars on one scale that holds nought, the run first."""
    rows = [("this run", main.value), *baselines]
    values = [value for _, value in rows if math.isfinite(value)]
    low, high = min(0.0, *values), max(0.0, *values)
    if main.higher and is_share(main.name):
        high = max(high, 1.0)
    width = (high - low) or 1.0
    bars = []
    for index, (name, value) in enumerate(rows):
        start, end = sorted((0.0, value if math.isfinite(value) else 0.0))
        ours = index == 0
        tone = "ours" if ours else ("" if main.beats(value) else "ahead")
        left, size = f"{100 * (start - low) / width:.2f}", f"{100 * (end - start) / width:.2f}"
        bars.append({"name": shorten(name, NAME), "left": left, "width": size, "value": show(main.name, value), "tone": tone})
    return bars


def _table(run: RunFolder, main: Deciding, baselines: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Every metric of the evaluation in a row, the deciding one first, beside each baseline's."""
    metrics = as_mapping(run.evaluation.get("metrics"))
    names = sorted((name for name in metrics if not isinstance(metrics[name], (dict, list))), key=lambda n: n != main.name)
    rows = []
    for name in names:
        cells = [show(name, metrics[name]), *(show(name, each.get(name)) for each in baselines.values())]
        rows.append({"name": metric(name), "full": name, "cells": cells, "selection_metric": name == main.name})
    return {"columns": ["this run", *(shorten(name, NAME) for name in baselines)], "rows": rows}
