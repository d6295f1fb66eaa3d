"""The content of `evaluation.json`: what it depends on, and how it is kept and read."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hibiscus.data.dataset import Dataset
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import HibiscusError, HibiscusWarning, RunError
from hibiscus.evaluation.items import ReportItem, save_report_items
from hibiscus.run_format import FORMAT
from hibiscus.runs.folder import RunFolder
from hibiscus.training.method import Evaluation, SelectionMetric

__all__ = ["evaluation_record", "keep_evaluation", "kept_evaluation", "known_history"]


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
        "fingerprint": data.dataset.fingerprint,
    }


def kept_evaluation(
    folder: RunFolder,
    info: Mapping[str, Any],
    checkpoint: str,
    epoch: Callable[[str], int],
    open_data: Callable[[], Dataset],
) -> dict[str, Any] | None:
    """The content of `evaluation.json`; None if it is of another checkpoint, or of data that has changed.

    Args:
        folder: the run folder.
        info: the content of `run.json`.
        checkpoint: `best` or `last`.
        epoch: the epoch in which a checkpoint was saved.
        open_data: opens the data of the run.

    Warns:
        HibiscusWarning: the data cannot be opened, so that it is unknown whether it has changed; or the file
            is damaged or was changed, and is not used.
    """
    if not (folder.path / "evaluation.json").exists():
        return None
    try:
        kept = folder.read("evaluation.json")
    except RunError as error:
        warnings.warn(f"{error.received}; the run is evaluated again", HibiscusWarning, stacklevel=2)
        return None
    if kept.get("checkpoint") != checkpoint or kept.get("epoch") != epoch(checkpoint):
        return None
    try:
        fingerprint = open_data().fingerprint
    except HibiscusError as error:
        text = f"{error.received}; these are the metrics as they were stored"
        warnings.warn(text, HibiscusWarning, stacklevel=2)
        return kept
    return kept if kept.get("fingerprint", info["data"]["fingerprint"]) == fingerprint else None


def keep_evaluation(folder: RunFolder, record: dict[str, Any], report_items: Sequence[ReportItem]) -> None:
    """Writes `evaluation.json` and the report items.

    Warns:
        HibiscusWarning: the folder cannot be written.
    """
    try:
        save_report_items(report_items, folder.path / "evaluation")
        folder.write("evaluation.json", record)
    except (OSError, RunError) as error:
        reason = error.strerror if isinstance(error, OSError) else error.received
        text = f"{folder.path}: the evaluation is not kept ({reason})"
        warnings.warn(text, HibiscusWarning, stacklevel=2)


def known_history(read: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The history of a run; empty, with a warning, if the log is damaged, which no metric depends on."""
    try:
        return read()
    except RunError as error:
        text = f"{error.received}; the advice is given without it"
        warnings.warn(text, HibiscusWarning, stacklevel=3)
        return []


def _with_part(part: str, metrics: Mapping[str, float]) -> dict[str, float]:
    return {f"{part}/{name}": float(value) for name, value in metrics.items()}
