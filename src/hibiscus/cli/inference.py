"""The verbs that apply a trained run: predict, embed, sample."""

from __future__ import annotations

from typing import Annotated

import typer

from hibiscus.cli.arguments import Checkpoint, Debug, Device, Json, Quiet, Run, Seed, Support, Trust, load_api
from hibiscus.cli.similar import Column, Weighting
from hibiscus.errors import UsageError
from hibiscus.progress import step

__all__ = ["embed", "predict", "sample"]

Inputs = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT",
        help="images, folders or archives of them, videos, a table, a file of arrays, or a text",
    ),
]
Conditions = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME=VALUE", help="conditions; first:last:steps or a,b,c for several values in turn"
    ),
]
RunOrModel = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="run folder, or runs/latest; for sentences also minilm, doc2vec or a file of word vectors",
    ),
]
PredictionsOnly = Annotated[bool, typer.Option("--quiet", help="print only the predictions")]


def predict(
    run: Run,
    inputs: Inputs,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="PATH",
            help="a .csv .json .parquet or .npz file; a folder for images, .png for one; .mp4 for video; "
            "forecasts are also drawn as a .png",
        ),
    ] = None,
    support: Support = None,
    score: Annotated[
        float | None,
        typer.Option(
            "--score",
            min=0,
            max=1,
            help="minimum score of a box; by default the score_threshold of the run",
        ),
    ] = None,
    checkpoint: Checkpoint = "best",
    device: Device = "auto",
    trust: Trust = False,
    as_json: Json = False,
    quiet: PredictionsOnly = False,
    debug: Debug = False,
) -> None:
    """Predict on new inputs."""
    from hibiscus.cli.predicted_images import check_free
    from hibiscus.cli.predictions import check_out, predictions
    from hibiscus.cli.series_drawing import draw_series

    path = check_out(out, inputs, folders=True)
    api = load_api(run)
    from hibiscus.runs.forecast_drawing import is_forecast  # imports PyTorch

    loaded = api.load(run, device=device, trust=trust)
    default_score = getattr(loaded.method(checkpoint), "score_threshold", None)
    if score is not None and default_score is None:
        raise UsageError(
            f"--score {score:g} for {loaded.info['method']}",
            "a detection run, such as of ssd",
            "leave it out",
        )
    if path is not None and path.suffix.lower() in ("", ".png"):
        check_free(path, inputs, default_score is not None)
    with step("predicting"):
        data = loaded.prepare(inputs, support)
        predicted = loaded.predict(data, checkpoint)
    if path is not None and is_forecast(predicted, data):
        path = draw_series(predicted, data, path, as_json or quiet)
    predictions(predicted, path, as_json, quiet, default_score or 0.0 if score is None else score, inputs)


def embed(
    run: RunOrModel,
    inputs: Inputs,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="a file ending in .csv .json .parquet or .npz; by default embeddings.parquet",
        ),
    ] = None,
    checkpoint: Checkpoint = "best",
    weighting: Weighting = None,
    column: Column = None,
    device: Device = "auto",
    trust: Trust = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Compute embeddings of inputs, for your own models.

    By a run, or sentences by a model: a .txt file with a sentence on each line, a table, or sentences.
    """
    from hibiscus.cli.predictions import check_out, embeddings
    from hibiscus.runs.sentence_model_names import is_sentence_model

    path = check_out(out, inputs)
    if is_sentence_model(run):
        options = {"weighting": weighting, "column": column, "device": device, "trust": trust}
        embedded = load_api().embed_sentences(inputs, model=run, **options)
        embeddings(embedded, path, as_json, quiet)
        return
    if weighting or column:
        option = f"--weighting {weighting}" if weighting else f"--column {column}"
        raise UsageError(f"{option} with a run", "a model of sentences, such as minilm", "leave it out")
    loaded = load_api(run).load(run, device=device, trust=trust)
    with step("embedding"):
        embedded = loaded.embed(inputs, checkpoint)
    embeddings(embedded, path, as_json, quiet)


def sample(
    run: Run,
    words: Conditions = None,
    count: Annotated[
        int | None,
        typer.Option(
            "-n",
            "--count",
            metavar="N",
            min=1,
            help="number of samples, 64 or one text by default; in sweeps, rounded down to whole rows",
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="PATH",
            help="a .png for a grid, a .npz, a folder of images, a .csv of rows, or a .txt of texts",
        ),
    ] = None,
    seed: Seed = None,
    checkpoint: Checkpoint = "best",
    device: Device = "auto",
    trust: Trust = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Sample from a generative model.

    Conditions are written as NAME=VALUE: label=cat, code1=1.5. A condition with several values is swept: each
    row of the grid has the same noise, and the values vary along it. interpolate=9 interpolates in 9 steps
    from one noise vector to another. A language model continues prompt="..." and shows the text.
    """
    from hibiscus.cli import samples
    from hibiscus.cli.text_samples import write_texts
    from hibiscus.runs.folder import find_run

    path = samples.check_destination(out, find_run(run))
    api = load_api(run)

    loaded = api.load(run, device=device, trust=trust)
    kind = next((name for name in ("image", "text") if name in loaded.preparation), "array")
    path = samples.match_destination(path, out, kind)
    conditions = samples.read_conditions(words or [], loaded.preparation)
    count = count or (1 if kind == "text" else 64)
    with step("sampling"):
        drawn = loaded.sample(count, seed=seed, checkpoint=checkpoint, **conditions)
    if kind == "text":
        write_texts(drawn, path, as_json, quiet)
    elif kind == "image":
        samples.write_samples(drawn, path, conditions, as_json, quiet)
    else:
        samples.write_rows(drawn, path, loaded.preparation, as_json, quiet)
