"""The verbs. Nothing here imports torch before a verb needs it, so help answers at once."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer

from hibiscus.errors import HibiscusError, UsageError, nearest

__all__ = ["app", "run"]

VERBS = ("train", "resume", "evaluate", "predict", "report", "compare", "crossval", "inspect", "list", "explain")
ABOUT = """Every classic deep-learning method on your own data with one command.

\b
  hibiscus inspect photos/
  hibiscus train classify photos/ net=resnet20 epochs=30
  hibiscus train classify table.csv target=income
  hibiscus predict runs/latest cat.jpg
"""

app = typer.Typer(help=ABOUT, no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Out = Annotated[str | None, typer.Option("--out", help="the run folder itself; by default the next in runs/")]
Seed = Annotated[int | None, typer.Option("--seed", help="same seed, same run")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1, mps")]
Json = Annotated[bool, typer.Option("--json", help="one JSON object on standard output, and nothing else there")]
Quiet = Annotated[bool, typer.Option("--quiet", help="no progress")]
Debug = Annotated[bool, typer.Option("--debug", help="show the whole traceback of an error")]
Checkpoint = Annotated[str, typer.Option("--checkpoint", help="best or last")]
Demand = Annotated[list[str] | None, typer.Option("--demand", help="exit with 6 unless it holds: test/accuracy>=0.9")]
Words = Annotated[list[str] | None, typer.Argument(help="options as key=value")]


@app.command(add_help_option=False, context_settings={"allow_interspersed_args": True})
def train(
    method: Annotated[str | None, typer.Argument(help="a method of `hibiscus list`")] = None,
    data: Annotated[str | None, typer.Argument(help="folder, file, or name of bundled data")] = None,
    words: Words = None,
    out: Out = None,
    seed: Seed = None,
    device: Device = "auto",
    evaluate: Annotated[bool, typer.Option("--evaluate/--no-evaluate", help="measure the test part at the end")] = True,
    demand: Demand = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    help_: Annotated[bool, typer.Option("--help", help="this text; after a method, all its options")] = False,
) -> None:
    """Train a method on data: hibiscus train classify photos/ net=resnet20 epochs=30."""
    from hibiscus.cli import show

    if help_ or method is None:
        show.train_help(method)
        return
    if data is None:
        raise UsageError(f"train {method}: no data", "a folder, a file or bundled data", f"hibiscus train {method} digits")
    from hibiscus import api

    finished = api.train(
        method, data, out=out, device=device, quiet=quiet or as_json, evaluate=evaluate, argv=_argv(), **_options(words, seed)
    )
    show.result(finished, as_json)
    show.check_demands(finished, demand)


@app.command()
def resume(
    run: Annotated[str, typer.Argument(help="run folder, or runs/latest")],
    device: Device = "auto",
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Go on with a stopped run: hibiscus resume runs/latest."""
    from hibiscus import api
    from hibiscus.cli import show

    show.result(api.resume(run, device=device, quiet=quiet or as_json), as_json)


