r"""The role of each column of a table, and how the column is read."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hibiscus.data.tables.column_counts import Column
from hibiscus.data.tables.column_reading import ColumnReading
from hibiscus.data.tables.column_types import infer_column, infer_target
from hibiscus.data.tables.file_hints import FileHints, file_hints
from hibiscus.data.tables.identifiers import UNNAMED, why_identifier
from hibiscus.data.tables.listed_images import ImageList, ImagesNear
from hibiscus.data.tables.missing import MISSING
from hibiscus.data.tables.table_options import TableOptions
from hibiscus.data.tables.time_columns import is_named_time
from hibiscus.data.tables.typed_columns import plain_series, typed_role
from hibiscus.errors import ConfigError, DataError, nearest

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["INPUTS", "ROLES", "TableReading", "guess_roles", "read_columns", "role_notes"]

INPUTS = ("number", "category", "text", "time")
ROLES = (*INPUTS, "path", "constant", "identifier", "target", "group", "ignore")
LEFT_OUT = {"constant": "it has the same value in every row", "identifier": "it only identifies the row"}
PREDICTED = re.compile(r"p\(.+\)")  # the probability of a class in a file of predictions
BESIDE_PREDICTED = ("probability", "label", "cluster")


@dataclass(frozen=True)
class TableReading:
    """The readings of all columns by name, the images that a column lists, and what the user should know."""

    columns: dict[str, ColumnReading]
    notes: tuple[str, ...] = ()
    images: ImageList | None = None

    def roles(self, targets: Sequence[str] = ()) -> dict[str, str]:
        """The role of each column."""
        return {name: "target" if name in targets else reading.role for name, reading in self.columns.items()}


def guess_roles(
    frame: DataFrame, target: str | Sequence[str] | None = None, base: str | Path | None = None
) -> dict[str, str]:
    r"""Determines the role of each column, one of `ROLES`.

    Args:
        frame: the table.
        target: the column (or columns) to predict, which is never guessed; an empty list if there is none.
        base: the folder of the table's file, which image paths are relative to.

    Raises:
        DataError: no target was given, or there is no such column.
    """
    columns = [str(name) for name in frame.columns]
    if target is None:
        names = textwrap.shorten(", ".join(columns), 400, placeholder=" ...")
        raise DataError(
            "no column to predict was given", f"one of the columns: {names}", f"target={columns[-1]}"
        )
    targets = [target] if isinstance(target, str) else list(target)
    return read_columns(frame, targets, None if base is None else Path(base)).roles(targets)


def read_columns(
    frame: DataFrame,
    targets: Sequence[str] = (),
    base: Path | None = None,
    options: TableOptions | None = None,
    separator: str = ",",
) -> TableReading:
    """Decides how each column is read; the role of a target is that of its values.

    Args:
        frame: the table, as text or typed.
        targets: the columns to predict.
        base: the folder in which images that a column names are searched.
        options: of the user.
        separator: between the fields of a line of the file.

    Raises:
        DataError: no such target.
        ConfigError: an option names a column that does not exist.
    """
    options = options or TableOptions()
    names = [str(name) for name in frame.columns]
    _check_names(names, targets, options)
    header = not all(UNNAMED.fullmatch(name) for name in names)
    series = {name: plain_series(frame.iloc[:, index]) for index, name in enumerate(names)}
    texts = {
        name: Column.of(name, values, header and not UNNAMED.fullmatch(name), header)
        for name, values in series.items()
    }
    hints = file_hints([texts[name].counts for name in names if typed_role(series[name]) is None], separator)
    reader = _Reader(targets, base, options, hints, _left_out(names, targets, options))
    for name, values in series.items():
        reader.read(texts[name], values)
    reader.keep_an_input(texts)
    _check_time_format(options, reader.readings, texts)
    return TableReading(reader.readings, tuple(reader.notes), reader.images)


def role_notes(roles: Mapping[str, str]) -> list[str]:
    """One sentence for each column that is left out, with the reason."""
    return [f"column '{name}' left out: {LEFT_OUT[role]}" for name, role in roles.items() if role in LEFT_OUT]


class _Reader:
    """Decides one column after another."""

    def __init__(
        self,
        targets: Sequence[str],
        base: Path | None,
        options: TableOptions,
        hints: FileHints,
        left_out: Mapping[str, str],
    ):
        self.targets, self.base, self.options, self.hints = targets, base, options, hints
        self.near = None if base is None else ImagesNear(base)
        self.left_out = left_out
        self.readings: dict[str, ColumnReading] = {}
        self.notes: list[str] = []
        self.images: ImageList | None = None

    def read(self, column: Column, values: Series) -> None:
        """Adds the reading of a column."""
        name, role = column.name, typed_role(values)
        if name in self.left_out:
            self.readings[name] = ColumnReading.plain("group" if name in _groups(self.options) else "ignore")
            self.notes += [self.left_out[name]] if self.left_out[name] else []
        elif name in self.targets:
            self._infer(name, ColumnReading.plain(role) if role else None, column)
        elif name in self.options.role:
            chosen = self.options.role[name]
            typed = role is not None and (chosen == role or chosen not in ("number", "time"))
            self._infer(name, ColumnReading.plain(chosen) if typed else None, column)
        elif not self._lists_images(column, role):
            counts = column.without(MISSING)
            if len(counts) + (sum(counts.values()) < column.rows) < 2:
                self.readings[name] = ColumnReading.plain("constant")
                empty = "it is empty" if not counts else LEFT_OUT["constant"]
                self.notes.append(f"column '{name}' left out: {empty}")
            else:
                self._infer(name, self._typed(column, role), column)

    def _typed(self, column: Column, role: str | None) -> ColumnReading | None:
        if role == "number" and (why := why_identifier(column, column.without(MISSING))):
            self.notes.append(why)
            return ColumnReading.plain("identifier")
        return ColumnReading.plain(role) if role else None

    def _infer(self, name: str, reading: ColumnReading | None, column: Column) -> None:
        """Takes a reading that the type of the column implies, or decides by its texts."""
        if reading is None:
            infer = infer_target if name in self.targets else infer_column
            decision = infer(column, self.options, self.hints)
            reading = decision.reading
            self.notes += decision.notes
        self.readings[name] = reading

    def _lists_images(self, column: Column, role: str | None) -> bool:
        if self.base is None or role is not None or self.images is not None:
            return False
        images = ImageList.of(column.name, column.without(MISSING), self.base, self.near)
        if images is None:
            return False
        self.notes += images.notes
        self.images = images if images.files else None
        self.readings[column.name] = ColumnReading.plain("path" if images.files else "identifier")
        return True

    def keep_an_input(self, texts: Mapping[str, Column]) -> None:
        """If only names that differ in every row are left, they become text, as there is nothing else."""
        inputs = {name: reading for name, reading in self.readings.items() if name not in self.targets}
        if any(reading.role in (*INPUTS, "path") for reading in inputs.values()):
            return
        for name, reading in inputs.items():
            numbers = [text for text in texts[name].counts if text.lstrip("+-").isdigit()]
            named_images = any(note.startswith(f"column '{name}' left out: it names") for note in self.notes)
            usable = name not in self.left_out and not named_images and len(numbers) < len(texts[name].counts)
            if reading.role == "identifier" and usable:
                self.readings[name] = replace(reading, role="text")
                self.notes = [note for note in self.notes if not note.startswith(f"column '{name}' left out")]
                self.notes.append(f"column '{name}' read as text, since no other input is left")


def _check_names(names: Sequence[str], targets: Sequence[str], options: TableOptions) -> None:
    for name in targets:
        if name not in names:
            hint = textwrap.shorten(nearest(name, names), 400, placeholder=" ...")
            hint += "; header=true reads the first line as names" * all(map(UNNAMED.fullmatch, names))
            raise DataError(f"no column is named '{name}'", "a column of the table as target", hint)
    for option, chosen in (("role", options.role), ("columns", options.columns or ())):
        for name in chosen:
            if name not in names:
                received = f"{option}.{name}={options.role[name]}" if option == "role" else f"columns={name}"
                hint = textwrap.shorten(nearest(name, names), 400, placeholder=" ...")
                raise ConfigError(f"{received}: no column is named '{name}'", "a column of the table", hint)


def _check_time_format(
    options: TableOptions, readings: Mapping[str, ColumnReading], texts: Mapping[str, Column]
) -> None:
    pattern = options.time_format
    if pattern is None or any(reading.time_format == pattern for reading in readings.values()):
        return
    name = next((name for name in texts if is_named_time(name)), next(iter(texts)))
    example = next(iter(texts[name].counts), "")
    raise ConfigError(
        f"time_format={pattern}: no column is written so ('{name}' contains '{example[:60]}')",
        "a column of times in this format",
        "correct the format, as in time_format=%Y-%m-%d, or omit it; role.COLUMN=time reads numbers as times",
    )


def _left_out(names: Sequence[str], targets: Sequence[str], options: TableOptions) -> dict[str, str]:
    """The columns that are no inputs whatever they hold, with a note on each."""
    left_out = {}
    if options.columns is not None:
        left_out = {name: "" for name in names if name not in (*options.columns, *targets)}
    elif sum(bool(PREDICTED.fullmatch(name)) for name in names) >= 2:
        predicted = [name for name in names if PREDICTED.fullmatch(name) or name in BESIDE_PREDICTED]
        for name in predicted:
            if name not in (*targets, *options.role):
                left_out[name] = f"column '{name}' left out: a prediction; columns= chooses the inputs"
    left_out |= {name: "" for name, role in options.role.items() if role == "ignore" and name not in targets}
    for name in _groups(options):
        if name in names and name not in targets:
            left_out[name] = f"column '{name}' left out: it is the group"
    return left_out


def _groups(options: TableOptions) -> list[str]:
    chosen = [name for name, role in options.role.items() if role == "group"]
    return chosen if options.group is None else [options.group, *chosen]
