"""The ROC curve and the precision-recall curve of a classifier as report items."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hibiscus.evaluation.items import Curve, Series
from hibiscus.metrics.label_metrics import average_precision
from hibiscus.metrics.roc import ThresholdCurve, roc_auc, threshold_curve

__all__ = ["ranking_curves"]

POINTS = 200  # of a curve
CLASSES = 8  # curves of a plot, as many as it has colors


def ranking_curves(probabilities: np.ndarray, label: np.ndarray, classes: Sequence[str]) -> list[Curve]:
    r"""Both curves of the second of two classes, otherwise of each class against the rest.

    With many classes those are shown whose area is smallest. None if all items are of one class.

    Shapes: probabilities (items, classes), label (items,).
    """
    present = np.unique(label).tolist()
    if len(present) < 2:
        return []
    numbers = [1] if len(classes) == 2 else present
    areas = {k: (roc_auc(probabilities[:, k], label == k), k) for k in numbers}
    precisions = {k: (average_precision(probabilities[:, k], label == k), k) for k in numbers}
    plots = []
    for title, x_label, y_label, values, points, text in (
        ("ROC curve", "false positive rate", "true positive rate", areas, _roc, ROC_NOTE),
        ("Precision-recall curve", "recall", "precision", precisions, _precision_recall, PR_NOTE),
    ):
        shown = sorted(sorted(numbers, key=values.__getitem__)[:CLASSES])
        series = []
        for k in shown:
            x, y = points(threshold_curve(probabilities[:, k], label == k))
            series.append(Series(f"{classes[k]} ({values[k][0]:.3f})", x, y))
        note = text
        if len(shown) < len(numbers):
            note += f" Shown are the {len(shown)} of {len(numbers)} classes with the smallest area."
        plots.append(Curve(title, x_label, y_label, series, title.startswith("ROC"), note, shares=True))
    return plots


ROC_NOTE = "In parentheses the area under the curve (AUC): 0.5 is chance, 1 is perfect."
PR_NOTE = (
    "In parentheses the average precision, the area under the curve; chance is the share of the class among "
    "the items."
)


def _roc(curve: ThresholdCurve) -> tuple[np.ndarray, np.ndarray]:
    return _thinned(np.append(0, curve.false_positive_rate), np.append(0, curve.recall))


def _precision_recall(curve: ThresholdCurve) -> tuple[np.ndarray, np.ndarray]:
    return _thinned(curve.recall, curve.precision)


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most POINTS points that are evenly spaced along the curve, with both ends."""
    if len(x) <= POINTS:
        return x, y
    along = np.append(0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y))))
    chosen = np.unique(np.searchsorted(along, np.linspace(0, along[-1], POINTS)).clip(0, len(x) - 1))
    return x[chosen], y[chosen]
