"""The pixels of each annotated object, where the data has them: for the evaluation of panoptic maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from hibiscus.data.boxes.boxset import AnnotatedImage
from hibiscus.data.boxes.coco_masks import segmentation_mask
from hibiscus.data.boxes.formats import find_boxes, read_boxes
from hibiscus.data.builtin.scenes import draw_scene_instances
from hibiscus.data.dataset import PADDING, Dataset
from hibiscus.data.locations import BUNDLED

__all__ = ["read_instances"]


def read_instances(dataset: Dataset) -> np.ndarray | None:
    """For each pixel the row of its object in the field `boxes`, from 1, and 0 for none.

    Later objects lie over earlier ones, as their segmentations are drawn in this order.

    Args:
        dataset: with the fields `boxes` and `mask`.

    Returns:
        uint16 (items, height, width), in the size of the masks; None if the data does not have the pixels of
        each object, as COCO's segmentations do.
    """
    if dataset.path in BUNDLED:
        known = draw_scene_instances() if dataset.name == "scenes" else None
        return None if known is None else known[[int(name) for name in dataset.ids]]
    if find_boxes(dataset.path) is None:
        return None
    images = {image.name: image for image in read_boxes(Path(dataset.path)).images}
    counts = (dataset.fields["boxes"][..., 4] != PADDING).sum(1)
    for name, count in zip(dataset.ids, counts, strict=True):
        if name not in images or len(images[name]) != count or not _has_all(images[name]):
            return None
    height, width = dataset.fields["mask"].shape[1:3]
    maps = np.zeros((len(dataset), height, width), np.uint16)
    for numbers, name in zip(maps, dataset.ids, strict=True):
        for row, extra in enumerate(images[name].extra, 1):
            mask = segmentation_mask(extra["segmentation"], images[name].size)
            if mask is None:
                return None
            resized = Image.fromarray(mask).resize((width, height), Image.Resampling.NEAREST)
            numbers[np.asarray(resized, bool)] = row
    return maps


def _has_all(image: AnnotatedImage) -> bool:
    return all(extra.get("segmentation") for extra in image.extra)
