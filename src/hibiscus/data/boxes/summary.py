"""The statistics of images with bounding boxes that `hibiscus inspect` shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from hibiscus.data.boxes.boxset import BoxSet

__all__ = ["about_boxes", "summary"]

QUANTILES = {"min": 0.0, "5%": 0.05, "25%": 0.25, "median": 0.5, "75%": 0.75, "95%": 0.95, "max": 1.0}


SHOWN = (
    "boxes", "crowd", "sizes", "boxes_per_image", "images_without_objects", "classes_without_boxes", "faults",
)  # fmt: skip


def about_boxes(boxset: BoxSet) -> dict[str, Any]:
    """The part of the summary that belongs to a Dataset."""
    return {name: value for name, value in summary(boxset).items() if name in SHOWN}


def summary(boxset: BoxSet) -> dict[str, Any]:
    """Counts by class and part, box sizes, boxes per image, and counts of faults, as plain JSON values.

    Args:
        boxset: the result of `read_boxes`.

    Returns:
        `boxes` is `{class: {part: count}}`, including crowd boxes; `sizes` has quantiles of the width and
        height in pixels, of the fraction of the image's area, and of width / height.
    """
    parts = dict(boxset.parts)
    rest = [i for i, part in enumerate(boxset.part_of()) if not part]
    if rest:
        parts["none" if boxset.parts else "all"] = rest
    images = boxset.images
    counts = {part: _class_counts(boxset, indices) for part, indices in parts.items()}
    boxes = {name: {part: int(counts[part][i]) for part in parts} for i, name in enumerate(boxset.classes)}
    return {
        "path": str(boxset.root),
        "format": boxset.format,
        "images": len(images),
        "parts": {part: len(indices) for part, indices in parts.items()},
        "classes": list(boxset.classes),
        "boxes": boxes,
        "box_count": boxset.count,
        "box_count_by_part": {part: int(counts[part].sum()) for part in parts},
        "crowd": int(sum(image.crowd.sum() for image in images)),
        "sizes": _sizes(boxset),
        "image_sizes": {
            "height": _quantiles(np.array([image.size[0] for image in images])),
            "width": _quantiles(np.array([image.size[1] for image in images])),
        },
        "boxes_per_image": _range(np.array([len(image) for image in images])),
        "images_without_objects": sum(not len(image) for image in images),
        "classes_without_boxes": [name for name, by_part in boxes.items() if not sum(by_part.values())],
        "faults": dict(boxset.faults),
        "notes": list(boxset.notes),
        "repaired": [{"path": box.path, "reason": box.reason} for box in boxset.repaired],
        "skipped": [{"path": item.path, "reason": item.reason} for item in boxset.skipped],
    }


def _class_counts(boxset: BoxSet, indices: list[int]) -> np.ndarray:
    labels = np.concatenate([np.zeros(0, np.int64), *(boxset.images[index].labels for index in indices)])
    return np.bincount(labels, minlength=len(boxset.classes))


def _sizes(boxset: BoxSet) -> dict[str, dict[str, float]]:
    boxes = np.concatenate([np.zeros((0, 4)), *(image.boxes for image in boxset.images)])
    pixels = [float(image.size[0] * image.size[1]) for image in boxset.images]
    areas = np.repeat(pixels, [len(image) for image in boxset.images])
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    measures = {
        "width": width,
        "height": height,
        "area_fraction": width * height / areas,
        "aspect": width / height,
    }
    return {name: _quantiles(values) for name, values in measures.items()}


def _quantiles(values: np.ndarray) -> dict[str, float]:
    """Quantiles by name; empty if there are no values."""
    if not len(values):
        return {}
    quantiles = np.quantile(values, list(QUANTILES.values()))
    return {name: float(value) for name, value in zip(QUANTILES, quantiles, strict=True)}


def _range(counts: np.ndarray) -> dict[str, float]:
    if not len(counts):
        return {}
    return {"min": int(counts.min()), "median": float(np.median(counts)), "max": int(counts.max())}
