"""Splits that assign whole classes, or whole folders of classes, to one part.

Since there are few of them, thresholds of the hash would miss the requested fractions by far, so they are
ranked by it instead.
"""

from __future__ import annotations

import numpy as np

from hibiscus.data.dataset import PART_NAMES, Dataset
from hibiscus.data.split import group_keys, hash_fractions, label_texts
from hibiscus.errors import DataError

__all__ = ["class_groups", "split_classes"]

MAX_LISTED = 8  # groups of a part that are named in a note
MIN_FOLDERS = 3  # one folder of classes for each part


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
    names = label_texts(dataset, np.arange(len(dataset)))
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
    single = np.array_equal(groups, label_texts(dataset, np.arange(len(dataset))))
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
