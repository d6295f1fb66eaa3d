"""What the report shows of a classifier or a regressor: metrics, baselines, and where it is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.evaluation import baselines as simple_models
from hibiscus.evaluation.items import Curve, Gallery, Matrix, Scatter, Series, Table
from hibiscus.metrics.classification import calibration_curve, classification_metrics, confusion_matrix, per_class
from hibiscus.metrics.regression import regression_metrics
from hibiscus.training.method import Evaluation

if TYPE_CHECKING:
    from hibiscus.data.preparation import TargetPreparation

__all__ = ["evaluate_classifier", "evaluate_regressor"]

WORST = 24  # items in the gallery or table of the most certain wrong answers
POINTS = 2000  # points in a scatter


def evaluate_classifier(probabilities: np.ndarray, data: PreparedData, part: str, classes: list[str], seed: int) -> Evaluation:
    """Metrics, baselines and report items from probabilities `(items, classes)` on a part."""
    label = data.values("label", part)
    some = data.subsample("train")
    train_x, train_y, test_x = data.flat_inputs("train", some), data.values("label", "train")[some], data.flat_inputs(part)
    linear = simple_models.linear_classifier(train_x, train_y, test_x, len(classes), seed)
    nearest = simple_models.nearest_mean(train_x, train_y, test_x, len(classes))
    baselines = {
        "majority class": simple_models.majority_class(train_y, label, len(classes)),
        "nearest mean": classification_metrics(nearest, label),
        "linear model": classification_metrics(linear, label),
    }
    report_items = [
        Matrix("Confusion matrix", classes, classes, confusion_matrix(probabilities, label), "Rows: the true class; columns: the answer."),
        Table(
            "By class",
            ["class", "items", "precision", "recall", "F1"],
            [
                [classes[i], row["support"], row["precision"], row["recall"], row["f1"]]
                for i, row in enumerate(per_class(probabilities, label))
            ],
            "Precision: how often the answer is right when given. Recall: how many of the class are found.",
        ),
        _mistakes(probabilities, label, data, part, classes),
        _calibration(probabilities, label),
    ]
    return Evaluation(classification_metrics(probabilities, label), baselines, [report_item for report_item in report_items if report_item])


def _mistakes(probabilities: np.ndarray, label: np.ndarray, data: PreparedData, part: str, classes: list[str]) -> Gallery | Table | None:
    """The most certain wrong answers: as images where there are images."""
    answer, sure = probabilities.argmax(1), probabilities.max(1)
    wrong = np.flatnonzero(answer != label)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:WORST]
    if not len(worst):
        return None
    title = "Most certain wrong answers"
    note = f"{len(wrong)} of {len(label)} answers are wrong; these are the ones given with most certainty. Some may be labelled wrongly."
    ids = data.ids(part)
    if "image" in data.arrays:
        images = data.arrays["image"][data.parts[part][worst]]
        captions = [f"{ids[i]}: {classes[label[i]]}, taken for {classes[answer[i]]} ({sure[i]:.0%})" for i in worst]
        return Gallery(title, [image[..., 0] if image.shape[-1] == 1 else image for image in images], captions, note)
    rows = [[ids[i], classes[label[i]], classes[answer[i]], float(sure[i])] for i in worst]
    return Table(title, ["item", "true class", "answer", "certainty"], rows, note)


def _calibration(probabilities: np.ndarray, label: np.ndarray) -> Curve:
    bins = calibration_curve(probabilities, label)
    filled = np.flatnonzero(np.asarray(bins.count) >= max(5, len(label) // 200))  # fewer say nothing but noise
    confidence = [float(bins.confidence[i]) for i in filled]
    accuracy = [float(bins.accuracy[i]) for i in filled]
    note = "On the diagonal it is right as often as it is sure; below it, it is too sure of itself."
    return Curve(
        "Is it right as often as it is sure?",
        "certainty",
        "share right",
        [Series("network", confidence, accuracy)],
        True,
        note,
        shares=True,
    )


def evaluate_regressor(predicted: np.ndarray, data: PreparedData, part: str, target: TargetPreparation) -> Evaluation:
    """Metrics, baselines and report items from predicted values `(items, columns)` on a part, in the target's unit."""
    rows = data.subsample("train")
    truth, train_y = target.decode(data.values("target", part)), target.decode(data.values("target", "train")[rows])
    linear = simple_models.linear_regression(data.flat_inputs("train", rows), train_y, data.flat_inputs(part))
    baselines = {
        "mean of the training part": simple_models.mean_value(train_y, truth),
        "linear regression": regression_metrics(linear.reshape(truth.shape), truth),
    }
    error = predicted - truth
    worst = np.argsort(-np.abs(error[:, 0]), kind="stable")[:WORST]
    ids = data.ids(part)
    some = evenly_spaced(len(truth), POINTS)
    report_items = [
        Scatter("Prediction against truth", "true value", "predicted", truth[some, 0], predicted[some, 0], True, "On the line: right."),
        Table(
            "Largest errors",
            ["item", "true value", "predicted", "error"],
            [[ids[i], float(truth[i, 0]), float(predicted[i, 0]), float(error[i, 0])] for i in worst],
            "Look at these first: they are often wrong in the data.",
        ),
    ]
    return Evaluation(regression_metrics(predicted, truth), baselines, report_items)
