"""The verbs. Nothing here imports torch before a verb needs it, so help answers at once."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hibiscus.cli import convert, inference, inspection, sweep
from hibiscus.cli.arguments import (
    Checkpoint,
    Config,
    Debug,
    Device,
    Json,
    Method,
    Out,
    Quiet,
    Require,
    Run,
    Seed,
    Trust,
    Words,
    command_line,
    example,
    load_api,
    read_training,
)
from hibiscus.cli.clean import clean
from hibiscus.cli.failures import run_app
from hibiscus.cli.panoptic import panoptic
from hibiscus.cli.similar import similar
from hibiscus.cli.verbs import VERBS, unknown_verb
from hibiscus.cli.visualize import visualize
from hibiscus.errors import UsageError

__all__ = ["app", "run"]

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
    context_settings={"max_content_width": 120, "help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def start(
    version: Annotated[bool, typer.Option("--version", help="show the version and exit")] = False,
) -> None:
    """Answers `--version`."""
    if version:
        from hibiscus import __version__
        from hibiscus.cli.console import emit

        emit(None, f"hibiscus {__version__}", False)
        raise typer.Exit


start.__doc__ = ABOUT


@app.command(add_help_option=False)
def train(
    method: Annotated[str | None, typer.Argument(metavar="METHOD")] = None,
    data: Annotated[str | None, typer.Argument(metavar="DATA")] = None,
    words: Words = None,
    config: Config = None,
    out: Out = None,
    seed: Seed = None,
    device: Device = "auto",
    evaluate: Annotated[
        bool, typer.Option("--evaluate/--no-evaluate", help="evaluate the test part at the end")
    ] = True,
    require: Require = None,
    trust: Trust = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    help_: Annotated[
        bool, typer.Option("-h", "--help", help="this text; after a method, all its options")
    ] = False,
) -> None:
    """Train a method on data."""
    from hibiscus.cli.metrics import parse_requirements, result

    if help_ or (method is None and config is None):
        from hibiscus.cli.console import emit
        from hibiscus.cli.help import train_help

        emit(None, train_help(method), False)
        return
    name, path, options = read_training("train", method, data, words, seed, config, trust)
    requirements = parse_requirements(require)
    api = load_api()

    options |= {"out": out, "device": device, "quiet": quiet or as_json, "trust": trust}
    options |= {"evaluate": evaluate or bool(requirements), "argv": command_line()}
    run = api.train(name, path, **options)
    result(run, requirements, as_json, quiet)


@app.command(epilog=example("hibiscus resume runs/latest"))
def resume(
    run: Run,
    data: Annotated[
        str | None, typer.Option("--data", metavar="DATA", help="the data of the run, if it was moved")
    ] = None,
    device: Device = "auto",
    trust: Trust = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Resume an interrupted run."""
    api = load_api(run, data=data)
    from hibiscus.cli.metrics import result

    resumed = api.resume(run, data=data, device=device, quiet=quiet or as_json, trust=trust)
    result(resumed, [], as_json, quiet)


