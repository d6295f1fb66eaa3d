"""Reads a run folder into typed records; what is missing or half-written becomes a notice, never an error."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hibiscus.errors import RunError
from hibiscus.report.coerce import (
    as_integer,
    as_list,
    as_mapping,
    as_number,
    as_optional_number,
    as_text,
    clean,
    inside,
)
from hibiscus.report.parse_items import parse_item
from hibiscus.report.records import (
    BestEpoch,
    CrossValidationRecord,
    DataRecord,
    EpochLine,
    EvaluationRecord,
    ItemRecord,
    RunInfo,
    RunRecord,
    SelectionRecord,
    SkippedFile,
    Spread,
)
from hibiscus.run_format import FORMAT, upgrade

__all__ = ["read_run"]

LARGEST_FILE = 256 * 2**20  # bytes; a larger JSON file is not one that Hibiscus wrote
STATUSES = {"done", "running", "interrupted", "failed"}
ITEM_FILES = {"report_items.json": "report_items", "exhibits.json": "exhibits"}  # the second in older runs


def read_run(folder: Path) -> RunRecord:
    """Reads a run folder.

    Raises:
        RunError: when there is no such folder, or neither a readable `run.json` nor a `crossval.json` in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RunError(
            f"{folder} is not a folder",
            "a run folder, such as runs/classify-digits-001",
            "look at `ls runs`",
        )
    notices: list[str] = []
    info = as_mapping(_read_json(folder, "run.json", notices))
    crossval = (
        as_mapping(_read_json(folder, "crossval.json", notices))
        if (folder / "crossval.json").exists()
        else {}
    )
    if not info and not crossval:
        received = f"{folder} has no readable run.json"
        fix = "give the run folder itself, not the folder that contains it"
        raise RunError(received, "a run folder written by `hibiscus train`", fix)
    if as_number(info.get("format")) > FORMAT:
        notices.append(
            "The run was written by a newer version of Hibiscus; entries that are unknown here are left out."
        )
    evaluated = (folder / "evaluation.json").exists()
    evaluation = as_mapping(_read_json(folder, "evaluation.json", notices)) if evaluated else {}
    if not evaluated and not crossval:
        notices.append("evaluation.json is missing: the run has not been evaluated yet.")
    return RunRecord(
        folder,
        _run_info(info),
        tuple(_read_log(folder, notices, expected=not crossval)),
        _evaluation(evaluation),
        tuple(_read_items(folder, notices)),
        _cross_validation(crossval) if crossval else None,
        tuple(_sample_grids(folder)),
        tuple(notices),
    )


def _run_info(info: dict[str, Any]) -> RunInfo:
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
        abilities=_texts(info.get("abilities")),
        versions={name: as_text(version) for name, version in as_mapping(info.get("versions")).items()},
        parameters={name: as_number(count) for name, count in as_mapping(info.get("parameters")).items()},
        config=as_mapping(info.get("config")),
        data=_data(as_mapping(info.get("data"))),
        selection_metric=_selection(info.get("selection_metric")),
        best=BestEpoch(as_number(best.get("epoch")), as_number(best.get("value"))),
        stopping_epoch=_stopping_epoch(info),
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


def _evaluation(evaluation: dict[str, Any]) -> EvaluationRecord:
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


def _cross_validation(crossval: dict[str, Any]) -> CrossValidationRecord:
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


def _read_json(folder: Path, name: str, notices: list[str]) -> Any:
    return _read(folder, name, notices, lambda text: _upgraded(name, json.loads(text)))


def _upgraded(name: str, content: Any) -> Any:
    """The content in today's names, without characters that no page may contain."""
    with contextlib.suppress(
        AttributeError, KeyError, TypeError, ValueError
    ):  # content of another shape stays as it is
        content = upgrade(name, content)
    return clean(content)


def _read(folder: Path, name: str, notices: list[str], parse: Callable[[str], Any]) -> Any:
    path = folder / name
    try:
        if path.stat().st_size > LARGEST_FILE:
            notices.append(f"{name} is larger than {LARGEST_FILE // 2**20} MB and was left out.")
            return None
        return parse(path.read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        notices.append(f"{name} is missing.")
    except OSError as error:
        notices.append(f"{name} could not be read: {error.strerror or error}.")
    except (ValueError, RecursionError):
        notices.append(f"{name} is truncated or not valid JSON.")
    return None


def _read_log(folder: Path, notices: list[str], expected: bool) -> list[EpochLine]:
    if not expected and not (folder / "log.jsonl").exists():
        return []
    unreadable = 0

    def parse(text: str) -> list[EpochLine]:
        nonlocal unreadable
        lines = []
        for row in text.splitlines():
            if '"epoch"' not in row and '"rounds"' not in row:
                continue
            try:
                content = _upgraded("log.jsonl", json.loads(row))
            except (ValueError, RecursionError):
                unreadable += 1
                continue
            if isinstance(content, dict) and content.get("event") in ("epoch", "rounds"):
                lines.append(_epoch_line(content))
        return lines

    lines = _read(folder, "log.jsonl", notices, parse) or []
    if unreadable:
        count = "1 line that" if unreadable == 1 else f"{unreadable} lines that"
        notices.append(f"log.jsonl has {count} could not be read; the curves are drawn without.")
    return lines


def _epoch_line(content: dict[str, Any]) -> EpochLine:
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


def _read_items(folder: Path, notices: list[str]) -> list[ItemRecord]:
    for name, key in ITEM_FILES.items():
        if (folder / "evaluation" / name).exists():
            content = _read_json(folder, f"evaluation/{name}", notices)
            if isinstance(content, dict):
                content = content.get("report_items", content.get(key))
            items = [item for item in as_list(content) if isinstance(item, dict)]
            return [parse_item(item, folder / "evaluation") for item in items]
    return []


def _sample_grids(folder: Path) -> list[Path]:
    try:
        grids = [
            path
            for path in (folder / "samples").glob("epoch-*.png")
            if inside(folder, f"samples/{path.name}")
        ]
        return sorted(grids, key=lambda path: (len(path.name), path.name))
    except OSError:
        return []
