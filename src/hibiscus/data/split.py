r"""Splits items into a training, a validation and a test part.

Every split is a pure function of the content of the items, so it is the same on every machine and in every
run, and items of equal content always end up in the same part. `hash` gives each item the number

    u(item) = digest(item, salt) / 2^64   in [0, 1)

and puts it into the test part if u < test, into validation if u < test + val. Adding an item moves no other.
`stratified` ranks the items of each class, or of each range of a number to predict, by u (`strata`); it is
the default for few items. If chance leaves a part of a few items without labels empty, all of them are ranked
by u as one class. `time` puts the latest items into the test part, `order` the last ones; it is the default
of a continuous text.
"""

from __future__ import annotations

import numpy as np

from hibiscus.data.dataset import PART_NAMES, Dataset
from hibiscus.data.keys import digests
from hibiscus.data.raw_fields import raw_field
from hibiscus.data.strata import SMALL, item_strata, stratified_items
from hibiscus.data.tables.columns import as_texts
from hibiscus.data.tables.roles import INPUTS
from hibiscus.data.text.equal_texts import merge_keys
from hibiscus.data.time_split import item_times, latest_items
from hibiscus.errors import ConfigError, DataError, nearest

__all__ = [
    "SPLITS",
    "folds",
    "group_keys",
    "hash_fractions",
    "keep_every_class",
    "label_texts",
    "make_split",
]

SPLITS = ("auto", "hash", "stratified", "group", "class", "time", "order")
_ENLARGE = {
    "train": "smaller fractions: val=0.1 test=0.1",
    "val": "more data, or val=0.3",
    "test": "more data, test=0.3, or test=0",
}


def hash_fractions(keys: np.ndarray, salt: str = "split") -> np.ndarray:
    """A number in [0, 1) for each key; equal keys get equal numbers. Returns float64 `(items,)`."""
    # 53 of the 64 bits, which is all that a float64 below 1 can hold.
    prefix, content = salt.encode(), np.ascontiguousarray(keys, "<u8").tobytes()
    numbers = digests(prefix + content[start : start + 8] for start in range(0, len(content), 8))
    return (numbers >> np.uint64(11)) / 2**53


def group_keys(groups: np.ndarray) -> np.ndarray:
    """One key per group; a split by these keys keeps each group in one part."""
    texts = list(map(str, as_texts(groups).tolist()))
    distinct = list(dict.fromkeys(texts))
    keys = digests(text.encode(errors="surrogateescape") for text in distinct).tolist()
    key_of = dict(zip(distinct, keys, strict=True))
    return np.fromiter(map(key_of.__getitem__, texts), np.uint64, len(texts))


