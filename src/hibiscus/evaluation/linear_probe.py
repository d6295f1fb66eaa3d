"""Linear probes: how well a linear model predicts the target from features, measured on the validation part.

Reference: Alain and Bengio, "Understanding intermediate layers using linear classifier probes", 2016, arXiv
    1610.01644.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.items import Table
from hibiscus.evaluation.linear_models import linear_classifier, linear_labels, linear_regression
from hibiscus.metrics.label_metrics import multi_label_metrics
from hibiscus.metrics.regression import regression_metrics

__all__ = ["probe_score", "probe_table"]


def probe_score(data: PreparedData) -> float:
    """The score of a linear model that is fitted on the training part: higher is better, at most 1.

    Args:
        data: features, with classes (the score is the accuracy), labels (mean average precision) or numbers
            (R²).
    """
    train, val = (np.asarray(data.arrays["array"][data.parts[part]]) for part in ("train", "val"))
    name = next(name for name in ("labels", "label", "target") if name in data.preparation)
    y, truth = data.values(name, "train"), data.values(name, "val")
    if name == "label":
        predicted = linear_classifier(train, y, val, data.preparation["label"].num_classes)
        return float((predicted.argmax(1) == truth).mean())
    if name == "labels":
        return multi_label_metrics(linear_labels(train, y, val), truth, 0.5)["map"]
    return regression_metrics(linear_regression(train, y, val), truth)["r2"]


def probe_table(scores: Sequence[float], trained: int) -> Table:
    """The scores of the probes, with the blocks that were trained after them.

    Args:
        scores: of `probe_score`, of the shallowest block first.
        trained: how many of the deepest blocks were trained.
    """
    rows = [
        [depth, score, "yes" if depth > len(scores) - trained else "no"]
        for depth, score in enumerate(scores, 1)
    ]
    note = (
        "The score of a linear model on the features of each block of the pretrained base, on the validation "
        "part: accuracy of classes, mean average precision of several labels, R² of numbers. Blocks whose "
        "features suit other images were kept; the deeper ones, which are specific to the pretraining, were "
        "trained. unfreeze=N trains another number."
    )
    return Table("Features of the base by depth", ["block", "linear model", "trained"], rows, note)
