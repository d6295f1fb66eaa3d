"""How good are probabilities over classes: shares of hits and misses, likelihood, calibration.

All start from `probabilities` (N, classes), whose rows sum to one, and integer `labels` (N,). What a confusion matrix gives is
counted here rather than by scikit-learn, which takes a second to import and warns where a class was never predicted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.errors import ConfigError, DataError

__all__ = [
    "Calibration",
    "ClassRow",
    "accuracy",
    "calibration_curve",
    "classification_metrics",
    "confusion_matrix",
    "per_class",
    "top_k_error",
]

Array = NDArray[np.float64]


class ClassRow(TypedDict):
    """How one class fares; not a number where there is nothing to divide by."""

    label: int
    support: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Calibration:
    """Items in bins of confidence: mean confidence and accuracy of each bin (not a number where empty), and its count."""

    confidence: Array
    accuracy: Array
    count: NDArray[np.int64]


def accuracy(probabilities: ArrayLike, labels: ArrayLike) -> float:
    r"""The share of items whose most probable class is the true one.

        accuracy = mean(argmax(probabilities) == labels)

    Among equals the lowest class is taken.

    Shapes:
        probabilities (N, classes); labels (N,); returns a share in [0, 1].

    Raises:
        DataError: when the arrays do not fit together.
    """
    p, y = _checked(probabilities, labels)
    return float((p.argmax(1) == y).mean())


def top_k_error(probabilities: ArrayLike, labels: ArrayLike, k: int = 5) -> float:
    r"""The share of items whose true class is not among the k most probable.

        top_k_error = mean(rank(labels) >= k),    rank = number of classes before the true one

    Among equals the lower class comes first, so that top_k_error(k=1) = 1 - accuracy. A k of all classes or more gives 0.

    Args:
        probabilities: rows that sum to one.
        labels: true classes.
        k: how many classes may be named, >= 1.

    Shapes:
        probabilities (N, classes); labels (N,); returns a share in [0, 1].

    Raises:
        ConfigError: when k is below 1.
        DataError: when the arrays do not fit together.
    """
    if k < 1:
        raise ConfigError(f"k={k}", "k >= 1", "use 1 or 5")
    p, y = _checked(probabilities, labels)
    own = p[np.arange(len(y)), y][:, None]
    before = (p > own) | ((p == own) & (np.arange(p.shape[1]) < y[:, None]))  # (N, classes)
    return float((before.sum(1) >= k).mean())


def confusion_matrix(probabilities: ArrayLike, labels: ArrayLike) -> NDArray[np.int64]:
    r"""How many items of each true class (row) were taken for each class (column).

        matrix[i, j] = count(labels == i and argmax(probabilities) == j)

    Shapes:
        probabilities (N, classes); labels (N,); returns (classes, classes), int64.

    Raises:
        DataError: when the arrays do not fit together.
    """
    p, y = _checked(probabilities, labels)
    classes = p.shape[1]
    return np.bincount(y * classes + p.argmax(1), minlength=classes**2).reshape(classes, classes)


def per_class(probabilities: ArrayLike, labels: ArrayLike) -> list[ClassRow]:
    r"""Precision, recall and F1 of each class, in the order of the classes.

        precision = hits / predicted,   recall = hits / support,   f1 = 2 * hits / (predicted + support)

    A class that was never predicted has no precision, and one without items no recall: these are not a number, not 0.

    Shapes:
        probabilities (N, classes); labels (N,); returns one row per class.

    Raises:
        DataError: when the arrays do not fit together.
    """
    matrix = confusion_matrix(probabilities, labels)
    hits, support, predicted = np.diag(matrix), matrix.sum(1), matrix.sum(0)
    columns = (_ratio(hits, predicted), _ratio(hits, support), _ratio(2 * hits, predicted + support))
    return [
        ClassRow(label=i, support=int(support[i]), precision=float(p), recall=float(r), f1=float(f))
        for i, (p, r, f) in enumerate(zip(*columns, strict=True))
    ]


def calibration_curve(probabilities: ArrayLike, labels: ArrayLike, bins: int = 15) -> Calibration:
    r"""Is it right as often as it is sure? The items sorted into equally wide bins of confidence.

        confidence = max(probabilities);   bin b holds b / bins < confidence <= (b + 1) / bins

    Args:
        probabilities: rows that sum to one.
        labels: true classes.
        bins: number of bins over [0, 1] (Guo et al.: 15).

    Shapes:
        probabilities (N, classes); labels (N,); returns three arrays (bins,), shares in [0, 1] and counts.

    Raises:
        ConfigError: when bins is below 1.
        DataError: when the arrays do not fit together.

    Reference:
        Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", 2017, arXiv 1706.04599, section 2.
    """
    if bins < 1:
        raise ConfigError(f"bins={bins}", "1 or more", "use 15")
    p, y = _checked(probabilities, labels)
    sure, right = p.max(1), p.argmax(1) == y
    index = np.clip(np.ceil(sure * bins).astype(np.int64) - 1, 0, bins - 1)
    count = np.bincount(index, minlength=bins)
    return Calibration(_ratio(np.bincount(index, sure, bins), count), _ratio(np.bincount(index, right, bins), count), count)


def classification_metrics(probabilities: ArrayLike, labels: ArrayLike, bins: int = 15) -> dict[str, float]:
    r"""The figures that the field reports for a classifier.

        accuracy          = mean(argmax(probabilities) == labels)
        top5_error        = top_k_error(k=5)                            with more than 5 classes
        balanced_accuracy = mean of recall                              over classes that have items
        macro_f1          = mean of f1                                  over classes that have items or were predicted
        nll               = -mean(log(probabilities[labels]))           nats; each at most 36, probabilities floored at 2.2e-16
        ece               = sum(count / N * |accuracy - confidence|)    over `bins` of confidence; 0 is calibrated
        brier             = mean(sum((probabilities - one_hot)**2))     in [0, 2]; for two classes twice the one-sided score
        roc_auc           = P(score of a positive > of a negative)      with 2 classes and both among the labels

    Args:
        probabilities: rows that sum to one.
        labels: true classes.
        bins: bins of the calibration error.

    Shapes:
        probabilities (N, classes); labels (N,); returns name to value, shares in [0, 1] unless said otherwise.

    Raises:
        DataError: when the arrays do not fit together.

    Reference:
        Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", 2017, arXiv 1706.04599, eq. 3 (ece).
        Brier, "Verification of Forecasts Expressed in Terms of Probability", Monthly Weather Review 78, 1950.
    """
    p, y = _checked(probabilities, labels)
    rows, calibration = per_class(p, y), calibration_curve(p, y, bins)
    own = p[np.arange(len(y)), y]
    gap = np.abs(calibration.accuracy - calibration.confidence)
    metrics = {"accuracy": accuracy(p, y)}
    if p.shape[1] > 5:
        metrics["top5_error"] = top_k_error(p, y, 5)
    metrics |= {
        "balanced_accuracy": float(np.nanmean([row["recall"] for row in rows])),
        "macro_f1": float(np.nanmean([row["f1"] for row in rows])),
        "nll": float(-np.log(np.maximum(own, np.finfo(np.float64).eps)).mean()),
        "ece": float(np.nansum(calibration.count / len(y) * gap)),
        "brier": max(0.0, float(((p**2).sum(1) - 2 * own + 1).mean())),
    }
    if p.shape[1] == 2 and 0 < y.sum() < len(y):
        from sklearn.metrics import roc_auc_score  # a second to import

        metrics["roc_auc"] = float(roc_auc_score(y, p[:, 1]))
    return metrics


def _ratio(top: NDArray, bottom: NDArray) -> Array:
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)


def _checked(probabilities: ArrayLike, labels: ArrayLike) -> tuple[Array, NDArray[np.int64]]:
    """Both as arrays; the rows sum to one exactly, since a softmax in half precision may be off by a hundredth."""
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(labels)
    if p.ndim != 2 or p.shape[1] < 2 or y.shape != p.shape[:1] or len(y) == 0:
        raise DataError(
            f"probabilities of shape {p.shape} and labels of shape {y.shape}",
            "(N, classes) and (N,), with two classes or more and one item or more",
            "for a single output p, pass [1 - p, p] as two columns",
        )
    if not (np.issubdtype(y.dtype, np.integer) or y.dtype == bool) or y.min() < 0 or y.max() >= p.shape[1]:
        raise DataError(
            f"labels of type {y.dtype} from {y.min()} to {y.max()}",
            f"integers from 0 to {p.shape[1] - 1}",
            "number the classes from 0 in the order of the columns",
        )
    total = p.sum(1)
    if not (p.min() >= 0 and np.abs(total - 1).max() < 0.02):
        raise DataError(
            f"probabilities from {p.min():g}, rows summing to {total.min():g} .. {total.max():g}",
            "no negative value, and rows that sum to one",
            "turn logits into probabilities with a softmax; look for values that are not a number",
        )
    return p / total[:, None], y.astype(np.int64)
