"""The verdict: the result of a run in one sentence, compared with the best baseline."""

from __future__ import annotations

import math
from dataclasses import dataclass
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

__all__ = ["BASELINE_NAME", "Result", "baseline_values", "result_of", "spread", "verdict"]

BASELINE_NAME = 32  # characters
PARTS = {"test": "the test part", "val": "the validation part", "train": "the training part"}
NOT_EVALUATED = {"running": "Still running.", "interrupted": "Interrupted.", "done": "Not evaluated yet."}


@dataclass(frozen=True)
class Result:
    """The value of the selection metric.

    Args:
        name: the metric, such as `test/accuracy`.
        higher: whether higher is better.
        value: of the run; NaN where there is none.
        evaluated: whether it is from `evaluation.json`; else it is the best value on the validation part.
    """

    name: str
    higher: bool
    value: float
    evaluated: bool

    def beats(self, other: float) -> bool:
        """Whether the run's value is strictly better than another."""
        return self.value > other if self.higher else self.value < other


def result_of(run: RunRecord) -> Result:
    """The value of the selection metric: from the evaluation, else the best one during training."""
    evaluation = run.evaluation
    recorded = evaluation.selection_metric if evaluation.selection_metric.name else run.info.selection_metric
    name, metrics = recorded.name, evaluation.metrics
    if metrics:
        candidates = (name, f"{evaluation.part or 'test'}/{name}")
        name = next(
            (candidate for candidate in candidates if candidate in metrics), name or next(iter(metrics))
        )
    higher = recorded.higher_is_better
    if higher is None:
        higher = get_metric(name).higher_is_better is not False
    if name in metrics:
        return Result(name, higher, _number(metrics[name]), True)
    return Result(name or "result", higher, run.info.best.value, False)


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


def baseline_values(run: RunRecord, result: Result) -> list[tuple[str, float]]:
    """The baselines that have a value of the selection metric, with it."""
    if not result.evaluated:
        return []
    pairs = [(name, _number(metrics.get(result.name))) for name, metrics in run.evaluation.baselines.items()]
    return [(name, value) for name, value in pairs if math.isfinite(value)]


def spread(run: RunRecord, result: Result) -> str:
    """The spread of the result as `± 0.4 %` or `97.1 % to 98.6 %`, where the evaluation has one."""
    recorded = run.evaluation.spread
    interval = recorded.get(result.name, recorded.get(""))
    if interval is None:
        return ""
    if math.isfinite(interval.low) and math.isfinite(interval.high):
        low = metric_value(result.name, interval.low, unit=False)
        return f"{low} to {metric_value(result.name, interval.high)}"
    return f"± {metric_value(result.name, interval.sd)}" if math.isfinite(interval.sd) else ""


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
    sentence = f"{capitalized(label)} is {value}; {other}."
    if not result.beats(best):
        relation = "No better than" if result.value == best else "Worse than"
        return "bad", f"{relation} {which}.", sentence + unfinished
    return (
        "good",
        f"Better than {'the baseline' if len(baselines) == 1 else 'every baseline'}.",
        sentence + unfinished,
    )


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
    items = f", {plural(size, 'item')}" if math.isfinite(size) else ""
    return f"{metric_label(result.name)} on {PARTS.get(part, shorten(part))}{items}"


def _details(run: RunRecord, result: Result) -> list[tuple[str, str]]:
    """The smaller numbers below the result."""
    info, details = run.info, []
    if result.evaluated and (interval := spread(run, result)):
        details.append((interval, "spread"))
    if result.evaluated and math.isfinite(info.best.value):
        name = info.selection_metric.name
        label = f"best validation {metric_label(name)}, epoch {plain(info.best.epoch)}"
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


def _number(value: float | None) -> float:
    return math.nan if value is None else value
