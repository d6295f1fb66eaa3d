"""Report items: tables, curves, galleries and other results as plain data, independent of how they are drawn.

A report item is validated and converted to plain data when it is built: arrays become tuples of Python
numbers, and values that are not finite become None, so that it equals its copy read from JSON. Strings are
plain text; the report escapes them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hibiscus.errors import DataError, RunError
from hibiscus.evaluation.png import decode_png, embed_png, encode_png
from hibiscus.json_files import read_json, with_digest, without_digest
from hibiscus.run_format import FORMAT
from hibiscus.temporary_files import replacing

__all__ = [
    "Curve",
    "Gallery",
    "Matrix",
    "ReportItem",
    "Scatter",
    "Series",
    "Table",
    "load_report_items",
    "report_item_from_json",
    "save_report_items",
]

Number = float | None
Cell = str | float | bool | None
INDEX = "report_items.json"


class _Plain:
    """Common base of report items: conversion of the fields to plain data, and to JSON."""

    kind: ClassVar[str]

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self)):  # pyright: ignore[reportArgumentType]
            object.__setattr__(self, name, _plain(getattr(self, name)))
        self._check()

    def _check(self) -> None:
        """Raises DataError if the fields are inconsistent."""

    def to_json(self) -> dict[str, Any]:
        """The report item with its kind, for `json.dumps`; the inverse of `report_item_from_json`."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}  # pyright: ignore[reportArgumentType]
        return {"kind": self.kind} | {name: _jsonable(value) for name, value in values.items()}


@dataclass(frozen=True)
class Matrix(_Plain):
    """A matrix of numbers with named rows and columns, such as a confusion matrix."""

    kind: ClassVar[str] = "matrix"
    title: str
    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[Number]] | NDArray
    note: str = ""

    def _check(self) -> None:
        valid = len(self.values) == len(self.rows) and all(
            len(row) == len(self.columns) for row in self.values
        )
        _expect(valid, self.title, f"{len(self.rows)} rows of {len(self.columns)} values")


@dataclass(frozen=True)
class Series(_Plain):
    """One line of a `Curve`."""

    kind: ClassVar[str] = "series"
    name: str
    x: Sequence[Number] | NDArray
    y: Sequence[Number] | NDArray

    def _check(self) -> None:
        _expect(len(self.x) == len(self.y), self.name, f"as many y as x, which are {len(self.x)}")


@dataclass(frozen=True)
class Curve(_Plain):
    """Lines on common axes; `diagonal` adds the line y = x, on which a calibrated classifier would lie.

    `shares` sets both axes to [0, 1], so that plots can be compared.
    """

    kind: ClassVar[str] = "curve"
    title: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    diagonal: bool = False
    note: str = ""
    shares: bool = False


@dataclass(frozen=True)
class Scatter(_Plain):
    """Points on common axes; `diagonal` adds the line y = x, on which exact predictions would lie.

    `groups` names the group of each point, such as its class; each group has its own color. `marked` says
    which points get a cross, such as those of wrong predictions.
    """

    kind: ClassVar[str] = "scatter"
    title: str
    x_label: str
    y_label: str
    x: Sequence[Number] | NDArray
    y: Sequence[Number] | NDArray
    diagonal: bool = False
    note: str = ""
    groups: Sequence[str] = ()
    marked: Sequence[bool] | NDArray = ()

    def _check(self) -> None:
        _expect(len(self.x) == len(self.y), self.title, f"as many y as x, which are {len(self.x)}")
        for name in ("groups", "marked"):
            matching = len(getattr(self, name)) in (0, len(self.x))
            _expect(matching, self.title, f"{name}: one for each of {len(self.x)} points, or none")


@dataclass(frozen=True)
class Table(_Plain):
    """Rows of text and numbers under named columns."""

    kind: ClassVar[str] = "table"
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""

    def _check(self) -> None:
        valid = all(len(row) == len(self.columns) for row in self.rows)
        _expect(valid, self.title, f"{len(self.columns)} cells in every row")


