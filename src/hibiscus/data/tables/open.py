"""Tables as datasets, with a target and a column of image files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hibiscus.data.dataset import Dataset, check_bad_files
from hibiscus.data.images.cache import decode_images
from hibiscus.data.images.reading import ImageReading, plan_reading
from hibiscus.data.keys import frame_keys
from hibiscus.data.tables.column_reading import ColumnReading, distinct_texts
from hibiscus.data.tables.listed_images import ImageList
from hibiscus.data.tables.missing import LOOSE_MISSING, MISSING
from hibiscus.data.tables.table_cache import cache_table, cached_table, entry_of
from hibiscus.data.tables.table_options import TableOptions
from hibiscus.data.tables.table_reading import read_like_training, typed_frame
from hibiscus.data.tables.table_source import TableSource
from hibiscus.data.tables.target_columns import split_target, target_fields
from hibiscus.errors import DataError

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["listed_images", "open_table", "table_dataset"]

MAX_WORDS = 8  # in the note on missing values


def open_table(file: Path, target: str | None, **source: Any) -> Dataset:
    """Opens a table; a column of image files becomes the field `image`, the target the field `label`.

    Without a target the table is opened for inspection (or for prediction) and has no `label`.

    Args:
        file: the table.
        target: the column to predict.
        **source: see `TableSource`.

    Raises:
        DataError: not a table, no such target or no values in it, or a column of the training part is
            missing.
    """
    from hibiscus.data.tables.read import read_text

    place = TableSource(path=str(file), target=target, base=file.parent, **source)
    entry = entry_of(file, place)
    if entry is not None and (dataset := cached_table(entry, file, place)) is not None:
        return dataset
    table = read_text(file, place.options)
    source = {**source, "separator": table.separator, "notes": table.notes}
    place = TableSource(path=str(file), target=target, base=file.parent, **source)
    dataset = table_dataset(file.name.split(".")[0], table.frame, place)
    if entry is not None and entry_of(file, place) == entry:  # the file has not changed since
        cache_table(entry, dataset)
    return dataset


def table_dataset(name: str, frame: DataFrame, source: TableSource) -> Dataset:
    """A dataset from a table of text or of typed values, each column read once and for all.

    Args:
        name: a short name.
        frame: one column per name; its index is the position of each row in the file.
        source: where it comes from, and the options.

    Raises:
        DataError: see `open_table`.
    """
    frame = frame.rename(columns=str)
    reading = read_like_training(frame, source)
    targets = split_target(source.target, list(frame.columns))
    roles = reading.roles(targets)
    typed, unread = typed_frame(frame, reading, source)
    notes = [*source.notes, *reading.notes, *unread]
    if source.trained is None:
        notes += _missing_note(frame, reading.columns, source.options)
    rows = frame.index.to_numpy() + 1  # row numbers in the file, below the header
    if source.target is not None:
        kept = _with_target(source, typed[targets], frame[targets], notes)
        if len(kept) < len(rows):
            frame, typed, rows = frame.iloc[kept], typed.iloc[kept], rows[kept]
        typed = typed.reset_index(drop=True)
    fields: dict[str, Any] = {}
    about: dict[str, Any] = {}
    skipped = []
    path = next((column for column, role in roles.items() if role == "path"), None)
    keys = None
    if path is not None and reading.images is not None:
        files = [reading.images.path(text, row) for text, row in zip(frame[path], rows, strict=True)]
        plan = _plan_images(source, files)
        pixels, keys, good, skipped = decode_images(files, plan.shape, white_level=plan.white_level)
        check_bad_files(source.path, skipped, len(files), source.max_bad_fraction)
        fields["image"], about, notes = pixels, plan.about, [*notes, *plan.notes]
        frame, typed, rows = frame.iloc[good], typed.iloc[good].reset_index(drop=True), rows[good]
    # In a few rows for prediction, a column may be constant that was not in training.
    inputs = {"number", "category", "text", "time"} | ({"constant"} if source.target is None else set())
    known = source.trained is not None and "table" in source.trained
    if path is None or known or (source.trained is None and inputs & set(roles.values())):
        fields["table"] = typed
    fields |= target_fields(typed, targets)
    keys = _row_keys(frame, roles) if keys is None else keys
    ids = [f"row {row}" for row in rows]
    dataset = Dataset(name, source.path, fields, ids, keys, roles=roles, notes=notes, skipped=skipped)
    dataset.readings, dataset.about = reading.columns, about
    return dataset


def _plan_images(source: TableSource, files: list[Path]) -> ImageReading:
    """How images are read: as those of the training part, if there is one."""
    like = source.like
    if like is None or "image" not in like.fields:
        return plan_reading(files, source.image_size, source.channels, source.white_level)
    shape = like.fields["image"].shape
    white_level = like.about.get("image", {}).get("white_level")
    return plan_reading(files, shape[1:3], shape[3], white_level)


def listed_images(file: Path) -> list[Path]:
    """The images that a column of a table lists; empty if there is no such column.

    Raises:
        DataError: not a table.
    """
    from hibiscus.data.tables.read import read_text

    frame = read_text(file).frame
    for name in frame.columns:
        texts, _ = distinct_texts(frame[name])
        images = ImageList.of(str(name), Counter(text for text in texts if text not in MISSING), file.parent)
        if images is not None and images.files:
            return [images.path(text, row) for row, text in enumerate(frame[name], 1)]
    return []


def _row_keys(frame: DataFrame, roles: Mapping[str, str]) -> np.ndarray:
    """The key of each row: its inputs, so that an identifier does not hide that two rows are equal."""
    left_out = ("target", "identifier", "ignore", "group")
    used = [name for name in frame.columns if roles[name] not in left_out]
    return frame_keys(frame[used] if used else frame)


def _with_target(source: TableSource, values: Any, texts: Any, notes: list[str]) -> np.ndarray:
    """The positions of the rows with a value in the target column."""
    from hibiscus.data.tables.columns import missing_rows

    target, missing = source.target, missing_rows(values)
    if len(missing):
        first = int(texts.index[missing[0]]) + 1
        notes.append(f"{len(missing)} rows without {target} were left out (first: row {first})")
    kept = np.setdiff1d(np.arange(len(values)), missing)
    if not len(kept):
        raise DataError(
            f"{source.path}: no row has a value in {target}", "several rows", "choose another target=COLUMN"
        )
    return kept


def _missing_note(
    frame: DataFrame, readings: Mapping[str, ColumnReading], options: TableOptions
) -> list[str]:
    """One note on the words that were read as missing, with their counts."""
    entries, known = [], LOOSE_MISSING | frozenset(options.missing or ())
    for name, reading in readings.items():
        if reading.role in ("number", "time", "category", "text") and frame[name].dtype.kind == "O":
            texts, codes = distinct_texts(frame[name])
            listed = known.intersection(reading.missing)
            words = {index: text for index, text in enumerate(texts) if text in listed}
            counts = np.bincount(codes[codes >= 0], minlength=len(texts))
            entries += [f"'{word[:30]}' in {name} ({counts[index]:,})" for index, word in words.items()]
    if not entries:
        return []
    more = f" and {len(entries) - MAX_WORDS} more" if len(entries) > MAX_WORDS else ""
    return [f"read as missing: {', '.join(entries[:MAX_WORDS])}{more}; missing= lists the words that are"]
