"""Datasets joined as the parts of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hibiscus.data.arrays.series_gaps import joined_series
from hibiscus.data.dataset import PADDING, Dataset, remap_classes
from hibiscus.errors import DataError

__all__ = ["join_parts"]


def join_parts(datasets: dict[str, Dataset]) -> Dataset:
    """Joins several datasets as the parts of one.

    If the training part came with parts itself, these are kept; of another dataset with parts, the test part
    is used.

    Raises:
        DataError: the parts have different fields or shapes, or there would be two test parts.
    """
    first = next(iter(datasets.values()))
    spans: dict[str, np.ndarray] = {}
    start = 0
    for part, dataset in datasets.items():
        if set(dataset.fields) != set(first.fields):
            received = f"{dataset.path}: the {part} part has {', '.join(dataset.fields)}"
            expected = f"{', '.join(first.fields)}, as in {first.path}"
            raise DataError(
                received, expected, "use the same columns or arrays, and target=COLUMN for tables"
            )
        _take_class_numbers(dataset, first)
        if dataset.names != first.names:
            received = f"{dataset.path}: the {part} part has the classes {_listed(dataset.names)}"
            raise DataError(
                received, f"{_listed(first.names)}, as in {first.path}", "use one class list, classes.txt"
            )
        part_indices = {part: dataset.parts.get("test", np.arange(len(dataset)))}
        for name, items in (dataset.parts if part == "train" and dataset.parts else part_indices).items():
            if name in spans:
                received = f"{first.path} already has a {name} part, and {dataset.path} is another"
                raise DataError(received, "one of each part", "omit one of them")
            spans[name] = start + np.asarray(items)
        start += len(dataset)
    return Dataset(
        name=first.name,
        path=first.path,
        fields={name: _joined(name, list(datasets.values())) for name in first.fields},
        ids=[f"{part}/{i}" for part, dataset in datasets.items() for i in dataset.ids],
        keys=np.concatenate([dataset.keys for dataset in datasets.values()]),
        parts={part: spans[part] for part in ("train", "val", "test") if part in spans},
        roles=first.roles,
        readings=first.readings,
        notes=[f"{part}: {note}" for part, dataset in datasets.items() for note in dataset.notes],
        skipped=[bad for dataset in datasets.values() for bad in dataset.skipped],
        names=first.names,
        about={name: first.about[name] for name in ("image", "longer_side", "text") if name in first.about},
    )


def _listed(names: dict[str, tuple[str, ...]]) -> str:
    return "; ".join(", ".join(classes) for classes in names.values())


def _take_class_numbers(dataset: Dataset, first: Dataset) -> None:
    """Renumbers the classes of boxes to those of the first dataset, if it has them all."""
    names, known = dataset.names.get("boxes", ()), first.names.get("boxes", ())
    if names != known and set(names) <= set(known):
        dataset.fields["boxes"] = remap_classes(dataset.fields["boxes"], names, known)
        dataset.names = {**dataset.names, "boxes": known}


def _padded_rows(values: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Boxes `(items, rows, 5)`, or other values of theirs `(items, rows)`, with equally many rows."""
    count = max(array.shape[1] for array in values)
    result = []
    for array in values:
        wide = np.zeros((len(array), count, *array.shape[2:]), array.dtype)
        if array.ndim == 3:
            wide[..., -1] = PADDING
        wide[:, : array.shape[1]] = array
        result.append(wide)
    return result


def _joined(name: str, datasets: Sequence[Dataset]) -> Any:
    """A field of several datasets joined, with the columns of the first."""
    import pandas

    first, values = datasets[0], [dataset.fields[name] for dataset in datasets]
    if name == "table":
        return pandas.concat(values, ignore_index=True)[list(values[0].columns)]
    if name in ("boxes", "box_areas"):
        values = _padded_rows(values)
    if name == "array" and (joined := joined_series(values)) is not None:
        return joined
    try:
        return np.concatenate(values)
    except (ValueError, TypeError) as error:
        received = f"{first.path}: the parts cannot be joined ({error})"
        raise DataError(received, "the same shape in each part", "correct the files") from None
