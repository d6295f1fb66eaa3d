"""Tables as datasets, with a target and a column of image paths; and datasets joined as parts of one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.dataset import PADDING, Dataset, check_bad_files, remap_classes
from hibiscus.data.images.cache import decode_images
from hibiscus.data.images.reading import plan_reading
from hibiscus.data.keys import frame_keys
from hibiscus.errors import DataError

__all__ = ["join_parts", "listed_images", "open_table"]


def open_table(
    file: Path,
    target: str | None,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    max_bad_fraction: float = 0.05,
    like: Dataset | None = None,
    white_level: float | None = None,
) -> Dataset:
    """Opens a table; a column of image paths becomes the field `image`, the target the field `label`.

    Without a target the table is opened for inspection (or for prediction) and has no `label`.

    Args:
        file: the table.
        target: the column to predict.
        image_size: side, or `(height, width)`, of the images.
        channels: of the images, 1 or 3.
        max_bad_fraction: the largest fraction of images that may be unusable.
        like: the training part, whose column roles (and image shape) apply to this part as well.
        white_level: of images with more than 8 bits, see `plan_reading`.

    Raises:
        DataError: not a table, no such target or no values in it, or a column of the training part is
            missing.
    """
    from hibiscus.data.tables.read import read_table
    from hibiscus.data.tables.roles import role_notes

    table = read_table(file)
    frame, notes = table.frame, list(table.notes)
    roles = _roles(file, frame, target, like)
    rows = np.arange(1, len(frame) + 1)  # row numbers in the file, below the header
    if target is not None:
        kept = _with_target(file, frame, target, notes)
        frame, rows = frame.iloc[kept].reset_index(drop=True), rows[kept]
    notes += role_notes(roles) if like is None else []
    kinds = set(roles.values())
    fields: dict[str, Any] = {}
    about: dict[str, Any] = {}
    skipped = []
    paths = [name for name, role in roles.items() if role == "path"]
    if paths:
        files = _image_files(file.parent, frame[paths[0]], rows)
        reading = plan_reading(files, *_image_options(like, image_size, channels, white_level))
        pixels, keys, good, skipped = decode_images(files, reading.shape, white_level=reading.white_level)
        about, notes = reading.about, [*notes, *reading.notes]
        check_bad_files(str(file), skipped, len(files), max_bad_fraction)
        fields["image"] = pixels
        frame, rows = frame.iloc[good].reset_index(drop=True), rows[good]
    else:
        keys = frame_keys(frame.drop(columns=[] if target is None else [target]))
    # In a few rows for prediction, a column may be constant that was not in training.
    inputs = {"number", "category", "text", "time"} | ({"constant"} if target is None else set())
    if not paths or kinds & inputs:
        fields["table"] = frame
    if target is not None:
        fields["label"] = frame[target].to_numpy()
    name, ids = file.name.split(".")[0], [f"row {row}" for row in rows]
    lists = {"roles": roles, "notes": notes, "skipped": skipped, "about": about}
    return Dataset(name, str(file), fields, ids, keys, **lists)


def _image_options(
    like: Dataset | None, image_size: Any, channels: int | None, white_level: float | None
) -> tuple[Any, int | None, float | None]:
    """The size, channels and white level of images: those of the training part, if there is one."""
    if like is None or "image" not in like.fields:
        return image_size, channels, white_level
    shape = like.fields["image"].shape
    return shape[1:3], shape[3], like.about.get("image", {}).get("white_level")


def _image_files(folder: Path, paths: Any, rows: np.ndarray) -> list[Path]:
    """The files that a column names; an empty field is reported like a missing file."""
    return [
        folder / (value if isinstance(value, str) else f"(no path in row {row})")
        for value, row in zip(paths, rows, strict=True)
    ]


def listed_images(file: Path) -> list[Path]:
    """The images that a column of paths in a table lists; empty if there is no such column.

    Raises:
        DataError: not a table.
    """
    from hibiscus.data.tables.read import read_table

    frame = read_table(file).frame
    column = next((name for name, role in _roles(file, frame, None, None).items() if role == "path"), None)
    return [] if column is None else [file.parent / str(value) for value in frame[column]]


def _roles(file: Path, frame: Any, target: str | None, like: Dataset | None) -> dict[str, str]:
    """The role of each column: guessed, or as in the training part."""
    from hibiscus.data.tables.roles import guess_roles

    if like is None or not like.roles:
        try:
            return guess_roles(frame, [] if target is None else target, file.parent)
        except DataError as error:
            raise DataError(f"{file}: {error.received}", error.expected, error.fix) from None
    names = {str(name) for name in frame.columns}
    used = [name for name, role in like.roles.items() if role not in ("constant", "identifier")]
    missing = [name for name in used if name not in names]
    if missing:
        received = f"{file}: no column named {', '.join(missing[:5])}"
        raise DataError(received, f"the columns of {like.path}", "add the columns, or rename existing ones")
    return {name: role for name, role in like.roles.items() if name in names}


def _with_target(file: Path, frame: Any, target: str, notes: list[str]) -> np.ndarray:
    """The positions of the rows with a value in the target column."""
    from hibiscus.data.tables.columns import missing_rows

    missing = missing_rows(frame[target])
    kept = np.setdiff1d(np.arange(len(frame)), missing)
    if len(missing):
        notes.append(f"{len(missing)} rows without {target} were left out (first: row {int(missing[0]) + 1})")
    if not len(kept):
        raise DataError(
            f"{file}: no row has a value in {target}", "several rows", "choose another target=COLUMN"
        )
    return kept


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
        notes=[f"{part}: {note}" for part, dataset in datasets.items() for note in dataset.notes],
        skipped=[bad for dataset in datasets.values() for bad in dataset.skipped],
        names=first.names,
        about={"image": first.about["image"]} if "image" in first.about else {},
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
    try:
        return np.concatenate(values)
    except (ValueError, TypeError) as error:
        received = f"{first.path}: the parts cannot be joined ({error})"
        raise DataError(received, "the same shape in each part", "correct the files") from None