def _stratified_fractions(keys: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The rank of each distinct key within its class, in [0, 1), which divides all classes alike.

    Equal items with different labels count as the label that comes first by name, so that they stay together
    in any order of the items.
    """
    hashed = hash_fractions(keys)
    order = np.lexsort((labels, hashed))
    fractions, first, inverse = np.unique(hashed[order], return_index=True, return_inverse=True)
    ranks = np.empty(len(fractions))
    for label in np.unique(labels):
        members = np.flatnonzero(labels[order][first] == label)  # in the order of their fractions
        ranks[members] = (np.arange(len(members)) + 0.5) / max(1, len(members))
    of_item = np.empty(len(keys))
    of_item[order] = ranks[inverse]
    return of_item


def label_texts(dataset: Dataset, items: np.ndarray) -> np.ndarray:
    """The labels of items as text."""
    return as_texts(np.asarray(dataset.fields["label"])[items]).astype(str)


def _chosen(
    dataset: Dataset,
    items: np.ndarray,
    kind: str,
    sizes: dict[str, float],
    groups: np.ndarray | None,
    numeric: bool | None,
) -> dict[str, np.ndarray]:
    """Which of the items each part gets."""
    if kind == "order" or (kind == "auto" and dataset.about.get("text", {}).get("continuous")):
        return latest_items(np.arange(len(items), dtype=np.float64), sizes)
    if kind == "time":
        return latest_items(item_times(dataset, items), sizes)
    if kind == "group" and groups is None:
        received = f"{dataset.path}: split=group, but no group column was given"
        raise DataError(received, "a column whose values define the groups", "group=COLUMN")
    if kind not in ("auto", "hash", "stratified", "group"):
        raise ConfigError(f"split={kind}", f"one of: {', '.join(SPLITS)}", nearest(str(kind), SPLITS))
    keys = group_keys(groups[items]) if kind == "group" and groups is not None else split_keys(dataset)[items]
    fractions = hash_fractions(keys)
    if kind == "stratified" or (kind == "auto" and len(items) < SMALL):
        strata = item_strata(dataset, items, numeric)
        if strata is not None:
            return stratified_items(fractions, strata, sizes)
        if kind == "stratified":
            received = f"{dataset.path}: split=stratified on data without labels"
            raise DataError(received, "a class, or one number to predict, for each item", "split=hash")
    start, chosen = 0.0, {}
    for name, fraction in sizes.items():
        chosen[name] = (fractions >= start) & (fractions < start + fraction)
        start += fraction
    training = ~np.any(list(chosen.values()), axis=0)
    if kind != "hash" and len(items) < SMALL and not all(map(np.any, (training, *chosen.values()))):
        return stratified_items(fractions, np.zeros(len(items), np.int64), sizes)
    return chosen


def split_keys(dataset: Dataset) -> np.ndarray:
    """The keys by which items are divided: equal for texts that differ in white space only."""
    inputs = [role for role in dataset.roles.values() if role in INPUTS]
    texts = raw_field(dataset, "text") if inputs == ["text"] else None
    return dataset.keys if texts is None else merge_keys(dataset.keys, texts)


def make_split(
    dataset: Dataset,
    kind: str = "auto",
    val: float = 0.1,
    test: float = 0.15,
    groups: np.ndarray | None = None,
    numeric: bool | None = None,
) -> dict[str, np.ndarray]:
    """The parts of a dataset: those it came with, and the missing ones split off its training part.

    Args:
        dataset: the data; the parts that it came with are kept as they are.
        kind: `hash` (each item by its content), `stratified` (the same fractions of every class, or of every
            range of a number), `auto` (stratified for fewer than `SMALL` items with labels, otherwise by
            hash), `group`, `time` (the latest items are the test part), or `order` (the last ones). Of fewer
            than `SMALL` items without labels, or groups, validation and test get at least one while enough
            remain for training, unless it is `hash`.
        val: the fraction of the training items for validation, if there is no validation part.
        test: the fraction of the training items for the test part, if there is none; 0 for no test part.
        groups: for `group`, the group of each item.
        numeric: whether the label is a number to predict; by default its values tell.

    Returns:
        The indices of each part in ascending order.

    Raises:
        DataError: a part would be empty; the message gives the counts.
    """
    parts = {name: np.asarray(items) for name, items in dataset.parts.items()}
    pool = parts.pop("train", np.arange(len(dataset)))
    fraction_of = {"test": 0.0 if "test" in parts else test, "val": 0.0 if "val" in parts else val}
    sizes = {name: fraction for name, fraction in fraction_of.items() if fraction > 0}
    rest = np.ones(len(pool), bool)
    for name, mask in _chosen(dataset, pool, kind, sizes, groups, numeric).items():
        parts[name] = pool[mask]
        rest &= ~mask
    parts["train"] = pool[rest]
    for name in ("train", "val", *(["test"] if fraction_of["test"] else [])):
        if len(parts.get(name, ())) == 0:
            raise DataError(
                f"{dataset.path}: {len(pool)} items leave none for the {PART_NAMES[name]} part",
                f"at least one item in each part (val={val:g}, test={test:g})",
                _ENLARGE[name],
            )
    return {name: parts[name] for name in ("train", "val", "test") if name in parts and len(parts[name])}


def keep_every_class(dataset: Dataset, parts: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The parts with every class in training: a class that would be missing from it is moved back.

    Only items of parts that were split off are moved; a class that occurs only in a part that the data came
    with stays there.
    """
    if "labels" in dataset.fields:
        sets = dataset.fields["labels"]
        rows = np.repeat(np.arange(len(dataset)), [len(labels) for labels in sets])
        names = np.array([name for labels in sets for name in labels], dtype=object)
    else:
        rows, names = np.arange(len(dataset)), label_texts(dataset, np.arange(len(dataset)))
    missing = set(names) - set(names[np.isin(rows, parts["train"])])
    needed = rows[np.isin(names, list(missing))]
    split_off = [part for part in parts if part not in dataset.parts]
    back = {part: parts[part][np.isin(parts[part], needed)] for part in split_off if part != "train"}
    kept = {part: np.setdiff1d(items, back[part]) if part in back else items for part, items in parts.items()}
    return {**kept, "train": np.sort(np.concatenate([parts["train"], *back.values()]))}


def folds(
    dataset: Dataset,
    items: np.ndarray,
    count: int,
    kind: str = "stratified",
    groups: np.ndarray | None = None,
) -> list[np.ndarray]:
    """Divides items into `count` equal folds by content hash; returns the validation items of each.

    Args:
        dataset: the data.
        items: the indices of the items to divide.
        count: the number of folds.
        kind: `stratified` (the same proportions of every class, if there are labels) or `hash`.
        groups: the group of each item of the dataset; a group stays in one fold.

    Raises:
        DataError: fewer distinct items (or groups) than folds.
    """
    keys = split_keys(dataset)[items] if groups is None else group_keys(groups[items])
    if kind == "stratified" and "label" in dataset.fields and groups is None:
        fractions = _stratified_fractions(keys, label_texts(dataset, items))
    else:
        distinct, inverse = np.unique(hash_fractions(keys), return_inverse=True)
        fractions = (inverse + 0.5) / len(distinct)
    chosen = [items[(fractions >= k / count) & (fractions < (k + 1) / count)] for k in range(count)]
    if min(map(len, chosen)) == 0:
        received = f"{dataset.path}: {len(items)} items cannot fill {count} folds"
        raise DataError(received, "at least one item in each fold", "folds=2, or more data")
    return chosen
