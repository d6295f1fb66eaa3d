r"""How items are divided into training, validation and test parts.

Every split is a pure function of the items' content, so it is the same on every machine and in every run, and items
of equal content always fall into one part. `hash` gives each item the number

    u(item) = digest(item, salt) / 2^64   in [0, 1)

and takes it for the test part where u < test, for validation where u < test + val. Adding an item moves no other. `class` gives
whole classes, or whole folders of classes, to one part: few of them would miss their shares by far, so it ranks them by u.
"""

from __future__ import annotations

import numpy as np

from hibiscus.data.dataset import Dataset, digest
from hibiscus.data.tables.columns import as_texts
from hibiscus.errors import ConfigError, DataError, nearest

__all__ = ["SPLITS", "class_groups", "folds", "group_keys", "hash_fractions", "keep_every_class", "make_split", "split_classes"]

SPLITS = ("hash", "stratified", "group", "class")
LEAST_FOLDERS = 3  # a folder of classes for each part
_ENLARGE = {"train": "smaller shares: val=0.1 test=0.1", "val": "more data, or val=0.3", "test": "more data, test=0.3, or test=0"}


def hash_fractions(keys: np.ndarray, salt: str = "split") -> np.ndarray:
    """A number in [0, 1) for each key; equal keys get equal numbers. Returns float64 `(items,)`."""
    # 53 of the 64 bits: all that a float64 below 1 can hold.
    return np.fromiter(((digest(salt.encode() + int(key).to_bytes(8, "little")) >> 11) / 2**53 for key in keys), float, len(keys))


def group_keys(groups: np.ndarray) -> np.ndarray:
    """One key per group, so that a split by them keeps each group whole."""
    return np.fromiter((digest(str(group).encode()) for group in as_texts(groups)), np.uint64, len(groups))


