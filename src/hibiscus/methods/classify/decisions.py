"""How `classify` turns outputs into decisions: the temperature of the probabilities, and the threshold from
which the second of two classes, or a label, is predicted. Both are chosen on the validation part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Protocol

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.preparation import Preparation
from hibiscus.errors import ConfigError
from hibiscus.metrics.classification import predicted_classes
from hibiscus.metrics.label_metrics import best_threshold, multi_label_metrics
from hibiscus.metrics.roc import best_class_threshold
from hibiscus.networks.decision_threshold import DecisionThreshold
from hibiscus.networks.temperature import Temperature

__all__ = [
    "Calibrate",
    "DecisionOptions",
    "Networks",
    "Threshold",
    "calibrated",
    "check_options",
    "chosen_on_validation",
    "decision_metrics",
    "decision_networks",
    "fit_decisions",
    "metric_of_threshold",
    "predicted",
    "threshold_of",
    "threshold_rule",
]

Calibrate = Annotated[
    bool, Field(description="scale the probabilities by a temperature that is fitted on the validation part")
]
Threshold = Annotated[
    Literal["auto", "f1", "balanced-accuracy"] | Annotated[float, Field(gt=0, lt=1)],
    Field(
        description="probability from which the second of two classes, or a label, is predicted: a number, "
        "or the best on validation by f1 or balanced-accuracy; auto: 0.5, of several labels f1"
    ),
]
Networks = Mapping[str, nn.Module]


class DecisionOptions(Protocol):
    """The options of `classify` that concern decisions."""

    @property
    def calibrate(self) -> bool:
        """Whether there is a temperature."""
        ...

    @property
    def threshold(self) -> str | float:
        """How the threshold is chosen."""
        ...


def check_options(options: Any, preparation: Preparation) -> None:
    """Raises ConfigError for options of `classify` that do not fit together, or not these classes."""
    several = "labels" in preparation
    two_classes = not several and preparation["label"].num_classes == 2
    received = f"threshold={options.threshold}"
    if options.threshold != "auto" and not two_classes and not several:
        received += f" with {preparation['label'].num_classes} classes"
        raise ConfigError(received, "two classes, or several labels for an item", "leave threshold out")
    if options.threshold == "balanced-accuracy" and several:
        received += " with several labels for an item"
        raise ConfigError(received, "auto, f1 or a number", "leave threshold out")


def chosen_on_validation(options: DecisionOptions) -> str:
    """The option whose effect is fitted on the validation part, as `name=value`; empty if there is none."""
    if options.calibrate:
        return "calibrate=true"
    return f"threshold={options.threshold}" if metric_of_threshold(options) else ""


def decision_networks(options: DecisionOptions, several: bool) -> dict[str, nn.Module]:
    """The temperature and the threshold, as far as the options and the labels need them."""
    networks: dict[str, nn.Module] = {}
    if several or options.threshold != "auto":
        networks["threshold"] = threshold = DecisionThreshold()
        if isinstance(options.threshold, float):
            threshold.choose(options.threshold)
    return networks | ({"temperature": Temperature()} if options.calibrate else {})


def calibrated(networks: Networks, logits: Tensor) -> Tensor:
    """The logits divided by the temperature, if there is one."""
    return networks["temperature"](logits) if "temperature" in networks else logits


def threshold_of(networks: Networks) -> float | None:
    """The probability from which the second class or a label is predicted; None for the most probable."""
    threshold = networks.get("threshold")
    return threshold.value.item() if isinstance(threshold, DecisionThreshold) else None


def threshold_rule(
    options: DecisionOptions, several: bool
) -> Callable[[np.ndarray, np.ndarray], float] | None:
    """How the threshold follows from probabilities and labels of the validation part; None for none.

    The baselines are evaluated with the same rule.
    """
    chosen = options.threshold
    if isinstance(chosen, float):
        return lambda p, y: chosen
    if several:
        return best_threshold
    if chosen == "auto":
        return None
    metric = str(metric_of_threshold(options))
    return lambda p, y: best_class_threshold(p[:, 1], y, metric)


def metric_of_threshold(options: Any) -> str | None:
    """The metric by which the threshold between two classes is chosen, and with it the epoch."""
    return {"f1": "f1", "balanced-accuracy": "balanced_accuracy"}.get(getattr(options, "threshold", "auto"))


def fit_decisions(
    networks: Networks,
    options: DecisionOptions,
    logits: Tensor,
    target: Tensor,
    probabilities: Callable[[Tensor], Tensor],
) -> None:
    """Chooses temperature and threshold from the outputs of the validation part.

    Args:
        networks: those of `decision_networks`.
        options: of the method.
        logits: outputs (items, outputs).
        target: class numbers (items,), or zeros and ones (items, labels).
        probabilities: maps logits to probabilities, with the temperature.
    """
    temperature, threshold = networks.get("temperature"), networks.get("threshold")
    if isinstance(temperature, Temperature):
        temperature.fit(logits, target)
    rule = threshold_rule(options, target.ndim == 2)
    if isinstance(threshold, DecisionThreshold) and rule is not None:
        threshold.choose(rule(probabilities(logits).cpu().numpy(), target.cpu().numpy()))


def predicted(probabilities: Tensor, networks: Networks, preparation: Preparation) -> dict[str, Any]:
    """What the threshold predicts for items with these probabilities, if there is one.

    Returns:
        `predicted`, the number of the class of each item; of several labels `labels`, those of each item as
        one text, and `classes`, the names of all.
    """
    threshold = networks.get("threshold")
    if not isinstance(threshold, DecisionThreshold):
        return {}
    if "labels" not in preparation:
        return {"predicted": predicted_classes(probabilities.numpy(), threshold.value.item())}
    chosen = threshold(probabilities.to(threshold.value.device)).cpu()
    prepared = preparation["labels"]
    return {"labels": prepared.decode(chosen), "classes": list(prepared.names)}


def decision_metrics(
    probabilities: Tensor, target: Tensor, networks: Networks, options: DecisionOptions
) -> dict[str, float]:
    """The accuracy, and the metric by which the threshold was chosen; or the metrics of several labels."""
    threshold = threshold_of(networks)
    if target.ndim == 2:
        assert threshold is not None
        return multi_label_metrics(probabilities.numpy(), target.numpy(), threshold)
    right = torch.from_numpy(predicted_classes(probabilities.numpy(), threshold)) == target
    metrics = {"accuracy": right.float().mean().item()}
    recalls = {int(k): right[target == k].double().mean().item() for k in target.unique()}
    match metric_of_threshold(options):
        case "f1":  # of the second class
            hits = (right & (target == 1)).sum().item()
            metrics["f1"] = 2 * hits / max(1, 2 * hits + (~right).sum().item())
        case "balanced_accuracy":
            metrics["balanced_accuracy"] = sum(recalls.values()) / len(recalls)
    return metrics
