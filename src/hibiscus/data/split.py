r"""Splits items into a training, a validation and a test part.

Every split is a pure function of the content of the items, so it is the same on every machine and in every
run, and items of equal content always end up in the same part. `hash` gives each item the number

    u(item) = digest(item, salt) / 2^64   in [0, 1)

and puts it into the test part if u < test, into validation if u < test + val. Adding an item moves no other.
`class` assigns whole classes, or whole folders of classes, to one part. Since there are few of them,
thresholds would miss the requested fractions by far, so they are ranked by u instead.
"""

from __future__ import annotations

import numpy as np

from hibiscus.data.dataset import PART_NAMES, Dataset
from hibiscus.data.keys import digest
from hibiscus.data.tables.columns import as_texts
from hibiscus.errors import ConfigError, DataError, nearest

__all__ = [
    "SPLITS",
    "class_groups",
    "folds",
    "group_keys",
    "hash_fractions",
    "keep_every_class",
    "make_split",
    "split_classes",
]

SPLITS = ("hash", "stratified", "group", "class")
MAX_LISTED = 8  # groups of a part that are named in a note
MIN_FOLDERS = 3  # one folder of classes for each part
_ENLARGE = {
    "train": "smaller fractions: val=0.1 test=0.1",
    "val": "more data, or val=0.3",
    "test": "more data, test=0.3, or test=0",
}


def hash_fractions(keys: np.ndarray, salt: str = "split") -> np.ndarray:
    """A number in [0, 1) for each key; equal keys get equal numbers. Returns float64 `(items,)`."""
    # 53 of the 64 bits, which is all that a float64 below 1 can hold.
    digests = (digest(salt.encode() + int(key).to_bytes(8, "little")) for key in keys)
    return np.fromiter(((number >> 11) / 2**53 for number in digests), float, len(keys))


def group_keys(groups: np.ndarray) -> np.ndarray:
    """One key per group; a split by these keys keeps each group in one part."""
    return np.fromiter((digest(str(group).encode()) for group in as_texts(groups)), np.uint64, len(groups))