def _stratified_fractions(keys: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The rank of each distinct key within its class, in [0, 1): every class is divided in the same shares.

    Equal items with different labels count for the label of the first, so that they too stay together.
    """
    fractions, first, inverse = np.unique(hash_fractions(keys), return_index=True, return_inverse=True)
    ranks = np.empty(len(fractions))
    for label in np.unique(labels):
        own = np.flatnonzero(labels[first] == label)  # in the order of their fractions
        ranks[own] = (np.arange(len(own)) + 0.5) / max(1, len(own))
    return ranks[inverse]


def _class_names(dataset: Dataset, items: np.ndarray) -> np.ndarray:
    return as_texts(np.asarray(dataset.fields["label"])[items]).astype(str)


def _fractions(dataset: Dataset, items: np.ndarray, kind: str, groups: np.ndarray | None) -> np.ndarray:
    if kind == "group":
        if groups is None:
            raise DataError(
                f"{dataset.path}: split=group, and no group column was named", "a column whose values stay together", "group=COLUMN"
            )
        return hash_fractions(group_keys(groups[items]))
    if kind == "stratified":
        if "label" not in dataset.fields:
            raise DataError(f"{dataset.path}: split=stratified on data without labels", "a label for each item", "split=hash")
        return _stratified_fractions(dataset.keys[items], _class_names(dataset, items))
    if kind != "hash":
        raise ConfigError(f"split={kind}", f"one of: {', '.join(SPLITS)}", nearest(str(kind), SPLITS))
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
    for name in ("train", "val", *(["test"] if shares["test"] else [])):
        if len(parts.get(name, ())) == 0:
            raise DataError(
                f"{dataset.path}: {len(pool)} items leave none for the {name} part",
                f"at least one item in each part (val={val:g}, test={test:g})",
                _ENLARGE[name],
            )
    return {name: parts[name] for name in ("train", "val", "test") if name in parts and len(parts[name])}


def class_groups(dataset: Dataset, group: str | None = None) -> np.ndarray:
    """What stays whole where the parts hold different classes: the class of each item, or the folder that its class lies in.

    Args:
        dataset: labelled data; a class in a folder of classes is called `Greek/character05`.
        group: `class`, `folder`, or None for folders where the classes lie in at least three.

    Raises:
        DataError: no labels, or no folders of classes where they are asked for.
    """
    if "label" not in dataset.fields:
        raise DataError(f"{dataset.path}: split=class on data without labels", "a label for each item", "split=hash")
    names = _class_names(dataset, np.arange(len(dataset)))
    folders = np.array([name.rpartition("/")[0] for name in names])
    nested = bool(np.all(folders != ""))
    if group == "folder" and not nested:
        raise DataError(f"{dataset.path}: group=folder, and its classes lie in no folders", "folder/class/image", "group=class")
    return folders if group == "folder" or (group is None and nested and len(np.unique(folders)) >= LEAST_FOLDERS) else names


def split_classes(dataset: Dataset, groups: np.ndarray, val: float = 0.1, test: float = 0.15) -> dict[str, np.ndarray]:
    """Parts that hold different classes, for methods that are tried on classes they never saw.

    Parts in which the data came are kept where no group stands in two of them, and otherwise put together and divided
    anew. Each part gets its share of the groups, one at least (two where the groups are classes).

    Args:
        dataset: labelled data.
        groups: what stays whole, see `class_groups`.
        val: share of the groups for validation, where no such part is given.
        test: share of the groups for the test part, where none is given; 0 for none.

    Raises:
        DataError: too few groups.
    """
    given = {part: np.unique(groups[items]) for part, items in dataset.parts.items()}
    apart = sum(map(len, given.values())) == len(np.unique(groups))
    parts = {name: np.asarray(items) for name, items in dataset.parts.items()} if apart else {}
    if given and not apart:
        dataset.notes.append("its parts hold the same classes; they were put together and divided by class")
    pool = parts.pop("train", np.arange(len(dataset)))
    names = np.unique(groups[pool])
    ranked = names[np.argsort(hash_fractions(group_keys(names)), kind="stable")]
    single = np.array_equal(groups, _class_names(dataset, np.arange(len(dataset))))
    least, start = 2 if single else 1, 0
    for name, share in (("test", test), ("val", val)):
        if name not in parts and share > 0:
            count = max(least, round(share * len(ranked)))
            parts[name] = pool[np.isin(groups[pool], ranked[start : start + count])]
            start += count
    if len(ranked) - start < least:
        what = "classes" if single else "folders of classes"
        raise DataError(f"{dataset.path}: {len(ranked)} {what}", f"at least {start + least}, different ones for each part", "more classes")
    parts["train"] = pool[np.isin(groups[pool], ranked[start:])]
    return {name: parts[name] for name in ("train", "val", "test") if name in parts}


def keep_every_class(dataset: Dataset, parts: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The parts with every class in training: a class so rare that it was cut out of it whole goes back.

    Only items of parts that were cut out are moved; a class that stands in a given part alone stays there.
    """
    names = _class_names(dataset, np.arange(len(dataset)))
    lacking = np.setdiff1d(np.unique(names), names[parts["train"]])
    moved = [part for part in parts if part not in dataset.parts]
    back = {part: parts[part][np.isin(names[parts[part]], lacking)] for part in moved if part != "train"}
    kept = {part: np.setdiff1d(items, back[part]) if part in back else items for part, items in parts.items()}
    return {**kept, "train": np.sort(np.concatenate([parts["train"], *back.values()]))}


def folds(dataset: Dataset, items: np.ndarray, count: int, kind: str = "stratified", groups: np.ndarray | None = None) -> list[np.ndarray]:
    """Divides items into `count` folds of equal content-hashed shares; returns the validation items of each fold.

    Args:
        dataset: the data.
        items: the indices to divide.
        count: how many folds.
        kind: `stratified` (the same shares of every class, where there are labels) or `hash`.
        groups: the group of each item of the data set; a group stays whole.

    Raises:
        DataError: where there are fewer distinct items (or groups) than folds.
    """
    keys = dataset.keys[items] if groups is None else group_keys(groups[items])
    if kind == "stratified" and "label" in dataset.fields and groups is None:
        fractions = _stratified_fractions(keys, _class_names(dataset, items))
    else:
        distinct, inverse = np.unique(hash_fractions(keys), return_inverse=True)
        fractions = (inverse + 0.5) / len(distinct)
    chosen = [items[(fractions >= k / count) & (fractions < (k + 1) / count)] for k in range(count)]
    if min(map(len, chosen)) == 0:
        raise DataError(f"{dataset.path}: {len(items)} items cannot fill {count} folds", "an item in each", "folds=2 or more data")
    return chosen
