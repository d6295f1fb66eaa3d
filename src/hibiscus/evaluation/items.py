"""Report items: tables, curves, galleries and other results as plain data, independent of how they are drawn.

A report item is validated and converted to plain data when it is built: arrays become tuples of Python
numbers, and values that are not finite become None, so that it equals its copy read from JSON. Strings are
plain text; the report escapes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hibiscus.errors import DataError, RunError
from hibiscus.evaluation.chart_items import Bars, Curve, Multiples, Scatter, Series, series_from_json
from hibiscus.evaluation.marked_texts import MarkedText, MarkedTexts
from hibiscus.evaluation.plain_data import Number, PlainItem, expect, plain_data
from hibiscus.evaluation.png import decode_png, embed_png, encode_png
from hibiscus.json_files import read_json, with_digest, without_digest
from hibiscus.run_format import FORMAT
from hibiscus.temporary_files import replacing

__all__ = [
    "Bars",
    "Curve",
    "Gallery",
    "MarkedText",
    "MarkedTexts",
    "Matrix",
    "Multiples",
    "ReportItem",
    "Scatter",
    "Series",
    "Table",
    "load_report_items",
    "report_item_from_json",
    "save_report_items",
]

Cell = str | float | bool | None
INDEX = "report_items.json"


@dataclass(frozen=True)
class Matrix(PlainItem):
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
        expect(valid, self.title, f"{len(self.rows)} rows of {len(self.columns)} values")


@dataclass(frozen=True)
class Table(PlainItem):
    """Rows of text and numbers under named columns."""

    kind: ClassVar[str] = "table"
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""

    def _check(self) -> None:
        valid = all(len(row) == len(self.columns) for row in self.rows)
        expect(valid, self.title, f"{len(self.columns)} cells in every row")


@dataclass(frozen=True, eq=False)
class Gallery(PlainItem):
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
            object.__setattr__(self, name, plain_data(getattr(self, name)))
        object.__setattr__(self, "images", tuple(images))
        expect(len(self.captions) in (0, len(images)), self.title, f"{len(images)} captions, or none")
        expect(len(images) % self.group == 0, self.title, f"a multiple of {self.group} images")
        for image in images:
            valid = isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.size > 0
            valid = valid and (image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4)))
            expect(valid, self.title, "non-empty uint8 images (height, width) or (height, width, 1, 3 or 4)")

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


ReportItem = Matrix | Curve | Scatter | Bars | Multiples | Table | Gallery | MarkedTexts
_KINDS = {cls.kind: cls for cls in (Matrix, Curve, Scatter, Bars, Multiples, Table, Gallery, MarkedTexts)}
NESTED = {cls.kind: cls for cls in (Multiples, MarkedTexts)}  # items of items


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
            options["series"] = series_from_json(options["series"])
        if kind in NESTED:
            return NESTED[kind].from_json(options)
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
