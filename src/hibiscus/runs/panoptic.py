"""Two runs made one: what a detector and a segmenter say of the same images, merged into panoptic maps, and measured."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.dataset import Dataset, remap_classes
from hibiscus.data.images.folder import IMAGE_ENDINGS
from hibiscus.errors import DataError, UsageError
from hibiscus.metrics.panoptic import PanopticMap, PanopticQuality, merge_panoptic
from hibiscus.runs.run import Run

__all__ = ["panoptic_maps"]

Images = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def panoptic_maps(things: Run, stuff: Run, images: Images, score: float | None = None) -> dict[str, Any]:
    """Merges boxes and masks; see `hibiscus.panoptic`.

    Raises:
        UsageError: the runs are not a detector and a segmenter.
        DataError: no class has the same name in both.
    """
    swapped = "mask" in things.preparation and "boxes" in stuff.preparation
    for run, needed, what in ((things, "boxes", "things"), (stuff, "mask", "stuff")):
        if needed not in run.preparation:
            method = "ssd" if needed == "boxes" else "unet"
            fix = "exchange things and stuff" if swapped else f"hibiscus train {method}"
            raise UsageError(f"{what}: {run.path} is of {run.info['method']}", f"a run of a method like {method}", fix)
    names, of_boxes = stuff.preparation["mask"].names, things.preparation["boxes"].names
    thing_of = {place: names.index(name) for place, name in enumerate(of_boxes) if name in names}
    if not thing_of:
        found = f"boxes of {', '.join(of_boxes)}, masks of {', '.join(names)}"
        raise DataError(found, "at least one name in both", "give both data sets the same class names")
    least = things.info["config"]["score_threshold"] if score is None else score
    truth = None if _are_files(images) else _truth(things, stuff, images)
    first, second = (images, images) if truth is None else truth
    found, masks = things.predict(first), stuff.predict(second)  # type: ignore[arg-type]
    if found["id"] != masks["id"]:
        raise DataError("the two runs could not read the same images", "images that both can read", "remove those that were left out")
    maps = []
    for boxes, size, mask in zip(found["boxes"], found["size"], masks["mask"][..., 0], strict=True):
        sure = boxes[(boxes[:, 5] >= 0) & (boxes[:, 4] >= least)]
        maps.append(merge_panoptic(mask, _shares(sure, size), thing_of))
    answer = {"id": found["id"], "maps": maps, "classes": list(names), "size": found["size"], "skipped": found["skipped"]}
    return answer if truth is None else {**answer, **_measured(maps, truth[1], thing_of, names, tuple(of_boxes))}


def _are_files(images: Images) -> bool:
    several = not isinstance(images, str | os.PathLike)
    return several or Path(images).suffix.lower() in IMAGE_ENDINGS  # type: ignore[arg-type]


def _truth(things: Run, stuff: Run, path: Any) -> tuple[Dataset, Dataset] | None:
    """The test part of a data set that has both boxes and masks, as each of the runs takes its images; None where it has not both."""
    first = things.open_like_training(os.fspath(path))
    if not {"boxes", "mask"} <= first.fields.keys():
        return None
    second = stuff.open_like_training(os.fspath(path))
    items = first.parts.get("test", np.arange(len(first)))
    learned: set[str] = set()
    for run in (things, stuff):
        if run.info["data"]["name"] == first.name:
            learned |= {name for part, names in run.folder.read("split.json").items() if part != "test" for name in names}
    items = np.array([item for item in items if first.ids[item] not in learned], np.int64)
    if not len(items):
        raise DataError(
            f"{path}: both runs together have learned from all of it", "images that neither has seen", "train both on one split"
        )
    return _taken(first, items), _taken(second, items)


def _taken(dataset: Dataset, items: np.ndarray) -> Dataset:
    fields = {name: values[items] for name, values in dataset.fields.items()}
    return dataclasses.replace(dataset, fields=fields, ids=[dataset.ids[i] for i in items], keys=dataset.keys[items], parts={})


def _shares(rows: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Rows of edges in pixels, score and class, as edges in shares and class."""
    return np.column_stack([rows[:, :4] / (size[1], size[0], size[1], size[0]), rows[:, 5]])


def _measured(
    maps: list[PanopticMap], truth: Dataset, thing_of: dict[int, int], names: Sequence[str], box_names: tuple[str, ...]
) -> dict[str, Any]:
    """PQ, SQ and RQ against maps merged from true boxes, small ones first, and true masks."""
    quality = PanopticQuality(len(names))
    masks = remap_classes(truth.fields["mask"], truth.names["mask"], tuple(names))
    all_boxes = remap_classes(truth.fields["boxes"], truth.names["boxes"], box_names)
    for given, mask, boxes in zip(maps, masks, all_boxes, strict=True):
        true = boxes[boxes[:, 4] >= 0]
        area = (true[:, 2] - true[:, 0]) * (true[:, 3] - true[:, 1])
        whole = merge_panoptic(mask, true[np.argsort(area, kind="stable")], thing_of)
        quality.add(given, whole, (mask != 255) & (whole.segments > 0))  # a thing in no true box: whose it is, is not known
    kinds = sorted(thing_of.values())
    others = [kind for kind in range(len(names)) if kind not in kinds]
    rows = {name: dict(zip(("pq", "sq", "rq"), row.tolist(), strict=True)) for name, row in zip(names, quality.by_class(), strict=True)}
    figures = {**quality.figures(), **{f"{k}_things": v for k, v in quality.figures(kinds).items()}}
    if others:
        figures |= {f"{name}_stuff": value for name, value in quality.figures(others).items()}
    return {"metrics": figures, "by_class": rows}
