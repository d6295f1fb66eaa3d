"""Evaluation of anomaly detection: events, metrics of labeled windows, other detectors, and plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from hibiscus.evaluation.anomaly_baselines import Detector, anomaly_baselines
from hibiscus.evaluation.items import Curve, ReportItem, Series, Table
from hibiscus.evaluation.scored_series import ScoredSeries, detection_metrics
from hibiscus.metrics.anomaly_windows import best_window_threshold
from hibiscus.plurals import plural
from hibiscus.series.anomaly_events import anomaly_events
from hibiscus.training.method import Evaluation

__all__ = ["evaluate_anomalies"]

PLOTTED = 3  # series
BUCKETS = 700  # of a plot, each with its smallest and its largest value
MOST_EVENTS = 40
NAMED = 5  # series in a note
HIGHEST = 4  # of the scores in a plot, in thresholds, beyond the largest labeled one


def evaluate_anomalies(
    series: Sequence[ScoredSeries],
    threshold: float,
    own: Mapping[str, float],
    merge: int,
    season: int,
    horizon: int,
    false_alarm_rate: float,
    labeled: bool,
) -> Evaluation:
    """The metrics of the scores with those of other detectors, the events, and plots of both.

    Args:
        series: with the scores of the network.
        threshold: from the training and the validation part.
        own: further metrics of the network.
        merge: as in `anomaly_events`.
        season: steps of a season; 1 for none.
        horizon: steps that the network explains at once.
        false_alarm_rate: with which thresholds were chosen.
        labeled: whether there are labeled windows.
    """
    scores = [one.scores for one in series]
    labeled = labeled and any((one.inside & one.evaluated).any() for one in series)
    metrics = {**own, **detection_metrics(series, scores, threshold, merge, labeled)}
    detectors, missing = anomaly_baselines(series, season, horizon, false_alarm_rate)
    if labeled and detectors and detectors[0].name.startswith("moving z-score"):
        detectors.insert(1, _in_hindsight(series, detectors[0], merge))
    baselines = {
        detector.name: {
            "standardized_mae": detector.standardized_mae,
            **detection_metrics(series, detector.scores, detector.threshold, merge, labeled),
        }
        for detector in detectors
    }
    items: list[ReportItem] = []
    known = [one for one in series if not np.isnan(one.scores).all()]
    for one in known[:PLOTTED]:
        items += [_values_plot(one, threshold, labeled), _scores_plot(one, threshold, labeled)]
    items.append(_events(series, threshold, merge, labeled, missing))
    return Evaluation(metrics, baselines, items)


def _in_hindsight(series: Sequence[ScoredSeries], detector: Detector, merge: int) -> Detector:
    """The moving z-score with the threshold that is best on the labels, which nobody has beforehand."""
    values, inside = [], []
    for one, own in zip(series, detector.scores, strict=True):
        values += [own[one.evaluated], np.full(merge + 1, np.nan)]
        inside += [one.inside[one.evaluated], np.zeros(merge + 1, bool)]
    windows = anomaly_events(np.concatenate(inside))
    threshold = best_window_threshold(np.concatenate(values), windows, merge)
    return Detector("moving z-score, best threshold in hindsight", detector.scores, threshold)


def _values_plot(one: ScoredSeries, threshold: float, labeled: bool) -> Curve:
    """The first variable, with the steps of alarms and of labeled windows."""
    values = one.raw[:, 0]
    chosen = _thinned(values)
    alarms = one.scores > threshold
    lines = [Series("value", one.days[chosen], values[chosen])]
    low = float(np.nanmin(values)) - 0.06 * float(np.ptp(values))
    if labeled:
        lines.append(_marks("labeled window", one, one.inside, low, chosen))
    lines.append(_marks("alarm", one, alarms, low - 0.05 * float(np.ptp(values)), chosen))
    note = f"The network was trained on the first {one.train_steps:,} of {len(values):,} steps."
    title = "Series with events" + (f": {one.name}" if one.name else "")
    return Curve(title, _axis(one), "value", lines, note=note if one.train_steps else "")


def _scores_plot(one: ScoredSeries, threshold: float, labeled: bool) -> Curve:
    known = np.where(np.isfinite(one.scores), one.scores, np.nan)
    chosen = _thinned(np.nan_to_num(known))
    lines = [
        Series("score", one.days[chosen], known[chosen]),
        Series("threshold", one.days[[0, -1]], np.full(2, threshold)),
    ]
    if labeled:
        lines.append(_marks("labeled window", one, one.inside, -0.05 * float(np.nanmax(known)), chosen))
    note = "The threshold comes from the training and the validation part, without labels."
    title = "Anomaly scores" + (f": {one.name}" if one.name else "")
    return Curve(title, _axis(one), "score", lines, note=note)


def _marks(name: str, one: ScoredSeries, where: np.ndarray, height: float, chosen: np.ndarray) -> Series:
    """A line at one height over the steps that are marked."""
    steps = np.union1d(chosen, np.flatnonzero(np.diff(where.astype(int), prepend=0)))
    return Series(name, one.days[steps], np.where(where[steps], height, np.nan))


def _thinned(values: np.ndarray) -> np.ndarray:
    """Few steps that show the same curve: the smallest and the largest value of each bucket."""
    if len(values) <= 2 * BUCKETS:
        return np.arange(len(values))
    edges = np.linspace(0, len(values), BUCKETS + 1).astype(int)
    extremes = [
        (a + int(np.argmin(values[a:b])), a + int(np.argmax(values[a:b]))) for a, b in pairwise(edges)
    ]
    return np.unique(np.array(extremes))


def _axis(one: ScoredSeries) -> str:
    return f"days since {one.times[0]}" if "-" in one.times[0] else "step"


def _events(
    series: Sequence[ScoredSeries], threshold: float, merge: int, labeled: bool, missing: Sequence[str]
) -> Table:
    """The events of the evaluated part in the order of time."""
    rows: list[list[str | float]] = []
    for one in series:
        above = (np.nan_to_num(one.scores, nan=-np.inf) > threshold) & one.evaluated
        for start, stop in anomaly_events(above, merge):
            hit = bool((one.inside[start:stop] & above[start:stop]).any())
            row: list[str | float] = [one.name] if len(series) > 1 else []
            row += [
                one.times[start],
                one.times[stop - 1],
                float(np.nanmax(one.scores[start:stop]) / threshold),
            ]
            rows.append(row + (["yes" if hit else "no"] if labeled else []))
    columns = ["series"] * (len(series) > 1) + ["first step", "last step", "highest score / threshold"]
    columns += ["in a labeled window"] * labeled
    note = plural(len(rows), "event") + (
        f", of which the first {MOST_EVENTS}" if len(rows) > MOST_EVENTS else ""
    )
    note += "".join(f". Without a baseline: {text}" for text in missing)
    silent = [one.name or "the series" for one in series if np.isnan(one.scores).all()]
    if silent:
        names = ", ".join(silent[:NAMED]) + (", ..." if len(silent) > NAMED else "")
        note += f". Without scores, since they are too short or have no values: {names}"
    return Table("Events", columns, rows[:MOST_EVENTS], note)
