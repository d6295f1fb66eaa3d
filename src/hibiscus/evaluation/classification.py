"""Evaluation of classifiers and regressors: metrics, baselines and the largest errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.evaluation.class_curves import ranking_curves
from hibiscus.evaluation.class_decisions import (
    MOST_PROBABLE,
    ClassDecisions,
    calibration_item,
    threshold_note,
)
from hibiscus.evaluation.item_content import content_columns
from hibiscus.evaluation.items import Gallery, Matrix, Scatter, Table
from hibiscus.evaluation.supervised_baselines import class_baselines, target_baselines
from hibiscus.metrics.classification import (
    classification_metrics,
    confusion_matrix,
    per_class,
    predicted_classes,
)
from hibiscus.metrics.regression import regression_metrics
from hibiscus.training.method import Evaluation

if TYPE_CHECKING:
    from hibiscus.data.preparation import TargetPreparation

__all__ = ["evaluate_classifier", "evaluate_regressor"]

MAX_ERRORS = 24  # items in the gallery or table of largest errors
MAX_POINTS = 2000  # points in a scatter plot


def evaluate_classifier(
    probabilities: np.ndarray,
    data: PreparedData,
    part: str,
    classes: list[str],
    decisions: ClassDecisions = MOST_PROBABLE,
) -> Evaluation:
    """Metrics, baselines and report items from probabilities `(items, classes)` on a part."""
    label, threshold = data.values("label", part), decisions.threshold
    baselines, description = class_baselines(data, part, len(classes), decisions.rule)
    confusion = confusion_matrix(probabilities, label, threshold)
    by_class = [
        [classes[i], row["support"], row["precision"], row["recall"], row["f1"]]
        for i, row in enumerate(per_class(probabilities, label, threshold))
    ]
    note = f"Rows: true class. Columns: predicted class. {threshold_note(decisions, classes[1])}".strip()
    report_items = [
        Matrix("Confusion matrix", classes, classes, confusion, note),
        Table(
            "Metrics by class",
            ["class", "items", "precision", "recall", "F1"],
            by_class,
            "Precision: correct predictions of the class. Recall: correct predictions among its items.",
        ),
        _confident_errors(probabilities, label, data, part, classes, threshold),
        *ranking_curves(probabilities, label, classes),
        calibration_item(probabilities, label, decisions),
        description,
    ]
    metrics = classification_metrics(probabilities, label, threshold=threshold)
    predicted, shown = predicted_classes(probabilities, threshold), [item for item in report_items if item]
    return Evaluation(metrics, baselines, shown, probabilities, predicted)


def _confident_errors(
    probabilities: np.ndarray,
    label: np.ndarray,
    data: PreparedData,
    part: str,
    classes: list[str],
    threshold: float | None,
) -> Gallery | Table | None:
    """The wrong predictions with the highest confidence; a gallery if the items are images."""
    predicted = predicted_classes(probabilities, threshold)
    confidence = probabilities[np.arange(len(label)), predicted]
    wrong = np.flatnonzero(predicted != label)
    largest = wrong[np.argsort(-confidence[wrong], kind="stable")][:MAX_ERRORS]
    if not len(largest):
        return None
    title = "Most confident errors"
    note = f"{len(wrong)} of {len(label)} predictions are wrong"
    note += "; these have the highest confidence." if len(wrong) > len(largest) else "."
    note += " Some items may be labeled incorrectly."
    ids = data.ids(part)
    if "image" in data.arrays:
        images = data.arrays["image"][data.parts[part][largest]]
        captions = [
            f"{ids[i]}: {classes[label[i]]}, predicted {classes[predicted[i]]} ({confidence[i]:.0%})"
            for i in largest
        ]
        return Gallery(
            title, [image[..., 0] if image.shape[-1] == 1 else image for image in images], captions, note
        )
    names, content, left_out = content_columns(data, part, largest)
    rows = [
        [ids[i], classes[label[i]], classes[predicted[i]], float(confidence[i]), *values]
        for i, values in zip(largest, content, strict=True)
    ]
    columns = ["item", "true class", "prediction", "confidence", *names]
    return Table(title, columns, rows, f"{note} {left_out}".strip())


def evaluate_regressor(
    predicted: np.ndarray, data: PreparedData, part: str, target: TargetPreparation
) -> Evaluation:
    """Metrics, baselines and report items from predictions `(items, columns)` in the target's unit."""
    truth = target.decode(data.values("target", part))
    baselines, description = target_baselines(data, part, target.decode)
    error = predicted - truth
    largest = np.argsort(-np.abs(error[:, 0]), kind="stable")[:MAX_ERRORS]
    ids, (names, content, left_out) = data.ids(part), content_columns(data, part, largest)
    points = evenly_spaced(len(truth), MAX_POINTS)
    x, y = truth[points, 0], predicted[points, 0]
    report_items = [
        Scatter(
            "Predicted against true values",
            "true value",
            "predicted value",
            x,
            y,
            True,
            "Points on the diagonal are exact predictions.",
        ),
        Table(
            "Largest errors",
            ["item", "true value", "predicted value", "error", *names],
            [
                [ids[i], float(truth[i, 0]), float(predicted[i, 0]), float(error[i, 0]), *values]
                for i, values in zip(largest, content, strict=True)
            ],
            f"Check these items first: large errors often come from errors in the data. {left_out}".strip(),
        ),
        description,
    ]
    if len(target.names) > 1:
        report_items.insert(0, _by_target(predicted, truth, target.names))
    return Evaluation(regression_metrics(predicted, truth), baselines, report_items)


def _by_target(predicted: np.ndarray, truth: np.ndarray, names: Sequence[str]) -> Table:
    columns = {"MAE": "mae", "RMSE": "rmse", "R²": "r2"}
    metrics = [regression_metrics(predicted[:, i], truth[:, i]) for i in range(len(names))]
    rows = [[name, *(row[key] for key in columns.values())] for name, row in zip(names, metrics, strict=True)]
    note = "The metrics of the run are the means over these targets."
    return Table("Metrics by target", ["target", *columns], rows, note)
