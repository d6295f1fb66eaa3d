"""The raw values of the fields of a dataset, under the names by which methods know them."""

from __future__ import annotations

from typing import Any

from hibiscus.data.dataset import Dataset

__all__ = ["raw_field"]


def raw_field(dataset: Dataset, name: str) -> Any:
    """The raw values of a field; `labels`, a `target` or two domains may have been read as `label`."""
    if name in ("labels", "target", "domain") and name not in dataset.fields:
        return dataset.fields.get("label")
    return dataset.fields.get(name)
