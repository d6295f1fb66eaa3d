"""The baselines of texts: the majority class, tf-idf with a linear model, and NB-SVM, on the raw texts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.baselines import label_frequencies, mean_value
from hibiscus.evaluation.items import Table
from hibiscus.evaluation.prediction_cache import cached_prediction
from hibiscus.evaluation.text_models import logistic_margins, nb_svm_margins, tfidf_ridge
from hibiscus.evaluation.text_parts import TextParts, text_parts
from hibiscus.metrics.classification import classification_metrics
from hibiscus.metrics.label_metrics import best_threshold, multi_label_metrics
from hibiscus.metrics.regression import regression_metrics

__all__ = [
    "class_probabilities",
    "label_probabilities",
    "text_class_baselines",
    "text_label_baselines",
    "text_target_baselines",
]

Array = NDArray[np.float64]
Metrics = dict[str, dict[str, float]]
Rule = Callable[[np.ndarray, np.ndarray], float]
Probabilities = Callable[[Array], Array]  # of margins

LOGISTIC, NB_SVM, RIDGE = "tf-idf + logistic regression", "NB-SVM", "tf-idf + ridge regression"
MODELS = {LOGISTIC: logistic_margins, NB_SVM: nb_svm_margins}
TERMS = "words and pairs of neighboring words"
SETTINGS = {
    "majority class": "the most frequent class of the training part",
    "label frequencies": "the frequency of each label in the training part",
    "mean of the training part": "the mean of the target",
    LOGISTIC: f"logistic regression (liblinear) on the sublinear tf-idf of {TERMS}",
    NB_SVM: f"naive Bayes interpolated with a linear SVM (Wang and Manning, 2012) on {TERMS}",
    RIDGE: f"ridge regression on the sublinear tf-idf of {TERMS}",
}
SCALES = 2.0 ** np.arange(-6, 9)  # of margins


def text_class_baselines(
    data: PreparedData, part: str, classes: int, rule: Rule | None = None
) -> tuple[Metrics, Table]:
    """The majority class, tf-idf with logistic regression, and NB-SVM; as `class_baselines`."""
    parts = text_parts(data, part, "label", classes if classes > 2 else 1)
    label, known = data.values("label", part), parts.validation_target

    def metrics_of(p: Array) -> dict[str, float]:
        threshold = None if rule is None else rule(p[: len(known)], known)
        return classification_metrics(p[len(known) :], label, threshold=threshold)

    frequencies = np.bincount(data.values("label", "train"), minlength=classes).astype(float)
    majority = np.tile(frequencies / frequencies.sum(), (len(known) + len(label), 1))
    return _evaluated({"majority class": majority}, class_probabilities(parts, classes), metrics_of, parts)


def text_label_baselines(data: PreparedData, part: str, rule: Rule = best_threshold) -> tuple[Metrics, Table]:
    """The frequency of each label, tf-idf with logistic regressions, and NB-SVM; as `label_baselines`."""
    labels = data.values("labels", part)
    parts = text_parts(data, part, "labels", labels.shape[1])
    known = parts.validation_target

    def metrics_of(p: Array) -> dict[str, float]:
        return multi_label_metrics(p[len(known) :], labels, rule(p[: len(known)], known))

    frequencies = label_frequencies(data.values("labels", "train"), len(known) + len(labels))
    return _evaluated({"label frequencies": frequencies}, label_probabilities(parts), metrics_of, parts)


def text_target_baselines(
    data: PreparedData, part: str, decode: Callable[[np.ndarray], np.ndarray]
) -> tuple[Metrics, Table]:
    """The mean of the training part, and tf-idf with ridge regression; as `target_baselines`."""
    truth, targets = decode(data.values("target", part)), decode(data.values("target", "train"))
    parts = text_parts(data, part, "target", truth.shape[1])

    def fit(_: NDArray, target: NDArray, known: NDArray) -> Array:
        return tfidf_ridge(parts.counts, target, known)

    arrays = parts.digest, decode(parts.target), decode(parts.validation_target)
    predicted = cached_prediction(RIDGE, fit, *arrays)
    metrics = {
        "mean of the training part": mean_value(targets, truth),
        f"{RIDGE}{parts.suffix()}": regression_metrics(predicted, truth),
    }
    return metrics, _description(metrics, parts)


def class_probabilities(parts: TextParts, classes: int) -> dict[str, Array]:
    """The probabilities of each model `(validation and evaluated texts, classes)`; targets are numbers."""

    def softmax(margins: Array) -> Array:
        logits = np.hstack([0 * margins, margins]) if classes == 2 else margins
        p = np.exp(logits - logits.max(1, keepdims=True))
        return p / p.sum(1, keepdims=True)

    def of_true(p: Array, label: NDArray) -> Array:
        return p[np.arange(len(label)), label]

    def accuracy(margins: Array, label: NDArray) -> float:
        predicted = margins[:, 0] > 0 if classes == 2 else margins.argmax(1)
        return float((predicted == label).mean())

    one_hot = parts.target[:, None] if classes == 2 else np.eye(classes, dtype=np.int64)[parts.target]
    return _fitted(parts, one_hot, accuracy, softmax, of_true)


def label_probabilities(parts: TextParts) -> dict[str, Array]:
    """The probabilities of each model `(validation and evaluated texts, labels)`; targets are 0 or 1."""

    def sigmoid(margins: Array) -> Array:
        return np.exp(-np.logaddexp(0, -margins))

    def of_true(p: Array, labels: NDArray) -> Array:
        return np.where(labels > 0, p, 1 - p)

    def accuracy(margins: Array, labels: NDArray) -> float:
        return float(((margins > 0) == labels).mean())

    return _fitted(parts, parts.target, accuracy, sigmoid, of_true)


def _fitted(
    parts: TextParts,
    outputs: NDArray,
    accuracy: Callable[[Array, NDArray], float],
    link: Probabilities,
    of_true: Callable[[Array, NDArray], Array],
) -> dict[str, Array]:
    """The probabilities of the validation and the evaluated texts by each model.

    Args:
        parts: the texts.
        outputs: 0 or 1, what the models learn (training texts, outputs).
        accuracy: of margins for targets.
        link: maps margins to probabilities; they are multiplied by the scale with the best likelihood on the
            validation texts first, since an SVM has no probabilities.
        of_true: the probabilities of what is true.
    """
    known = parts.validation_target
    probabilities = {}
    for name, model in MODELS.items():

        def fit(*_: NDArray, model: Callable = model) -> Array:
            found, margins = model(parts.counts, outputs, lambda margins: accuracy(margins, known))
            likelihood = [np.log(of_true(link(s * found), known).clip(1e-12)).mean() for s in SCALES]
            return link(SCALES[int(np.argmax(likelihood))] * np.concatenate([found, margins]))

        probabilities[f"{name}{parts.suffix()}"] = cached_prediction(name, fit, parts.digest, outputs, known)
    return probabilities


def _evaluated(
    trivial: dict[str, Array],
    fitted: dict[str, Array],
    metrics_of: Callable[[Array], dict[str, float]],
    parts: TextParts,
) -> tuple[Metrics, Table]:
    metrics = {name: metrics_of(p) for name, p in (trivial | fitted).items()}
    return metrics, _description(metrics, parts)


def _description(metrics: Metrics, parts: TextParts) -> Table:
    """What was fitted, a line for each baseline."""
    rows = [[name, SETTINGS[name.partition(" (")[0]]] for name in metrics]
    note = f"Fitted on the training part, {parts.total:,} texts; options were chosen on the validation part."
    return Table("Baselines", ["baseline", "model"], rows, note)
