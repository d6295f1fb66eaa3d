"""What decides about values that are predicted from texts: marked tokens of errors and of examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.evaluation.attribution.scores import Explained
from hibiscus.evaluation.items import ReportItem
from hibiscus.evaluation.text_explanation import LONGEST, marked_item
from hibiscus.evaluation.text_parts import is_text
from hibiscus.progress import step
from hibiscus.tokens import PADDING

__all__ = ["value_text_items"]

ERRORS, EXAMPLES = 8, 8  # texts whose tokens are marked


@step("explaining texts")
def value_text_items(
    explained: Explained,
    data: PreparedData,
    part: str,
    names: Sequence[str],
    target: NDArray[np.floating],
    predicted: NDArray[np.floating],
) -> list[ReportItem]:
    """The texts with the largest errors, and predictions from low to high that are nearly right.

    Args:
        explained: the network and its values.
        data: the prepared data.
        part: the part that is evaluated.
        names: of the targets; of several, the first is explained.
        target: the true values (items, targets), in their unit.
        predicted: those that are predicted, (items, targets).

    Returns:
        None for other data than texts.
    """
    if not is_text(data):
        return []
    true, value = target[:, 0].astype(float), predicted[:, 0].astype(float)
    errors = np.abs(value - true)
    order = np.argsort(-errors, kind="stable")
    order = order[(data.values("text", part)[order, :LONGEST] != PADDING).any(1)]  # no empty texts
    accurate = order[len(order) // 2 :]
    accurate = accurate[np.argsort(value[accurate], kind="stable")]
    chosen = {
        "largest errors": order[:ERRORS],
        "accurate predictions": accurate[evenly_spaced(len(accurate), EXAMPLES)],
    }
    ids = data.ids(part)
    return [
        marked_item(
            f"Tokens that decided: {title}",
            explained,
            data,
            part,
            items,
            [f"{ids[i]}: {names[0]} {true[i]:.4g}, predicted {value[i]:.4g}" for i in items],
            index=0,
            score="predicted value, in standard deviations of the target,",
            marks=("raises the value", "lowers it"),
        )
        for title, items in chosen.items()
        if len(items)
    ]
