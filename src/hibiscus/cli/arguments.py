"""Arguments and options that the verbs share, and `key=value` words as a dictionary."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from hibiscus.errors import UsageError
from hibiscus.progress import step

__all__ = [
    "Checkpoint",
    "Config",
    "Data",
    "Debug",
    "Device",
    "Json",
    "Method",
    "NamedData",
    "NamedMethod",
    "Out",
    "Quiet",
    "Require",
    "Run",
    "Seed",
    "Support",
    "Trust",
    "Words",
    "command_line",
    "example",
    "load_api",
    "read_options",
    "read_training",
]

FLAGS = (
    "out",
    "device",
    "quiet",
    "evaluate",
    "require",
    "trust",
    "json",
    "debug",
)  # written --out FOLDER, not out=FOLDER

VERB_OPTIONS = {"train": ("extend",), "crossval": ("folds",)}  # beside those of the method and its data

Run = Annotated[str, typer.Argument(metavar="RUN", help="run folder, or runs/latest")]
Method = Annotated[str, typer.Argument(metavar="METHOD", help="a method of `hibiscus list`")]
Data = Annotated[str, typer.Argument(metavar="DATA", help="folder, file, or name of bundled data")]
NamedMethod = Annotated[str | None, typer.Argument(metavar="METHOD", help="a method of `hibiscus list`")]
NamedData = Annotated[
    str | None, typer.Argument(metavar="DATA", help="folder, file, or name of bundled data")
]  # both may be in the file of --config instead
Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE", help="options, as hibiscus train METHOD --help lists them"),
]
Out = Annotated[
    str | None,
    typer.Option("--out", metavar="FOLDER", help="the run folder; by default a new one in runs/"),
]
Config = Annotated[
    str | None,
    typer.Option(
        "--config", metavar="FILE", help="options in YAML, or a run to repeat; typed options precede"
    ),
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
Support = Annotated[
    str | None,
    typer.Option("--support", metavar="FOLDER", help="few-shot methods: a folder of examples for each class"),
]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust", help="load code that the run or the file of options names; only if you know its source"
    ),
]
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


def load_api(*runs: str, data: str | None = None) -> Any:
    """The Python API, which imports PyTorch: a second on some machines, ten on others.

    Args:
        *runs: run folders that are needed.
        data: that is needed.

    Raises:
        RunError: there is no run in one of the folders; this error comes at once.
        DataError: there is no such data; so does this one.
    """
    from hibiscus.data.locations import check_exists
    from hibiscus.runs.folder import find_run

    for run in runs:
        find_run(run)
    if data is not None:
        check_exists(data)
    with step("starting", line=lambda: "starting ..."):
        from hibiscus import api
    return api


def example(*commands: str) -> str:
    """The examples at the end of a verb's help."""
    return "\b\nExample:\n" + "\n".join(f"  {command}" for command in commands)


def read_training(
    verb: str,
    method: str | None,
    data: str | None,
    words: list[str] | None,
    seed: int | None,
    config: str | None = None,
    trust: bool = False,
) -> tuple[str, str, dict[str, Any]]:
    """The method, the data and the options of a training verb, checked without importing PyTorch.

    Raises:
        UsageError: no or an unknown method, no data, or a word that is no option.
        ConfigError: an option that the method does not have, or a file of options that cannot be used.
        DataError: there is no such data.
    """
    from hibiscus.cli.config_file import read_command, require
    from hibiscus.data.locations import check_exists
    from hibiscus.methods.option_names import data_option_names, method_option_names
    from hibiscus.methods.registry import find_method, list_methods
    from hibiscus.runs.option_words import check_names

    names = [word for word in (method, data) if word is not None and not _is_option(word)]
    words = [*(word for word in (method, data) if word is not None and _is_option(word)), *(words or [])]
    if config is not None and len(names) == 1 and names[0] not in [entry.name for entry in list_methods()]:
        method, data = None, names[0]  # the method is that of the file
    else:
        method, data = [*names, None, None][:2]
    command = read_command(config, method, data, read_options(words, seed), trust)
    name, path = require(command, verb)
    known = method_option_names(find_method(name).target)
    if known is not None:
        check_names(command.options, {*known, *data_option_names(), *VERB_OPTIONS.get(verb, ())}, name)
    for place in (path, command.options.get("test_data"), command.options.get("target_domain")):
        if isinstance(place, str):
            check_exists(place)
    return name, path, command.options


def _is_option(word: str) -> bool:
    return "=" in word and word.split("=")[0].replace("-", "_").replace(".", "_").isidentifier()


def read_options(words: list[str] | None, seed: int | None) -> dict[str, Any]:
    """`key=value` words as options.

    Raises:
        UsageError: a word without `=`, or one that is written with two dashes.
    """
    from hibiscus.runs.option_words import parse_words

    options = parse_words(words or [])
    for name in FLAGS:
        if name in options:
            value = "" if name in ("quiet", "json", "debug", "trust") else f" {options[name]}"
            raise UsageError(
                f"'{name}={options[name]}'",
                "an option of the method or of its data",
                f"write it as --{name}{value}",
            )
    if seed is not None:
        options["seed"] = seed
    return options
