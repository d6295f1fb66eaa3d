"""The JSON of a run folder as records: wrong types become empty values, unknown entries are left out."""

from __future__ import annotations

import math
from typing import Any

from hibiscus.report.coerce import as_integer, as_list, as_mapping, as_number, as_optional_number, as_text
from hibiscus.report.records import (
    BestEpoch,
    CrossValidationRecord,
    DataRecord,
    EpochLine,
    EvaluationRecord,
    RunInfo,
    SelectionRecord,
    SkippedFile,
    Spread,
)

__all__ = ["parse_cross_validation", "parse_epoch_line", "parse_evaluation", "parse_run_info"]

STATUSES = {"done", "running", "interrupted", "failed"}


def parse_run_info(info: dict[str, Any]) -> RunInfo:
    """The record of `run.json`."""
    names = ("name", "method", "title", "error", "started", "device", "machine", "precision")
    status = as_text(info.get("status")).lower()
    best = as_mapping(info.get("best"))
    return RunInfo(
        **{name: as_text(info.get(name)) for name in names},
        status=status if status in STATUSES else "unknown",
        seed=as_integer(info.get("seed")),
        threads=as_integer(info.get("threads")),
        seconds=as_number(info.get("seconds")),
        gives_images=info.get("gives_images") is True,
        argv=_texts(info.get("argv")),
        abilities=_texts(info["abilities"]) if isinstance(info.get("abilities"), list) else None,
        versions={name: as_text(version) for name, version in as_mapping(info.get("versions")).items()},
        parameters={name: as_number(count) for name, count in as_mapping(info.get("parameters")).items()},
        config=as_mapping(info.get("config")),
        data=_data(as_mapping(info.get("data"))),
        selection_metric=_selection(info.get("selection_metric")),
        best=BestEpoch(as_number(best.get("epoch")), as_number(best.get("value"))),
        stopping_epoch=_stopping_epoch(info),
    )


def parse_evaluation(evaluation: dict[str, Any]) -> EvaluationRecord:
    """The record of `evaluation.json`."""
    baselines = as_mapping(evaluation.get("baselines")).items()
    return EvaluationRecord(
        part=as_text(evaluation.get("part")),
        checkpoint=as_text(evaluation.get("checkpoint")),
        epoch=as_number(evaluation.get("epoch")),
        selection_metric=_selection(evaluation.get("selection_metric")),
        metrics=_metrics(evaluation.get("metrics")),
        baselines={name: _metrics(metrics) for name, metrics in baselines},
        spread=_spreads(evaluation.get("spread")),
        advice=tuple(text for text in _texts(evaluation.get("advice")) if text.strip()),
        stopping_epoch=_stopping_epoch(evaluation),
    )


def parse_cross_validation(crossval: dict[str, Any]) -> CrossValidationRecord:
    """The record of `crossval.json`."""
    curve = as_mapping(crossval.get("curve"))
    return CrossValidationRecord(
        folds=as_number(crossval.get("folds")),
        selection_metric=_selection(crossval.get("selection_metric")),
        scores=_numbers(crossval.get("scores")),
        mean=as_number(crossval.get("mean")),
        sd=as_number(crossval.get("sd")),
        best_epoch=as_number(crossval.get("best_epoch")),
        training_curve=_numbers(curve.get("train")),
        validation_curve=_numbers(curve.get("val")),
    )


def parse_epoch_line(content: dict[str, Any]) -> EpochLine:
    """The record of a line of `log.jsonl` whose event is `epoch` or `rounds`."""
    terms = {
        name: as_number(value)
        for name, value in content.items()
        if name.startswith(("train/", "val/", "lr/"))
    }
    stage = as_number(content.get("stage"))
    return EpochLine(
        ends_epoch=content["event"] == "epoch",
        epoch=as_number(content.get("epoch")),
        round=as_number(content.get("round")),
        stage=stage if math.isfinite(stage) else 0.0,
        terms={name: value if math.isfinite(value) else math.nan for name, value in terms.items()},
        seconds=as_number(content.get("seconds")),
        items_per_second=as_number(content.get("items_per_second")),
    )


def _data(data: dict[str, Any]) -> DataRecord:
    skipped = [as_mapping(entry) or {"path": entry} for entry in as_list(data.get("skipped"))]
    classes = {
        name: as_mapping(counts) or {"": counts} for name, counts in as_mapping(data.get("classes")).items()
    }
    return DataRecord(
        **{name: as_text(data.get(name)) for name in ("name", "kind", "path", "fingerprint")},
        fields={name: as_text(content) for name, content in as_mapping(data.get("fields")).items()},
        parts={name: as_number(size) for name, size in as_mapping(data.get("parts")).items()},
        classes={
            name: {part: as_number(count) for part, count in counts.items()}
            for name, counts in classes.items()
        },
        notes=_texts(data.get("notes")),
        skipped=tuple(
            SkippedFile(as_text(entry.get("path")), as_text(entry.get("reason"))) for entry in skipped
        ),
    )


def _selection(value: Any) -> SelectionRecord:
    selection = as_mapping(value)
    higher = selection.get("higher_is_better")
    return SelectionRecord(as_text(selection.get("name")), higher if isinstance(higher, bool) else None)


def _metrics(value: Any) -> dict[str, float | None]:
    items = as_mapping(value).items()
    return {
        name: as_optional_number(number) for name, number in items if not isinstance(number, (dict, list))
    }


def _spreads(value: Any) -> dict[str, Spread]:
    """By metric, or for the selection metric alone: an interval, `{low, high}`, `{sd}` or a number."""
    bounds = {"low", "lower", "high", "upper", "sd"}
    if isinstance(value, dict) and not bounds & value.keys():
        return {name: _spread(content) for name, content in value.items()}
    return {"": _spread(value)}


def _spread(value: Any) -> Spread:
    if isinstance(value, dict):
        low, high = value.get("low", value.get("lower")), value.get("high", value.get("upper"))
        return Spread(as_number(low), as_number(high), as_number(value.get("sd")))
    if isinstance(value, list) and len(value) == 2:
        return Spread(as_number(value[0]), as_number(value[1]))
    return Spread(sd=as_number(value))


def _stopping_epoch(content: dict[str, Any]) -> float:
    value = content.get("stopping_epoch")
    return as_number(value.get("epoch") if isinstance(value, dict) else value)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(as_text(text) for text in as_list(value))


def _numbers(value: Any) -> tuple[float, ...]:
    return tuple(as_number(number) for number in as_list(value))
