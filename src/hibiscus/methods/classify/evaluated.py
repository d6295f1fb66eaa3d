"""The evaluation of the outputs of `classify`, with its temperature and threshold."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.class_decisions import ClassDecisions
from hibiscus.evaluation.classification import evaluate_classifier
from hibiscus.evaluation.multi_label import evaluate_multi_label
from hibiscus.methods.classify.decisions import DecisionOptions, Networks, threshold_of, threshold_rule
from hibiscus.networks.temperature import Temperature
from hibiscus.training.method import Evaluation

__all__ = ["evaluate_outputs"]


def evaluate_outputs(
    logits: Tensor,
    data: PreparedData,
    part: str,
    networks: Networks,
    options: DecisionOptions,
    probabilities: Callable[[Tensor], Tensor],
) -> Evaluation:
    """All metrics and report items of a part.

    Args:
        logits: outputs for the part (items, outputs).
        data: the prepared data.
        part: the name of the part.
        networks: of the method, with its temperature and threshold.
        options: of the method.
        probabilities: maps logits to probabilities, with the temperature.
    """
    p, several = probabilities(logits).numpy(), "labels" in data.preparation
    temperature, uncalibrated = networks.get("temperature"), None
    value = temperature.value.item() if isinstance(temperature, Temperature) else 1.0
    if temperature is not None:
        uncalibrated = probabilities(logits * value).numpy()
    threshold, rule = threshold_of(networks), threshold_rule(options, several)
    chosen = ClassDecisions(threshold, rule, value, uncalibrated, options.threshold)
    names = list(data.preparation["labels" if several else "label"].names)
    evaluate = evaluate_multi_label if several else evaluate_classifier
    return evaluate(p, data, part, names, chosen)
