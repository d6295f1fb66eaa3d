"""Evaluation of classifiers of items with any number of labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.class_decisions import ClassDecisions
from hibiscus.evaluation.item_content import content_columns
from hibiscus.evaluation.items import Gallery, Table
from hibiscus.evaluation.supervised_baselines import label_baselines
from hibiscus.evaluation.text_parts import is_text
from hibiscus.metrics.label_metrics import best_threshold, multi_label_metrics, per_label
from hibiscus.training.method import Evaluation

__all__ = ["evaluate_multi_label"]

MAX_ERRORS = 24
MICRO_F1 = ", the threshold with the best micro F1 on the validation part"


def evaluate_multi_label(
    probabilities: np.ndarray,
    data: PreparedData,
    part: str,
    names: Sequence[str],
    decisions: ClassDecisions,
) -> Evaluation:
    """Metrics, baselines and report items from the probabilities `(items, labels)` on a part."""
    labels = data.values("labels", part)
    threshold = 0.5 if decisions.threshold is None else decisions.threshold
    baselines, description = label_baselines(data, part, decisions.rule or best_threshold)
    chosen = "" if isinstance(decisions.option, float) else MICRO_F1
    note = f"A label is predicted where its probability is at least {threshold:.3g}{chosen}."
    note += " The average precision depends on no threshold."
    if decisions.uncalibrated is not None:
        note += f" The logits were divided by {decisions.temperature:.3g}, fitted on the validation part."
    rows = [
        [
            *(name, row["support"], row["average_precision"]),
            *(row["precision"], row["recall"], row["f1"]),
        ]
        for name, row in zip(names, per_label(probabilities, labels, threshold), strict=True)
    ]
    columns = ["label", "items", "average precision", "precision", "recall", "F1"]
    items = [
        Table("Metrics by label", columns, rows, note),
        _largest_errors(probabilities, labels, data, part, names, threshold),
        description,
    ]
    metrics = multi_label_metrics(probabilities, labels, threshold)
    return Evaluation(metrics, baselines, [item for item in items if item])


def _largest_errors(
    probabilities: np.ndarray,
    labels: np.ndarray,
    data: PreparedData,
    part: str,
    names: Sequence[str],
    threshold: float,
) -> Gallery | Table | None:
    """The items with the least probable set of labels; a gallery if they are images."""
    predicted = probabilities >= threshold
    wrong = np.flatnonzero((predicted != labels).any(axis=1))
    if not len(wrong):
        return None
    likely = np.clip(np.where(labels > 0, probabilities, 1 - probabilities)[wrong], 1e-12, 1)
    worst = wrong[np.argsort(np.log(likely).sum(1), kind="stable")][:MAX_ERRORS].tolist()
    title, ids = "Largest errors", data.ids(part)
    note = (
        f"{len(wrong)} of {len(labels)} items have a wrong or missing label. Some may be labeled incorrectly."
    )

    def listed(chosen: np.ndarray) -> str:
        return ", ".join(names[i] for i in np.flatnonzero(chosen).tolist()) or "none"

    if "image" in data.arrays:
        images = list(data.arrays["image"][data.parts[part][worst]])
        captions = [f"{ids[i]}: {listed(labels[i])}, predicted {listed(predicted[i])}" for i in worst]
        return Gallery(title, images, captions, note)
    columns, content, _ = content_columns(data, part, worst) if is_text(data) else ([], [[]] * len(worst), "")
    rows = [
        [ids[i], listed(labels[i]), listed(predicted[i]), *text]
        for i, text in zip(worst, content, strict=True)
    ]
    return Table(title, ["item", "true labels", "predicted labels", *columns], rows, note)
