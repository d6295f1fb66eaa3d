"""Several target columns of a table, `target=a,b,c`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hibiscus.data.label_sets import label_sets, zeros_and_ones
from hibiscus.data.tables.columns import as_texts
from hibiscus.errors import DataError

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["split_target", "target_fields"]

WORDS = {"false": 0.0, "no": 0.0, "true": 1.0, "yes": 1.0}


def split_target(target: str | None, columns: Sequence[str]) -> list[str]:
    """The columns that a target names: itself, or those between its commas if all of them exist."""
    if target is None:
        return []
    names = [name.strip() for name in target.split(",")]
    return names if target not in columns and set(names) <= set(columns) else [target]


def target_fields(frame: DataFrame, targets: Sequence[str]) -> dict[str, Any]:
    """The field `label` of one target column; of several numbers to predict and, of zeros and ones, labels.

    Args:
        frame: the table, without missing values in these columns.
        targets: the columns.

    Raises:
        DataError: one of several columns holds text other than yes and no, true and false.
    """
    if len(targets) < 2:
        return {"label": frame[targets[0]].to_numpy()} if targets else {}
    columns = []
    for name in targets:
        texts = as_texts(frame[name]).tolist()
        other = next((text for text in texts if _number(text) is None), None)
        if other is not None:
            raise DataError(
                f"the target column '{name}' contains '{other[:60]}'",
                "numbers in several target columns, or 0 and 1 for labels",
                f"target={name} alone predicts its classes",
            )
        columns.append([_number(text) for text in texts])
    numbers = np.array(columns, dtype=np.float64).T
    fields = zeros_and_ones(numbers, list(targets))
    if "label" in fields:  # exactly one in each row, as the reading of labels says
        names = np.array(list(targets), dtype=object)
        return {"target": numbers, "labels": label_sets((name,) for name in names[fields["label"]])}
    return fields


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return WORDS.get(text.casefold())
