"""The verbs that use what a run has learned: predict, embed, sample."""

from __future__ import annotations

from typing import Annotated

import typer

from hibiscus.cli.arguments import Checkpoint, Debug, Device, Json, Quiet, Run, Seed
from hibiscus.errors import UsageError

__all__ = ["embed", "predict", "sample"]

Inputs = Annotated[list[str], typer.Argument(metavar="INPUT", help="images, folders of them, videos, a table or a file of arrays")]
Conditions = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME=VALUE", help="what they shall be like; first:last:steps or a,b,c takes each value in turn"),
]
AnswersOnly = Annotated[bool, typer.Option("--quiet", help="the answers only")]


def predict(
    run: Run,
    inputs: Inputs,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="PLACE", help="a file ending in .csv .json .parquet or .npz; a folder for images; .mp4 for a video"),
    ] = None,
    support: Annotated[
        str | None, typer.Option("--support", metavar="FOLDER", help="few-shot methods: a folder of examples for each class")
    ] = None,
    score: Annotated[
        float | None, typer.Option("--score", min=0, max=1, help="boxes: from which score on; the run's score_threshold by default")
    ] = None,
    checkpoint: Checkpoint = "best",
    device: Device = "auto",
    as_json: Json = False,
    quiet: AnswersOnly = False,
    debug: Debug = False,
) -> None:
    """Answers for new inputs."""
    from hibiscus.cli import predictions as answers

    path = answers.check_out(out, inputs, folders=True)
    from hibiscus import api

    loaded = api.load(run, device=device)
    least = loaded.info["config"].get("score_threshold")
    if score is not None and least is None:
        raise UsageError(f"--score {score:g} for {loaded.info['method']}", "a run that finds boxes, such as of ssd", "leave it out")
    found = loaded.predict(inputs, checkpoint, support)
    answers.predictions(found, path, as_json, quiet, least or 0.0 if score is None else score, inputs[0])


def embed(
    run: Run,
    inputs: Inputs,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="a file ending in .csv .json .parquet or .npz; by default codes.parquet")
    ] = None,
    checkpoint: Checkpoint = "best",
    device: Device = "auto",
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Codes of new inputs, a row of numbers each, for your own models."""
    from hibiscus.cli import predictions as answers

    path = answers.check_out(out, inputs)
    from hibiscus import api

    answers.codes(api.load(run, device=device).embed(inputs, checkpoint), path, as_json, quiet)


def sample(
    run: Run,
    words: Conditions = None,
    count: Annotated[int, typer.Option("-n", "--count", metavar="N", min=1, help="how many; in sweeps, whole rows of them")] = 64,
    out: Annotated[str | None, typer.Option("--out", metavar="PLACE", help="a .png for a grid, a .npz, or a folder of images")] = None,
    seed: Seed = None,
    checkpoint: Checkpoint = "best",
    device: Device = "auto",
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """New items drawn from what a run has learned.

    Conditions are words, as the method knows them: label=cat, code1=1.5. One with several values is swept: each row of the grid holds
    the same noise, and the values run along it. interpolate=9 walks in 9 steps from one noise to another.
    """
    from hibiscus.cli import samples
    from hibiscus.runs.folder import find_run

    path = samples.check_place(out, find_run(run))
    from hibiscus import api

    chosen = api.load(run, device=device)
    conditions = samples.read_conditions(words or [], chosen.preparation)
    samples.write_samples(chosen.sample(count, seed=seed, checkpoint=checkpoint, **conditions), path, conditions, as_json, quiet)
