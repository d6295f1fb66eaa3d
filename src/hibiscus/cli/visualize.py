"""The verb `visualize`: explanations of a run and maps of its embeddings, as drawings and a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hibiscus.cli.arguments import Checkpoint, Debug, Device, Json, Quiet, Run, Support, Trust, load_api
from hibiscus.errors import DataError

__all__ = ["visualize"]

FOLDER = "visualization"
SMALL_ERROR = 0.01  # of the completeness of integrated gradients


def visualize(
    run: Run,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUT", help="images, folders, a table, or texts; none for --kind filters,embedding"
        ),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            metavar="KINDS",
            help="activations,filters,grad-cam,grad-cam++,integrated-gradients,occlusion; by default all of "
            "these that the run allows; embedding: maps of a part of the run's data, with the inputs",
        ),
    ] = None,
    class_name: Annotated[
        str | None,
        typer.Option("--class", metavar="NAME", help="class or target to explain; default: the predicted"),
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option(
            "--layer",
            metavar="NAME",
            help="layer of activations, filters and Grad-CAM; default: the deepest",
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="largest number of images or texts")
    ] = 8,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="FOLDER", help="a new folder; by default visualization, or -2, -3 ..."),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(
            "--part", metavar="NAME", help="part of the run's data for --kind embedding; default: test"
        ),
    ] = None,
    support: Support = None,
    checkpoint: Checkpoint = "best",
    device: Device = "auto",
    trust: Trust = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Explain predictions by heatmaps, show layers, map embeddings."""
    folder = _check_folder(out)
    api = load_api(run)
    from hibiscus.runs.visualization import check_kinds
    from hibiscus.runs.visualization_files import checks_of

    kinds = check_kinds(kind.split(",") if kind else None)
    shown = api.load(run, device=device, trust=trust).visualize(
        inputs or None,
        kinds,
        out=folder,
        checkpoint=checkpoint,
        support=support,
        class_name=class_name,
        layer=layer,
        limit=limit,
        part=part,
    )
    _print(shown, checks_of(shown), as_json, quiet)


def _print(shown: Any, checks: list[dict[str, Any]], as_json: bool, quiet: bool) -> None:
    """The checks in a line each, and the path of the page; or everything as JSON."""
    from hibiscus.cli.console import emit, note

    page, *files = map(str, shown.files)
    content = {"page": page, "files": files, "layer": shown.layer, "notes": shown.notes, "checks": checks}
    if quiet or as_json:
        return emit(content, page, as_json)
    for text in shown.notes:
        note(f"  note: {text}")
    lines = [line for check in checks if (line := _line(check))]
    emit(content, "\n".join([*lines, f"{len(files)} files, and a page of them: {page}"]), as_json)


def _line(check: dict[str, Any]) -> str:
    """A sentence on a check; empty if it has no numbers."""
    where = " ".join(str(check[name]) for name in ("input", "kind", "name") if name in check)
    error = check.get("completeness_error", check.get("largest_completeness_error"))
    if error is not None:
        seen = f"the attributions sum to the difference of the scores, up to {100 * error:.2g} %"
        return f"  {where}: {seen}" + ("" if error <= SMALL_ERROR else ": too few steps for this network")
    pairs = check.get("correlation_with_random_weights")
    if pairs:
        return f"  {where}: correlation with the map of random weights {pairs[-1][1]:.2f}"
    return ""


def _check_folder(out: str | None) -> Path:
    """A folder that does not exist or is empty.

    Raises:
        DataError: it holds files, or it cannot be written.
    """
    from hibiscus.cli.console import unused
    from hibiscus.runs.destination import check_writable

    folder = unused(Path(FOLDER)) if out is None else Path(out).expanduser()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        fix = f"--out {unused(folder)}"
        raise DataError(f"--out {out}: exists already", "a new or empty folder", fix)
    check_writable(folder)
    return folder
