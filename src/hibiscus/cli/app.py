"""The verbs. Nothing here imports torch before a verb needs it, so help answers at once."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hibiscus.cli import convert
from hibiscus.cli import inference as use
from hibiscus.cli.arguments import (
    Checkpoint,
    Data,
    Debug,
    Demands,
    Device,
    Json,
    Method,
    Out,
    Quiet,
    Run,
    Seed,
    Words,
    example,
    read_options,
)
from hibiscus.cli.errors import run_app
from hibiscus.cli.panoptic import panoptic
from hibiscus.errors import UsageError, nearest

__all__ = ["app", "run"]

VERBS = (
    *("train", "resume", "evaluate", "predict", "embed", "sample", "report", "compare", "crossval", "sweep"),
    *("panoptic", "inspect", "convert", "list", "explain"),
)
ABOUT = """Every classic deep-learning method on your own data with one command.

\b
  hibiscus inspect photos/
  hibiscus train classify photos/ net=resnet20 epochs=30
  hibiscus train classify table.csv target=income
  hibiscus predict runs/latest cat.jpg
"""


app = typer.Typer(
    help=ABOUT,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 120},
)


@app.callback(invoke_without_command=True)
def start(version: Annotated[bool, typer.Option("--version", help="the version, and leave")] = False) -> None:
    """Answers `--version`."""
    if version:
        from hibiscus import __version__
        from hibiscus.cli.console import say

        say(None, f"hibiscus {__version__}", False)
        raise typer.Exit


start.__doc__ = ABOUT


@app.command(add_help_option=False)
def train(
    method: Annotated[str | None, typer.Argument(metavar="METHOD")] = None,
    data: Annotated[str | None, typer.Argument(metavar="DATA")] = None,
    words: Words = None,
    out: Out = None,
    seed: Seed = None,
    device: Device = "auto",
    evaluate: Annotated[bool, typer.Option("--evaluate/--no-evaluate", help="measure the test part at the end")] = True,
    require: Demands = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    help_: Annotated[bool, typer.Option("--help", help="this text; after a method, all its options")] = False,
) -> None:
    """Train a method on data."""
    from hibiscus.cli import metrics as figures

    if help_ or method is None:
        from hibiscus.cli.console import say
        from hibiscus.cli.help import train_help

        say(None, train_help(method), False)
        return
    if data is None or ("=" in data and data.split("=")[0].isidentifier()):
        raise UsageError(f"train {method}: no data", "a folder, a file or bundled data", f"hibiscus train {method} digits")
    requirements, options = figures.parse_requirements(require), read_options(words, seed)
    from hibiscus import api

    still = quiet or as_json
    finished = api.train(
        method, data, out=out, device=device, quiet=still, evaluate=evaluate or bool(requirements), argv=_argv(), **options
    )
    figures.result(finished, requirements, as_json, quiet)


@app.command(epilog=example("hibiscus resume runs/latest"))
def resume(run: Run, device: Device = "auto", as_json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """Go on with a stopped run."""
    from hibiscus import api
    from hibiscus.cli import metrics as figures

    figures.result(api.resume(run, device=device, quiet=quiet or as_json), [], as_json, quiet)


@app.command(epilog=example("hibiscus evaluate runs/latest", "hibiscus evaluate runs/latest --data other/ --require 'test/accuracy>=0.9'"))
def evaluate(
    run: Run,
    data: Annotated[str | None, typer.Option("--data", metavar="DATA", help="other data with labels, not the run's test part")] = None,
    checkpoint: Checkpoint = "best",
    require: Demands = None,
    device: Device = "auto",
    again: Annotated[bool, typer.Option("--again", help="compute again what is there already")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Measure a run on its test part, beside baselines."""
    from hibiscus.cli import metrics as figures

    requirements = figures.parse_requirements(require)
    from hibiscus import api

    chosen = api.load(run, device=device)
    figures.evaluation(chosen, chosen.evaluation(data, checkpoint, again), requirements, as_json, quiet)


app.command(
    epilog=example(
        "hibiscus predict runs/latest cat.jpg more/",
        "hibiscus predict runs/latest new.csv --out answers.csv",
        "hibiscus predict runs/latest noisy/ --out clean/",
    )
)(use.predict)
app.command(epilog=example("hibiscus embed runs/latest photos/", "hibiscus embed runs/latest photos/ --out codes.csv"))(use.embed)
app.command(
    epilog=example(
        "hibiscus sample runs/latest -n 64",
        "hibiscus sample runs/latest -n 500 --out samples.npz",
        "hibiscus sample runs/latest label=cat,dog",
        "hibiscus sample runs/latest code1=-2:2:9 --out sweep.png",
        "hibiscus sample runs/latest interpolate=9",
    )
)(use.sample)


