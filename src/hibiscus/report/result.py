"""The value of the selection metric of a run, with its baselines, spread and distance to the optimum."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hibiscus.metrics.catalog import get_metric
from hibiscus.report.formatting import metric_value
from hibiscus.report.records import RunRecord

__all__ = ["BASELINE_NAME", "Result", "baseline_values", "error_of", "result_of", "spread"]

BASELINE_NAME = 48  # characters
LOGARITHMIC = {"nats", "bits", "dB"}  # units for which differences are compared instead of ratios


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


def error_of(result: Result, value: float) -> float:
    """The distance to a perfect result: 1 - accuracy, or an error itself; NaN without a best value."""
    metric = get_metric(result.name)
    if result.higher:
        return 1 - value if metric.percent or metric.name == "r2" else math.nan
    return value if value >= 0 and metric.unit not in LOGARITHMIC else math.nan


def _number(value: float | None) -> float:
    return math.nan if value is None else value
