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
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="FILE", help="a .csv .json or .parquet file for suspected labels"),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Describe a dataset."""
    from hibiscus.cli.data_checks import check_label_error_file
    from hibiscus.cli.inspect import inspect_data

    path = check_label_error_file(out, label_errors)
    inspect_data(data, read_options(words, None), as_json, label_errors, path)
