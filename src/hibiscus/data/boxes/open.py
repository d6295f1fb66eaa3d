"""Images with boxes, and perhaps masks too, as a Dataset: all images at one size, boxes as shares of their sides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from hibiscus.data.boxes.formats import BoxSet, read_boxes
from hibiscus.data.boxes.preparation import CROWD, PADDING
from hibiscus.data.boxes.summary import summary
from hibiscus.data.dataset import Dataset
from hibiscus.data.images.cache import decode_images
from hibiscus.data.images.folder import too_many_bad
from hibiscus.data.masks.folder import mask_shape, open_mask_folder

__all__ = ["as_shares", "open_boxes"]

TOLD = ("boxes", "crowd", "sizes", "boxes_per_image", "images_without_objects", "classes_without_boxes", "faults")


def open_boxes(
    path: Path,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    max_bad_fraction: float = 0.05,
    progress: Callable[[int, int], None] | None = None,
    masks: bool = False,
) -> Dataset:
    """Opens images and their boxes; where there are masks beside them, those of the images that have both.

    Raises:
        DataError: annotations that cannot be read, or too many bad files.
    """
    found = read_boxes(path)
    files = [image.file for image in found.images]
    shape = mask_shape(files, image_size, channels)
    pixels, keys, good, bad = decode_images(files, shape, progress, "squash")
    too_many_bad(str(path), bad, len(files), max_bad_fraction)
    numbers = np.full(len(files), -1, np.int64)
    numbers[good] = np.arange(len(good))
    parts = {part: numbers[items] for part, items in found.parts.items()}
    note = f"images brought to {shape[0]}x{shape[1]}, {'grey' if shape[2] == 1 else 'RGB'}; {found.format} boxes"
    dataset = Dataset(
        name=path.resolve().stem if path.is_file() else path.resolve().name,
        path=str(path),
        fields={"image": pixels, "boxes": as_shares(found)[good], "size": np.array([found.images[i].size for i in good], np.int64)},
        ids=[found.images[i].name for i in good],
        keys=keys,
        parts={part: items[items >= 0] for part, items in parts.items() if part in ("train", "val", "test")},
        notes=[note, *found.notes],
        skipped=[*bad, *found.skipped],
        names={"boxes": found.classes},
        about={"boxes": {name: value for name, value in summary(found).items() if name in TOLD}},
    )
    return _with_masks(dataset, path, shape) if masks else dataset


def as_shares(found: BoxSet) -> np.ndarray:
    """Boxes as a Dataset holds them: float32 `(images, most, 5)`."""
    most = max((len(image.boxes) for image in found.images), default=0)
    boxes = np.zeros((len(found.images), max(1, most), 5), np.float32)
    boxes[..., 4] = PADDING
    for rows, image in zip(boxes, found.images, strict=True):
        height, width = image.size
        rows[: len(image.boxes), :4] = image.boxes / (width, height, width, height)
        rows[: len(image.boxes), 4] = np.where(image.crowd, CROWD - image.labels, image.labels)
    return boxes


def _with_masks(dataset: Dataset, path: Path, shape: tuple[int, int, int]) -> Dataset:
    """The same images with the masks that lie beside them; images without one are left out, and counted."""
    masked = open_mask_folder(path, shape[:2], shape[2], max_bad_fraction=1.0)  # those without a mask are counted below
    places = {PurePosixPath(name).with_suffix("").as_posix(): place for place, name in enumerate(masked.ids)}
    names = [PurePosixPath(name).with_suffix("").as_posix() for name in dataset.ids]
    both = np.array([i for i, name in enumerate(names) if name in places], np.int64)
    if not len(both):
        dataset.notes.append("the masks beside the images belong to none of those with boxes, and were left out")
        return dataset
    chosen = [places[names[i]] for i in both]
    numbers = np.full(len(dataset), -1, np.int64)
    numbers[both] = np.arange(len(both))
    if len(both) < len(dataset):
        dataset.notes.append(f"{len(dataset) - len(both)} images with boxes have no mask and were left out")
    dataset.fields = {name: values[both] for name, values in dataset.fields.items()} | {"mask": masked.fields["mask"][chosen]}
    dataset.parts = {part: numbers[items][numbers[items] >= 0] for part, items in dataset.parts.items()}
    dataset.ids, dataset.keys = [dataset.ids[i] for i in both], dataset.keys[both]
    dataset.names |= masked.names
    dataset.about |= masked.about
    dataset.skipped += masked.skipped
    return dataset
