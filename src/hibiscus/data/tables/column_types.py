r"""Decides how each column of a table is read: its role, and how its numbers and times are written.

The decision depends on the distinct texts of a column and their counts alone, so that the order of the rows
does not matter. Each doubtful reading is noted with the option that changes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hibiscus.data.tables.column_counts import Column
from hibiscus.data.tables.column_reading import WHOLE, ColumnReading
from hibiscus.data.tables.file_hints import FileHints
from hibiscus.data.tables.identifiers import role_of_names, why_identifier
from hibiscus.data.tables.missing import LOOSE_MISSING, MISSING, missing_words
from hibiscus.data.tables.number_columns import is_postal, read_number_column
from hibiscus.data.tables.numbers import is_code, repeats_a_number
from hibiscus.data.tables.table_options import TableOptions
from hibiscus.data.tables.time_columns import read_time_column
from hibiscus.errors import DataError

__all__ = ["Decision", "infer_column", "infer_target"]

MIN_FRACTION = 0.95  # of the values that have to be numbers (or times)
FEW = 20  # up to so many distinct numbers of a target are class names first


@dataclass(frozen=True)
class Decision:
    """How a column is read, and what the user should know about it."""

    reading: ColumnReading
    notes: tuple[str, ...] = ()


def infer_column(
    column: Column,
    options: TableOptions,
    hints: FileHints,
) -> Decision:
    """The reading of an input column.

    Args:
        column: the distinct texts.
        options: of the user.
        hints: what other columns of the file say about decimal signs and dates.

    Raises:
        DataError: `role.COLUMN=number` or `time`, but no value is one.
    """
    chosen = options.role.get(column.name, "")
    loose = LOOSE_MISSING if options.missing is None else missing_words(column.counts, options.missing)
    values = column.without(loose)
    as_time, as_number = read_time_column(column.name, values, options, hints), None
    if chosen != "time":
        as_number = read_number_column(column.name, values, options, hints)
    if chosen in ("number", "time"):
        best = as_time if chosen == "time" else as_number
        if best is None or not best.fraction:
            example = next(iter(values), "no value")
            expected = f"a {chosen} in at least one row"
            fix = f"role.{column.name}=category, or leave it out"
            raise DataError(f"role.{column.name}={chosen}: '{example[:60]}' is none", expected, fix)
        return Decision(best.reading(loose), best.notes)
    if chosen in ("category", "text", "group", "ignore"):
        return Decision(_names(column, chosen, options))
    if as_time is not None and as_time.fraction >= MIN_FRACTION:
        return Decision(as_time.reading(loose), as_time.notes)
    doubt: tuple[str, ...] = ()
    if as_number is not None and as_number.fraction >= MIN_FRACTION:
        reason = _why_codes(column.name, as_number.read)
        if not reason:
            if why := why_identifier(column, as_number.read):
                return Decision(replace(as_number.reading(loose), role="identifier"), (why,))
            return Decision(as_number.reading(loose), as_number.notes)
        change = f"role.{column.name}=number reads numbers"
        doubt = (f"column '{column.name}' read as codes: {reason}; {change}",)
    elif as_number is not None and as_number.fraction >= 0.5:
        odd = next(iter(as_number.unread))
        doubt = (
            f"column '{column.name}' read as names: {as_number.fraction:.0%} of its values are numbers, but "
            f"'{odd[:40]}' is none; role.{column.name}=number reads the others as missing",
        )
    role, why = role_of_names(column, column.without(missing_words(column.counts, options.missing)))
    return Decision(_names(column, role, options), (*doubt, *([why] if why else [])))


def infer_target(column: Column, options: TableOptions, hints: FileHints) -> Decision:
    """The reading of the column to predict; few distinct values stay text unless they are plain numbers."""
    chosen = options.role.get(column.name, "")
    best = read_number_column(column.name, column.without(MISSING), options, hints)
    if best is None or chosen in ("category", "text"):
        return Decision(_names(column, "category", options))
    few = len(best.read) <= FEW
    if not few and chosen != "number":
        best = read_number_column(column.name, column.without(LOOSE_MISSING), options, hints) or best
    complete = not best.unread if few else best.fraction >= MIN_FRACTION
    plain = not few or (best.plain and not repeats_a_number(best.read, strict=True))
    if chosen == "number" or (complete and plain and not any(map(is_code, best.read))):
        return Decision(best.reading(LOOSE_MISSING), best.notes)
    # The numbers of a few classes keep their spelling, and regression reads them in this format.
    names = _names(column, "category", options)
    return Decision(replace(names, decimal=best.decimal, unit=best.unit, magnitudes=best.magnitudes))


def _names(column: Column, role: str, options: TableOptions) -> ColumnReading:
    return ColumnReading(role, missing=tuple(sorted(missing_words(column.counts, options.missing))))


def _why_codes(name: str, numbers: Mapping[str, int]) -> str:
    """Why texts that could be numbers are codes; empty if they are numbers."""
    code = next((text for text in numbers if is_code(text)), None)
    if code is not None:
        return f"'{code[:40]}' would not be the same as a number"
    if len(numbers) <= 50 and repeats_a_number(numbers):
        return "values such as 1.1 and 1.10 differ as text only"
    if is_postal(name) and all(WHOLE.fullmatch(text) for text in numbers):
        return "its name says so"
    return ""
