"""Metrics of scores for two classes at every threshold: ROC and precision-recall curves and the areas under
them, and the threshold with the best F1 or balanced accuracy.

`scores` (N,) are larger for items that are more likely positive; `positive` (N,) are zeros and ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.errors import DataError
from hibiscus.metrics.label_metrics import average_precision

__all__ = ["ThresholdCurve", "best_class_threshold", "macro_ranking_metrics", "roc_auc", "threshold_curve"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ThresholdCurve:
    """Counts for each distinct score as a threshold, from the highest down: an item is predicted as positive
    where its score is at least the threshold.

    Args:
        thresholds: the distinct scores.
        hits: positive items that are predicted as positive.
        false_alarms: negative items that are predicted as positive.
        positives: positive items.
        negatives: negative items.
    """

    thresholds: Array
    hits: Array
    false_alarms: Array
    positives: int
    negatives: int

    @property
    def recall(self) -> Array:
        """The true positive rate at each threshold; NaN without positive items."""
        return self.hits / self.positives if self.positives else np.full(len(self.hits), np.nan)

    @property
    def false_positive_rate(self) -> Array:
        """The fraction of negative items predicted as positive; NaN without negative items."""
        if not self.negatives:
            return np.full(len(self.hits), np.nan)
        return self.false_alarms / self.negatives

    @property
    def precision(self) -> Array:
        """The fraction of positive predictions that are right."""
        return self.hits / (self.hits + self.false_alarms)


def threshold_curve(scores: ArrayLike, positive: ArrayLike) -> ThresholdCurve:
    r"""What each threshold predicts; the points of the ROC curve and of the precision-recall curve.

    The ROC curve begins at (0, 0), which is not among the points; the precision-recall curve at recall 0 and
    precision 1, by convention.

    Shapes:
        scores (N,); positive (N,), zeros and ones; returns arrays (distinct scores,).

    Raises:
        DataError: when the arrays do not match, or a score is NaN.
    """
    s, y = np.asarray(scores, dtype=np.float64), np.asarray(positive) > 0
    if s.ndim != 1 or s.shape != y.shape or not len(s) or np.isnan(s).any():
        raise DataError(
            f"scores of shape {s.shape} and labels of shape {y.shape}",
            "both (N,), with one item or more and no NaN",
            "pass the score of the positive class of each item",
        )
    order = np.argsort(-s, kind="stable")
    last = np.append(np.diff(s[order]) != 0, True)  # equal scores pass together
    hits = np.cumsum(y[order], dtype=np.float64)[last]
    false_alarms = np.flatnonzero(last) + 1.0 - hits
    return ThresholdCurve(s[order][last], hits, false_alarms, int(y.sum()), int((~y).sum()))


def roc_auc(scores: ArrayLike, positive: ArrayLike) -> float:
    r"""The area under the ROC curve by the trapezoidal rule.

        roc_auc = P(score of a positive item > of a negative one) + P(equal) / 2

    NaN unless there are positive and negative items.

    Shapes:
        scores (N,); positive (N,), zeros and ones; returns a fraction in [0, 1].

    Raises:
        DataError: when the arrays do not match, or a score is NaN.
    """
    curve = threshold_curve(scores, positive)
    x, y = np.append(0.0, curve.false_positive_rate), np.append(0.0, curve.recall)
    return float((np.diff(x) * (y[1:] + y[:-1]) / 2).sum())


def macro_ranking_metrics(probabilities: ArrayLike, labels: ArrayLike) -> dict[str, float]:
    r"""ROC AUC and average precision: of the second of two classes, otherwise the mean over all classes of
    one class against the rest.

        roc_auc           = mean of roc_auc(probabilities[:, k], labels == k)
        average_precision = mean of average_precision(probabilities[:, k], labels == k)

    The means are over the classes with items; none, if all items are of one class.

    Shapes:
        probabilities (N, classes); labels (N,) integers; returns name to value, fractions in [0, 1].
    """
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(labels)
    present = np.unique(y)
    if len(present) < 2:
        return {}
    classes = [1] if p.shape[1] == 2 else present.tolist()
    return {
        "roc_auc": float(np.mean([roc_auc(p[:, k], y == k) for k in classes])),
        "average_precision": float(np.mean([average_precision(p[:, k], y == k) for k in classes])),
    }


def best_class_threshold(scores: ArrayLike, positive: ArrayLike, metric: str) -> float:
    r"""The threshold with the highest F1 or balanced accuracy, in the middle between neighboring scores.

        f1                = 2 * hits / (hits + false alarms + positives)
        balanced_accuracy = (recall + 1 - false_positive_rate) / 2

    0.5 unless there are positive and negative items.

    Args:
        scores: probabilities of the positive class.
        positive: zeros and ones.
        metric: `f1` or `balanced_accuracy`.

    Shapes:
        scores (N,); positive (N,); returns a number in (0, 1).

    Raises:
        DataError: when the arrays do not match, or a score is NaN.
    """
    curve = threshold_curve(scores, positive)
    if not (curve.positives and curve.negatives):
        return 0.5
    if metric == "f1":
        values = 2 * curve.hits / (curve.hits + curve.false_alarms + curve.positives)
    else:
        values = curve.recall - curve.false_positive_rate
    best = int(values.argmax())
    below = curve.thresholds[best + 1] if best + 1 < len(values) else 0.0
    return float((curve.thresholds[best] + below) / 2)
