"""Metrics of items with any number of labels.

All take the probability of each label `(N, labels)` and the labels as zeros and ones `(N, labels)`.
"""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.errors import DataError

__all__ = ["LabelRow", "average_precision", "best_threshold", "multi_label_metrics", "per_label"]


class LabelRow(TypedDict):
    """The metrics of one label; NaN where a denominator is 0."""

    support: int
    average_precision: float
    precision: float
    recall: float
    f1: float


def average_precision(scores: ArrayLike, positive: ArrayLike) -> float:
    r"""The area under the precision-recall curve of one label, without interpolation.

        average_precision = sum over thresholds t of (recall(t) - recall(previous t)) * precision(t)

    The thresholds are the distinct scores, from the highest down. NaN without positive items.

    Shapes:
        scores (N,); positive (N,), zeros and ones; returns a fraction in [0, 1].
    """
    scores, positive = np.asarray(scores, dtype=np.float64), np.asarray(positive) > 0
    if not positive.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    last_of_score = np.append(np.diff(scores[order]) != 0, True)  # equal scores enter together
    hits = np.cumsum(positive[order])[last_of_score]
    precision = hits / (np.flatnonzero(last_of_score) + 1)
    return float(np.sum(np.diff(hits, prepend=0) * precision) / positive.sum())


def best_threshold(probabilities: ArrayLike, labels: ArrayLike) -> float:
    r"""The threshold with the highest micro F1: in the middle between two neighboring probabilities.

        f1(t) = 2 * hits(t) / (predicted(t) + positives)

    0.5 if no item has a label.

    Shapes:
        probabilities and labels (N, labels); returns a number in (0, 1).

    Raises:
        DataError: when the arrays do not match.
    """
    p, y = _checked(probabilities, labels)
    if not y.any():
        return 0.5
    order = np.argsort(-p, axis=None, kind="stable")
    scores = p.ravel()[order]
    hits, predicted = np.cumsum(y.ravel()[order]), np.arange(1, p.size + 1)
    f1 = 2 * hits / (predicted + y.sum())
    f1[:-1][np.diff(scores) == 0] = -1  # no threshold lies between equal scores
    best = int(f1.argmax())
    below = scores[best + 1] if best + 1 < len(scores) else 0.0
    return float((scores[best] + below) / 2)


def per_label(probabilities: ArrayLike, labels: ArrayLike, threshold: float) -> list[LabelRow]:
    r"""Average precision of each label, and precision, recall and F1 of `probability >= threshold`.

        precision = hits / predicted,   recall = hits / support,   f1 = 2 * hits / (predicted + support)

    Shapes:
        probabilities and labels (N, labels); returns one row per label.

    Raises:
        DataError: when the arrays do not match.
    """
    p, y = _checked(probabilities, labels)
    predicted = p >= threshold
    rows = []
    for k in range(p.shape[1]):
        hits, support, count = (predicted[:, k] & y[:, k]).sum(), y[:, k].sum(), predicted[:, k].sum()
        rows.append(
            LabelRow(
                support=int(support),
                average_precision=average_precision(p[:, k], y[:, k]),
                precision=_ratio(hits, count),
                recall=_ratio(hits, support),
                f1=_ratio(2 * hits, count + support),
            )
        )
    return rows


def multi_label_metrics(probabilities: ArrayLike, labels: ArrayLike, threshold: float) -> dict[str, float]:
    r"""The usual metrics of items with any number of labels.

        map         = mean of average_precision              over labels with items
        micro_f1    = 2 * hits / (predicted + positives)     over all decisions together
        macro_f1    = mean of f1                             over labels with items or predictions
        exact_match = mean(all labels of an item are predicted right)

    Labels are predicted where their probability reaches the threshold.

    Args:
        probabilities: of each label, which need not sum to one.
        labels: zeros and ones.
        threshold: from which a label counts as predicted.

    Shapes:
        probabilities and labels (N, labels); returns name to value, fractions in [0, 1].

    Raises:
        DataError: when the arrays do not match.
    """
    p, y = _checked(probabilities, labels)
    rows, predicted = per_label(p, y, threshold), p >= threshold
    return {
        "map": _mean([row["average_precision"] for row in rows]),
        "micro_f1": _ratio(2 * (predicted & y).sum(), predicted.sum() + y.sum(), 1.0),
        "macro_f1": _mean([row["f1"] for row in rows], 1.0),
        "exact_match": float((predicted == y).all(axis=1).mean()),
    }


def _ratio(top: float, bottom: float, undefined: float = float("nan")) -> float:
    return float(top / bottom) if bottom else undefined


def _mean(values: list[float], undefined: float = float("nan")) -> float:
    known = [value for value in values if value == value]
    return float(np.mean(known)) if known else undefined


def _checked(probabilities: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(labels)
    if p.ndim != 2 or p.shape != y.shape or p.size == 0 or not np.isin(y, (0, 1)).all():
        raise DataError(
            f"probabilities of shape {p.shape} and labels of shape {y.shape}",
            "both (N, labels), with one item or more; labels 0 or 1",
            "pass one column per label",
        )
    if not (p.min() >= 0 and p.max() <= 1):
        raise DataError(
            f"probabilities from {p.min():g} to {p.max():g}",
            "from 0 to 1",
            "apply the sigmoid to the logits; look for NaN values",
        )
    return p, y > 0
