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
from hibiscus.data.tables.identifiers import are_ids, role_of_names, variant_note, why_identifier
from hibiscus.data.tables.missing import LOOSE_MISSING, MISSING, missing_words
from hibiscus.data.tables.number_columns import NumberColumnFormat, is_postal, read_number_column
from hibiscus.data.tables.numbers import is_code, repeats_a_number
from hibiscus.data.tables.placeholders import decorated_number, placeholder_note
from hibiscus.data.tables.table_options import TableOptions
from hibiscus.data.tables.time_columns import TimeColumnFormat, is_named_time, read_time_column
from hibiscus.data.tables.time_patterns import unclear_times
from hibiscus.errors import DataError

__all__ = ["Decision", "infer_column", "infer_target"]

MIN_FRACTION = 0.95  # of the values that have to be numbers (or times)
MANY_NUMBERS = 0.8  # of the values of a column that would be left out as names
FEW = 20  # up to so many distinct numbers of a target are class names first


@dataclass(frozen=True)
class Decision:
    """How a column is read, and what the user should know about it."""

    reading: ColumnReading
    notes: tuple[str, ...] = ()


def infer_column(column: Column, options: TableOptions, hints: FileHints) -> Decision:
    """The reading of an input column.

    Args:
        column: the distinct texts.
        options: of the user.
        hints: what other columns of the file say about decimal signs and dates.

    Raises:
        DataError: `role.COLUMN=number` or `time`, but no value is one.
    """
    name, chosen = column.name, options.role.get(column.name, "")
    loose = LOOSE_MISSING | frozenset(options.missing or ())
    values = column.without(loose)
    time = read_time_column(name, values, options, hints)
    number = None if chosen == "time" else read_number_column(name, values, options, hints)
    if chosen in ("number", "time"):
        best = time if chosen == "time" else number
        if best is None or not best.fraction:
            example = next(iter(values), "no value")
            expected = f"a {chosen} in at least one row"
            fix = f"role.{name}=category, or leave it out"
            raise DataError(f"role.{name}={chosen}: '{example[:60]}' is none", expected, fix)
        return Decision(best.reading(loose), best.notes)
    if chosen in ("category", "text", "group", "ignore"):
        return Decision(_names(column, chosen, options))
    if time is not None and time.fraction >= MIN_FRACTION:
        return Decision(time.reading(loose), (*time.notes, *placeholder_note(name, time.read)))
    codes = "" if number is None else _why_codes(column, number.read)
    if number is not None and number.fraction >= MIN_FRACTION and not codes:
        if why := why_identifier(column, number.read):
            return Decision(replace(number.reading(loose), role="identifier"), (why,))
        return Decision(number.reading(loose), (*number.notes, *placeholder_note(name, number.read)))
    role, why = role_of_names(column, column.without(missing_words(column.counts, options.missing)))
    if role == "identifier" and number is not None and number.fraction >= MANY_NUMBERS and not codes:
        return Decision(number.reading(loose), number.notes)  # with a few wrong values, and no use as names
    doubt = _doubt(name, time, number, codes)
    if not doubt and (example := decorated_number(values)):
        fix = "remove the other signs to read numbers"
        doubt = (f"column '{name}' read as names: '{example[:40]}' holds more than a number; {fix}",)
    unclear = unclear_times(name, values) if is_named_time(name) else ()
    variants = variant_note(column) if role == "category" else ()
    return Decision(_names(column, role, options), (*doubt, *([why] if why else []), *unclear, *variants))


def _doubt(
    name: str, time: TimeColumnFormat | None, number: NumberColumnFormat | None, codes: str
) -> tuple[str, ...]:
    """Why a column of names is not one of numbers or times, if most of its values could be such."""
    if number is not None and number.fraction >= MIN_FRACTION:
        return (f"column '{name}' read as codes: {codes}; role.{name}=number reads numbers",)
    for kind, best in (("number", number), ("time", time)):
        if best is not None and best.fraction >= 0.5:
            odd = next(iter(best.unread))
            return (
                f"column '{name}' read as names: {best.fraction:.0%} of its values are {kind}s, but "
                f"'{odd[:40]}' is none; role.{name}={kind} reads the others as missing",
            )
    return ()


def infer_target(column: Column, options: TableOptions, hints: FileHints) -> Decision:
    """The reading of the column to predict; few distinct values stay text unless they are plain numbers."""
    chosen = options.role.get(column.name, "")
    best = read_number_column(column.name, column.without(MISSING), options, hints)
    if best is None or chosen in ("category", "text"):
        return Decision(_names(column, "category", options), variant_note(column))
    few = len(best.read) <= FEW
    if not few and chosen != "number":
        best = read_number_column(column.name, column.without(LOOSE_MISSING), options, hints) or best
    complete = not best.unread if few else best.fraction >= MIN_FRACTION
    plain = not few or (best.plain and not repeats_a_number(best.read, strict=True))
    if chosen == "number" or (complete and plain and not any(map(is_code, best.read))):
        return Decision(best.reading(LOOSE_MISSING), best.notes)
    # The numbers of a few classes keep their spelling, and regression reads them in this format.
    names = _names(column, "category", options)
    reading = replace(names, decimal=best.decimal, unit=best.unit, magnitudes=best.magnitudes)
    return Decision(reading, variant_note(column))


def _names(column: Column, role: str, options: TableOptions) -> ColumnReading:
    return ColumnReading(role, missing=tuple(sorted(missing_words(column.counts, options.missing))))


def _why_codes(column: Column, numbers: Mapping[str, int]) -> str:
    """Why texts that could be numbers are codes; empty if they are numbers."""
    code = next((text for text in numbers if is_code(text)), None)
    if code is not None:
        return f"'{code[:40]}' would not be the same as a number"
    if len(numbers) <= 50 and repeats_a_number(numbers):
        return "values such as 1.1 and 1.10 differ as text only"
    if are_ids(column, numbers) or (is_postal(column.name) and all(map(WHOLE.fullmatch, numbers))):
        return "its name says so"
    return ""