@app.command(epilog=example("hibiscus report runs/latest"))
def report(run: Run, as_json: Json = False, debug: Debug = False) -> None:
    """Write report.html anew from the run folder."""
    from hibiscus.cli.console import say
    from hibiscus.report import write_report
    from hibiscus.runs.folder import find_run

    path = write_report(find_run(run))
    say({"report": str(path)}, f"report: {path}", as_json)


@app.command(epilog=example("hibiscus compare runs/classify-digits-001 runs/classify-digits-002"))
def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="two or more run folders")],
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="the page to write")] = "compare.html",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Runs side by side."""
    if len(runs) < 2:
        raise UsageError("compare: one run", "two or more", "hibiscus compare RUN RUN")
    from hibiscus.cli import inspect as look
    from hibiscus.runs.folder import find_run

    look.comparison([find_run(run) for run in runs], out, as_json)


@app.command(epilog=example("hibiscus crossval classify table.csv target=income folds=5 epochs=30"))
def crossval(
    method: Method,
    data: Data,
    words: Words = None,
    out: Out = None,
    seed: Seed = None,
    device: Device = "auto",
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """K-fold cross-validation, then a refit at the best epoch."""
    options = read_options(words, seed)
    folds = str(options.pop("folds", 5))
    from hibiscus import api
    from hibiscus.cli import metrics as figures
    from hibiscus.errors import ConfigError

    if not folds.isdecimal():
        raise ConfigError(f"folds={folds}", "a whole number from 2", "folds=5")
    run_ = api.crossval(method, data, folds=int(folds), out=out, device=device, quiet=quiet or as_json, argv=_argv(), **options)
    figures.result(run_, [], as_json, quiet)


@app.command(epilog=example("hibiscus sweep beta-vae shapes beta=1,4,9 seed=0,1,2"))
def sweep(
    method: Method,
    data: Data,
    words: Words = None,
    out: Out = None,
    seed: Seed = None,
    device: Device = "auto",
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """One training for each of several values, side by side."""
    from hibiscus.cli import sweep as sweeps

    told = {"out": out, "device": device, "argv": _argv()}
    sweeps.sweep(method, data, {**told, **read_options(words, seed)}, as_json, quiet)


@app.command(epilog=example("hibiscus inspect photos/", "hibiscus inspect table.csv target=income"))
def inspect(data: Data, words: Words = None, as_json: Json = False, debug: Debug = False) -> None:
    """What is in the data."""
    from hibiscus.cli import inspect as look

    look.inspection(data, read_options(words, None), as_json)


app.command(
    help=convert.ABOUT,
    epilog=example("hibiscus convert boxes blood/ --to yolo --out blood-yolo", "hibiscus convert boxes labels.csv --to coco --out coco/"),
)(convert.convert)
app.command(epilog=example("hibiscus panoptic --things runs/ssd-photos-001 --stuff runs/unet-photos-001 photos/ --out maps/"))(panoptic)


@app.command(name="list", epilog=example("hibiscus list"))
def list_(as_json: Json = False, debug: Debug = False) -> None:
    """Methods, networks and bundled data."""
    from hibiscus.cli import inspect as look

    look.catalogue(as_json)


@app.command(epilog=example("hibiscus explain classify"))
def explain(method: Method, as_json: Json = False, debug: Debug = False) -> None:
    """What a method computes, when to use it, what goes wrong."""
    from hibiscus.cli import inspect as look

    look.explanation(method, as_json)


def _argv() -> list[str]:
    return ["hibiscus", *sys.argv[1:]]


def run() -> None:
    """Runs the command line and leaves with its exit code."""
    words = sys.argv[1:]
    if not words:
        sys.argv = [sys.argv[0], "--help"]
    known = not words or words[0].startswith("-") or words[0] in VERBS
    wrong = None if known else UsageError(f"there is no verb '{words[0]}'", f"one of: {', '.join(VERBS)}", nearest(words[0], VERBS))
    sys.exit(run_app(lambda: app(prog_name="hibiscus", standalone_mode=False), wrong))
