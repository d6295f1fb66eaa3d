"""The verdict: the result of a run in one sentence, compared with the best baseline."""

from __future__ import annotations

import math
from typing import Any

from hibiscus.metrics.catalog import get_metric
from hibiscus.report.formatting import (
    capitalized,
    duration,
    metric_label,
    metric_value,
    plain,
    plural,
    shorten,
)
from hibiscus.report.records import CrossValidationRecord, RunRecord
from hibiscus.report.result import BASELINE_NAME, Result, baseline_values, error_of, result_of, spread
from hibiscus.report.run_details import item_word

__all__ = ["verdict"]

SLIGHT = 0.1  # the fraction of the best baseline's error below which a reduction is called slight
LOW = 0.5  # fractions below it are called low
PARTS = {"test": "the test part", "val": "the validation part", "train": "the training part"}
NOT_EVALUATED = {"running": "Still running.", "interrupted": "Interrupted.", "done": "Not evaluated yet."}


def verdict(run: RunRecord) -> dict[str, Any]:
    """One sentence with the result and the best baseline, and whether the run beats it."""
    result = result_of(run)
    if run.crossval and not result.evaluated and math.isfinite(run.crossval.mean):
        headline = _of_folds(run.crossval)
    else:
        tone, word, sentence = _conclusion(run, result)
        known = math.isfinite(result.value)
        headline = {
            "tone": tone,
            "word": word,
            "sentence": sentence,
            "value": metric_value(result.name, result.value, unit=False) if known else "",
            "unit": get_metric(result.name).unit if known else "",
            "label": capitalized(_value_label(run, result)),
        }
    error = run.info.error[:2000] if run.info.status == "failed" else ""
    return {**headline, "details": _details(run, result), "error": error}


def _conclusion(run: RunRecord, result: Result) -> tuple[str, str, str]:
    """The tone, the first words and the sentence."""
    label, value, status = metric_label(result.name), metric_value(result.name, result.value), run.info.status
    if status == "failed":
        return "bad", "Failed.", f"Training stopped with an error{_so_far(run, result)}."
    if not result.evaluated:
        so_far = _so_far(run, result) or "; no metric has been recorded so far"
        return "open", NOT_EVALUATED.get(status, "Not finished."), f"There is no test result yet{so_far}."
    if not math.isfinite(result.value):
        return "bad", "No valid result.", f"The {label} is not a number."
    baselines = baseline_values(run, result)
    unfinished = "" if status == "done" else f" The status of the run is “{status}”."
    if not baselines:
        return (
            "open",
            "Evaluated.",
            f"{capitalized(label)} is {value}; there is no baseline to compare with.{unfinished}",
        )
    name, best = (max if result.higher else min)(baselines, key=lambda pair: pair[1])
    which = "the baseline" if len(baselines) == 1 else "the best baseline"
    other = f"{which} ({shorten(name, BASELINE_NAME)}) has {metric_value(result.name, best)}"
    sentence = f"{capitalized(label)} is {value}; {other}{_skill(run)}."
    if not result.beats(best):
        relation = "No better than" if result.value == best else "Worse than"
        error = "" if result.value == best else _within_error(run, result, best)
        return "bad", f"{relation} {which}{error}.", sentence + unfinished
    tone, word = _strength(run, result, best)
    return (
        tone,
        word.format("the baseline" if len(baselines) == 1 else "every baseline"),
        sentence + unfinished,
    )


def _skill(run: RunRecord) -> str:
    """The skill of a forecast against the best baseline, where the evaluation has one."""
    value = run.evaluation.metrics.get(f"{run.evaluation.part or 'test'}/skill")
    known = value is not None and math.isfinite(value)
    return f": a skill of {metric_value('skill', value)} against it" if known else ""


def _strength(run: RunRecord, result: Result, best: float) -> tuple[str, str]:
    """How much a run that beats every baseline is worth: green only if the metric itself is good, too."""
    metric, metrics = get_metric(result.name), run.evaluation.metrics
    if error := _within_error(run, result, best):
        return "open", f"Better than {{}}{error}."
    before, after = error_of(result, best), error_of(result, result.value)
    if before > 0 and after > (1 - SLIGHT) * before:
        return "open", "Only slightly better than {}."
    if metric.percent and result.higher and result.value < LOW:
        return "open", "Better than {}, but low."
    threshold = metrics.get(f"{run.evaluation.part or 'test'}/solved_threshold")
    if threshold is not None and result.value < threshold:
        return "open", f"Better than {{}}, but below the solved threshold of {plain(threshold)}."
    return "good", "Better than {}."


def _within_error(run: RunRecord, result: Result, best: float) -> str:
    """Words for an accuracy that differs from another by less than two standard errors; otherwise none."""
    size = run.info.data.parts.get(run.evaluation.part, math.nan)
    if get_metric(result.name).name != "accuracy" or not size > 0:
        return ""
    error = math.sqrt(max(0.0, result.value * (1 - result.value)) / size)
    return f", but within the error of {plural(size, 'item')}" if abs(result.value - best) < 2 * error else ""


def _so_far(run: RunRecord, result: Result) -> str:
    if not math.isfinite(result.value) or result.evaluated:
        return ""
    epoch = run.info.best.epoch
    where = f" (epoch {plain(epoch)})" if math.isfinite(epoch) else ""
    value = metric_value(result.name, result.value)
    return f"; the best validation {metric_label(result.name)} so far is {value}{where}"


def _value_label(run: RunRecord, result: Result) -> str:
    if not math.isfinite(result.value):
        return ""
    part = (run.evaluation.part or "test") if result.evaluated else "val"
    size = run.info.data.parts.get(part, math.nan)
    items = f", {plural(size, item_word(run.info.data))}" if math.isfinite(size) else ""
    return f"{metric_label(result.name)} on {PARTS.get(part, shorten(part))}{items}"


def _details(run: RunRecord, result: Result) -> list[tuple[str, str]]:
    """The smaller numbers below the result."""
    info, details = run.info, []
    if result.evaluated and (interval := spread(run, result)):
        details.append((interval, "spread"))
    if result.evaluated and math.isfinite(info.best.value):
        name = info.selection_metric.name
        label = f"{info.selected} validation {metric_label(name)}, epoch {plain(info.best.epoch)}"
        details.append((metric_value(name, info.best.value), label))
    if math.isfinite(info.seconds):
        details.append((duration(info.seconds), f"training time on {shorten(info.device) or 'this machine'}"))
    sizes = list(info.parameters.values())
    if sizes and all(map(math.isfinite, sizes)):
        details.append((plain(sum(sizes)), "parameters"))
    return details


def _of_folds(crossval: CrossValidationRecord) -> dict[str, str]:
    """The headline of a cross-validation: the mean over the folds."""
    name = crossval.selection_metric.name
    around = f" ± {metric_value(name, crossval.sd)}" if math.isfinite(crossval.sd) else ""
    folds, mean = plural(crossval.folds, "fold"), metric_value(name, crossval.mean)
    return {
        "tone": "open",
        "word": "Cross-validated.",
        "sentence": f"Mean {metric_label(name)} over {folds} is {mean}{around}.",
        "value": mean,
        "unit": "",
        "label": f"Mean {metric_label(name)} over {folds}{around}",
    }
