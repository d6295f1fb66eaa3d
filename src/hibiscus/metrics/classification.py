"""Metrics of class probabilities: accuracy, precision and recall, likelihood, calibration.

All take `probabilities` (N, classes), whose rows sum to one, and integer `labels` (N,). Metrics that follow
from the confusion matrix are computed here instead of with scikit-learn, which takes a second to import and
issues warnings if a class is never predicted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.errors import ConfigError, DataError
from hibiscus.metrics.roc import macro_ranking_metrics

__all__ = [
    "Calibration",
    "ClassRow",
    "accuracy",
    "calibration_curve",
    "classification_metrics",
    "confusion_matrix",
    "per_class",
    "predicted_classes",
    "top_k_error",
]

Array = NDArray[np.float64]


class ClassRow(TypedDict):
    """The metrics of one class; NaN where a denominator is 0."""

    label: int
    support: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Calibration:
    """Bins of confidence: mean confidence and accuracy of the items (NaN where empty), and their number."""

    confidence: Array
    accuracy: Array
    count: NDArray[np.int64]


def predicted_classes(probabilities: ArrayLike, threshold: float | None = None) -> NDArray[np.int64]:
    r"""The most probable class of each item, in case of a tie the lowest.

    Args:
        probabilities: rows that sum to one.
        threshold: of two classes, the probability from which the second is predicted instead.

    Shapes:
        probabilities (N, classes); returns (N,), int64.
    """
    p = np.asarray(probabilities)
    return p.argmax(1) if threshold is None else (p[:, 1] >= threshold).astype(np.int64)


def accuracy(probabilities: ArrayLike, labels: ArrayLike, threshold: float | None = None) -> float:
    r"""The fraction of items whose predicted class is the true class.

        accuracy = mean(predicted_classes(probabilities, threshold) == labels)

    Shapes:
        probabilities (N, classes); labels (N,); returns a fraction in [0, 1].

    Raises:
        DataError: when the arrays do not match.
    """
    p, y = _checked(probabilities, labels)
    return float((predicted_classes(p, threshold) == y).mean())


def top_k_error(probabilities: ArrayLike, labels: ArrayLike, k: int = 5) -> float:
    r"""The fraction of items whose true class is not among the k most probable classes.

        top_k_error = mean(rank(labels) >= k),    rank = number of classes ranked before the true class

    Ties are resolved in favor of the lower class, so that top_k_error(k=1) = 1 - accuracy. With k >= classes
    it is 0.

    Args:
        probabilities: rows that sum to one.
        labels: true classes.
        k: number of classes, >= 1.

    Shapes:
        probabilities (N, classes); labels (N,); returns a fraction in [0, 1].

    Raises:
        ConfigError: when k is below 1.
        DataError: when the arrays do not match.
    """
    if k < 1:
        raise ConfigError(f"k={k}", "k >= 1", "use 1 or 5")
    p, y = _checked(probabilities, labels)
    true_p = p[np.arange(len(y)), y][:, None]
    before = (p > true_p) | ((p == true_p) & (np.arange(p.shape[1]) < y[:, None]))  # (N, classes)
    return float((before.sum(1) >= k).mean())


def confusion_matrix(
    probabilities: ArrayLike, labels: ArrayLike, threshold: float | None = None
) -> NDArray[np.int64]:
    r"""The number of items of each true class (row) that are predicted as each class (column).

        matrix[i, j] = count(labels == i and predicted_classes(probabilities, threshold) == j)

    Shapes:
        probabilities (N, classes); labels (N,); returns (classes, classes), int64.

    Raises:
        DataError: when the arrays do not match.
    """
    p, y = _checked(probabilities, labels)
    classes, predicted = p.shape[1], predicted_classes(p, threshold)
    return np.bincount(y * classes + predicted, minlength=classes**2).reshape(classes, classes)


def per_class(probabilities: ArrayLike, labels: ArrayLike, threshold: float | None = None) -> list[ClassRow]:
    r"""Precision, recall and F1 of each class, in the order of the classes.

        precision = hits / predicted,   recall = hits / support,   f1 = 2 * hits / (predicted + support)

    The precision of a class that is never predicted and the recall of a class without items are undefined:
    NaN, not 0.

    Shapes:
        probabilities (N, classes); labels (N,); returns one row per class.

    Raises:
        DataError: when the arrays do not match.
    """
    matrix = confusion_matrix(probabilities, labels, threshold)
    hits, support, predicted = np.diag(matrix), matrix.sum(1), matrix.sum(0)
    columns = (_ratio(hits, predicted), _ratio(hits, support), _ratio(2 * hits, predicted + support))
    return [
        ClassRow(label=i, support=int(support[i]), precision=float(p), recall=float(r), f1=float(f))
        for i, (p, r, f) in enumerate(zip(*columns, strict=True))
    ]


def calibration_curve(probabilities: ArrayLike, labels: ArrayLike, bins: int = 15) -> Calibration:
    r"""The accuracy of items in equally wide bins of confidence; a calibrated classifier has equal accuracy
    and confidence.

        confidence = max(probabilities);   bin b holds b / bins < confidence <= (b + 1) / bins

    Args:
        probabilities: rows that sum to one.
        labels: true classes.
        bins: number of bins over [0, 1] (Guo et al.: 15).

    Shapes:
        probabilities (N, classes); labels (N,); returns three arrays (bins,), fractions in [0, 1] and counts.

    Raises:
        ConfigError: when bins is below 1.
        DataError: when the arrays do not match.

    Reference:
        Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", 2017, arXiv 1706.04599,
        section 2.
    """
    if bins < 1:
        raise ConfigError(f"bins={bins}", "1 or more", "use 15")
    p, y = _checked(probabilities, labels)
    confidence, correct = p.max(1), p.argmax(1) == y
    index = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    count = np.bincount(index, minlength=bins)
    return Calibration(
        _ratio(np.bincount(index, confidence, bins), count),
        _ratio(np.bincount(index, correct, bins), count),
        count,
    )


def classification_metrics(
    probabilities: ArrayLike, labels: ArrayLike, bins: int = 15, threshold: float | None = None
) -> dict[str, float]:
    r"""The usual metrics of classification.

        accuracy          = mean(predicted_classes(probabilities, threshold) == labels)
        top5_error        = top_k_error(k=5)                      with more than 5 classes
        balanced_accuracy = mean of recall                        over classes with items
        macro_f1          = mean of f1                            over classes with items or predictions
        nll               = -mean(log(probabilities[labels]))     nats; probabilities at least 2.2e-16
        ece               = sum(count / N |accuracy - confidence|)  over `bins` of confidence
        brier             = mean(sum((probabilities - one_hot)**2))  in [0, 2], summed over all classes
        roc_auc, average_precision                      of the second of two classes, or the mean over classes
        f1, precision, recall                           of the second class, with a threshold

    Args:
        probabilities: rows that sum to one.
        labels: true classes.
        bins: bins of the calibration error.
        threshold: of two classes, the probability from which the second is predicted.

    Shapes:
        probabilities (N, classes); labels (N,); returns name to value, fractions in [0, 1] unless stated
        otherwise.

    Raises:
        DataError: when the arrays do not match.

    Reference:
        Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", 2017, arXiv 1706.04599,
        eq. 3 (ece). Brier, "Verification of Forecasts Expressed in Terms of Probability", Monthly Weather
        Review 78, 1950.
    """
    p, y = _checked(probabilities, labels)
    rows, calibration = per_class(p, y, threshold), calibration_curve(p, y, bins)
    true_p = p[np.arange(len(y)), y]
    gap = np.abs(calibration.accuracy - calibration.confidence)
    metrics = {"accuracy": accuracy(p, y, threshold)}
    if p.shape[1] > 5:
        metrics["top5_error"] = top_k_error(p, y, 5)
    metrics |= {
        "balanced_accuracy": float(np.nanmean([row["recall"] for row in rows])),
        "macro_f1": float(np.nanmean([row["f1"] for row in rows])),
        "nll": float(-np.log(np.maximum(true_p, np.finfo(np.float64).eps)).mean()),
        "ece": float(np.nansum(calibration.count / len(y) * gap)),
        "brier": max(0.0, float(((p**2).sum(1) - 2 * true_p + 1).mean())),
    }
    if threshold is not None:
        second = {"f1": rows[1]["f1"], "precision": rows[1]["precision"], "recall": rows[1]["recall"]}
        metrics |= {name: value for name, value in second.items() if np.isfinite(value)}
    return metrics | macro_ranking_metrics(p, y)


def _ratio(top: NDArray, bottom: NDArray) -> Array:
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)


def _checked(probabilities: ArrayLike, labels: ArrayLike) -> tuple[Array, NDArray[np.int64]]:
    """Both as arrays, with rows normalized to sum to one, since those of a softmax in half precision may be
    off by 0.01.
    """
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
            "convert logits to probabilities with a softmax; look for NaN values",
        )
    return p / total[:, None], y.astype(np.int64)
