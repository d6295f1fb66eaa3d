r"""Strata: the classes of items, or ranges of the number to predict, of which each part gets its fraction.

Within a stratum the distinct items are ordered by hash. With m of them, the test part gets the first
round(test * m), and validation the next round(val * m), but at least one each while enough remain for
training. So the parts of a small dataset have the proportions of the whole, and no class is missing from
validation unless it has a single item.
"""

from __future__ import annotations

import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.data.labels import are_measures
from hibiscus.data.tables.columns import as_numbers, as_texts
from hibiscus.errors import DataError

__all__ = ["SMALL", "item_strata", "stratified_items"]

SMALL = 5_000  # items below which the default split is stratified
ITEMS_PER_RANGE, MAX_RANGES = 20, 20  # of numbers
MIN_OTHERS = {"val": 1, "test": 2}  # items of a stratum that remain when a part gets its only one


def item_strata(dataset: Dataset, items: np.ndarray, numeric: bool | None = None) -> np.ndarray | None:
    """The stratum of each item, as text; None if the items have neither classes nor one number to predict.

    Args:
        dataset: the data.
        items: the indices of the items.
        numeric: whether the label is a number to predict; by default its values tell.
    """
    if "label" in dataset.fields:
        values = np.asarray(dataset.fields["label"])[items]
        if values.ndim > 1:
            return None
        texts = as_texts(values).astype(str)
        distinct = set(texts.tolist())
        if numeric is None:
            numeric = are_measures(distinct, len(texts))
        if not numeric:
            return texts if len(distinct) <= max(2, len(texts) // 2) else None
    elif "target" in dataset.fields and np.asarray(dataset.fields["target"]).shape[1:] == (1,):
        values = np.asarray(dataset.fields["target"])[items, 0]
    else:
        return None
    try:
        return _ranges(as_numbers(values, "target"))
    except DataError:  # reported when the target is read
        return None


def _ranges(numbers: np.ndarray) -> np.ndarray:
    """Ranges of numbers with equally many items; missing ones are a range of their own."""
    known = numbers[np.isfinite(numbers)]
    count = int(np.clip(len(known) // ITEMS_PER_RANGE, 1, MAX_RANGES))
    edges = np.quantile(known, np.arange(1, count) / count) if len(known) else np.zeros(0)
    ranges = np.where(np.isfinite(numbers), np.searchsorted(edges, numbers, side="right"), -1)
    return ranges.astype(str)


def stratified_items(
    fractions: np.ndarray, strata: np.ndarray, sizes: dict[str, float]
) -> dict[str, np.ndarray]:
    """Which items each part gets, the same fraction of each stratum.

    Equal items have equal fractions and stay together; if their strata differ, the first in order counts, so
    that the order of the items does not matter.

    Args:
        fractions: `hash_fractions` of the items.
        strata: the stratum of each item.
        sizes: the fraction that each part gets; the rest is for training.

    Shapes: fractions and strata (items,); returns a mask (items,) for each part.
    """
    order = np.lexsort((strata, fractions))
    _, first, inverse = np.unique(fractions[order], return_index=True, return_inverse=True)
    own = strata[order][first]  # of each distinct item, in the order of their fractions
    part = np.full(len(own), -1)
    for stratum in np.unique(own):
        members = np.flatnonzero(own == stratum)
        start = 0
        for number, (name, size) in enumerate(sizes.items()):
            left = len(members) - start
            count = max(round(size * len(members)), int(size > 0 and left > MIN_OTHERS.get(name, 1)))
            count = min(count, left - 1)
            part[members[start : start + count]] = number
            start += max(0, count)
    of_item = np.empty(len(fractions), np.int64)
    of_item[order] = part[inverse]
    return {name: of_item == number for number, name in enumerate(sizes)}
