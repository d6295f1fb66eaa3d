"""The part of `inspect` on time series: whether there is one, what it says, and its drawings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hibiscus.cli.inspection_files import DRAWINGS
from hibiscus.cli.series_checks import MAX_VARIABLES, series_lines
from hibiscus.cli.series_summary import series_summary
from hibiscus.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from hibiscus.data.dataset import Dataset
    from hibiscus.runs.series_inspection import SeriesInspection

__all__ = ["series_section"]

CHOSEN = ("target=", "season=", "transform=", "horizon=")  # options that the next command chooses itself


def series_section(
    dataset: Dataset, chosen: bool | None, as_json: bool, out: Path | None, options: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The series of a table as plain JSON values and as lines; both empty if it has none.

    Args:
        dataset: the data.
        chosen: whether the user wants this part; None where the table tells.
        as_json: whether all variables are described, not only those that fit on the screen.
        out: a file for drawings, or for something else.
        options: of the data as typed.

    Raises:
        UsageError: drawings of data that are no time series.
        DataError: the user wants this part, but there is no column of numbers.
        MissingExtraError: the user wants this part, but the extra `series` is not installed.
    """
    draws = out is not None and out.suffix.lower() in DRAWINGS
    found, lines = _inspected(
        dataset, chosen or (True if draws else chosen), None if as_json else MAX_VARIABLES
    )
    if found is None:
        if draws:
            expected = "time series: a table with numbers over time"
            raise UsageError(f"--out {out}: {dataset.path} is none", expected, "omit --out")
        return {}, lines
    typed = [f"{name}={value}" for name, value in options.items() if isinstance(value, str | int | float)]
    typed = [word for word in typed if not word.startswith(CHOSEN)]
    lines = series_lines(found, dataset.ids, dataset.path, typed)
    if draws and out is not None:
        lines.append(_draw(found, dataset, out, lines))
    return series_summary(found, dataset.ids), lines


def _inspected(
    dataset: Dataset, chosen: bool | None, limit: int | None
) -> tuple[SeriesInspection | None, list[str]]:
    from hibiscus.runs.series_inspection import inspect_series, is_series_table

    if chosen is False or "table" not in dataset.fields:
        return None, []
    if not chosen:
        is_series, note = is_series_table(dataset)
        if not is_series:
            return None, [f"note: {note}"] if note else []
    try:
        return inspect_series(dataset, limit), []
    except MissingExtraError as error:
        if chosen:
            raise
        return None, [f"note: {error.received}; {error.fix} describes the time series"]


def _draw(found: SeriesInspection, dataset: Dataset, out: Path, lines: list[str]) -> str:
    """Writes the drawings and returns a line about it."""
    from hibiscus.report.series_page import write_series_page
    from hibiscus.report.series_plots import MAX_DRAWN, SeriesView, plot_series
    from hibiscus.runs.destination import writing

    views = [
        SeriesView(one.title, one.times, one.values, one.about)
        for one in found.series
        if one.about is not None and not one.about.constant
    ]
    if not views:
        return "no variable to draw: all are constant or too short"
    if out.suffix.lower() == ".html":
        write_series_page(out, Path(dataset.path).name, lines, views[:MAX_VARIABLES])
        drawn = len(views[:MAX_VARIABLES])
    else:
        with writing(out):
            plot_series(out, views)
        drawn = min(len(views), MAX_DRAWN)
    return f"{out}: {drawn} of {found.count} variables drawn" if drawn < found.count else f"{out}: drawn"
