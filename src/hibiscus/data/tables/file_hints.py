"""What the columns of a file that leave no doubt say about the others: decimal signs and orders of dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hibiscus.data.tables.numbers import count_votes
from hibiscus.data.tables.times import count_dates

__all__ = ["FileHints", "file_hints"]

MIN_FRACTION = 0.5  # of the values of a column that have to be numbers (or dates) for it to count


@dataclass(frozen=True)
class FileHints:
    """What the whole file says about its numbers and dates.

    Args:
        decimal: the decimal sign that columns show beyond doubt, empty if none does (or they differ).
        separator: between the fields of a line.
        order: of day and month that columns show beyond doubt.
    """

    decimal: str = ""
    separator: str = ","
    order: str = ""


def file_hints(columns: Iterable[Mapping[str, int]], separator: str = ",") -> FileHints:
    """Collects the decimal signs and the orders of dates that are beyond doubt.

    Args:
        columns: the counts of the distinct texts of each column.
        separator: between the fields of a line.
    """
    decimals, orders = set(), set()
    for counts in columns:
        total = sum(counts.values())
        votes = count_votes(counts)
        if total and votes.numbers >= MIN_FRACTION * total and bool(votes.point) != bool(votes.comma):
            decimals.add("." if votes.point else ",")
        dates = count_dates(counts)
        if total and dates.day_first + dates.month_first + dates.either >= MIN_FRACTION * total:
            orders |= {"dmy"} if dates.day_first else set()
            orders |= {"mdy"} if dates.month_first else set()
    return FileHints(*_only(decimals), separator, *_only(orders))


def _only(values: set[str]) -> tuple[str]:
    return (values.pop() if len(values) == 1 else "",)
