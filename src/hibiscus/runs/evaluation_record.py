"""The content of `evaluation.json`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from hibiscus.data.prepared import PreparedData
from hibiscus.run_format import FORMAT
from hibiscus.training.method import Evaluation, SelectionMetric

__all__ = ["evaluation_record"]


def evaluation_record(
    evaluation: Evaluation, selection_metric: SelectionMetric, data: PreparedData, part: str
) -> dict[str, Any]:
    """Metrics and baselines by `part/name`, with the data that they were computed on."""
    return {
        "format": FORMAT,
        "part": part,
        "metrics": _with_part(part, evaluation.metrics),
        "baselines": {name: _with_part(part, metrics) for name, metrics in evaluation.baselines.items()},
        "selection_metric": {
            **dataclasses.asdict(selection_metric),
            "name": f"{part}/{selection_metric.name}",
        },
        "data": data.dataset.path,
        "items": len(data.parts[part]),
    }


def _with_part(part: str, metrics: Mapping[str, float]) -> dict[str, float]:
    return {f"{part}/{name}": float(value) for name, value in metrics.items()}
