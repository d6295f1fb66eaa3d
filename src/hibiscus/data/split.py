r"""How items are divided into training, validation and test parts.

Every split is a pure function of the items' content, so it is the same on every machine and in every run, and items
of equal content always fall into one part. `hash` gives each item the number

    u(item) = digest(item, salt) / 2^64   in [0, 1)

and takes it for the test part where u < test, for validation where u < test + val. Adding an item moves no other.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from hibiscus.data.dataset import Dataset, digest
from hibiscus.errors import DataError

__all__ = ["folds", "hash_fractions", "make_split"]

SplitKind = Literal["hash", "stratified", "group"]


def hash_fractions(keys: np.ndarray, salt: str = "split") -> np.ndarray:
    """A number in [0, 1) for each key; equal keys get equal numbers. Returns float64 `(items,)`."""
    return np.fromiter((digest(salt.encode() + int(key).to_bytes(8, "little")) / 2**64 for key in keys), float, len(keys))


def group_keys(groups: np.ndarray) -> np.ndarray:
    """One key per group, so that a split by them keeps each group whole."""
    return np.fromiter((digest(str(group).encode()) for group in groups), np.uint64, len(groups))


def _stratified_fractions(keys: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The rank of each distinct key within its class, in [0, 1): every class is divided in the same shares."""
    fractions = hash_fractions(keys)
    ranks = np.empty(len(keys))
    for label in np.unique(labels):
        items = np.flatnonzero(labels == label)
        distinct, inverse = np.unique(fractions[items], return_inverse=True)
        ranks[items] = (inverse + 0.5) / len(distinct)
    return ranks


def _fractions(dataset: Dataset, items: np.ndarray, kind: str, groups: np.ndarray | None) -> np.ndarray:
    if kind == "group":
        if groups is None:
            raise DataError("split=group, and no group column was named", "a column whose values stay together", "group=COLUMN")
        return hash_fractions(group_keys(groups[items]))
    if kind == "stratified":
        if "label" not in dataset.fields:
            raise DataError("split=stratified on data without labels", "a label for each item", "split=hash")
        return _stratified_fractions(dataset.keys[items], np.asarray(dataset.fields["label"]).astype(str)[items])
    return hash_fractions(dataset.keys[items])


def make_split(
    dataset: Dataset, kind: str = "hash", val: float = 0.1, test: float = 0.15, groups: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """The parts of a data set: those it came in, and those it lacks cut out of its training part.

    Args:
        dataset: the data; its given parts are kept as they are.
        kind: `hash` (each item by its own content), `stratified` (the same shares of every class) or `group`.
        val: share of the training items for validation, where no validation part is given.
        test: share of the training items for the test part, where none is given; 0 for no test part.
        groups: for `group`, the group of each item.

    Returns:
        Indices by part, in ascending order.

    Raises:
        DataError: where a part would be empty; the message names the counts.
    """
    parts = {name: np.asarray(items) for name, items in dataset.parts.items()}
    pool = parts.pop("train", np.arange(len(dataset)))
    shares = {"test": 0.0 if "test" in parts else test, "val": 0.0 if "val" in parts else val}
    fractions = _fractions(dataset, pool, kind, groups)
    start = 0.0
    for name, share in shares.items():
        if share > 0:
            parts[name] = pool[(fractions >= start) & (fractions < start + share)]
            start += share
    parts["train"] = pool[fractions >= start]
    for name in ("train", "val"):
        if len(parts.get(name, ())) == 0:
            raise DataError(
                f"{dataset.path}: {len(pool)} items leave none for the {name} part",
                f"at least one item in each part (val={val:g}, test={test:g})",
                "more data, or a larger share: val=0.2",
            )
    return {name: parts[name] for name in ("train", "val", "test") if name in parts and len(parts[name])}


def folds(dataset: Dataset, items: np.ndarray, count: int, kind: str = "stratified") -> list[np.ndarray]:
    """Divides items into `count` folds of equal content-hashed shares; returns the validation items of each fold.

    Raises:
        DataError: where there are fewer distinct items than folds.
    """
    kind = kind if "label" in dataset.fields else "hash"
    keys = dataset.keys[items]
    if kind == "stratified":
        fractions = _stratified_fractions(keys, np.asarray(dataset.fields["label"]).astype(str)[items])
    else:
        distinct, inverse = np.unique(hash_fractions(keys), return_inverse=True)
        fractions = (inverse + 0.5) / len(distinct)
    chosen = [items[(fractions >= k / count) & (fractions < (k + 1) / count)] for k in range(count)]
    if min(map(len, chosen)) == 0:
        raise DataError(f"{dataset.path}: {len(items)} items cannot fill {count} folds", "an item in each", "folds=2 or more data")
    return chosen
