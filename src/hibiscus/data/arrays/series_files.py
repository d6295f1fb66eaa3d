"""Files of labeled series: lines as in the UCR archive (`.tsv`, `.txt`, `.csv`), and the `.ts` format.

A `.tsv` file can be read in two ways: as a table, or with a series in each line. It is read as series if its
name ends in `_TRAIN` or `_TEST`, or if it has no header, whole numbers of few values in the first column, and
at least 20 more columns of numbers; a note says so, with the option that changes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.arrays.series_gaps import complete_series
from hibiscus.data.arrays.series_lines import (
    MISSING,
    NUMBER,
    as_labels,
    numbers_of,
    read_series_lines,
    separate,
)
from hibiscus.data.arrays.ts_format import read_ts
from hibiscus.data.dataset import Dataset
from hibiscus.data.encoding import decode_bytes
from hibiscus.data.files import read_text
from hibiscus.data.keys import content_keys
from hibiscus.data.tables.join import join_parts
from hibiscus.data.tables.table_options import TableOptions
from hibiscus.errors import DataError

__all__ = [
    "ENDINGS",
    "find_series_parts",
    "holds_series",
    "note_test_file",
    "open_series",
    "open_series_inputs",
    "open_series_parts",
]

LINES = (".tsv", ".txt", ".csv")
TS = ".ts"
ENDINGS = (TS, *LINES)
HEAD = 2**20  # bytes of which the first lines are examined
MAX_BYTES = 2**31
MIN_VALUES = 20  # from which lines without a telling name are taken for series
NAMES = ("_train", "_test")  # at the end of the names of files


def holds_series(
    file: Path, options: TableOptions, target: str | None = None, like: Dataset | None = None
) -> bool:
    """Whether a file is read as series.

    Args:
        file: of any type.
        options: of the user; `series` decides, and options of tables ask for a table.
        target: the column to predict, which only a table has.
        like: the training part, if this is another part.
    """
    series = options.series
    if series is None and like is not None:
        series = "array" in like.fields
    ending = file.suffix.lower()
    if ending == TS:
        return True
    if ending not in LINES or series is False:
        return False
    if series:
        return True
    named = file.stem.lower().endswith(NAMES)
    if target is not None or options.only_tables or not (named or ending == ".tsv"):
        return False
    return _are_series(file, named)


def _are_series(file: Path, named: bool) -> bool:
    with file.open("rb") as stream:
        head = stream.read(HEAD)
    lines = [line for line in decode_bytes(head)[0].splitlines() if line.strip()]
    lines = lines[:-1] if len(head) == HEAD and len(lines) > 1 else lines
    rows = [separate(line) for line in lines]
    width = len(rows[0]) if rows else 0
    if width < (3 if named else MIN_VALUES + 1) or any(len(row) != width for row in rows):
        return False
    numbers = all(_is_number(field) for row in rows[:100] for field in row[1:])
    first = as_labels([row[0] for row in rows])
    if named:
        return numbers and not (len(rows) > 1 and not _is_number(rows[0][0]) and _is_number(rows[1][0]))
    few = len(np.unique(first)) <= max(2, len(rows) // 2)
    return numbers and first.dtype.kind == "i" and few


def _is_number(field: str) -> bool:
    return field.lower() in MISSING or NUMBER.fullmatch(field) is not None


def open_series(file: Path, series: bool | None = None) -> Dataset:
    """Opens a file of labeled series.

    Args:
        file: see `holds_series`.
        series: what the user says, which decides about the note.

    Returns:
        The fields `array` float32 (items, steps, features), NaN after the end of a series, and `label`.

    Raises:
        DataError: it cannot be read.
    """
    values, labels, notes = _read(file)
    if file.suffix.lower() != TS and series is None:
        shape = f"the label first, then {values.shape[1]} values in time order"
        notes.insert(0, f"read as a series on each line, {shape}; series=false reads a table")
    return _dataset(file, values, labels, notes)


def _read(file: Path) -> tuple[np.ndarray, np.ndarray | None, list[str]]:
    """The completed values, the labels, and notes."""
    text = read_text(file, MAX_BYTES)
    if file.suffix.lower() == TS:
        found = read_ts(text, file)
        values, texts = found.values, found.labels
        labels = np.array(texts) if found.classes else as_labels(texts) if texts else None
    else:
        lines = read_series_lines(text, file)
        values, labels = lines.values[:, :, None], as_labels(lines.first)
    (values,), notes = complete_series([values], str(file))
    return values, labels, notes


def _dataset(file: Path, values: np.ndarray, labels: np.ndarray | None, notes: list[str]) -> Dataset:
    fields: dict[str, Any] = {"array": values} | ({} if labels is None else {"label": labels})
    ids = [str(item) for item in range(1, len(values) + 1)]
    return Dataset(file.stem, str(file), fields, ids, content_keys(values), notes=notes)


def note_test_file(dataset: Dataset) -> None:
    """Notes that a file `NAME_TEST` of series was not read, which lies beside the `NAME_TRAIN` that was."""
    file = Path(dataset.path)
    if "array" not in dataset.fields or "test" in dataset.parts or not file.stem.lower().endswith("_train"):
        return
    place = file.with_name(
        f"{file.stem[:-5]}{'TEST' if file.stem.endswith('TRAIN') else 'test'}{file.suffix}"
    )
    if place.is_file():
        dataset.notes.append(f"{place.name} was not read; test_data={place} makes it the test part")


def find_series_parts(folder: Path, names: Sequence[str], options: TableOptions) -> dict[str, Path]:
    """The files `NAME_TRAIN` and `NAME_TEST` of series in a folder, by part; empty if there are none.

    Raises:
        DataError: those of several datasets.
    """
    found: dict[str, dict[str, Path]] = {}
    for ending in ENDINGS:  # of a dataset in several formats, the first
        for name in names:
            file = folder / name
            if file.suffix.lower() != ending or not file.stem.lower().endswith(NAMES):
                continue
            stem, _, part = file.stem.rpartition("_")
            if file.is_file() and holds_series(file, options):
                found.setdefault(stem, {}).setdefault(part.lower(), file)
    complete = {stem: parts for stem, parts in found.items() if "train" in parts}
    if len(complete) > 1:
        received = f"{folder}: series of {', '.join(sorted(complete)[:8])}"
        train, test = (next(iter(complete.values())).get(part) for part in ("train", "test"))
        fix = f"pass {train}" + (f" with test_data={test}" if test else "")
        raise DataError(received, "the files of one dataset", fix)
    return next(iter(complete.values()), {})


def open_series_parts(files: dict[str, Path]) -> Dataset:
    """Opens the files of `find_series_parts` as parts of one dataset."""
    datasets = {
        part: _dataset(files[part], *_read(files[part])) for part in ("train", "test") if part in files
    }
    if len(datasets) == 1:
        return datasets["train"]
    folder = files["train"].parent
    joined = replace(join_parts(datasets), name=folder.resolve().name, path=str(folder))
    joined.notes.insert(
        0, f"read as series, the label first: {', '.join(files[part].name for part in datasets)}"
    )
    return joined


def open_series_inputs(file: Path, steps: int, padded: bool = False, classes: Sequence[str] = ()) -> Dataset:
    """Opens series for prediction, with or without labels; a note says which.

    Args:
        file: see `open_series`; a `.ts` file says itself whether it has labels.
        steps: of the series in training.
        padded: whether series may be shorter.
        classes: the names of the classes of training; empty if numbers are predicted.

    Raises:
        DataError: it cannot be read, or has other labels than those of training.
    """
    if file.suffix.lower() == TS:
        return _dataset(file, *_read(file))
    lines = read_series_lines(read_text(file, MAX_BYTES), file)
    count = lines.values.shape[1]
    labels = as_labels(lines.first)
    unknown = [text for text, label in zip(lines.first, labels, strict=True) if str(label) not in classes]
    labeled = not unknown if padded and classes else count == steps
    if labeled and classes and unknown:
        received = f"{file}: {count + 1} values on each line, the first of them {unknown[0][:40]}"
        expected = f"{steps} values, or one of the classes {', '.join(classes)[:200]} before them"
        raise DataError(received, expected, "correct the labels, or remove them")
    values = lines.values
    if not labeled:
        first = numbers_of(lines.first, f"{file}: the first values")
        values = np.concatenate([first[:, None], values], axis=1)
    (filled,), notes = complete_series([values[:, :, None]], str(file))
    how = "a label, then" if labeled else "no label,"
    notes.append(f"read as a series on each line: {how} {filled.shape[1]} values")
    return _dataset(file, filled, labels if labeled else None, notes)