@app.command(
    epilog=example(
        "hibiscus evaluate runs/latest",
        "hibiscus evaluate runs/latest --data other/ --require 'test/accuracy>=0.9'",
    )
)
def evaluate(
    run: Run,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="DATA", help="other data with labels, or the data of the run if it was moved"
        ),
    ] = None,
    checkpoint: Checkpoint = "best",
    require: Require = None,
    device: Device = "auto",
    again: Annotated[
        bool, typer.Option("--again", help="evaluate again even if there is a stored result")
    ] = False,
    trust: Trust = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Evaluate a run on its test part, with baselines."""
    from hibiscus.cli.metrics import evaluation, parse_requirements

    requirements = parse_requirements(require)
    api = load_api(run, data=data)

    loaded = api.load(run, device=device, trust=trust)
    evaluation(loaded, loaded.evaluation(data, checkpoint, again), requirements, as_json, quiet)


app.command(
    epilog=example(
        "hibiscus predict runs/latest cat.jpg more/",
        "hibiscus predict runs/latest new.csv --out predictions.csv",
        "hibiscus predict runs/latest noisy/ --out clean/",
    )
)(inference.predict)
app.command(
    epilog=example(
        "hibiscus embed runs/latest photos/",
        "hibiscus embed runs/latest photos/ --out embeddings.csv",
        "hibiscus embed minilm sentences.txt",
    )
)(inference.embed)
app.command(
    epilog=example(
        'hibiscus similar sentences.txt "a man is eating"',
        'hibiscus similar reviews.csv "a funny story" --model glove.6B.50d.txt --weighting tf-idf',
    )
)(similar)
app.command(
    epilog=example(
        "hibiscus sample runs/latest -n 64",
        "hibiscus sample runs/latest -n 500 --out samples.npz",
        "hibiscus sample runs/latest label=cat,dog",
        "hibiscus sample runs/latest code1=-2:2:9 --out sweep.png",
        "hibiscus sample runs/latest interpolate=9",
    )
)(inference.sample)
app.command(
    epilog=example(
        "hibiscus visualize runs/latest cat.jpg",
        "hibiscus visualize runs/latest photos/ --kind grad-cam --class dog --out maps/",
        "hibiscus visualize runs/latest --kind filters",
    )
)(visualize)


@app.command(epilog=example("hibiscus report runs/latest"))
def report(run: Run, as_json: Json = False, debug: Debug = False) -> None:
    """Write report.html again from the run folder."""
    from hibiscus.cli.console import emit
    from hibiscus.report import write_report
    from hibiscus.runs.folder import find_run

    path = write_report(find_run(run))
    emit({"report": str(path)}, f"report: {path}", as_json)


@app.command(epilog=example("hibiscus compare runs/classify-digits-001 runs/classify-digits-002"))
def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="two or more run folders")],
    out: Annotated[
        str | None,
        typer.Option(
            "--out", metavar="FILE", help="a new file; by default compare.html, or the next free name"
        ),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Compare runs side by side."""
    if len(runs) < 2:
        raise UsageError("compare: one run", "two or more", "hibiscus compare RUN RUN")
    from hibiscus.cli import comparison
    from hibiscus.runs.folder import find_run

    comparison.compare([find_run(run) for run in runs], out, as_json)


app.command(epilog=example("hibiscus crossval classify table.csv target=income folds=5 epochs=30"))(
    sweep.crossval
)
app.command(epilog=example("hibiscus sweep beta-vae shapes beta=1,4,9 seed=0,1,2"))(sweep.sweep)
app.command(epilog=example("hibiscus lr-find classify photos/ net=resnet20"))(sweep.lr_find)


app.command(
    epilog=example(
        "hibiscus inspect photos/",
        "hibiscus inspect table.csv target=income",
        "hibiscus inspect sales.csv --out look.png",
        "hibiscus inspect photos/ --label-errors --out label_errors.csv",
    )
)(inspection.inspect)
app.command(
    help=convert.ABOUT,
    epilog=example(
        "hibiscus convert boxes blood/ --to yolo --out blood-yolo",
        "hibiscus convert boxes labels.csv --to coco --out coco/",
    ),
)(convert.convert)
app.command(
    epilog=example(
        "hibiscus panoptic --things runs/ssd-photos-001 --stuff runs/unet-photos-001 photos/ --out maps/"
    )
)(panoptic)


app.command(epilog=example("hibiscus clean", "hibiscus clean --yes"))(clean)


@app.command(name="list", epilog=example("hibiscus list"))
def list_(as_json: Json = False, debug: Debug = False) -> None:
    """List methods, networks and bundled data."""
    from hibiscus.cli import inspect

    inspect.list_all(as_json)


@app.command(epilog=example("hibiscus explain classify"))
def explain(method: Method, as_json: Json = False, debug: Debug = False) -> None:
    """Explain what a method computes and when to use it."""
    from hibiscus.cli import inspect

    inspect.explain(method, as_json)


def run() -> None:
    """Runs the command line and exits with its code."""
    words = sys.argv[1:]
    if not words:
        sys.argv = [sys.argv[0], "--help"]
    known = not words or words[0].startswith("-") or words[0] in VERBS
    error = None if known else unknown_verb(words[0])
    sys.exit(run_app(lambda: app(prog_name="hibiscus", standalone_mode=False), error))
