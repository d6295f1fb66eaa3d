"""The entries of the catalog for anomaly detection."""

from __future__ import annotations

from hibiscus.metrics.entries import down, fraction, neutral

__all__ = ["ANOMALIES"]

# fmt: off
ANOMALIES = (
    fraction("window_f1", "window F1", "harmonic mean of window precision and window recall"),
    fraction("window_precision", "window precision",
        "found windows of anomalies, relative to found windows and false alarms"),
    fraction("window_recall", "window recall", "fraction of the windows of anomalies with an alarm in them"),
    neutral("windows_found", "windows found", "windows of anomalies with an alarm in them"),
    down("false_alarms", "false alarms",
        "events outside the windows of anomalies; a longer one counts once per length of a window"),
    fraction("detection_delay", "detection delay",
        "time from the start of a window to its first alarm, relative to the length of the window", False),
    fraction("point_precision", "precision of steps", "fraction of alarms that lie in windows of anomalies"),
    fraction("point_recall", "recall of steps", "fraction of steps in windows of anomalies with an alarm"),
    fraction("point_f1", "F1 of steps", "harmonic mean of the precision and the recall of steps"),
    fraction("point_average_precision", "average precision of steps",
        "area under the precision-recall curve of the scores of steps"),
    fraction("alarm_rate", "alarm rate", "fraction of steps above the threshold", None),
    neutral("events", "events", "runs of steps above the threshold, close ones merged"),
)
# fmt: on
