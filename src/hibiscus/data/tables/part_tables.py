"""A folder with a table for each part: `train.csv` with `val.csv` or `test.csv`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hibiscus.data.dataset import Dataset
from hibiscus.data.tables.join import join_parts
from hibiscus.data.tables.open import open_table
from hibiscus.data.tables.read import TABLE_ENDINGS, read_text
from hibiscus.data.tables.target_columns import split_target

__all__ = ["find_part_tables", "open_part_tables"]


def find_part_tables(folder: Path, names: Sequence[str]) -> dict[str, Path]:
    """The table of each part among the files of a folder, by part."""
    return {
        part: folder / name
        for name in names
        for part in ("train", "val", "test")
        if any(name.lower() == part + ending for ending in TABLE_ENDINGS)
    }


def open_part_tables(files: dict[str, Path], target: str | None, **options: Any) -> Dataset:
    """Opens the tables as parts of one dataset; parts without the target column are left out.

    Args:
        files: the table of each part, see `find_part_tables`.
        target: the column to predict.
        options: as `open_table` takes them.
    """
    train = open_table(files["train"], target, **options)
    datasets = {"train": train}
    for part in ("val", "test"):
        if part not in files:
            continue
        columns = [str(name) for name in read_text(files[part], options["options"]).frame.columns]
        if not set(split_target(target, columns)) <= set(columns):
            name = files[part].name
            train.notes.append(
                f"{name} has no column {target} and was left out; pass it to predict after training"
            )
        else:
            datasets[part] = open_table(files[part], target, **options, like=train)
    if len(datasets) == 1:
        return train
    folder = files["train"].parent  # from which evaluating and resuming read all parts again
    return replace(join_parts(datasets), name=folder.resolve().name, path=str(folder))
