"""The comparison of a run with its baselines: bars, sentences, and a table of every metric."""

from __future__ import annotations

import math
from typing import Any

from hibiscus.metrics.catalog import get_metric
from hibiscus.report.formatting import SPACE, capitalized, metric_label, metric_value, plain, shorten
from hibiscus.report.records import RunRecord
from hibiscus.report.result import BASELINE_NAME, Result, baseline_values, error_of, result_of, spread

__all__ = ["comparison"]


def comparison(run: RunRecord) -> dict[str, Any]:
    """The run compared with its baselines: bars for the selection metric, sentences, and a table."""
    result = result_of(run)
    baselines = baseline_values(run, result)
    baselines.sort(key=lambda pair: pair[1], reverse=result.higher)
    not_beaten = [(name, value) for name, value in baselines if not result.beats(value)]
    return {
        "metric": capitalized(metric_label(result.name, part=True)),
        "better": "higher is better" if result.higher else "lower is better",
        "bars": _bars(result, baselines) if baselines else [],
        "gains": [_difference(result, name, value) for name, value in baselines if result.beats(value)],
        "losses": [_difference(result, name, value) for name, value in not_beaten],
        "table": _table(run, result),
        "spread": spread(run, result),
    }


def _difference(result: Result, baseline: str, value: float) -> dict[str, str]:
    """A sentence on how much better or worse the run is than a baseline."""
    baseline, metric = shorten(baseline, BASELINE_NAME), get_metric(result.name)
    run_error, baseline_error = error_of(result, result.value), error_of(result, value)
    error = "error" if result.higher or metric.name.endswith("error") else metric.label
    error = "unexplained variance" if metric.name == "r2" else error
    values = f"{metric_value(result.name, result.value)} vs. {metric_value(result.name, value)}"
    if not math.isfinite(result.value):
        text = f"has no value to compare with the baseline “{baseline}”"
    elif result.value == value:
        text, values = f"only equals the baseline “{baseline}”", metric_value(result.name, value)
    elif math.isfinite(run_error) and baseline_error > 0 and result.beats(value):
        text = f"reduces the {error} by {_percent(1 - run_error / baseline_error)} relative to “{baseline}”"
    elif math.isfinite(run_error) and baseline_error > 0:
        ratio = run_error / baseline_error
        factor = (
            f"{plain(float(f'{ratio:.3g}'))} times" if ratio >= 2 else f"{_percent(ratio - 1)} larger than"
        )
        article = "an" if error[0] in "aeiou" else "a"
        text = f"has {article} {error} {factor} that of “{baseline}”"
    else:
        difference = plain(float(f"{abs(result.value - value):.3g}")) + (
            f"{SPACE}{metric.unit}" if metric.unit else ""
        )
        text = f"is {difference} {'better' if result.beats(value) else 'worse'} than “{baseline}”"
    return {"text": text, "detail": values}


def _percent(fraction: float) -> str:
    digits = 1 if 0 < fraction < 0.0995 or 0.995 <= fraction < 1 else 0
    return f"{100 * fraction:,.{digits}f}{SPACE}%"


def _bars(result: Result, baselines: list[tuple[str, float]]) -> list[dict[str, Any]]:
    """Horizontal bars on one scale that contains zero, the run first."""
    rows = [("this run", result.value), *baselines]
    values = [value for _, value in rows if math.isfinite(value)]
    low, high = min(0.0, *values), max(0.0, *values)
    if result.higher and get_metric(result.name).percent:
        high = max(high, 1.0)
    width = (high - low) or 1.0
    bars = []
    for index, (name, value) in enumerate(rows):
        start, end = sorted((0.0, value if math.isfinite(value) else 0.0))
        tone = "ours" if index == 0 else ("" if result.beats(value) else "ahead")
        bars.append(
            {
                "name": shorten(name, BASELINE_NAME),
                "left": f"{100 * (start - low) / width:.2f}",
                "width": f"{100 * (end - start) / width:.2f}",
                "value": metric_value(result.name, value),
                "tone": tone,
            }
        )
    return bars


def _table(run: RunRecord, result: Result) -> dict[str, Any]:
    """One row per metric, the selection metric first, with the values of the run and the baselines."""
    metrics, baselines = run.evaluation.metrics, run.evaluation.baselines
    rows = []
    for name in sorted(metrics, key=lambda name: name != result.name):
        values = [metrics[name], *(baseline.get(name) for baseline in baselines.values())]
        rows.append(
            {
                "label": metric_label(name),
                "help": ": ".join(filter(None, [name, get_metric(name).description])),
                "cells": [metric_value(name, value) for value in values],
                "selected": name == result.name,
            }
        )
    return {"columns": ["this run", *(shorten(name, BASELINE_NAME) for name in baselines)], "rows": rows}