@dataclass(frozen=True, eq=False)
class Gallery(_Plain):
    """Images, uint8 (height, width) or (height, width, 3 or 4), with a caption for each image or none.

    `key` is the legend of the colors: pairs of a name and a color, `#rrggbb`. `group` consecutive images,
    such as an image and its reconstruction, belong together and are never split over two rows.
    """

    kind: ClassVar[str] = "gallery"
    title: str
    images: Sequence[NDArray[np.uint8]]
    captions: Sequence[str] = ()
    note: str = ""
    key: Sequence[tuple[str, str]] = ()
    group: int = 1

    def __post_init__(self) -> None:
        images = [image[..., 0] if np.shape(image)[2:] == (1,) else image for image in self.images]
        for name in ("title", "captions", "note", "key"):
            object.__setattr__(self, name, _plain(getattr(self, name)))
        object.__setattr__(self, "images", tuple(images))
        _expect(len(self.captions) in (0, len(images)), self.title, f"{len(images)} captions, or none")
        _expect(len(images) % self.group == 0, self.title, f"a multiple of {self.group} images")
        for image in images:
            valid = isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.size > 0
            valid = valid and (image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4)))
            _expect(valid, self.title, "non-empty uint8 images (height, width) or (height, width, 1, 3 or 4)")

    def to_json(self) -> dict[str, Any]:
        """The gallery with images embedded as PNG; `save_report_items` writes them to files instead."""
        images = [embed_png(image) for image in self.images]
        value = {"kind": self.kind, "title": self.title, "images": images}
        return value | {
            "captions": list(self.captions),
            "note": self.note,
            "key": [list(pair) for pair in self.key],
            "group": self.group,
        }


ReportItem = Matrix | Curve | Scatter | Table | Gallery
_KINDS = {cls.kind: cls for cls in (Matrix, Curve, Scatter, Table, Gallery)}


def report_item_from_json(value: Mapping[str, Any], folder: str | Path = ".") -> ReportItem:
    """Restores the report item from the object that `to_json` returned.

    Args:
        value: the object, as returned by `json.loads`.
        folder: the folder of images that are not embedded.

    Raises:
        RunError: when the object is not a report item, or an image cannot be read.
    """
    try:
        options = dict(value)
        kind = options.pop("kind")
        if kind == "curve":
            options["series"] = [Series(line["name"], line["x"], line["y"]) for line in options["series"]]
        if kind == "gallery":
            options["images"] = [decode_png(text, Path(folder)) for text in options["images"]]
        return _KINDS[kind](**options)
    except (KeyError, TypeError, ValueError, OSError, DataError) as error:
        raise RunError(
            f"cannot read a report item: {type(error).__name__}: {error}",
            f"an object returned by to_json, of kind {', '.join(sorted(_KINDS))}",
            "evaluate the run again to rewrite its report items",
        ) from error


def save_report_items(report_items: Sequence[ReportItem], folder: str | Path) -> None:
    """Writes the report items to `report_items.json` in the folder, and their images next to it.

    Args:
        report_items: in the order in which the report shows them; images of earlier items are removed.
        folder: created if it does not exist.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written, objects = set(), []
    for i, report_item in enumerate(report_items):
        value = report_item.to_json()
        if isinstance(report_item, Gallery):
            value["images"] = [f"item-{i:02d}-{j:03d}.png" for j in range(len(report_item.images))]
            for name, image in zip(value["images"], report_item.images, strict=True):
                with replacing(folder / name, flush=False) as file:
                    file.write_bytes(encode_png(image))
            written |= set(value["images"])
        objects.append(value)
    content = with_digest({"format": FORMAT, "report_items": objects})
    with replacing(folder / INDEX) as file:  # the index is never incomplete
        file.write_text(json.dumps(content, allow_nan=False, indent=1), encoding="utf-8")
    for old in folder.glob("item-*.png"):
        if old.name not in written:
            old.unlink()


def load_report_items(folder: str | Path) -> list[ReportItem]:
    """The report items that `save_report_items` wrote into the folder.

    Raises:
        RunError: when there are none, or they cannot be read.
    """
    path = Path(folder) / INDEX
    try:
        content, unchanged = without_digest(read_json(path))
        if not unchanged:
            raise ValueError("it was changed after it was written")
        objects = content["report_items"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(
            f"cannot read {path}", "a file written by save_report_items", "evaluate the run again"
        ) from error
    return [report_item_from_json(value, folder) for value in objects]


def _plain(value: Any) -> Any:
    """The value as nested tuples of Python values; None for values that are not finite."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int | Series):
        return value
    raise DataError(
        f"{type(value).__name__} in a report item", "text, numbers, and lists of them", "convert it first"
    )


def _jsonable(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_jsonable(item) for item in value]
    return (
        {"name": value.name, "x": list(value.x), "y": list(value.y)} if isinstance(value, Series) else value
    )


def _expect(valid: bool, title: str, expected: str) -> None:
    if not valid:
        raise DataError(
            f"the fields of the report item {title!r} do not match",
            expected,
            "fix the `evaluate` of the method",
        )
