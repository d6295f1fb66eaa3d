"""Predicted boxes as lines of text, rows of a table, and COCO's JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hibiscus.runs.destination import writing

__all__ = ["COCO_NAME", "summarize_detections", "write_coco"]

COCO_NAME = "detections.json"
EDGES = ("xmin", "ymin", "xmax", "ymax")
TABLES = (".csv", ".parquet")


def summarize_detections(
    predictions: dict[str, Any], out: Path | None, as_json: bool = False, score: float = 0.0
) -> dict[str, Any]:
    """Predicted boxes in the form of their destination: rows of a table, boxes by image in JSON, or counts.

    Args:
        predictions: as returned by `Run.predict`, with `boxes` `(items, boxes, 6)` and `box_classes`.
        out: the destination; None for the screen.
        as_json: JSON on the screen.
        score: the score from which a box counts; arrays hold all boxes.
    """
    ending = out.suffix.lower() if out is not None else ""
    if ending == ".npz":
        return predictions
    summary = {name: values for name, values in predictions.items() if name not in ("boxes", "box_classes")}
    boxes_by_image = named_boxes(predictions, score)
    classes = predictions["box_classes"]
    summary["found"] = [_counts([box["label"] for box in boxes], classes) for boxes in boxes_by_image]
    if ending in TABLES:
        rows = [
            (item, box)
            for item, boxes in zip(predictions["id"], boxes_by_image, strict=True)
            for box in boxes
        ]
        columns = {name: [box[name] for _, box in rows] for name in ("label", "score", *EDGES)}
        return {"id": [item for item, _ in rows], **columns, "skipped": predictions["skipped"]}
    if ending == ".json" or (as_json and out is None):
        del summary["overlay"]  # pixels as text
        return {**summary, "boxes": boxes_by_image}
    return summary


def _counts(labels: list[str], classes: list[str]) -> str:
    return ", ".join(f"{labels.count(name)} {name}" for name in classes if name in labels) or "nothing"


def named_boxes(predictions: dict[str, Any], score: float = 0.0) -> list[list[dict[str, Any]]]:
    """The boxes of each image, by decreasing score: label, score, and edges in pixels."""
    names = predictions["box_classes"]
    return [
        [
            {"label": names[int(row[5])], "score": round(float(row[4]), 4)}
            | {name: round(float(value), 2) for name, value in zip(EDGES, row[:4], strict=True)}
            for row in rows
            if row[5] >= 0 and row[4] >= score
        ]
        for rows in predictions["boxes"]
    ]


def write_coco(predictions: dict[str, Any], path: Path) -> None:
    """Writes all boxes as a COCO dataset: images, categories, and annotations with a score each.

    Raises:
        DataError: the file exists already, or cannot be written.
    """
    images = [
        {"id": number, "file_name": str(item), "height": int(size[0]), "width": int(size[1])}
        for number, (item, size) in enumerate(zip(predictions["id"], predictions["size"], strict=True), 1)
    ]
    rows = [
        (number, row) for number, boxes in enumerate(predictions["boxes"], 1) for row in boxes if row[5] >= 0
    ]
    annotations = [
        {
            "id": index,
            "image_id": number,
            "category_id": int(row[5]) + 1,
            "bbox": [round(float(value), 2) for value in (row[0], row[1], row[2] - row[0], row[3] - row[1])],
            "area": round(float((row[2] - row[0]) * (row[3] - row[1])), 2),
            "iscrowd": 0,
            "score": round(float(row[4]), 5),
        }
        for index, (number, row) in enumerate(rows, 1)
    ]
    categories = [{"id": number, "name": name} for number, name in enumerate(predictions["box_classes"], 1)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    with writing(path), path.open("x", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False)
