"""The verb `similar`, which finds the sentences that are most similar to a query."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from hibiscus.cli.arguments import Debug, Device, Json, Quiet, Trust, load_api

__all__ = ["Column", "Weighting", "similar"]

Column = Annotated[
    str | None,
    typer.Option("--column", metavar="NAME", help="of a table of texts; by default its only one"),
]
Weighting = Annotated[
    Literal["mean", "tf-idf"] | None,
    typer.Option("--weighting", help="how word vectors are averaged; by default mean"),
]


def similar(
    sentences: Annotated[
        str,
        typer.Argument(
            metavar="SENTENCES",
            help="a .txt file with a sentence on each line, a table, or a folder of texts",
        ),
    ],
    queries: Annotated[
        list[str], typer.Argument(metavar="QUERY", help="a sentence; several give several lists")
    ],
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="minilm, doc2vec, a file of word vectors, or a run that learned texts",
        ),
    ] = "minilm",
    count: Annotated[
        int, typer.Option("-n", "--count", metavar="N", min=1, help="matches of each query")
    ] = 5,
    weighting: Weighting = None,
    column: Column = None,
    device: Device = "auto",
    trust: Trust = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Find the sentences that are most similar to a query.

    Sentences are compared by the cosine of the angle between their embeddings: 1 for the same direction, and
    about 0 for sentences that have nothing in common, or about 0.5 and more for averages of word vectors.
    """
    api = load_api(data=sentences)
    from hibiscus.cli.console import emit, note, table

    found = api.similar(
        sentences,
        queries,
        model=model,
        count=count,
        weighting=weighting,
        column=column,
        device=device,
        quiet=quiet or as_json,
        trust=trust,
    )
    if not (quiet or as_json):
        for text in found["notes"]:
            note(f"note: {text}")
    lines = [f"{found['sentences']:,} sentences, model {found['model']}"]
    for result in found["queries"]:
        rows = [[f"{match['similarity']:.4f}", match["id"], match["sentence"]] for match in result["matches"]]
        lines += ["", result["query"], table([["similarity", "item", "sentence"], *rows], wrap_last=True)]
    emit(found, "\n".join(lines), as_json)
