"""Arguments and options that the verbs share, and `key=value` words as a dictionary."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from hibiscus.errors import UsageError
from hibiscus.progress import step

__all__ = [
    "Checkpoint",
    "Data",
    "Debug",
    "Device",
    "Json",
    "Method",
    "Out",
    "Quiet",
    "Require",
    "Run",
    "Seed",
    "Words",
    "command_line",
    "example",
    "load_api",
    "read_options",
]

FLAGS = (
    "out",
    "device",
    "quiet",
    "evaluate",
    "require",
    "json",
    "debug",
)  # written --out FOLDER, not out=FOLDER

Run = Annotated[str, typer.Argument(metavar="RUN", help="run folder, or runs/latest")]
Method = Annotated[str, typer.Argument(metavar="METHOD", help="a method of `hibiscus list`")]
Data = Annotated[str, typer.Argument(metavar="DATA", help="folder, file, or name of bundled data")]
Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE", help="options, as hibiscus train METHOD --help lists them"),
]
Out = Annotated[
    str | None,
    typer.Option("--out", metavar="FOLDER", help="the run folder; by default a new one in runs/"),
]
Seed = Annotated[
    int | None, typer.Option("--seed", metavar="N", help="random seed; the same seed gives the same result")
]
Device = Annotated[str, typer.Option("--device", metavar="NAME", help="auto, cpu, cuda, cuda:1, mps")]
Json = Annotated[
    bool, typer.Option("--json", help="print one JSON object and nothing else on standard output")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="print only errors")]
Debug = Annotated[bool, typer.Option("--debug", help="show the traceback of an error")]
Checkpoint = Annotated[str, typer.Option("--checkpoint", metavar="NAME", help="best or last")]
Require = Annotated[
    list[str] | None,
    typer.Option(
        "--require",
        metavar="CONDITION",
        help="exit with code 6 unless the condition holds: 'test/accuracy>=0.9'",
    ),
]


def command_line() -> list[str]:
    """The command as typed, for the record of a run."""
    return ["hibiscus", *sys.argv[1:]]


def load_api() -> Any:
    """The Python API, which imports PyTorch: a second on some machines, ten on others."""
    with step("starting"):
        from hibiscus import api
    return api


def example(*commands: str) -> str:
    """The examples at the end of a verb's help."""
    return "\b\nExample:\n" + "\n".join(f"  {command}" for command in commands)


def read_options(words: list[str] | None, seed: int | None) -> dict[str, Any]:
    """`key=value` words as options.

    Raises:
        UsageError: a word without `=`, or one that is written with two dashes.
    """
    from hibiscus.runs.options import parse_words

    options = parse_words(words or [])
    for name in FLAGS:
        if name in options:
            value = "" if name in ("quiet", "json", "debug") else f" {options[name]}"
            raise UsageError(
                f"'{name}={options[name]}'",
                "an option of the method or of its data",
                f"write it as --{name}{value}",
            )
    if seed is not None:
        options["seed"] = seed
    return options
