"""Boxes that a run has found, as people and other programs take them: lines, rows of a table, COCO's JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hibiscus.errors import DataError

__all__ = ["told", "write_coco"]

NAME = "detections.json"
EDGES = ("xmin", "ymin", "xmax", "ymax")
TABLES = (".csv", ".parquet")


def told(found: dict[str, Any], out: Path | None, as_json: bool = False, score: float = 0.0) -> dict[str, Any]:
    """The answers for a place: in tables a row for each box, in JSON the boxes of each image by name, else as they are.

    Args:
        found: as `Run.predict` gave them, with `boxes` `(items, most, 6)` and `box_classes`.
        out: where they go; None for the screen.
        as_json: JSON on the screen.
        score: from which a box counts; in COCO's JSON and arrays all do.
    """
    ending = out.suffix.lower() if out is not None else ""
    if ending == ".npz":
        return found
    plain = {name: values for name, values in found.items() if name not in ("boxes", "box_classes")}
    named = named_boxes(found, score)
    plain["found"] = [_in_words([box["label"] for box in boxes], found["box_classes"]) for boxes in named]
    if ending in TABLES:
        rows = [(item, box) for item, boxes in zip(found["id"], named, strict=True) for box in boxes]
        columns = {name: [box[name] for _, box in rows] for name in ("label", "score", *EDGES)}
        return {"id": [item for item, _ in rows], **columns, "skipped": found["skipped"]}
    if ending == ".json" or (as_json and out is None):
        del plain["overlay"]  # pixels in words
        return {**plain, "boxes": named}
    return plain


def _in_words(labels: list[str], classes: list[str]) -> str:
    return ", ".join(f"{labels.count(name)} {name}" for name in classes if name in labels) or "nothing"


def named_boxes(found: dict[str, Any], score: float = 0.0) -> list[list[dict[str, Any]]]:
    """For each image its boxes, the surest first: label, score, and edges in pixels."""
    names = found["box_classes"]
    return [
        [
            {"label": names[int(row[5])], "score": round(float(row[4]), 4)}
            | {name: round(float(value), 2) for name, value in zip(EDGES, row[:4], strict=True)}
            for row in rows
            if row[5] >= 0 and row[4] >= score
        ]
        for rows in found["boxes"]
    ]


def write_coco(found: dict[str, Any], path: Path) -> None:
    """All boxes as a COCO data set: images, categories, and annotations with a score each.

    Raises:
        DataError: the file is there already, or cannot be written.
    """
    images = [
        {"id": number, "file_name": str(item), "height": int(size[0]), "width": int(size[1])}
        for number, (item, size) in enumerate(zip(found["id"], found["size"], strict=True), 1)
    ]
    rows = [(number, row) for number, boxes in enumerate(found["boxes"], 1) for row in boxes if row[5] >= 0]
    annotations = [
        {
            "id": place,
            "image_id": number,
            "category_id": int(row[5]) + 1,
            "bbox": [round(float(value), 2) for value in (row[0], row[1], row[2] - row[0], row[3] - row[1])],
            "area": round(float((row[2] - row[0]) * (row[3] - row[1])), 2),
            "iscrowd": 0,
            "score": round(float(row[4]), 5),
        }
        for place, (number, row) in enumerate(rows, 1)
    ]
    categories = [{"id": number, "name": name} for number, name in enumerate(found["box_classes"], 1)]
    try:
        with path.open("x", encoding="utf-8") as file:
            json.dump({"images": images, "annotations": annotations, "categories": categories}, file, ensure_ascii=False)
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror or error})", "a new file", "another --out") from None
