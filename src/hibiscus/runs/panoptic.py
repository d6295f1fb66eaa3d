"""Panoptic segmentation with two runs: predicted boxes and masks, merged and evaluated."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.boxes.instances import read_instances
from hibiscus.data.dataset import IGNORED, Dataset, remap_classes
from hibiscus.data.files import IMAGE_ENDINGS
from hibiscus.errors import DataError, UsageError
from hibiscus.metrics.panoptic import PanopticMap, PanopticQuality, instance_panoptic, merge_panoptic
from hibiscus.runs.run import Run

__all__ = ["panoptic_maps"]

Images = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def panoptic_maps(
    things: Run, stuff: Run, images: Images, score: float | None = None, metrics_only: bool = False
) -> dict[str, Any]:
    """Merges predicted boxes and masks; see `hibiscus.panoptic`.

    Raises:
        UsageError: the runs are not a detector and a semantic segmentation model, or only metrics are asked
            for and the data has no annotations.
        DataError: the two share no class name.
    """
    swapped = "mask" in things.preparation and "boxes" in stuff.preparation
    for run, needed, role in ((things, "boxes", "things"), (stuff, "mask", "stuff")):
        if needed not in run.preparation:
            method = "ssd" if needed == "boxes" else "unet"
            fix = "swap things and stuff" if swapped else f"hibiscus train {method}"
            raise UsageError(
                f"{role}: {run.path} is of {run.info['method']}", f"a run of a method like {method}", fix
            )
    names, box_names = stuff.preparation["mask"].names, things.preparation["boxes"].names
    thing_of = {number: names.index(name) for number, name in enumerate(box_names) if name in names}
    if not thing_of:
        received = f"boxes of {', '.join(box_names)}, masks of {', '.join(names)}"
        raise DataError(
            received, "at least one common class name", "use the same class names in both datasets"
        )
    min_score: float = things.method().score_threshold if score is None else score  # type: ignore[attr-defined]
    truth = None if _are_files(images) else _truth(things, stuff, images)
    if truth is None and metrics_only:
        raise UsageError(
            "no --out, and the images have no annotated boxes and masks: nothing would be kept",
            "a folder for the maps, or data with annotations to evaluate on",
            "--out maps/",
        )
    first, second = (images, images) if truth is None else truth
    detected, masks = things.predict(first), stuff.predict(second)  # type: ignore[arg-type]
    if detected["id"] != masks["id"]:
        raise DataError(
            "the two runs could not read the same images", "images that both can read", "remove the others"
        )
    maps = []
    for boxes, size, mask in zip(detected["boxes"], detected["size"], masks["mask"][..., 0], strict=True):
        confident = boxes[(boxes[:, 5] >= 0) & (boxes[:, 4] >= min_score)]
        maps.append(merge_panoptic(mask, _normalized(confident, size), thing_of))
    result = {"id": detected["id"], "maps": maps, "classes": list(names)}
    result |= {"size": detected["size"], "skipped": detected["skipped"]}
    return (
        result
        if truth is None
        else {**result, **_evaluate(maps, truth[1], thing_of, names, tuple(box_names))}
    )


def _are_files(images: Images) -> bool:
    several = not isinstance(images, str | os.PathLike)
    return several or Path(images).suffix.lower() in IMAGE_ENDINGS  # type: ignore[arg-type]


def _truth(things: Run, stuff: Run, path: Any) -> tuple[Dataset, Dataset] | None:
    """The test part of a dataset, in the image size of each run; None without boxes or masks."""
    first = things.open_like_training(os.fspath(path))
    if not {"boxes", "mask"} <= first.fields.keys():
        return None
    second = stuff.open_like_training(os.fspath(path))
    items = first.parts.get("test", np.arange(len(first)))
    learned: set[str] = set()
    for run in (things, stuff):
        if run.info["data"]["name"] == first.name:
            learned |= {
                name
                for part, names in run.folder.read("split.json").items()
                if part != "test"
                for name in names
            }
    items = np.array([item for item in items if first.ids[item] not in learned], np.int64)
    if not len(items):
        received = f"{path}: the two runs were trained on all of its items"
        raise DataError(received, "images that neither was trained on", "train both on the same split")
    return _select(first, items), _select(second, items)


def _select(dataset: Dataset, items: np.ndarray) -> Dataset:
    fields = {name: values[items] for name, values in dataset.fields.items()}
    return dataclasses.replace(
        dataset, fields=fields, ids=[dataset.ids[i] for i in items], keys=dataset.keys[items], parts={}
    )


def _normalized(rows: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Rows of edges in pixels, score and class, as edges in fractions of the sides and class."""
    return np.column_stack([rows[:, :4] / (size[1], size[0], size[1], size[0]), rows[:, 5]])


def _evaluate(
    maps: list[PanopticMap],
    truth: Dataset,
    thing_of: dict[int, int],
    names: Sequence[str],
    box_names: tuple[str, ...],
) -> dict[str, Any]:
    """PQ, SQ and RQ with respect to the annotated objects where the data has the pixels of each.

    Otherwise, the true maps are merged from true boxes, small ones first, and true masks, by the same rule as
    the predicted maps.
    """
    quality = PanopticQuality(len(names))
    masks = remap_classes(truth.fields["mask"], truth.names["mask"], tuple(names))
    all_boxes = remap_classes(truth.fields["boxes"], truth.names["boxes"], box_names)
    instances = read_instances(truth)
    for index, (predicted, mask, boxes) in enumerate(zip(maps, masks, all_boxes, strict=True)):
        if instances is not None:
            true = instance_panoptic(mask, instances[index], boxes[:, 4].astype(int).tolist(), thing_of)
        else:
            true = _merged_truth(mask, boxes, thing_of)
        # Pixels of a thing without an object are ignored, as their instance is unknown.
        quality.add(predicted, true, (mask != IGNORED) & (true.segments > 0))
    things = sorted(thing_of.values())
    stuff = [number for number in range(len(names)) if number not in things]
    rows = zip(names, quality.by_class(), strict=True)
    by_class = {name: dict(zip(("pq", "sq", "rq"), row.tolist(), strict=True)) for name, row in rows}
    metrics = {
        **quality.figures(),
        **{f"{name}_things": value for name, value in quality.figures(things).items()},
    }
    if stuff:
        metrics |= {f"{name}_stuff": value for name, value in quality.figures(stuff).items()}
    source = "annotated objects" if instances is not None else "merged boxes and masks"
    return {"metrics": metrics, "by_class": by_class, "truth": source}


def _merged_truth(mask: np.ndarray, boxes: np.ndarray, thing_of: dict[int, int]) -> PanopticMap:
    objects = boxes[boxes[:, 4] >= 0]
    area = (objects[:, 2] - objects[:, 0]) * (objects[:, 3] - objects[:, 1])
    return merge_panoptic(mask, objects[np.argsort(area, kind="stable")], thing_of)
