"""Series with the anomaly scores of their steps and the labels, as detectors are compared on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hibiscus.data.series.grid import SeriesGrid
from hibiscus.metrics.anomaly_windows import window_metrics
from hibiscus.series.anomaly_events import anomaly_events

__all__ = ["ScoredSeries", "detection_metrics", "scored_series"]


@dataclass(frozen=True)
class ScoredSeries:
    """One series.

    Attributes:
        name: empty for the only one.
        times: as text (steps,).
        days: since the first step, float64 (steps,); the number of the step where there are no times.
        raw: in the original unit, float64 (steps, variables).
        values: as the network takes them, float64 (steps, variables).
        scores: float64 (steps,), NaN where there is none.
        evaluated: whether each step is in the evaluated part, bool (steps,).
        inside: whether it lies in a labeled window, bool (steps,).
        train_steps: the steps of the training part, which come first; 0 in other data.
    """

    name: str
    times: Sequence[str]
    days: np.ndarray
    raw: np.ndarray
    values: np.ndarray
    scores: np.ndarray
    evaluated: np.ndarray
    inside: np.ndarray
    train_steps: int


def scored_series(grid: SeriesGrid, scores: np.ndarray, inside: np.ndarray, part: str) -> list[ScoredSeries]:
    """Each series of a grid up to its last value, or its last row if it has no values.

    Args:
        grid: the series.
        scores: of all cells.
        inside: whether each cell lies in a labeled window.
        part: that is evaluated.
    """
    count, found = grid.targets, []
    evaluated, train = np.zeros(len(grid), bool), np.zeros(len(grid), bool)
    evaluated[grid.cells_of(part)] = True
    if "train" in grid.part_names:
        train[grid.cells_of("train")] = True
    for name, start, end in zip(grid.index.names, grid.index.bounds[:-1], grid.ends(), strict=True):
        own = slice(start, end)
        passed = (grid.index.times[own] - grid.index.times[start]) / np.timedelta64(1, "D")
        days = np.arange(end - start, dtype=np.float64) if grid.index.step.unit == "row" else passed
        found.append(
            ScoredSeries(
                name, grid.index.labels(np.arange(start, end)), days, grid.raw[own, :count],
                grid.values[own, :count].astype(np.float64), scores[own], evaluated[own], inside[own],
                int(train[own].sum()),
            )
        )  # fmt: skip
    return found


def detection_metrics(
    series: Sequence[ScoredSeries],
    scores: Sequence[np.ndarray],
    threshold: float,
    merge: int,
    labeled: bool,
) -> dict[str, float]:
    """The metrics of a detector over the evaluated steps of all series.

    Args:
        series: with their labels.
        scores: of the detector, for all steps of each series.
        threshold: scores above it are alarms.
        merge: as in `anomaly_events`; events never go from one series to the next.
        labeled: whether there are labeled windows.

    Returns:
        `alarm_rate` and `events`, and the metrics of `window_metrics` if there are labels.
    """
    apart = merge + 1
    values, inside = [], []
    for one, own in zip(series, scores, strict=True):
        values += [np.where(np.isnan(own), -np.inf, own)[one.evaluated], np.full(apart, -np.inf)]
        inside += [one.inside[one.evaluated], np.zeros(apart, bool)]
    joined, labels = np.concatenate(values), np.concatenate(inside)
    above = joined > threshold
    steps = sum(int(one.evaluated.sum()) for one in series)
    metrics = {
        "alarm_rate": float(above.sum() / max(1, steps)),
        "events": float(len(anomaly_events(above, merge))),
    }
    if labeled and labels.any():
        metrics |= window_metrics(joined, threshold, anomaly_events(labels), merge)
    return metrics
