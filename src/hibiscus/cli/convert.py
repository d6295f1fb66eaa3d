"""The verb that writes data in another format: convert."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hibiscus.cli.arguments import Debug, Json

__all__ = ["ABOUT", "convert"]

KINDS = ("boxes",)
ABOUT = """Boxes of images from one format to another, with the images.

\b
The formats, found by themselves when they are read:
  voc   Annotations/*.xml, JPEGImages/, ImageSets/Main/train.txt ... (or XML files beside the images)
  coco  annotations/instances_train.json ..., images/ (or _annotations.coco.json in train/, valid/, test/)
  yolo  data.yaml, images/train/ and labels/train/ ... (or train/images/ and train/labels/)
  csv   labels_train.csv ... with columns filename, xmin, ymin, xmax, ymax, class; images/; classes.txt

Boxes, classes in their order, and parts are kept by all. Marks of crowds (VOC difficult, COCO iscrowd) are kept by voc, coco and csv;
yolo has no place for them, and such boxes become like others. What else a box may have: voc holds numbers and words (pose, truncated,
area) but no outlines; coco holds all; yolo and csv hold none of it. Images are linked where the disk can, so they take no room
twice: change one, and both change.
"""
Kind = Annotated[str, typer.Argument(metavar="boxes", help="what is converted: images with boxes")]
Source = Annotated[str, typer.Argument(metavar="SOURCE", help="a folder, a COCO .json, a .csv or a data.yaml")]


def convert(
    kind: Kind,
    source: Source,
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help="coco, yolo, csv or voc")],
    out: Annotated[str, typer.Option("--out", metavar="FOLDER", help="a new or empty folder")],
    images: Annotated[str | None, typer.Option("--images", metavar="FOLDER", help="the images, if not under SOURCE")] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Boxes of images from one format to another, with the images."""
    from pathlib import Path

    from hibiscus.data.boxes.formats import FORMATS, read_boxes, require_empty_folder, write_boxes
    from hibiscus.errors import ConfigError, UsageError, nearest

    if kind not in KINDS:
        raise UsageError(
            f"convert {kind}: nothing of this kind is converted", "boxes", f"hibiscus convert boxes {source} --to {to} --out {out}"
        )
    if to not in FORMATS:
        raise ConfigError(f"--to {to}", f"one of {', '.join(FORMATS)}", nearest(to, FORMATS))
    require_empty_folder(Path(out).expanduser())
    boxset = read_boxes(source, images)
    write_boxes(boxset, out, to)
    _tell(boxset, out, to, as_json)


def _tell(boxset: Any, out: str, to: str, as_json: bool) -> None:
    from hibiscus.cli.console import plural, say
    from hibiscus.data.boxes.formats import unsupported_fields

    parts = {part: len(places) for part, places in boxset.parts.items()}
    lost = unsupported_fields(boxset, to)
    content = {
        "out": out,
        "from": boxset.format,
        "to": to,
        "images": len(boxset),
        "boxes": boxset.count,
        "classes": list(boxset.classes),
        "parts": parts,
        "lost": lost,
        "faults": boxset.faults,
        "notes": boxset.notes,
        "mended": [{"path": one.path, "reason": one.reason} for one in boxset.repaired],
        "skipped": [{"path": one.path, "reason": one.reason} for one in boxset.skipped],
    }
    counts = (
        f"{plural(len(boxset), 'image')} with {plural(boxset.count, 'box', 'boxes')} of {plural(len(boxset.classes), 'class', 'classes')}"
    )
    lines = [f"{counts}: {boxset.format} to {to}, written to {out}"]
    lines += ["parts: " + ", ".join(f"{name} {count:,}" for name, count in parts.items())] if parts else []
    lines += [f"not held by {to}: {what} of {plural(count, 'box', 'boxes')}" for what, count in lost.items()]
    lines += [f"note: {note}" for note in boxset.notes]
    lines += [f"mended: {one.reason}" for one in boxset.repaired]
    lines += [f"skipped: {one.reason}" for one in boxset.skipped]
    say(content, "" if as_json else "\n".join(lines), as_json)
