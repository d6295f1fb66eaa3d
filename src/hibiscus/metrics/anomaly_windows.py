r"""Metrics of anomaly detection against labeled windows of time.

    window recall    = found windows / windows          found: at least one step in it is above the threshold
    window precision = found windows / (found windows + false alarms)
    window F1        = 2 precision recall / (precision + recall)
    detection delay  = mean over found windows of  (first alarm - start) / length        0: at the start

Alarms are grouped into events (`hibiscus.series.anomaly_events`). An event without an alarm in any window is
one false alarm for each span of steps that it lasts, rounded up; an event that finds a window may last less
than one span outside all windows, as moving averages do, and each whole span there is a false alarm. A span
is the mean length of the windows. So an alarm that never ends is no perfect detector: it finds everything,
with as many false alarms as windows would fit beside the labeled ones.

The pointwise metrics compare each step with its label: precision, recall, F1 and the area under the
precision-recall curve of the scores. "Point adjustment", which counts a whole window as detected after one
alarm in it and then measures pointwise, is not offered: with it, random scores reach the F1 of published
detectors (Kim et al.).

Reference: Lavin, Ahmad, "Evaluating Real-Time Anomaly Detection Algorithms - the Numenta Anomaly Benchmark",
ICMLA 2015; Kim et al., "Towards a Rigorous Evaluation of Time-Series Anomaly Detection", AAAI 2022.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.errors import DataError
from hibiscus.metrics.label_metrics import average_precision
from hibiscus.series.anomaly_events import anomaly_events

__all__ = ["best_window_threshold", "count_false_alarms", "window_metrics"]

CANDIDATES = 400  # thresholds that are tried in hindsight


def window_metrics(
    scores: ArrayLike, threshold: float, windows: ArrayLike, merge: int = 0
) -> dict[str, float]:
    """All metrics of this module; those of windows are NaN without a window.

    Args:
        scores: NaN where a step has none, which is no alarm.
        threshold: scores above it are alarms.
        windows: first step of each labeled window and the one after its last, not overlapping.
        merge: the largest number of steps without an alarm within one event.

    Shapes: scores (steps,), windows (count, 2).

    Raises:
        DataError: a window beyond the steps, or one that overlaps another.
    """
    values = np.nan_to_num(np.asarray(scores, np.float64), nan=-np.inf, posinf=np.inf, neginf=-np.inf)
    labels = _checked(windows, len(values))
    above, inside = values > threshold, _steps_of(labels, len(values))
    ranks = np.unique(values, return_inverse=True)[1]  # finite, also where scores are not
    delays = []
    for start, stop in labels:
        alarms = np.flatnonzero(above[start:stop])
        delays += [alarms[0] / (stop - start)] if len(alarms) else []
    false_alarms = _found_and_false(above, inside, labels, merge)[1]
    hits, wrong = int((above & inside).sum()), int((above & ~inside).sum())
    return {
        **_scores("window", len(delays), false_alarms, len(labels)),
        "windows_found": float(len(delays)),
        "false_alarms": float(false_alarms),
        "detection_delay": float(np.mean(delays)) if delays else float("nan"),
        **_scores("point", hits, wrong, int(inside.sum())),
        "point_average_precision": average_precision(ranks, inside) if len(labels) else float("nan"),
    }


def count_false_alarms(above: NDArray[np.bool_], windows: ArrayLike, merge: int = 0) -> int:
    """The false alarms, as the module defines them; without windows, the events."""
    labels = _checked(windows, len(above))
    return _found_and_false(above, _steps_of(labels, len(above)), labels, merge)[1]


def best_window_threshold(scores: ArrayLike, windows: ArrayLike, merge: int = 0) -> float:
    """The threshold with the highest window F1, in hindsight: it is chosen with the labels.

    Up to 400 quantiles of the scores are tried, most of them high; of equal ones the highest wins.

    Shapes: as `window_metrics`; at least one window.
    """
    values = np.asarray(scores, np.float64)
    levels = 1 - np.geomspace(1 / max(2, len(values)), 1, CANDIDATES)
    finite = values[np.isfinite(values)]
    candidates = np.unique(np.quantile(finite, levels, method="lower"))[::-1]
    labels = _checked(windows, len(values))
    inside = _steps_of(labels, len(values))
    f1 = []
    for level in candidates:
        found, false_alarms = _found_and_false(values > level, inside, labels, merge)
        f1.append(_scores("window", found, false_alarms, len(labels))["window_f1"])
    return float(candidates[int(np.argmax(f1))])


def _found_and_false(
    above: NDArray[np.bool_], inside: NDArray[np.bool_], labels: NDArray[np.int64], merge: int
) -> tuple[int, int]:
    """The number of windows with an alarm in them, and that of false alarms."""
    span = float((labels[:, 1] - labels[:, 0]).mean()) if len(labels) else float("inf")
    events = anomaly_events(above, merge)
    hits, labeled = np.cumsum(np.append(0, above & inside)), np.cumsum(np.append(0, inside))
    outside = np.diff(events)[:, 0] - np.diff(labeled[events])[:, 0]
    finds = np.diff(hits[events])[:, 0] > 0
    false_alarms = np.where(finds, outside // span, np.maximum(1, np.ceil(outside / span)))
    return int((np.diff(hits[labels])[:, 0] > 0).sum()), int(false_alarms.sum())


def _scores(name: str, hits: int, false_alarms: int, positives: int) -> dict[str, float]:
    """Precision (0 without an alarm), recall and F1 under the names of windows or points."""
    if not positives:
        return {f"{name}_{metric}": float("nan") for metric in ("precision", "recall", "f1")}
    precision = hits / (hits + false_alarms) if hits else 0.0
    recall = hits / positives
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return {f"{name}_precision": precision, f"{name}_recall": recall, f"{name}_f1": f1}


def _steps_of(windows: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    inside = np.zeros(count, bool)
    for start, stop in windows:
        inside[start:stop] = True
    return inside


def _checked(windows: ArrayLike, count: int) -> NDArray[np.int64]:
    labels = np.asarray(windows, np.int64).reshape(-1, 2)
    labels = labels[np.argsort(labels[:, 0], kind="stable")]
    inside = (labels[:, 0] >= 0) & (labels[:, 1] <= count) & (labels[:, 0] < labels[:, 1])
    if not inside.all():
        start, stop = labels[~inside][0]
        raise DataError(f"the window [{start}, {stop})", f"a window within [0, {count})", "")
    overlaps = np.flatnonzero(labels[1:, 0] < labels[:-1, 1])
    if len(overlaps):
        (start, stop), (later, _) = labels[overlaps[0]], labels[overlaps[0] + 1]
        received = f"the windows [{start}, {stop}) and one from {later} on"
        raise DataError(received, "windows that do not overlap", "merge them")
    return labels
