"""What `hibiscus inspect` shows of images with boxes."""

from __future__ import annotations

from typing import Any

import numpy as np

from hibiscus.data.boxes.formats import BoxSet

__all__ = ["summary"]

QUANTILES = {"min": 0.0, "5%": 0.05, "25%": 0.25, "median": 0.5, "75%": 0.75, "95%": 0.95, "max": 1.0}


def summary(boxset: BoxSet) -> dict[str, Any]:
    """Counts by class and part, sizes of boxes, boxes an image, and every fault counted, as plain JSON values.

    Args:
        boxset: as `read_boxes` gives it.

    Returns:
        `boxes` is `{class: {part: count}}`, crowd boxes included; `sizes` holds quantiles of the width and height in pixels, the share
        of the image's area, and width / height.
    """
    parts = dict(boxset.parts)
    rest = [i for i, part in enumerate(boxset.part_of()) if not part]
    if rest:
        parts["none" if boxset.parts else "all"] = rest
    images = boxset.images
    counts = {part: _class_counts(boxset, places) for part, places in parts.items()}
    boxes = {name: {part: int(counts[part][i]) for part in parts} for i, name in enumerate(boxset.classes)}
    return {
        "path": str(boxset.root),
        "format": boxset.format,
        "images": len(images),
        "parts": {part: len(places) for part, places in parts.items()},
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
        "boxes_per_image": _spread(np.array([len(image) for image in images])),
        "images_without_objects": sum(not len(image) for image in images),
        "classes_without_boxes": [name for name, found in boxes.items() if not sum(found.values())],
        "faults": dict(boxset.faults),
        "notes": list(boxset.notes),
        "mended": [{"path": one.path, "reason": one.reason} for one in boxset.repaired],
        "skipped": [{"path": one.path, "reason": one.reason} for one in boxset.skipped],
    }


def _class_counts(boxset: BoxSet, places: list[int]) -> np.ndarray:
    labels = np.concatenate([np.zeros(0, np.int64), *(boxset.images[place].labels for place in places)])
    return np.bincount(labels, minlength=len(boxset.classes))


def _sizes(boxset: BoxSet) -> dict[str, dict[str, float]]:
    boxes = np.concatenate([np.zeros((0, 4)), *(image.boxes for image in boxset.images)])
    areas = np.repeat([float(image.size[0] * image.size[1]) for image in boxset.images], [len(p) for p in boxset.images])
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    measures = {"width": width, "height": height, "area_share": width * height / areas, "aspect": width / height}
    return {name: _quantiles(values) for name, values in measures.items()}


def _quantiles(values: np.ndarray) -> dict[str, float]:
    """Quantiles by name; none where there are no values."""
    if not len(values):
        return {}
    return {name: float(found) for name, found in zip(QUANTILES, np.quantile(values, list(QUANTILES.values())), strict=True)}


def _spread(counts: np.ndarray) -> dict[str, float]:
    return {"min": int(counts.min()), "median": float(np.median(counts)), "max": int(counts.max())} if len(counts) else {}
