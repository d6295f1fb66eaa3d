"""The verb `inspect`."""

from __future__ import annotations

from typing import Annotated

import typer

from hibiscus.cli.arguments import Data, Debug, Json, Words, read_options

__all__ = ["inspect"]


def inspect(
    data: Data,
    words: Words = None,
    label_errors: Annotated[
        bool, typer.Option("--label-errors", help="look for wrong labels by cross-validation")
    ] = False,
    time_series: Annotated[
        bool | None,
        typer.Option(
            "--time-series/--no-time-series",
            help="describe the numbers of a table over time; by default where it is clearly a time series",
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="a .png or .html file with drawings of time series, or a .csv .json or .parquet file for "
            "suspected labels",
        ),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Describe a dataset."""
    from hibiscus.cli.inspect import inspect_data
    from hibiscus.cli.inspection_files import check_inspection_file

    path = check_inspection_file(out, label_errors, data)
    inspect_data(data, read_options(words, None), as_json, label_errors, path, time_series)
