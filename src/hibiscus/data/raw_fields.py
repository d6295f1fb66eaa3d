"""The raw values of the fields of a dataset, under the names by which methods know them."""

from __future__ import annotations

from typing import Any

import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.data.text.preparation import raw_texts

__all__ = ["raw_field", "text_column"]


def raw_field(dataset: Dataset, name: str, column: str | None = None) -> Any:
    """The raw values of a field; `labels`, a `target` or two domains may have been read as `label`.

    Args:
        dataset: the data.
        name: of the field; `text` is the column of texts of a table, `target_text` its target,
            `series` the whole table.
        column: of the texts; by default the only one with the role `text`.
    """
    if name == "text":
        return _texts(dataset, text_column(dataset) if column is None else column)
    if name == "target_text" and name not in dataset.fields:
        return None if "label" not in dataset.fields else raw_texts(dataset.fields["label"])
    if name == "series":
        return dataset.fields.get("table")
    if name in ("labels", "target", "domain") and name not in dataset.fields:
        return dataset.fields.get("label")
    return dataset.fields.get(name)


def text_column(dataset: Dataset) -> str | None:
    """The only column of texts of a table."""
    columns = [name for name, role in dataset.roles.items() if role == "text"]
    return columns[0] if len(columns) == 1 and "table" in dataset.fields else None


def _texts(dataset: Dataset, column: str | None) -> np.ndarray | None:
    frame = dataset.fields.get("table")
    if frame is None or column not in frame.columns:
        return None
    return raw_texts(frame[column])
