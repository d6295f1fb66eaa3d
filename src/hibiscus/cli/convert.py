"""The verb `convert`, which writes data in another format."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hibiscus.cli.arguments import Debug, Json

__all__ = ["ABOUT", "convert"]

CONVERTIBLE = ("boxes",)
ABOUT = """Convert boxes of images from one format to another.

\b
The formats (the format of SOURCE is detected automatically):
  voc   Annotations/*.xml, JPEGImages/, ImageSets/Main/train.txt ... (or XML files beside the images)
  coco  annotations/instances_train.json ..., images/ (or _annotations.coco.json in train/, valid/, test/)
  yolo  data.yaml, images/train/ and labels/train/ ... (or train/images/ and train/labels/)
  csv   labels_train.csv ... with columns filename, xmin, ymin, xmax, ymax, class; images/; classes.txt

All formats keep boxes, classes in their order, and parts. Crowd flags (VOC difficult, COCO iscrowd) are kept
by voc, coco and csv; yolo cannot store them, and such boxes become ordinary ones. Of other attributes, voc
keeps numbers and words (pose, truncated, area) but no outlines, coco keeps all, yolo and csv keep none.
Images are hard links where the disk supports them, which take no extra space: if one is changed, both change.
"""
Kind = Annotated[str, typer.Argument(metavar="boxes", help="what to convert: images with boxes")]
Source = Annotated[
    str, typer.Argument(metavar="SOURCE", help="a folder, a COCO .json, a .csv or a data.yaml")
]


def convert(
    kind: Kind,
    source: Source,
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help="coco, yolo, csv or voc")],
    out: Annotated[str, typer.Option("--out", metavar="FOLDER", help="a new or empty folder")],
    images: Annotated[
        str | None, typer.Option("--images", metavar="FOLDER", help="the images, if not under SOURCE")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Convert boxes of images from one format to another."""
    from pathlib import Path

    from hibiscus.data.boxes.formats import FORMATS, read_boxes, require_empty_folder, write_boxes
    from hibiscus.errors import ConfigError, UsageError, nearest

    if kind not in CONVERTIBLE:
        raise UsageError(
            f"convert {kind}: cannot be converted",
            "boxes",
            f"hibiscus convert boxes {source} --to {to} --out {out}",
        )
    if to not in FORMATS:
        raise ConfigError(f"--to {to}", f"one of {', '.join(FORMATS)}", nearest(to, FORMATS))
    require_empty_folder(Path(out).expanduser())
    boxset = read_boxes(source, images)
    write_boxes(boxset, out, to)
    _emit_summary(boxset, out, to, as_json)


def _emit_summary(boxset: Any, out: str, to: str, as_json: bool) -> None:
    from hibiscus.cli.console import emit
    from hibiscus.data.boxes.formats import unsupported_fields
    from hibiscus.plurals import plural

    parts = {part: len(items) for part, items in boxset.parts.items()}
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
        "repaired": [_entry(bad) for bad in boxset.repaired],
        "skipped": [_entry(bad) for bad in boxset.skipped],
    }
    classes = plural(len(boxset.classes), "class", "classes")
    counts = f"{plural(len(boxset), 'image')} with {plural(boxset.count, 'box', 'boxes')} of {classes}"
    lines = [f"{counts}: {boxset.format} to {to}, written to {out}"]
    lines += ["parts: " + ", ".join(f"{name} {count:,}" for name, count in parts.items())] if parts else []
    lines += [f"lost in {to}: {what} of {plural(count, 'box', 'boxes')}" for what, count in lost.items()]
    lines += [f"note: {note}" for note in boxset.notes]
    lines += [f"repaired: {bad.reason}" for bad in boxset.repaired]
    lines += [f"skipped: {bad.reason}" for bad in boxset.skipped]
    emit(content, "" if as_json else "\n".join(lines), as_json)


def _entry(bad: Any) -> dict[str, str]:
    """A file or box, and the reason without the path, with which it begins on the screen."""
    return {"path": bad.path, "reason": bad.reason.removeprefix(bad.path).lstrip(": ")}
