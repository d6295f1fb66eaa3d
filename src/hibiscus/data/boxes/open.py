"""Images with bounding boxes, and possibly masks, as a Dataset with images of one size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from hibiscus.data.boxes.box_reading import BoxReading
from hibiscus.data.boxes.boxset import BoxSet
from hibiscus.data.boxes.coco_masks import json_number
from hibiscus.data.boxes.faults import check_lost_boxes
from hibiscus.data.boxes.formats import read_boxes
from hibiscus.data.boxes.summary import about_boxes
from hibiscus.data.dataset import CROWD, PADDING, Dataset, check_bad_files
from hibiscus.data.images.cache import decode_images
from hibiscus.data.masks.folder import mask_reading, open_mask_folder

__all__ = ["normalized_boxes", "open_boxes"]


def open_boxes(
    path: Path,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    max_bad_fraction: float = 0.05,
    masks: bool = False,
    white_level: float | None = None,
    box_reading: BoxReading | None = None,
) -> Dataset:
    """Opens images with boxes; if there are masks as well, only the images that have both.

    Raises:
        DataError: annotations that cannot be read, or too many unusable files or boxes.
    """
    boxset = read_boxes(path, reading=box_reading)
    check_lost_boxes(str(path), boxset, max_bad_fraction)
    files = [image.file for image in boxset.images]
    chosen = set(np.asarray(boxset.parts.get("train", ())).tolist())
    train = [index in chosen for index in range(len(files))] if chosen else None
    plan = mask_reading(files, image_size, channels, white_level, train)
    pixels, keys, good, bad = decode_images(files, plan.shape, "squash", plan.white_level)
    check_bad_files(str(path), bad, len(files), max_bad_fraction)
    numbers = np.full(len(files), -1, np.int64)
    numbers[good] = np.arange(len(good))
    parts = {part: numbers[items] for part, items in boxset.parts.items()}
    note = f"{plan.resize_note()}; {boxset.format} boxes"
    sizes = np.array([boxset.images[i].size for i in good], np.int64)
    dataset = Dataset(
        name=path.resolve().stem if path.is_file() else path.resolve().name,
        path=str(path),
        fields={"image": pixels, "boxes": normalized_boxes(boxset)[good], "size": sizes}
        | {"box_areas": annotated_areas(boxset)[good]},
        ids=[boxset.images[i].name for i in good],
        keys=keys,
        parts={part: items[items >= 0] for part, items in parts.items() if part in ("train", "val", "test")},
        notes=[note, *plan.notes, *boxset.notes],
        skipped=[*bad, *boxset.skipped],
        names={"boxes": boxset.classes},
        about=plan.about | {"boxes": about_boxes(boxset)},
    )
    good_files = [files[i] for i in good]
    return _with_masks(dataset, good_files, path, plan.shape) if masks else dataset


def normalized_boxes(boxset: BoxSet) -> np.ndarray:
    """The boxes as float32 `(images, rows, 5)` with edges as fractions of the image's sides."""
    count = max((len(image.boxes) for image in boxset.images), default=0)
    boxes = np.zeros((len(boxset.images), max(1, count), 5), np.float32)
    boxes[..., 4] = PADDING
    for rows, image in zip(boxes, boxset.images, strict=True):
        height, width = image.size
        rows[: len(image.boxes), :4] = image.boxes / (width, height, width, height)
        rows[: len(image.boxes), 4] = np.where(image.crowd, CROWD - image.labels, image.labels)
    return boxes


def annotated_areas(boxset: BoxSet) -> np.ndarray:
    """The area of the object in each box as a fraction of the image, float32 `(images, rows)`.

    It is `area` where the annotation has one, as in COCO's files, otherwise the area of the box.
    """
    count = max((len(image.boxes) for image in boxset.images), default=0)
    areas = np.zeros((len(boxset.images), max(1, count)), np.float32)
    for row, image in zip(areas, boxset.images, strict=True):
        own = (image.boxes[:, 2:] - image.boxes[:, :2]).prod(1)
        annotated = np.array([json_number(extra.get("area")) for extra in image.extra])
        usable = annotated > 0  # false for NaN
        row[: len(own)] = np.where(usable, annotated, own) / (image.size[0] * image.size[1])
    return areas


def _with_masks(dataset: Dataset, files: list[Path], path: Path, shape: tuple[int, int, int]) -> Dataset:
    """The same images with their masks; images without a mask are left out, and counted in a note."""
    masked = open_mask_folder(
        path, shape[:2], shape[2], max_bad_fraction=1.0
    )  # images without a mask are counted below
    row_of = {PurePosixPath(name).with_suffix("").as_posix(): row for row, name in enumerate(masked.ids)}
    # The root of boxes may be a folder inside, in which the names of their images begin.
    names = [
        file.relative_to(path).with_suffix("").as_posix() if file.is_relative_to(path) else ""
        for file in files
    ]
    both = np.array([i for i, name in enumerate(names) if name in row_of], np.int64)
    if not len(both):
        dataset.notes.append("none of the masks belongs to an image with boxes, so the masks were left out")
        return dataset
    chosen = [row_of[names[i]] for i in both]
    numbers = np.full(len(dataset), -1, np.int64)
    numbers[both] = np.arange(len(both))
    if len(both) < len(dataset):
        dataset.notes.append(f"{len(dataset) - len(both)} images with boxes have no mask and were left out")
    dataset.fields = {name: values[both] for name, values in dataset.fields.items()} | {
        "mask": masked.fields["mask"][chosen]
    }
    dataset.parts = {part: numbers[items][numbers[items] >= 0] for part, items in dataset.parts.items()}
    dataset.ids, dataset.keys = [dataset.ids[i] for i in both], dataset.keys[both]
    dataset.names |= masked.names
    dataset.about |= masked.about
    dataset.skipped += masked.skipped
    return dataset
