"""The types of the entries that anything reads in files of a run; older versions lack some of them."""

from __future__ import annotations

from typing import (
    Annotated,
    Any,
    NotRequired,  # Pydantic needs these below Python 3.12
)

from pydantic import Field
from typing_extensions import TypedDict

from hibiscus.typed_values import Count, Flag

__all__ = ["FILES", "RunInfo"]

Threads = Annotated[int, Field(strict=True, ge=1, le=4096)]
Value = Annotated[float, Field(strict=True)]  # of a metric, which may be infinite or not a number
Seconds = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0)]


class Metric(TypedDict):
    """The selection metric."""

    name: str
    higher_is_better: Flag | None


class Best(TypedDict):
    """The best epoch, and the value of the selection metric there."""

    epoch: Count
    value: Value


class Duplicates(TypedDict):
    """Numbers of items of equal content."""

    inside: Count
    across: dict[str, Count]


class SkippedItem(TypedDict):
    """An item that could not be read."""

    path: str
    reason: str


class Data(TypedDict):
    """The data of a run."""

    name: str
    path: str
    fingerprint: str
    location: NotRequired[str]
    items_digest: NotRequired[str]
    kind: NotRequired[str]
    fields: NotRequired[dict[str, str]]
    parts: NotRequired[dict[str, Count]]
    classes: NotRequired[dict[str, dict[str, Count]]]
    duplicates: NotRequired[Duplicates]
    notes: NotRequired[list[str]]
    skipped: NotRequired[list[SkippedItem]]


class RunInfo(TypedDict):
    """The content of `run.json`; the options are checked when they are used."""

    method: str
    status: str
    config: dict[str, Any]
    data: Data
    data_options: dict[str, Any]
    selection_metric: Metric
    best: NotRequired[Best | None]
    name: NotRequired[str]
    title: NotRequired[str]
    abilities: NotRequired[list[str]]
    error: NotRequired[str | None]
    training_failed: NotRequired[Flag]
    device: NotRequired[str]
    precision: NotRequired[str]
    parameters: NotRequired[dict[str, Count]]
    threads: NotRequired[Threads | None]
    seconds: NotRequired[Seconds]
    order: NotRequired[Count]
    epochs_done: NotRequired[Count]
    validate: NotRequired[Flag]
    evaluate: NotRequired[Flag]
    log_digest: NotRequired[str | None]
    seed: NotRequired[Annotated[int, Field(strict=True)]]
    argv: NotRequired[list[str]]
    versions: NotRequired[dict[str, str]]
    stop_reason: NotRequired[str]


class EvaluationFile(TypedDict):
    """The content of `evaluation.json`."""

    part: str
    metrics: dict[str, Value]
    baselines: dict[str, dict[str, Value]]
    selection_metric: Metric
    data: str
    checkpoint: str
    epoch: Count
    items: NotRequired[Count]
    fingerprint: NotRequired[str]
    advice: NotRequired[list[str]]


class Curves(TypedDict):
    """The mean curves of the folds, by epoch; the training curve has None where a fold has no value."""

    train: list[Value | None]
    val: list[Value]


class CrossValidationFile(TypedDict):
    """The content of `crossval.json`."""

    folds: Count
    selection_metric: Metric
    best_epoch: Count
    scores: list[Value]
    mean: Value
    sd: Value
    curve: NotRequired[Curves]
    failed: NotRequired[dict[str, str]]


class SweepFile(TypedDict):
    """The content of `sweep.json` by which a sweep is continued."""

    method: str
    data: str
    options: dict[str, Any]


FILES: dict[str, Any] = {  # that are checked whenever they are read
    "evaluation.json": EvaluationFile,
    "crossval.json": CrossValidationFile,
    "sweep.json": SweepFile,
}