def _stratified_fractions(keys: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The rank of each distinct key within its class, in [0, 1), which divides all classes alike.

    Equal items with different labels count as the label of the first, so that they stay together as well.
    """
    fractions, first, inverse = np.unique(hash_fractions(keys), return_index=True, return_inverse=True)
    ranks = np.empty(len(fractions))
    for label in np.unique(labels):
        members = np.flatnonzero(labels[first] == label)  # in the order of their fractions
        ranks[members] = (np.arange(len(members)) + 0.5) / max(1, len(members))
    return ranks[inverse]


def _class_names(dataset: Dataset, items: np.ndarray) -> np.ndarray:
    return as_texts(np.asarray(dataset.fields["label"])[items]).astype(str)


def _fractions(dataset: Dataset, items: np.ndarray, kind: str, groups: np.ndarray | None) -> np.ndarray:
    if kind == "group":
        if groups is None:
            received = f"{dataset.path}: split=group, but no group column was given"
            raise DataError(received, "a column whose values define the groups", "group=COLUMN")
        return hash_fractions(group_keys(groups[items]))
    if kind == "stratified":
        if "label" not in dataset.fields:
            received = f"{dataset.path}: split=stratified on data without labels"
            raise DataError(received, "a label for each item", "split=hash")
        return _stratified_fractions(dataset.keys[items], _class_names(dataset, items))
    if kind != "hash":
        raise ConfigError(f"split={kind}", f"one of: {', '.join(SPLITS)}", nearest(str(kind), SPLITS))
    return hash_fractions(dataset.keys[items])


def make_split(
    dataset: Dataset,
    kind: str = "hash",
    val: float = 0.1,
    test: float = 0.15,
    groups: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """The parts of a dataset: those it came with, and the missing ones split off its training part.

    Args:
        dataset: the data; the parts that it came with are kept as they are.
        kind: `hash` (each item by its content), `stratified` (the same fractions of every class) or `group`.
        val: the fraction of the training items for validation, if there is no validation part.
        test: the fraction of the training items for the test part, if there is none; 0 for no test part.
        groups: for `group`, the group of each item.

    Returns:
        The indices of each part in ascending order.

    Raises:
        DataError: a part would be empty; the message gives the counts.
    """
    parts = {name: np.asarray(items) for name, items in dataset.parts.items()}
    pool = parts.pop("train", np.arange(len(dataset)))
    fraction_of = {"test": 0.0 if "test" in parts else test, "val": 0.0 if "val" in parts else val}
    fractions = _fractions(dataset, pool, kind, groups)
    start = 0.0
    for name, fraction in fraction_of.items():
        if fraction > 0:
            parts[name] = pool[(fractions >= start) & (fractions < start + fraction)]
            start += fraction
    parts["train"] = pool[fractions >= start]
    for name in ("train", "val", *(["test"] if fraction_of["test"] else [])):
        if len(parts.get(name, ())) == 0:
            raise DataError(
                f"{dataset.path}: {len(pool)} items leave none for the {PART_NAMES[name]} part",
                f"at least one item in each part (val={val:g}, test={test:g})",
                _ENLARGE[name],
            )
    return {name: parts[name] for name in ("train", "val", "test") if name in parts and len(parts[name])}


def class_groups(dataset: Dataset, group: str | None = None) -> np.ndarray:
    """The groups that stay together if parts have different classes: the class or folder of each item.

    Args:
        dataset: labeled data; a class in a folder of classes is named like `Greek/character05`.
        group: `class`, `folder`, or None to use folders if the classes lie in at least three.

    Raises:
        DataError: no labels, or no folders of classes although they are requested.
    """
    if "label" not in dataset.fields:
        received = f"{dataset.path}: split=class on data without labels"
        raise DataError(received, "a label for each item", "split=hash")
    names = _class_names(dataset, np.arange(len(dataset)))
    folders = np.array([name.rpartition("/")[0] for name in names])
    nested = bool(np.all(folders != ""))
    if group == "folder" and not nested:
        received = f"{dataset.path}: group=folder, but its classes lie in no folders"
        raise DataError(received, "folder/class/image", "group=class")
    by_folder = group == "folder" or (group is None and nested and len(np.unique(folders)) >= MIN_FOLDERS)
    return folders if by_folder else names


def split_classes(
    dataset: Dataset, groups: np.ndarray, val: float = 0.1, test: float = 0.15
) -> dict[str, np.ndarray]:
    """Parts that hold different classes, for methods that are evaluated on classes not seen in training.

    The parts that the data came with are kept if no group occurs in two of them; otherwise they are merged
    and split again. Each part gets its fraction of the groups, at least one (two if the groups are classes).

    Args:
        dataset: labeled data.
        groups: what stays together, see `class_groups`.
        val: the fraction of the groups for validation, if there is no validation part.
        test: the fraction of the groups for the test part, if there is none; 0 for no test part.

    Raises:
        DataError: too few groups.
    """
    part_indices = {part: np.unique(groups[items]) for part, items in dataset.parts.items()}
    disjoint = sum(map(len, part_indices.values())) == len(np.unique(groups))
    parts = {name: np.asarray(items) for name, items in dataset.parts.items()} if disjoint else {}
    if part_indices and not disjoint:
        dataset.notes.append("its parts share classes, so they were merged and split by class")
    pool = parts.pop("train", np.arange(len(dataset)))
    names = np.unique(groups[pool])
    ranked = names[np.argsort(hash_fractions(group_keys(names)), kind="stable")]
    single = np.array_equal(groups, _class_names(dataset, np.arange(len(dataset))))
    minimum, start = 2 if single else 1, 0
    for name, fraction in (("test", test), ("val", val)):
        if name not in parts and fraction > 0:
            count = max(minimum, round(fraction * len(ranked)))
            parts[name] = pool[np.isin(groups[pool], ranked[start : start + count])]
            start += count
    if len(ranked) - start < minimum:
        group_kind = "classes" if single else "folders of classes"
        expected = f"at least {start + minimum}, with different ones in each part"
        raise DataError(f"{dataset.path}: {len(ranked)} {group_kind}", expected, "add classes")
    parts["train"] = pool[np.isin(groups[pool], ranked[start:])]
    parts = {name: parts[name] for name in ("train", "val", "test") if name in parts}
    dataset.notes.append(_describe_groups(parts, groups, "classes" if single else "folders of classes"))
    return parts


def _describe_groups(parts: dict[str, np.ndarray], groups: np.ndarray, kind: str) -> str:
    """Which groups each part holds; their number if there are many."""
    texts = []
    for part, items in parts.items():
        names = np.unique(groups[items])
        listed = ", ".join(names) if len(names) <= MAX_LISTED else f"{len(names)} {kind}"
        texts.append(f"{PART_NAMES[part]}: {listed}")
    return f"split by {kind}, the same for every seed: {'; '.join(texts)}"


def keep_every_class(dataset: Dataset, parts: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The parts with every class in training: a class that would be missing from it is moved back.

    Only items of parts that were split off are moved; a class that occurs only in a part that the data came
    with stays there.
    """
    names = _class_names(dataset, np.arange(len(dataset)))
    missing = np.setdiff1d(np.unique(names), names[parts["train"]])
    split_off = [part for part in parts if part not in dataset.parts]
    back = {part: parts[part][np.isin(names[parts[part]], missing)] for part in split_off if part != "train"}
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
    keys = dataset.keys[items] if groups is None else group_keys(groups[items])
    if kind == "stratified" and "label" in dataset.fields and groups is None:
        fractions = _stratified_fractions(keys, _class_names(dataset, items))
    else:
        distinct, inverse = np.unique(hash_fractions(keys), return_inverse=True)
        fractions = (inverse + 0.5) / len(distinct)
    chosen = [items[(fractions >= k / count) & (fractions < (k + 1) / count)] for k in range(count)]
    if min(map(len, chosen)) == 0:
        received = f"{dataset.path}: {len(items)} items cannot fill {count} folds"
        raise DataError(received, "at least one item in each fold", "folds=2, or more data")
    return chosen
