"""A Dataset from the arrays of its parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hibiscus.data.arrays.array_items import read_items
from hibiscus.data.arrays.npz import shared_block
from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.label_sets import zeros_and_ones
from hibiscus.errors import DataError

__all__ = ["dataset_from_arrays"]


def dataset_from_arrays(
    name: str,
    path: str,
    parts: dict[str, dict[str, np.ndarray]],
    classes: list[str] | None = None,
    white_level: float | None = None,
    series: bool | None = None,
) -> Dataset:
    """A Dataset from the arrays of its parts.

    Args:
        name: short name.
        path: as the user wrote it.
        parts: for each part (`""` if there is only one) `image` (the items) and optionally `label`.
        classes: the class names by number.
        white_level: the value of white in images with values above 255.
        series: whether each item is a series; None to see from the shape.

    Raises:
        DataError: different numbers of items and labels, parts of different shapes, or non-finite values.
    """
    items = [_checked_items(arrays["image"], path) for arrays in parts.values()]
    labels = [arrays["label"] for arrays in parts.values() if "label" in arrays]
    if len(labels) not in (0, len(items)):
        missing = next(part for part, arrays in parts.items() if "label" not in arrays)
        received = f"{path}: the parts have different fields (the {missing} part has no labels)"
        raise DataError(received, "the same fields in each part", "add the missing labels")
    labels = [_as_rows(values, rows, path) for values, rows in zip(labels, items, strict=False)]
    kind, values, level, notes = read_items(items, path, white_level, series)
    fields = {kind: _joined(values, path)}
    if labels:
        targets = _as_targets(labels, path, classes)
        if "label" in targets:
            targets["label"] = _named(targets["label"], classes, notes)
        fields |= targets
    counts = [len(rows) for rows in items]
    ends = np.cumsum(counts)
    spans = {part: np.arange(end - count, end) for part, count, end in zip(parts, counts, ends, strict=True)}
    return Dataset(
        name=name,
        path=path,
        fields=fields,
        ids=[f"{part}/{i}" if part else str(i) for part, span in spans.items() for i in range(len(span))],
        keys=content_keys(fields[kind]),
        parts={part: span for part, span in spans.items() if part},
        notes=notes,
        about={"image": {"white_level": level}} if level else {},
    )


def _checked_items(items: np.ndarray, path: str) -> np.ndarray:
    if items.ndim not in (2, 3, 4) or items.size == 0:
        expected = "images, vectors or series, (items, ...)"
        raise DataError(f"{path}: an array of shape {items.shape}", expected, "reshape the array")
    return items


def _as_rows(labels: np.ndarray, items: np.ndarray, path: str) -> np.ndarray:
    """Labels as `(items, columns)`; a single row of labels, as MATLAB has them, becomes a column.

    Raises:
        DataError: not one label per item; the message says so if the items are transposed.
    """
    labels = labels.reshape(1) if labels.ndim == 0 else labels
    if labels.ndim == 2 and labels.shape[0] == 1 and labels.shape[1] == len(items) > 1:
        labels = labels[0]
    if len(labels) == len(items):
        return labels.reshape(len(labels), -1)
    count = labels.size if labels.ndim == 2 and labels.shape[0] == 1 else len(labels)
    received = f"{path}: {len(items)} items and {count} labels"
    axes = [axis for axis, side in enumerate(items.shape) if side == count and axis]
    if axes:
        raise DataError(
            f"{received}; the items {items.shape} are transposed",
            "(items, ...), with as many rows as labels",
            f"transpose them first: x = numpy.moveaxis(x, {axes[-1]}, 0)",
        )
    if labels.ndim == 2 and labels.shape[1] == len(items):
        raise DataError(
            f"{received}; the labels {labels.shape} are transposed",
            "(items, columns), with as many rows as items",
            "transpose them first: y = y.T",
        )
    raise DataError(received, "equal numbers of items and labels", "correct the file")


def _as_targets(parts: Sequence[np.ndarray], path: str, classes: list[str] | None) -> dict[str, np.ndarray]:
    """Labels as `label` (items,), also from one-hot rows; several numbers for each item are a `target`, zeros
    and ones also `labels`.
    """
    decoded = [np.char.decode(rows, "utf-8", "replace") if rows.dtype.kind == "S" else rows for rows in parts]
    for rows in decoded:
        if rows.dtype.kind not in "uifbU" or (rows.dtype.kind == "f" and not np.isfinite(rows).all()):
            received = f"{path}: labels of type {rows.dtype}, or non-finite labels"
            raise DataError(received, "numbers or names", "correct the labels")
    labels = _joined(decoded, path)
    if labels.shape[1] == 1:
        return {"label": labels[:, 0]}
    if labels.dtype.kind == "U":
        raise DataError(
            f"{path}: {labels.shape[1]} names for each item", "one label per item", "keep one column"
        )
    return zeros_and_ones(labels, classes)


def _named(labels: np.ndarray, classes: list[str] | None, notes: list[str]) -> np.ndarray:
    """Labels by the names of the classes, counted from 0, or from 1 if the last number asks for it."""
    if not classes or labels.dtype.kind not in "uif":
        return labels
    numbers = labels.astype(np.int64)
    if (numbers != labels).any():
        return labels
    first = 1 if numbers.min() >= 1 and numbers.max() == len(classes) else 0
    if numbers.min() < first or numbers.max() >= len(classes) + first:
        notes.append(
            f"the labels go from {numbers.min()} to {numbers.max()}, but there are {len(classes)} class "
            "names, which are left out"
        )
        return labels
    if first:
        notes.append(f"the labels count from 1: 1 is {classes[0]}, {len(classes)} is {classes[-1]}")
    return np.array(classes)[numbers - first]


def _joined(arrays: Sequence[np.ndarray], path: str) -> np.ndarray:
    """The parts of a field one after another, without a copy if they lie so in memory."""
    if (block := shared_block(arrays)) is not None:
        return block
    try:
        return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
    except ValueError as error:
        received = f"{path}: the parts cannot be joined ({error})"
        raise DataError(received, "the same shape in each part", "correct the file") from None
