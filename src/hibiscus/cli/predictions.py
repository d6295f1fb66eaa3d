"""Output of `predict` and `embed`: one line per item, a file by its ending, or a folder of images."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hibiscus.cli import detections, overlays
from hibiscus.cli.console import emit, note, number, table, unused
from hibiscus.cli.predicted_images import write_images
from hibiscus.cli.prediction_files import ENDINGS, TABLES, write_file
from hibiscus.errors import DataError, UsageError
from hibiscus.plurals import plural
from hibiscus.runs.destination import check_writable
from hibiscus.screen import is_terminal

__all__ = ["check_location", "check_out", "embeddings", "predictions"]

MAX_LINES = 50  # on a terminal; a pipe gets all
MAX_NUMBERS = 12  # of one prediction in a line
SEPARATE = (
    "id",
    "skipped",
    "notes",
    "classes",
    "targets",
    "probabilities",
    "size",
)  # entries that are no columns on the screen


def check_out(out: str | None, inputs: list[str], folders: bool = False) -> Path | None:
    """The file or folder to write, checked before anything is computed.

    Args:
        out: as typed.
        inputs: never written to.
        folders: whether it may be a folder of images: a name without an ending, with a slash at its end, or
            of an existing folder.

    Raises:
        UsageError: an unknown ending, or the destination is one of the inputs.
        DataError: the parent folder does not exist, or the destination does already.
    """
    if out is None:
        return None
    path = Path(out).expanduser()
    from hibiscus.data.images.video import VIDEO_ENDINGS, VIDEO_OUTPUT_ENDINGS

    is_video = folders and path.suffix.lower() in VIDEO_OUTPUT_ENDINGS
    if is_video and (len(inputs) != 1 or Path(inputs[0]).suffix.lower() not in VIDEO_ENDINGS):
        raise UsageError(
            f"--out {out}: the input is not one video",
            "a video as the only input",
            f"--out {path.stem}/ for images",
        )
    is_image = folders and path.suffix.lower() == ".png" and not path.is_dir()
    if is_image and (len(inputs) != 1 or Path(inputs[0]).expanduser().is_dir()):
        raise UsageError(
            f"--out {out}: the input is not one image",
            "one image",
            f"--out {path.stem}/ for a folder of images",
        )
    is_file = is_video or is_image or path.suffix.lower() in ENDINGS
    if not is_file and not (folders and (not path.suffix or path.is_dir() or out.endswith("/"))):
        expected = f"a file ending in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"
        expected += ", a folder for images, a .png for one image, or .mp4 for a video" if folders else ""
        raise UsageError(f"--out {out}", expected, f"--out {path.stem or 'predictions'}.csv")
    check_location(out, path, is_file, inputs)
    return path


def check_location(out: str, path: Path, is_file: bool, inputs: list[str]) -> None:
    """Checks that a destination can be written and is new; see `check_out` for the errors."""
    if is_file and path.is_dir():
        raise DataError(f"--out {out}: a folder", "a file", f"--out {path}/predictions.csv")
    if not is_file and path.exists() and not path.is_dir():
        raise DataError(f"--out {out}: a file of this name exists", "a folder", f"--out {path}-images/")
    if not path.parent.is_dir():
        raise DataError(
            f"--out {out}: there is no folder {path.parent}",
            "a folder that exists",
            f"mkdir -p {path.parent}",
        )
    check_writable(path)
    if any(Path(name).expanduser().resolve() == path.resolve() for name in inputs):
        raise UsageError(
            f"--out {out}: this is the input",
            "another destination, since inputs are never changed",
            "--out predictions.csv" if is_file else f"--out {path}-predictions/",
        )
    if is_file and path.exists():
        raise DataError(
            f"--out {out}: exists already",
            "a new file; existing files are never overwritten",
            f"--out {unused(path)}",
        )


def predictions(
    predicted: dict[str, Any],
    out: Path | None,
    as_json: bool,
    quiet: bool,
    score: float = 0.0,
    inputs: Sequence[str] = (),
) -> None:
    """Prints predictions, one line each, or writes them to a file by its ending.

    Args:
        predicted: as returned by `Run.predict`.
        out: the destination, as returned by `check_out`.
        as_json: whether to print one JSON object.
        quiet: whether to print nothing but predictions.
        score: the score from which a box is listed and drawn; arrays and COCO's JSON hold all boxes.
        inputs: as typed; the names of images in a folder are relative to it.
    """
    from hibiscus.data.images.video import VIDEO_OUTPUT_ENDINGS

    _report_skipped(predicted, as_json, quiet)
    boxes = predicted if "boxes" in predicted else None
    if boxes is not None:
        predicted = detections.summarize_detections(predicted, out, as_json, score)
    images = [name for name, values in predicted.items() if _is_images(values)]
    names = [name for name in predicted if name not in (*SEPARATE, *images)]
    only_images = images and not names and "probabilities" not in predicted
    if only_images and (not as_json if out is None else out.suffix.lower() in TABLES):
        fix = "--out predictions/ for a folder of images, or --out predictions.npz for arrays"
        raise UsageError(f"the predictions are images ({', '.join(images)})", "a destination for images", fix)
    if out is None:
        _print(predicted, names, images, as_json, quiet)
        return
    if out.suffix.lower() in VIDEO_OUTPUT_ENDINGS:
        source = Path(inputs[0]).expanduser()
        overlays.write_video(predicted if boxes is None else boxes, images, source, out, score)
    elif out.suffix.lower() not in ENDINGS:
        write_images(predicted if boxes is None else boxes, images, out, score, inputs)
    else:
        dropped = images if out.suffix.lower() in TABLES else []
        write_file({name: values for name, values in predicted.items() if name not in dropped}, out)
    _report_written(predicted, "prediction", out, as_json, quiet)
    if (
        boxes is not None
        and out.suffix.lower() in (*TABLES, ".json")
        and score > 0
        and not (as_json or quiet)
    ):
        note(f"boxes with a score of at least {score:g}; --score 0 for all")


def _print(
    predicted: dict[str, Any], names: list[str], images: list[str], as_json: bool, quiet: bool
) -> None:
    items = predicted["id"][:MAX_LINES] if is_terminal(sys.stdout) else predicted["id"]
    rows = [["item", *names]]
    if not as_json:
        rows += [[str(item), *(_cell(predicted[name][i]) for name in names)] for i, item in enumerate(items)]
    text = table(rows, "")
    if len(items) < len(predicted["id"]):
        text += f"\n... and {len(predicted['id']) - len(items):,} more; --out predictions.csv writes them all"
    text += "".join(f"\n{note}" for note in _notes(predicted, names, images) if not quiet)
    emit(predicted, text, as_json)


def _notes(predicted: dict[str, Any], names: list[str], images: list[str]) -> Iterator[str]:
    """How to obtain what does not fit into a line."""
    long = [
        name
        for name in names
        if getattr(predicted[name], "ndim", 0) > 1 and predicted[name][0].size > MAX_NUMBERS
    ]
    if long:
        yield f"{', '.join(long)}: too many numbers for a line; --out predictions.csv writes them all"
    if images:
        yield f"{', '.join(images)}: images; --out predictions/ writes files, --out predictions.npz arrays"


def embeddings(embedded: dict[str, Any], out: Path | None, as_json: bool, quiet: bool) -> None:
    """Writes embeddings to a file by its ending: a column per component in tables, otherwise one array."""
    out = out or unused(Path("embeddings.parquet"))
    _report_skipped(embedded, as_json, quiet)
    codes = embedded["code"]
    in_table = out.suffix.lower() in TABLES
    columns = {f"code{i}": column for i, column in enumerate(codes.T, 1)} if in_table else {"code": codes}
    write_file({"id": embedded["id"], **columns, "skipped": embedded["skipped"]}, out)
    _report_written(embedded, "embedding", out, as_json, quiet)


def _report_skipped(predicted: dict[str, Any], as_json: bool, quiet: bool) -> None:
    if not quiet and not as_json:
        for bad in predicted["skipped"]:
            note(f"skipped: {bad['reason']}")
        for text in predicted.get("notes", ()):
            note(f"note: {text}")


def _report_written(predicted: dict[str, Any], noun: str, out: Path, as_json: bool, quiet: bool) -> None:
    if as_json or not quiet:
        content = {"out": str(out), "items": len(predicted["id"]), "skipped": predicted["skipped"]}
        emit(content, f"{plural(len(predicted['id']), noun)} written to {out}", as_json)


def _is_images(values: Any) -> bool:
    return str(getattr(values, "dtype", "")) == "uint8" and values.ndim == 4


def _cell(value: Any) -> str:
    if getattr(value, "ndim", 0) > 1:  # an image
        return f"{'x'.join(map(str, value.shape))} values"
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, list) and len(value) > MAX_NUMBERS:
        return f"{len(value)} values"
    if isinstance(value, list):
        return " ".join(_cell(entry) for entry in value)
    return number(value) if isinstance(value, float) else str(value)
