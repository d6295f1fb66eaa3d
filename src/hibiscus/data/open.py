"""One way in for all data: point at it, and it is recognised."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.arrays import dataset_from_arrays, is_idx, open_arrays, open_cifar, open_idx, read_idx
from hibiscus.data.bundled import BUNDLED, open_bundled
from hibiscus.data.dataset import Dataset, frame_keys
from hibiscus.data.images import find_pictures, open_picture_files, open_picture_folder, too_many_bad
from hibiscus.errors import DataError, nearest

__all__ = ["check_max_bad", "join_parts", "open_data", "open_table"]

TABLE_ENDINGS = (".csv", ".tsv", ".parquet", ".csv.gz", ".tsv.gz", ".txt.gz")
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".7z", ".rar")
Progress = Callable[[int, int], None]


def open_data(
    path: str | os.PathLike[str],
    *,
    target: str | None = None,
    test_data: str | os.PathLike[str] | None = None,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    max_bad: float = 0.05,
    progress: Progress | None = None,
) -> Dataset:
    """Opens whatever a person points at.

    Args:
        path: a folder of pictures or texts (one folder for each class, or flat; with or without `train`, `val`, `test`),
            a folder of IDX files or of CIFAR's binary batches, a `.npz`, `.npy`, `.mat` or IDX file, a CSV, TSV or
            Parquet table, a folder holding `train.csv` and `test.csv`, the name of bundled data (`digits`), or `hf:owner/name`.
        target: for tables, the column to be predicted.
        test_data: the test part, where it is a file or folder of its own.
        image_size: side in pixels, or `(height, width)`, that pictures of a folder are brought to; found from them by default.
        channels: 1 for grey or 3 for RGB; found from the pictures by default.
        max_bad: the largest share of files that may be unusable.
        progress: called with how many pictures are decoded and how many there are.

    Raises:
        DataError: what was found, what was expected, and how to mend it.
    """
    check_max_bad(max_bad)
    options: dict[str, Any] = {"target": target, "image_size": image_size, "channels": channels, "max_bad": max_bad}
    dataset = _open_one(str(path), progress, **options)
    if test_data is not None:
        first = next((values for name, values in dataset.fields.items() if name == "image"), None)
        if first is not None:
            options.update(image_size=first.shape[1:3], channels=first.shape[3])
        dataset = join_parts({"train": dataset, "test": _open_one(str(test_data), progress, **options)})
    dataset.options = {name: value for name, value in options.items() if value is not None}
    return dataset


def check_max_bad(max_bad: float) -> None:
    """Raises DataError unless `max_bad` is a share."""
    if not 0 <= max_bad <= 1:
        raise DataError(f"max_bad={max_bad}", "a share from 0 to 1", "max_bad=0.05")


def _open_one(path: str, progress: Progress | None, **options: Any) -> Dataset:
    if path in BUNDLED:
        return open_bundled(path)
    if path.startswith("hf:"):
        from hibiscus.data.hub import open_hub

        return open_hub(path[3:], options["target"])
    if re.match(r"[a-z]{2,}:", path) and not Path(path).exists():
        raise DataError(f"{path}: this kind of address is not known", "a path, a bundled name, or hf:owner/name", "check the word")
    where = Path(path).expanduser()
    if not where.exists():
        hint = nearest(where.name, [*BUNDLED, *(p.name for p in _siblings(where))])
        raise DataError(f"{path}: there is nothing at this path", f"a folder, a file, or bundled data ({', '.join(BUNDLED)})", hint)
    return _open_folder(where, progress, **options) if where.is_dir() else _open_file(where, progress, **options)


def _siblings(path: Path) -> list[Path]:
    try:
        return list(path.parent.iterdir())[:200] if path.parent.is_dir() else []
    except OSError:
        return []


def _open_folder(folder: Path, progress: Progress | None, **options: Any) -> Dataset:
    try:
        names = sorted(child.name for child in folder.iterdir())
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror})", "a folder that may be read", "check its rights") from None
    if any(is_idx(folder / name) for name in names):
        return open_idx(folder)
    if "test_batch.bin" in names or {"train.bin", "test.bin"} <= set(names):
        return open_cifar(folder)
    tables = {part: folder / name for name in names for part in ("train", "val", "test") if _is_part_table(name, part)}
    if "train" in tables:
        return join_parts({part: open_table(file, options["target"], progress, **_picture(options)) for part, file in tables.items()})
    if _holds_texts(folder):
        return _open_texts(folder)
    return open_picture_folder(folder, progress=progress, **_picture(options))


def _is_part_table(name: str, part: str) -> bool:
    return any(name.lower() == part + ending for ending in TABLE_ENDINGS)


def _picture(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("image_size", "channels", "max_bad")}


def _open_file(file: Path, progress: Progress | None, **options: Any) -> Dataset:
    name = file.name.lower()
    if name.endswith(ARCHIVES):
        how = f"unzip {file.name}" if name.endswith(".zip") else f"tar xf {file.name}"
        raise DataError(f"{file}: a packed archive", "the folder that is in it", f"unpack it first: {how}")
    if is_idx(file):
        return dataset_from_arrays(file.stem, str(file), {"": {"image": read_idx(file)}})
    if name.endswith((".npz", ".npy", ".mat")):
        return open_arrays(file)
    if name.endswith((*TABLE_ENDINGS, ".txt")):
        return open_table(file, options["target"], progress, **_picture(options))
    if name.endswith((".png", ".jpg", ".jpeg")):
        raise DataError(f"{file}: one picture", "a folder of pictures", f"point at the folder: {file.parent}")
    raise DataError(
        f"{file}: a file of an unknown kind ({file.suffix or 'no ending'})",
        "a folder, or a file ending in .csv .tsv .parquet .npz .npy .mat or an IDX name",
        "rename or convert it",
    )


def open_table(
    file: Path,
    target: str | None,
    progress: Progress | None = None,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    max_bad: float = 0.05,
) -> Dataset:
    """Opens a table; a column of picture paths becomes the field `image`, the target the field `label`.

    Without a target the table is opened for looking at it (or for prediction) and has no `label`.
    """
    from hibiscus.data.columns import guess_roles, missing_rows, role_notes
    from hibiscus.data.tables import read_table

    table = read_table(file)
    frame, notes = table.frame, list(table.notes)
    if target is not None:
        roles = guess_roles(frame, target, file.parent)
        missing = missing_rows(frame[target])
        if len(missing):
            notes.append(f"{len(missing)} rows without {target} were left out (first: row {int(missing[0]) + 1})")
            frame = frame.drop(index=frame.index[missing]).reset_index(drop=True)
        if frame.empty:
            raise DataError(f"{file}: no row has a value in {target}", "at least a few", "choose another target=COLUMN")
    else:
        roles = guess_roles(frame, [], file.parent)
    notes += role_notes(roles)
    inputs = [name for name, role in roles.items() if role in ("number", "category", "text", "time")]
    fields: dict[str, Any] = {}
    skipped = []
    keys = frame_keys(frame)
    paths = [name for name, role in roles.items() if role == "path"]
    if paths:
        files = [file.parent / str(value) for value in frame[paths[0]]]
        pixels, _, good, skipped = open_picture_files(files, image_size, channels, progress)
        too_many_bad(str(file), skipped, len(files), max_bad)
        fields["image"] = pixels if len(good) == len(files) else pixels[good]
        frame, keys = frame.iloc[good].reset_index(drop=True), keys[good]
    if inputs:
        fields["table"] = frame
    if target is not None:
        fields["label"] = frame[target].to_numpy()
    return Dataset(
        name=file.name.split(".")[0],
        path=str(file),
        fields=fields,
        ids=[f"row {i + 1}" for i in range(len(frame))],
        keys=keys,
        roles=roles,
        notes=notes,
        skipped=skipped,
    )


def _holds_texts(folder: Path) -> bool:
    """Whether a folder holds text files in class folders (one or two levels down) and no pictures."""
    return any(True for _ in folder.glob("*/*.txt")) or (any(True for _ in folder.glob("*/*/*.txt")) and not find_pictures(folder)[0])


def _open_texts(folder: Path) -> Dataset:
    """A folder of texts: one folder for each class, with or without parts."""
    import pandas

    from hibiscus.data.images import PART_NAMES

    rows: list[tuple[str, str, str, str]] = []
    for file in sorted(folder.rglob("*.txt")):
        inside = file.relative_to(folder).parts[:-1]
        part = PART_NAMES.get(str(inside[0]).lower(), "") if len(inside) > 1 else ""
        label = "/".join(inside[1:2] if part else inside[:1])
        if label:
            rows.append((file.relative_to(folder).as_posix(), part, label, file.read_text(encoding="utf-8", errors="replace")))
    if not rows:
        raise DataError(f"{folder}: no text in a class folder", "folder/class/*.txt", "put each class's texts in a folder of its own")
    frame = pandas.DataFrame({"text": [row[3] for row in rows]})
    parts = np.array([row[1] for row in rows])
    return Dataset(
        name=folder.resolve().name,
        path=str(folder),
        fields={"table": frame, "label": np.array([row[2] for row in rows])},
        ids=[row[0] for row in rows],
        keys=frame_keys(frame),
        parts={part: np.flatnonzero(parts == part) for part in ("train", "val", "test") if part in parts},
        roles={"text": "text"},
    )


def join_parts(datasets: dict[str, Dataset]) -> Dataset:
    """One data set from several that are its parts.

    Raises:
        DataError: the parts hold unlike fields or shapes.
    """
    import pandas

    first = next(iter(datasets.values()))
    names = set(first.fields)
    spans, start = {}, 0
    for part, dataset in datasets.items():
        if set(dataset.fields) != names:
            raise DataError(
                f"{dataset.path}: the {part} part has {sorted(dataset.fields)}, {first.path} has {sorted(names)}",
                "the same in each",
                "mend it",
            )
        spans[part] = np.arange(start, start + len(dataset))
        start += len(dataset)
    fields: dict[str, Any] = {}
    for name in names:
        values = [dataset.fields[name] for dataset in datasets.values()]
        try:
            fields[name] = pandas.concat(values, ignore_index=True) if name == "table" else np.concatenate(values)
        except ValueError as error:
            raise DataError(f"{first.path}: the parts do not fit together ({error})", "the same shape in each", "mend the files") from None
    return Dataset(
        name=first.name,
        path=first.path,
        fields=fields,
        ids=[f"{part}/{i}" for part, dataset in datasets.items() for i in dataset.ids],
        keys=np.concatenate([dataset.keys for dataset in datasets.values()]),
        parts=spans,
        roles=first.roles,
        notes=[f"{part}: {note}" for part, dataset in datasets.items() for note in dataset.notes],
        skipped=[bad for dataset in datasets.values() for bad in dataset.skipped],
    )
