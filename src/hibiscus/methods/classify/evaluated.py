"""The evaluation of the outputs of `classify`, with its temperature and threshold."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.attribution.heatmap_items import heatmap_items
from hibiscus.evaluation.attribution.scores import ClassScores, Explained
from hibiscus.evaluation.class_decisions import ClassDecisions
from hibiscus.evaluation.classification import evaluate_classifier
from hibiscus.evaluation.multi_label import evaluate_multi_label
from hibiscus.evaluation.series_items import series_items
from hibiscus.evaluation.table_explanation import ExplainedModel, table_items
from hibiscus.evaluation.text_explanation import text_items
from hibiscus.methods.classify.decisions import decision_metrics, threshold_of, threshold_rule
from hibiscus.methods.outputs import predict_table
from hibiscus.metrics.classification import predicted_classes
from hibiscus.networks.temperature import Temperature
from hibiscus.training.ema import ema_or
from hibiscus.training.method import Evaluation, SelectionMetric

__all__ = ["Classifier", "evaluate_outputs"]


class Classifier(Protocol):
    """What the evaluation needs of `classify`."""

    nets: dict[str, nn.Module]
    config: Any
    selection_metric: SelectionMetric

    @property
    def several(self) -> bool:
        """Whether an item may have several labels."""
        ...

    @property
    def classes(self) -> list[str]:
        """The names of the classes or labels."""
        ...

    def probabilities(self, logits: Tensor) -> Tensor:
        """Maps outputs to probabilities, with the temperature."""
        ...


def evaluate_outputs(method: Classifier, logits: Tensor, data: PreparedData, part: str) -> Evaluation:
    """All metrics and report items of a part from its outputs `(items, outputs)`."""
    p, options, networks = method.probabilities(logits).numpy(), method.config, method.nets
    temperature, uncalibrated = networks.get("temperature"), None
    value = temperature.value.item() if isinstance(temperature, Temperature) else 1.0
    if temperature is not None:
        uncalibrated = method.probabilities(logits * value).numpy()
    threshold, rule = threshold_of(networks), threshold_rule(options, method.several)
    decisions = ClassDecisions(threshold, rule, value, uncalibrated, options.threshold)
    evaluate = evaluate_multi_label if method.several else evaluate_classifier
    evaluation = evaluate(p, data, part, method.classes, decisions)
    evaluation.report_items[-1:-1] = table_items(_explained(method, data), data)  # before the baselines
    heatmaps = heatmap_items(ema_or(networks, "network"), data, part, method.classes, p)
    evaluation.report_items[-1:-1] = heatmaps
    if not method.several:
        explained = Explained(ema_or(networks, "network"), ClassScores(method.classes))
        label, predicted = data.values("label", part), predicted_classes(p, threshold)
        confidence = p[np.arange(len(p)), predicted]
        about = explained, data, part, method.classes, label, predicted, confidence
        evaluation.report_items[-1:-1] = [*text_items(*about), *series_items(*about)]
    return evaluation


def _explained(method: Classifier, data: PreparedData) -> ExplainedModel:
    """The method as a function of the features of a table."""
    field, metric, classes = (
        "labels" if method.several else "label",
        method.selection_metric.name,
        method.classes,
    )
    network = ema_or(method.nets, "network")

    def predict(rows: np.ndarray) -> np.ndarray:
        return predict_table(network, rows, data.device, method.probabilities).numpy()

    def score(outputs: np.ndarray, rows: np.ndarray) -> float:
        target = torch.from_numpy(data.values(field, "val")[rows])
        return decision_metrics(torch.from_numpy(outputs), target, method.nets, method.config)[metric]

    if len(classes) == 2 and not method.several:
        return ExplainedModel(predict, score, metric, classes, [1], f"probability of {classes[1]}")
    values = data.values(field, "train")
    counts = values.sum(0) if method.several else np.bincount(values, minlength=len(classes))
    frequent = np.argsort(-counts, kind="stable").tolist()
    return ExplainedModel(predict, score, metric, classes, frequent, "probability")
