"""Folders of images with their labels in a file: `metadata.csv` and `metadata.jsonl` of Hugging Face's
imagefolder, and `_classes.csv` of Roboflow, in the folder itself or in each of its parts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hibiscus.data.dataset import Dataset, check_bad_files
from hibiscus.data.files import find_images, find_parts, relative_names, safe_relative
from hibiscus.data.images.cache import decode_images
from hibiscus.data.images.decode import color_name
from hibiscus.data.images.reading import plan_reading
from hibiscus.data.label_sets import label_sets, split_labels
from hibiscus.data.parts import items_by_part
from hibiscus.data.tables.formula_guard import without_guard
from hibiscus.errors import DataError, nearest

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["find_label_files", "open_label_files"]

NAMES = ("_classes.csv", "metadata.csv", "metadata.jsonl")
FILE_COLUMNS = ("file_name", "filename", "file", "image", "path")
LABEL_COLUMNS = ("label", "labels", "class", "classes", "category", "categories", "tag", "tags")
ZEROS_AND_ONES = {"0": 0, "0.0": 0, "false": 0, "1": 1, "1.0": 1, "true": 1}


def find_label_files(folder: Path) -> dict[Path, str]:
    """The label files of a folder, each with its part (`""` if they are not sorted into parts)."""
    folders = {folder: "", **find_parts(folder)}
    files = {place / name: part for place, part in folders.items() for name in NAMES}
    return {file: part for file, part in files.items() if file.is_file()}


@dataclass
class _Rows:
    """The images that label files name, with their parts and labels; a label is None if it is missing."""

    files: list[Path]
    parts: list[str]
    values: list[Any]
    several: bool


def open_label_files(folder: Path, files: Mapping[Path, str], target: str | None, **images: Any) -> Dataset:
    """Opens the images that the label files name; other images are left out, and said so.

    Args:
        folder: of the images.
        files: as returned by `find_label_files`.
        target: the column of labels; by default `label`, `labels`, or the only one.
        **images: `image_size`, `channels`, `white_level` and `max_bad_fraction`.

    Raises:
        DataError: no column of file names or labels, no images, or too many unusable ones.
    """
    notes: list[str] = []
    rows = _read(folder, files, target, notes)
    max_bad_fraction = images.pop("max_bad_fraction")
    train = [part in ("train", "") for part in rows.parts]
    plan = plan_reading(rows.files, **images, train=train)
    pixels, keys, good, skipped = decode_images(rows.files, plan.shape, white_level=plan.white_level)
    check_bad_files(str(folder), skipped, len(rows.files), max_bad_fraction)
    size = f"images resized to {pixels.shape[1]}x{pixels.shape[2]}, {color_name(pixels.shape[3])}"
    fields: dict[str, Any] = {"image": pixels}
    if rows.several:
        fields["labels"] = label_sets([rows.values[i] for i in good])
    elif any(value is not None for value in rows.values):
        fields["label"] = _objects([rows.values[i] for i in good])
    parts = np.array([rows.parts[i] for i in good])
    return Dataset(
        name=folder.resolve().name,
        path=str(folder),
        fields=fields,
        ids=relative_names((rows.files[i] for i in good), folder),
        keys=keys,
        parts=items_by_part(parts),
        roles={} if len(fields) == 1 else {"label": "target"},
        notes=[size, *plan.notes, *notes],
        skipped=skipped,
        about=plan.about,
    )


def _read(folder: Path, files: Mapping[Path, str], target: str | None, notes: list[str]) -> _Rows:
    """The rows of all files.

    Raises:
        DataError: no labeled images, or one file has a column for each label and another has not.
    """
    from hibiscus.data.tables.read import read_text

    rows, kinds = _Rows([], [], [], False), set()
    for file, part in files.items():
        table = read_text(file)
        frame = table.frame.rename(columns=lambda name: str(name).strip())
        names = _file_column(file, frame)
        values, several, note = _labels(file, frame.drop(columns=[names]), target)
        kinds.add(several)
        count = len(rows.files)
        _add(rows, folder, file, part, list(frame[names]), values, keep_unlabeled=note == UNLABELED)
        missing = len(frame) - len(rows.files) + count
        texts = [*table.notes, note, f"{missing} rows without a label were left out" if missing else ""]
        notes += [f"{file.relative_to(folder)}: {text}" for text in texts if text]
    if not rows.files or len(kinds) > 1:
        received = "one column for each label in one file only" if rows.files else "no labeled images"
        raise DataError(
            f"{', '.join(map(str, files))}: {received}", "a row for each image", "correct the files"
        )
    rows.several = kinds.pop()
    _drop_outside_parts(rows, notes)
    listed = {path.resolve() for path in rows.files}
    others = [image for image in find_images(folder)[0] if image.resolve() not in listed]
    if others:
        first = others[0].relative_to(folder)
        notes.append(f"{len(others)} images without a label in these files were left out (first: {first})")
    return rows


def _add(
    rows: _Rows,
    folder: Path,
    file: Path,
    part: str,
    names: Sequence[Any],
    values: Sequence[Any],
    keep_unlabeled: bool,
) -> None:
    """Adds the rows of a file, without those that have no label."""
    parts = find_parts(folder)
    for row, (name, value) in enumerate(zip(names, values, strict=True), 1):
        relative = safe_relative(str(name))
        if relative is None:
            expected = "a path inside the folder"
            raise DataError(f"{file}: row {row} names '{str(name)[:60]}'", expected, "correct the name")
        if value is None and not keep_unlabeled:
            continue
        image = file.parent / relative
        plain = file.parent / without_guard(relative)  # guarded in a CSV file of predictions
        image = plain if plain != image and not image.exists() else image
        rows.files.append(image)
        rows.parts.append(part or next((parts[place] for place in parts if place in image.parents), ""))
        rows.values.append(value)


def _drop_outside_parts(rows: _Rows, notes: list[str]) -> None:
    """Leaves out images that are in no part, where others are."""
    inside = [i for i, part in enumerate(rows.parts) if part]
    if 0 < len(inside) < len(rows.parts):
        notes.append(f"{len(rows.parts) - len(inside)} images outside of the parts were left out")
        rows.files = [rows.files[i] for i in inside]
        rows.parts = [rows.parts[i] for i in inside]
        rows.values = [rows.values[i] for i in inside]


def _file_column(file: Path, frame: DataFrame) -> str:
    known = [name for name in frame.columns if name.casefold() in FILE_COLUMNS]
    if not known:
        received = f"{file}: columns {', '.join(map(str, frame.columns))[:200]}"
        raise DataError(received, "a column file_name", "rename the column of file names to file_name")
    return known[0]


UNLABELED = "holds no labels that are recognized; target=COLUMN names the column of labels"


def _labels(file: Path, frame: DataFrame, target: str | None) -> tuple[list[Any], bool, str]:
    """The label of each row, or its labels; whether there may be several; and a note."""
    if target is not None and target not in frame.columns:
        received = f"{file}: no column is named '{target}'"
        raise DataError(received, "a column of the file", nearest(target, list(frame.columns)))
    found = [name for name in frame.columns if name.casefold() in LABEL_COLUMNS]
    column = target or next(iter(found), None)
    columns = list(frame.columns)
    if column is None and columns and (file.name == NAMES[0] or _are_zeros_and_ones(frame)):
        return _from_columns(file, frame), True, f"one column for each of {len(columns)} labels"
    if column is None:
        return [None] * len(frame), False, UNLABELED
    others = [name for name in columns if name != column]
    ignored = f"columns that were not read: {', '.join(others)[:200]}" if others else ""
    return [_value(value) for value in frame[column]], False, ignored


def _value(value: Any) -> Any:
    """A label as text, or a list of them; None if it is missing."""
    if isinstance(value, list | tuple | np.ndarray):
        return list(split_labels(value, "") or ())
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return str(value).strip() or None


def _are_zeros_and_ones(frame: DataFrame) -> bool:
    return all(str(value).strip().casefold() in ZEROS_AND_ONES for row in frame.to_numpy() for value in row)


def _from_columns(file: Path, frame: DataFrame) -> list[tuple[str, ...]]:
    sets = []
    for row, values in enumerate(frame.to_numpy(), 1):
        chosen = []
        for name, value in zip(frame.columns, values, strict=True):
            flag = ZEROS_AND_ONES.get(str(value).strip().casefold())
            if flag is None:
                received = f"{file}: row {row}, column {name}: '{str(value)[:60]}'"
                raise DataError(received, "0 or 1 for each label", "correct the value")
            if flag:
                chosen.append(str(name))
        sets.append(tuple(chosen))
    return sets


def _objects(values: list[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):  # assigned one by one, since lists of equal lengths would be an axis
        array[i] = value
    return array
