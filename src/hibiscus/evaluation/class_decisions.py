"""How a classifier turns probabilities into classes, for its evaluation and its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hibiscus.evaluation.items import Curve, Series
from hibiscus.metrics.classification import calibration_curve, classification_metrics

__all__ = ["MOST_PROBABLE", "ClassDecisions", "calibration_item", "threshold_note"]

MIN_SHARE = 200  # a bin of the calibration curve has at least five items, and one of so many


@dataclass(frozen=True)
class ClassDecisions:
    """The threshold and the temperature of a classifier; by default it predicts the most probable class.

    Args:
        threshold: the probability from which the second of two classes, or a label, is predicted; None for
            the most probable class.
        rule: how the threshold follows from the probabilities (items, classes) and labels of the validation
            part; the baselines are evaluated with the same rule. None for none.
        temperature: by which the logits were divided.
        uncalibrated: the probabilities (items, classes) without the temperature; None if there is none.
        option: the option that says how the threshold is chosen: `auto`, `f1`, `balanced-accuracy` or a
            number.
    """

    threshold: float | None = None
    rule: Callable[[np.ndarray, np.ndarray], float] | None = None
    temperature: float = 1.0
    uncalibrated: np.ndarray | None = None
    option: str | float = "auto"


MOST_PROBABLE = ClassDecisions()


def threshold_note(decisions: ClassDecisions, second: str) -> str:
    """A sentence on the threshold between two classes; empty without one."""
    if decisions.threshold is None:
        return ""
    reasons = {
        "f1": f", the threshold with the best F1 of {second} on the validation part",
        "balanced-accuracy": ", the threshold with the best balanced accuracy on the validation part",
    }
    reason = reasons.get(str(decisions.option), "")
    return f"{second} is predicted where its probability is at least {decisions.threshold:.3g}{reason}."


def calibration_item(probabilities: np.ndarray, label: np.ndarray, decisions: ClassDecisions) -> Curve:
    r"""The reliability diagram, with a temperature before and after it was applied.

    Shapes: probabilities (items, classes), label (items,).
    """
    note = "On the diagonal, confidence equals accuracy; below it, the predictions are overconfident."
    if decisions.uncalibrated is None:
        return _diagram({"network": probabilities}, label, note)
    both = {"before": decisions.uncalibrated, "after": probabilities}
    before, after = (classification_metrics(p, label) for p in both.values())
    note += (
        f" The temperature of {decisions.temperature:.3g} was fitted on the validation part: the expected "
        f"calibration error is {before['ece']:.2%} before and {after['ece']:.2%} after it, the negative "
        f"log-likelihood {before['nll']:.4f} and {after['nll']:.4f}."
    )
    return _diagram(both, label, note)


def _diagram(by_name: dict[str, np.ndarray], label: np.ndarray, note: str) -> Curve:
    series = []
    for name, probabilities in by_name.items():
        bins = calibration_curve(probabilities, label)
        filled = np.flatnonzero(bins.count >= max(5, len(label) // MIN_SHARE))  # fewer items are too noisy
        series.append(Series(name, bins.confidence[filled], bins.accuracy[filled]))
    return Curve("Calibration", "confidence", "accuracy", series, True, note, shares=True)
