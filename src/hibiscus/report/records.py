"""The contents of a run folder as typed records, filled by `load.py`; the report reads nothing else.

A number that is missing is NaN, a text that is missing is empty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = [
    "BarsRecord",
    "BestEpoch",
    "CrossValidationRecord",
    "CurveRecord",
    "DataRecord",
    "EpochLine",
    "EvaluationRecord",
    "GalleryRecord",
    "ItemRecord",
    "MatrixRecord",
    "MultiplesRecord",
    "PanelRecord",
    "RunInfo",
    "RunRecord",
    "ScatterRecord",
    "SelectionRecord",
    "SeriesRecord",
    "SkippedFile",
    "Spread",
    "TableRecord",
    "UnreadableRecord",
]

Cell = str | int | float


@dataclass(frozen=True)
class SelectionRecord:
    """The selection metric, and its direction where that was recorded."""

    name: str = ""
    higher_is_better: bool | None = None


@dataclass(frozen=True)
class BestEpoch:
    """The best epoch on the validation part, and the value of the selection metric there."""

    epoch: float = math.nan
    value: float = math.nan


@dataclass(frozen=True)
class SkippedFile:
    """A file of the data that could not be used."""

    path: str
    reason: str


@dataclass(frozen=True)
class DataRecord:
    """The dataset of a run; `classes` counts the items of each class in each part."""

    name: str = ""
    kind: str = ""
    path: str = ""
    fingerprint: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)
    classes: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    skipped: tuple[SkippedFile, ...] = ()


@dataclass(frozen=True)
class RunInfo:
    """`run.json`; `abilities` is None in runs that did not record them."""

    name: str = ""
    status: str = "unknown"  # done, running, interrupted, failed or unknown
    method: str = ""
    title: str = ""
    error: str = ""
    started: str = ""
    device: str = ""
    machine: str = ""
    precision: str = ""
    seed: int | None = None
    threads: int | None = None
    seconds: float = math.nan
    gives_images: bool = False
    argv: tuple[str, ...] = ()
    abilities: tuple[str, ...] | None = None
    versions: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, float] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    data: DataRecord = DataRecord()
    selection_metric: SelectionRecord = SelectionRecord()
    best: BestEpoch = BestEpoch()  # or the last, with `selected_epoch=last`
    stopping_epoch: float = math.nan

    @property
    def selected(self) -> str:
        """Which epoch is used: `best` or `last`."""
        return "last" if self.config.get("selected_epoch") == "last" else "best"


@dataclass(frozen=True)
class EpochLine:
    """A line of `log.jsonl`; `terms` are the losses and metrics of both parts, and the learning rates."""

    ends_epoch: bool
    epoch: float
    round: float
    stage: float
    terms: dict[str, float]
    seconds: float = math.nan
    items_per_second: float = math.nan


@dataclass(frozen=True)
class Spread:
    """The uncertainty of a metric: from `low` to `high`, or a standard deviation."""

    low: float = math.nan
    high: float = math.nan
    sd: float = math.nan


@dataclass(frozen=True)
class EvaluationRecord:
    """`evaluation.json`; a metric without value is None, a spread without name is of the selection metric."""

    part: str = ""
    checkpoint: str = ""
    epoch: float = math.nan
    selection_metric: SelectionRecord = SelectionRecord()
    metrics: dict[str, float | None] = field(default_factory=dict)
    baselines: dict[str, dict[str, float | None]] = field(default_factory=dict)
    spread: dict[str, Spread] = field(default_factory=dict)
    advice: tuple[str, ...] = ()
    stopping_epoch: float = math.nan


@dataclass(frozen=True)
class CrossValidationRecord:
    """`crossval.json`: the scores of the folds at the best epoch of the mean curve."""

    folds: float
    selection_metric: SelectionRecord
    scores: tuple[float, ...]
    mean: float
    sd: float
    best_epoch: float
    training_curve: tuple[float, ...]
    validation_curve: tuple[float, ...]


@dataclass(frozen=True)
class ItemRecord:
    """A report item: a table, curve, matrix, scatter plot or gallery of an evaluation."""

    kind: str
    title: str
    note: str


@dataclass(frozen=True)
class UnreadableRecord(ItemRecord):
    """A report item of a kind that is not known, or with content that does not fit together."""

    known: bool


@dataclass(frozen=True)
class MatrixRecord(ItemRecord):
    """A grid of numbers, filled with NaN where rows were short."""

    rows: list[str]
    columns: list[str]
    values: list[list[float]]


@dataclass(frozen=True)
class SeriesRecord:
    """One line of a plot."""

    name: str
    x: list[float]
    y: list[float]


@dataclass(frozen=True)
class CurveRecord(ItemRecord):
    """Lines over one pair of axes."""

    x_label: str
    y_label: str
    series: list[SeriesRecord]
    diagonal: bool
    shares: bool


@dataclass(frozen=True)
class ScatterRecord(ItemRecord):
    """Points over one pair of axes, with a group each or without groups; some may be marked."""

    x_label: str
    y_label: str
    x: list[float]
    y: list[float]
    groups: list[str]
    diagonal: bool
    marked: list[bool]


@dataclass(frozen=True)
class BarsRecord(ItemRecord):
    """A number for each name, with standard deviations or without."""

    names: list[str]
    values: list[float]
    deviations: list[float]
    percent: bool


@dataclass(frozen=True)
class PanelRecord:
    """One of several small plots: lines, or bars for each category."""

    title: str
    series: list[SeriesRecord]
    categories: list[str]


@dataclass(frozen=True)
class MultiplesRecord(ItemRecord):
    """Small plots with a common axis of values."""

    y_label: str
    panels: list[PanelRecord]


@dataclass(frozen=True)
class TableRecord(ItemRecord):
    """Rows of text and numbers."""

    columns: list[str]
    rows: list[list[Cell]]


@dataclass(frozen=True)
class GalleryRecord(ItemRecord):
    """Image files within the folder, None for one that is absent or leads out of it.

    `count` is how many were named; `key` gives names to colors in them, written `#rrggbb`; `group`
    consecutive images belong together.
    """

    images: list[Path | None]
    captions: list[str]
    count: int
    key: list[tuple[str, str]]
    group: int = 1


@dataclass(frozen=True)
class RunRecord:
    """All the information that the report has about a run.

    Args:
        folder: the run folder.
        info: `run.json`.
        lines: the readable lines of `log.jsonl`.
        evaluation: `evaluation.json`, without metrics where the run has not been evaluated.
        report_items: `evaluation/report_items.json`.
        crossval: `crossval.json`, or None.
        samples: the sample grids of the epochs, in their order.
        notices: one sentence for each file that is missing or could not be read.
    """

    folder: Path
    info: RunInfo
    lines: tuple[EpochLine, ...]
    evaluation: EvaluationRecord
    report_items: tuple[ItemRecord, ...]
    crossval: CrossValidationRecord | None
    samples: tuple[Path, ...]
    notices: tuple[str, ...]

    @property
    def name(self) -> str:
        """The run's name, or the folder's."""
        return self.info.name or self.folder.resolve().name