@app.command()
def evaluate(
    run: Annotated[str, typer.Argument(help="run folder, or runs/latest")],
    data: Annotated[str | None, typer.Option("--data", help="other data with labels, instead of the run's test part")] = None,
    checkpoint: Checkpoint = "best",
    demand: Demand = None,
    device: Device = "auto",
    as_json: Json = False,
    again: Annotated[bool, typer.Option("--again", help="compute again what is there already")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Measure a run on its test part, beside baselines: hibiscus evaluate runs/latest."""
    from hibiscus import api
    from hibiscus.cli import show

    chosen = api.load(run, device=device)
    found = chosen.evaluation(data, checkpoint, again)
    show.evaluation(chosen, found, as_json)
    show.check_demands(chosen, demand, found)


@app.command()
def predict(
    run: Annotated[str, typer.Argument(help="run folder, or runs/latest")],
    inputs: Annotated[list[str], typer.Argument(help="pictures, folders, a table or a file of arrays")],
    out: Annotated[str | None, typer.Option("--out", help="a file ending in .csv .json .parquet or .npz")] = None,
    checkpoint: Checkpoint = "best",
    device: Device = "auto",
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Answers for new inputs: hibiscus predict runs/latest cat.jpg more/."""
    from hibiscus import api
    from hibiscus.cli import show

    show.predictions(api.load(run, device=device).predict(inputs, checkpoint), out, as_json)


@app.command()
def report(run: Annotated[str, typer.Argument(help="run folder, or runs/latest")], as_json: Json = False, debug: Debug = False) -> None:
    """Write report.html anew from the run folder: hibiscus report runs/latest."""
    from hibiscus.cli import show
    from hibiscus.report import write_report
    from hibiscus.training.run import find_run

    path = write_report(find_run(run))
    show.say({"report": str(path)}, f"report: {path}", as_json)


@app.command()
def compare(
    runs: Annotated[list[str], typer.Argument(help="two or more run folders")],
    out: Annotated[str | None, typer.Option("--out", help="the page to write; by default compare.html here")] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Runs side by side: hibiscus compare runs/classify-digits-001 runs/classify-digits-002."""
    from hibiscus.cli import show
    from hibiscus.training.run import find_run

    if len(runs) < 2:
        raise UsageError("compare: one run", "two or more", "hibiscus compare RUN RUN")
    show.comparison([find_run(run) for run in runs], out or "compare.html", as_json)


@app.command(context_settings={"allow_interspersed_args": True})
def crossval(
    method: Annotated[str, typer.Argument(help="a method of `hibiscus list`")],
    data: Annotated[str, typer.Argument(help="folder, file, or name of bundled data")],
    words: Words = None,
    out: Out = None,
    seed: Seed = None,
    device: Device = "auto",
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """K-fold cross-validation, then a refit at the best epoch: hibiscus crossval classify table.csv target=y folds=5."""
    from hibiscus import api
    from hibiscus.cli import show

    options = _options(words, seed)
    folds = options.pop("folds", 5)
    if not str(folds).isdigit():
        raise UsageError(f"folds={folds}", "a whole number from 2", "folds=5")
    argv = _argv()
    run_ = api.crossval(method, data, folds=int(folds), out=out, device=device, quiet=quiet or as_json, argv=argv, **options)
    show.result(run_, as_json)


@app.command()
def inspect(
    data: Annotated[str, typer.Argument(help="folder, file, or name of bundled data")],
    words: Words = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """What is in the data: hibiscus inspect photos/."""
    from hibiscus.cli import show

    show.inspection(data, _options(words, None), as_json)


@app.command(name="list")
def list_(as_json: Json = False, debug: Debug = False) -> None:
    """Methods, networks and bundled data: hibiscus list."""
    from hibiscus.cli import show

    show.catalogue(as_json)


@app.command()
def explain(method: Annotated[str, typer.Argument(help="a method of `hibiscus list`")], debug: Debug = False) -> None:
    """What a method computes, when to use it, what goes wrong: hibiscus explain classify."""
    from hibiscus.cli import show

    show.explanation(method)


def _argv() -> list[str]:
    return ["hibiscus", *sys.argv[1:]]


def _options(words: list[str] | None, seed: int | None) -> dict[str, Any]:
    from hibiscus._config import parse_words

    options = parse_words(words or [])
    if "from" in options:
        options["start_from"] = options.pop("from")
    if seed is not None:
        options["seed"] = seed
    return options


def run() -> None:
    """Runs the command; every error that is meant for people is printed in its three parts, without a traceback."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    code = 0
    try:
        if len(sys.argv) > 1 and not sys.argv[1].startswith("-") and sys.argv[1] not in VERBS:
            raise UsageError(f"there is no verb '{sys.argv[1]}'", "one of: " + ", ".join(VERBS), nearest(sys.argv[1], VERBS))
        code = app(standalone_mode=False) or 0
    except HibiscusError as error:
        code = error.exit_code
        _tell(str(error), error)
    except KeyboardInterrupt:
        code = 130
        _tell("stopped", None)
    except BrokenPipeError:  # the reader of a pipe has gone
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        if hasattr(error, "format_message"):  # the command line's own errors
            code = 2
            _tell(f"{error.format_message()}\n  to mend:  hibiscus {words[0] if words else ''} --help", error)  # type: ignore[attr-defined]
        elif type(error).__name__ == "Exit":
            code = getattr(error, "exit_code", 0)
        else:
            code = 1
            _tell(
                f"an error that Hibiscus did not expect: {type(error).__name__}: {error}\n"
                "  to mend:  run it again with --debug and report what it shows",
                error,
            )
    sys.exit(code)


def _tell(text: str, error: BaseException | None) -> None:
    if error is not None and "--debug" in sys.argv:
        traceback.print_exception(error, file=sys.stderr)
    if "--json" in sys.argv:
        parts = {name: getattr(error, name) for name in ("received", "expected", "mend") if getattr(error, name, "")}
        print(json.dumps({"error": parts or text}))  # noqa: T201
    print(f"hibiscus: {text}", file=sys.stderr)  # noqa: T201


def here(path: Path) -> str:
    """A path as a person would type it from here."""
    with contextlib.suppress(ValueError):
        return str(path.resolve().relative_to(Path.cwd()))
    return str(path)
